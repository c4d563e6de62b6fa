/**
 * One script in the list.
 */

import { actions } from "./actions.js";
import { runs } from "./api.js";
import { fill, h, plain } from "./dom.js";
import { duration, moment, took } from "./format.js";
import { outcome, place } from "./outcome.js";
import { draw, LENGTH, strip } from "./strip.js";

/** Return when a script runs, in words. */
export function rule({ schedule, interval, jitter }) {
  const when = schedule || (interval === null ? "only when asked for" : `every ${duration(interval)}`);
  return `${plain(when)}${jitter ? `, up to ${duration(jitter)} later` : ""}`;
}

/** Return where a script is shown. */
export function scriptPlace(name) {
  return `#/scripts/${encodeURIComponent(name)}`;
}

/** Make the line for a script; `update(state)` shows a new state, `load(signal)` gets its strip. */
export function row(name) {
  const when = h("p", { class: "rule" });
  const last = h("p", { class: "last" });
  const next = h("p", { class: "next" });
  const bars = strip(name);
  const buttons = actions(name);
  const title = h("h2", {}, h("a", { href: scriptPlace(name) }, plain(name)));
  const element = h("li", { class: "script" }, h("div", {}, title, when), last, next, bars, buttons.element);
  let shown = "";
  let stale = true;

  function update(state) {
    buttons.update(state.running !== null);
    const seen = JSON.stringify([state.last, state.next, state.running, state.hash, state.skipped, rule(state)]);
    if (seen === shown) return;
    [shown, stale] = [seen, true];
    fill(when, rule(state));
    fill(last, ...latest(state));
    fill(next, ...upcoming(state));
  }

  async function load(signal) {
    if (!stale) return;
    stale = false;
    try {
      draw(bars, await runs(name, { limit: LENGTH, signal }));
    } catch (error) {
      stale = true; // whoever sees it next asks again
      throw error;
    }
  }

  return { element, update, load };
}

function latest({ running, last }) {
  if (running !== null) {
    return [h("a", { href: place({ id: running }) }, outcome({ outcome: "running" }))];
  }
  if (last === null) return [h("span", { class: "quiet" }, "has not run yet")];
  const when = h("span", { class: "quiet" }, moment(last.ended ?? last.started), `, took ${duration(took(last))}`);
  const dry = last.dry_run ? h("span", { class: "quiet" }, "(dry run)") : null;
  return [h("a", { href: place(last) }, outcome(last), dry), when];
}

function upcoming({ next, skipped }) {
  return [next === null ? null : h("span", {}, "next ", moment(next, "due")), skipped ? h("span", { class: "quiet" }, `${skipped} skipped`) : null];
}

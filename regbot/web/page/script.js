/**
 * The view of one script: when it runs, and the runs that were, page by page.
 */

import { actions } from "./actions.js";
import { get, Refused, runs } from "./api.js";
import { button, fill, h, plain } from "./dom.js";
import { count, duration, moment, took } from "./format.js";
import { digest, facts, state } from "./facts.js";
import { grid, line } from "./grid.js";
import { outcome, place } from "./outcome.js";
import { refresher } from "./refresher.js";
import { rule } from "./row.js";
import { showState } from "./server.js";
import { follow } from "./stream.js";

/** Runs that are shown at first, and added at a time. */
const PIECE = 50;

const COLUMNS = ["Run", "Outcome", "Began", "Took", "Operations", "Changes"];

/** Show the script called `name`, as it is and as it goes on. */
export async function showScript(main, name, signal) {
  const title = h("h1", { tabindex: "-1" }, plain(name));
  const list = facts();
  const buttons = actions(name);
  const table = grid("Runs", COLUMNS);
  let most = PIECE;
  const more = button("Older runs", () => { most += PIECE; refresh.soon(); });

  async function ask() {
    const [found, records] = await Promise.all([current(name, signal), newest(name, most, signal)]);
    if (!found && !records.length) throw new Refused(404, { detail: `There is no script ${plain(name)}.` });
    state(list, known(found));
    buttons.element.hidden = !found;
    buttons.update(found !== null && found.running !== null);
    fill(table.body, records.map(past));
    more.hidden = records.length < most;
  }

  const refresh = refresher(ask, signal);
  await refresh.now();
  document.title = `${plain(name)} · regbot`;
  fill(
    main,
    h("nav", { "aria-label": "Where this is" }, h("a", { href: "#/" }, "All scripts")),
    h("div", { class: "heading" }, title, buttons.element),
    list,
    h("h2", {}, "Runs"),
    table.element,
    h("p", { class: "rest" }, more),
  );
  title.focus();
  await follow("events", (event, value) => {
    if (event === "server") showState(value);
    if (event !== "scripts" || concerns(value, name)) refresh.soon();
  }, signal);
}

function concerns({ changed, removed }, name) {
  return removed.includes(name) || changed.some((each) => each.name === name);
}

/** Get the state of a script; null if only history knows of it. */
async function current(name, signal) {
  try {
    return await get(`scripts/${encodeURIComponent(name)}`, signal);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/** Get the latest `most` runs, in as many questions as that takes. */
async function newest(script, most, signal) {
  const found = [];
  while (found.length < most) {
    const before = found.at(-1)?.id ?? 0;
    const next = await runs(script, { before, limit: PIECE, signal });
    found.push(...next);
    if (next.length < PIECE) break;
  }
  return found;
}

function known(found) {
  if (!found) return [["Runs", "no more: it is not in the configuration"]];
  return [
    ["Schedule", rule(found)],
    ["Next", found.next === null ? null : moment(found.next, "due")],
    ["Skipped", found.skipped ? `${count(found.skipped)} times, since it still ran` : null],
    ["Script", digest(found.hash)],
  ];
}

function past(record) {
  const cells = [
    h("a", { href: place(record) }, String(record.id)),
    [outcome(record), record.dry_run ? h("span", { class: "quiet" }, " dry run") : null],
    moment(record.started),
    record.ended ? duration(took(record)) : moment(record.started, "since"),
    count(record.operations),
    count(record.changes),
  ];
  return line(COLUMNS, cells);
}

/**
 * The view of one run: what is known of it, its log as it grows, its operations, what it changed.
 */

import { actions } from "./actions.js";
import { get, post } from "./api.js";
import { button, fill, h, plain, say, unless } from "./dom.js";
import { bytes, count, duration, moment, took } from "./format.js";
import { digest, facts, state } from "./facts.js";
import { log } from "./log.js";
import { outcome, word } from "./outcome.js";
import { scriptPlace } from "./row.js";
import { badge, complain, refreshServer } from "./server.js";
import { follow } from "./stream.js";
import { changes, operations } from "./tables.js";

/** Show the run of a number, as it is and as it goes on. */
export async function showRun(main, number, signal) {
  const [record] = await Promise.all([get(`runs/${number}`, signal), refreshServer(signal)]);
  const shown = new Run(number, main);
  shown.update(record);
  const heard = {
    record: (value) => shown.update(value),
    log: (value) => shown.log.add(value),
    operation: (value) => shown.operations.add(value),
    change: (value) => shown.changes.add(value),
    end: () => shown.ended(),
  };
  await follow(`runs/${number}/events`, (event, value) => heard[event]?.(value), signal);
  await refreshServer(signal);
}

class Run {
  #record = null;

  constructor(number, main) {
    this.number = number;
    this.main = main;
    this.log = log();
    this.operations = operations();
    this.changes = changes();
    this.facts = facts();
    this.head = h("p", { class: "subtitle" });
    this.error = h("p", { class: "error" });
    this.cancel = button("Cancel", () => this.#cancel(), { name: `Cancel run ${number}` });
  }

  /** Show what is known of the run now. */
  update(record) {
    const before = this.#record;
    this.#record = record;
    if (before === null) this.#begin(record);
    const running = record.ended === null;
    document.title = `${plain(word(record))}: ${plain(record.script)}, run ${record.id} · regbot`;
    fill(this.head, ...subtitle(record));
    fill(this.error, plain(record.error));
    this.error.hidden = record.error === "";
    state(this.facts, known(record));
    this.buttons.update(running);
    this.buttons.element.hidden = running;
    if (!running && document.activeElement === this.cancel) this.title.focus();
    this.cancel.hidden = !running;
    this.operations.update(record);
    this.changes.update(record);
    if (before?.ended === null && !running) say(`Run ${record.id} has ended: ${plain(word(record))}.`);
  }

  /** Nothing more comes. */
  ended() {
    this.log.close();
  }

  #begin(record) {
    const name = plain(record.script);
    this.title = h("h1", { tabindex: "-1" }, name);
    this.buttons = actions(record.script);
    const path = [h("a", { href: "#/" }, "All scripts"), h("a", { href: scriptPlace(record.script) }, name)];
    fill(
      this.main,
      h("nav", { class: "path", "aria-label": "Where this is" }, path),
      h("div", { class: "heading" }, h("div", {}, this.title, this.head), this.cancel, this.buttons.element),
      this.error,
      this.facts,
      record.dry_run ? [this.changes.element, this.log.element] : [this.log.element, this.changes.element],
      this.operations.element,
    );
    this.title.focus();
  }

  async #cancel() {
    unless(this.cancel, "It is being cancelled");
    try {
      await post(`runs/${this.number}/cancel`);
    } catch (error) {
      unless(this.cancel, "");
      complain(error);
    }
  }
}

function subtitle(record) {
  const dry = record.dry_run ? badge("Dry run: nothing is written", "dry") : null;
  const doing = record.doing ? h("span", {}, "at ", h("code", {}, plain(record.doing))) : null;
  return [outcome(record), `run ${record.id}`, dry, doing];
}

function known(record) {
  const some = (number) => (number ? count(number) : null);
  const size = (number) => (number ? bytes(number) : null);
  return [
    ["Began", moment(record.started)],
    ["Cause", plain(record.cause)],
    record.ended ? ["Took", duration(took(record))] : ["Runs for", moment(record.started, "since")],
    ["Operations", count(record.operations)],
    ["Requests", count(record.requests)],
    ["Received", size(record.received)],
    ["Sent", size(record.sent)],
    ["Deletions", some(record.deletes)],
    ["Waited for registries", record.waited ? duration(record.waited) : null],
    ["Script", digest(record.hash)],
  ];
}

/**
 * The view of all scripts: a filter, and a line for each that it lets through.
 */

import { get } from "./api.js";
import { button, fill, h } from "./dom.js";
import { count, many } from "./format.js";
import { tone } from "./outcome.js";
import { row } from "./row.js";
import { refreshServer, showState } from "./server.js";
import { follow } from "./stream.js";
import { refresher } from "./refresher.js";

/** Lines that are shown at first, and added at a time. */
const PIECE = 100;

/** Which scripts there are to choose from. */
const KINDS = {
  all: () => true,
  running: (state) => state.running !== null,
  failing: (state) => state.last !== null && !["good", "running"].includes(tone(state.last)),
};

/** What was looked for, and how far down; it is there again when one comes back. */
const kept = { text: "", kind: "all", most: PIECE, scroll: 0 };

/** Show all scripts, as they are and as they go on. */
export async function showScripts(main, _argument, signal) {
  document.title = "Scripts · regbot";
  const list = new List(signal);
  fill(main, ...list.elements);
  const refresh = refresher(async () => list.update(await get("scripts", signal)), signal);
  await Promise.all([refresh.now(), refreshServer(signal)]);
  scrollTo(0, kept.scroll);
  addEventListener("scroll", () => { kept.scroll = scrollY; }, { signal, passive: true });
  await follow("events", (event, value) => {
    if (event === "server") showState(value);
    // What came while all were asked for may be newer than the answer, or older.
    if (event === "open" || (event === "scripts" && (refresh.busy() || !list.merge(value)))) refresh.soon();
  }, signal);
}

class List {
  #states = [];
  #rows = new Map();
  #seen;
  #waiting = [];
  #loading = 0;

  constructor(signal) {
    this.signal = signal;
    this.filter = h("input", { type: "search", id: "filter", placeholder: "Filter by name", "aria-label": "Filter by name", value: kept.text });
    this.filter.addEventListener("input", () => this.#choose({ text: this.filter.value }));
    const kinds = Object.keys(KINDS).map((kind) => [kind, button(kind, () => this.#choose({ kind }), { kind: "kind" })]);
    this.kinds = Object.fromEntries(kinds);
    this.list = h("ul", { class: "scripts", role: "list" });
    this.more = button("Show more", () => this.#choose({ most: kept.most + PIECE }));
    this.told = h("p", { class: "told", role: "status" });
    const tools = h("div", { class: "tools", role: "search" }, this.filter, h("div", { class: "kinds", role: "group", "aria-label": "Which scripts" }, Object.values(this.kinds)));
    this.elements = [h("div", { class: "heading" }, h("h1", {}, "Scripts"), tools), this.list, h("div", { class: "rest" }, this.told, this.more)];
    this.#seen = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: "200px" });
    signal.addEventListener("abort", () => this.#seen.disconnect());
  }

  /** Show new states of all scripts. */
  update(states) {
    this.#states = states;
    for (const [kind, belongs] of Object.entries(KINDS)) {
      fill(this.kinds[kind], `${kind[0].toUpperCase()}${kind.slice(1)} `, h("span", {}, count(states.filter(belongs).length)));
    }
    this.#show();
  }

  /** Show new states of some scripts; false if others came or went, and all have to be asked for. */
  merge({ changed, removed }) {
    const newer = new Map(changed.map((state) => [state.name, state]));
    const merged = this.#states.map((state) => newer.get(state.name) ?? state);
    this.#states.forEach((state) => newer.delete(state.name));
    if (newer.size || removed.length) return false;
    this.update(merged);
    return true;
  }

  #choose(chosen) {
    Object.assign(kept, "most" in chosen ? {} : { most: PIECE }, chosen);
    this.#show();
  }

  #show() {
    const text = kept.text.toLowerCase();
    const found = this.#states.filter((state) => KINDS[kept.kind](state) && state.name.toLowerCase().includes(text));
    const shown = found.slice(0, kept.most);
    const rows = shown.map((state) => this.#row(state));
    // Lines that are there already keep the focus only if they are not touched.
    const elements = rows.map((each) => each.element);
    if (elements.length !== this.list.children.length || elements.some((each, at) => each !== this.list.children[at])) {
      this.list.replaceChildren(...elements);
      this.#seen.disconnect();
    }
    // Observed anew, each that is in sight is told of once more: its strip may be out of date.
    for (const each of elements) { this.#seen.unobserve(each); this.#seen.observe(each); }
    this.#tell(found.length, shown.length);
  }

  #row(state) {
    if (!this.#rows.has(state.name)) this.#rows.set(state.name, row(state.name));
    const line = this.#rows.get(state.name);
    line.element.line = line;
    line.update(state);
    return line;
  }

  #tell(found, shown) {
    for (const [kind, made] of Object.entries(this.kinds)) made.setAttribute("aria-pressed", String(kind === kept.kind));
    const all = this.#states.length;
    const none = all ? "No script is like that." : "The configuration has no script.";
    const text = found === 0 ? none : shown < found ? `${count(shown)} of ${many(found, "script")} shown` : "";
    if (this.told.textContent !== text) this.told.textContent = text;
    this.more.hidden = shown >= found;
  }

  #look(entries) {
    this.#waiting.push(...entries.filter((each) => each.isIntersecting).map((each) => each.target.line));
    while (this.#loading < 3 && this.#waiting.length) this.#load(this.#waiting.shift());
  }

  async #load(line) {
    this.#loading += 1;
    await line.load(this.signal).catch(() => {}); // the stream says that the connection is lost
    this.#loading -= 1;
    if (!this.signal.aborted) this.#look([]);
  }
}

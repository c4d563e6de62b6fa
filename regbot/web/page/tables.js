/**
 * What a run did: its operations, and its changes or, of a dry run, what it would have changed.
 */

import { button, h, plain } from "./dom.js";
import { bytes, count, duration, many } from "./format.js";
import { digest } from "./facts.js";
import { grid, line } from "./grid.js";

/** Rows that are shown at first, and added at a time. */
const PIECE = 200;

/** Make the table of operations. */
export function operations() {
  const columns = ["Operation", "Line", "Took", "Error"];
  return table("Operations", columns, operation, (record) => ({ title: "Operations", all: record.operations, none: record.ended ? "None." : "None yet." }));
}

function operation({ operation: name, line: number, took, error }) {
  return [h("code", {}, plain(name)), number ? String(number) : "", duration(took), error ? h("span", { class: "bad" }, plain(error)) : ""];
}

/** Make the table of changes. */
export function changes() {
  return table("Changes", ["What", "Where", "Digest", "Size"], change, (record) => ({
    title: record.dry_run ? "What would change" : "What changed",
    all: record.changes,
    none: record.ended ? "Nothing." : "Nothing yet.",
  }));
}

function change({ what, target, digest: after, size, before }) {
  const deleted = what.startsWith("delete ");
  const verb = h("span", { class: deleted ? "deletes" : "writes" }, plain(what));
  const shown = deleted || !after ? null : digest(after);
  const old = before || (deleted ? after : "");
  const both = [old ? h("del", {}, deleted ? "was " : "", digest(old)) : null, old && shown ? " → " : null, shown ? h("ins", {}, shown) : null];
  return [verb, h("code", {}, plain(target)), both, size ? bytes(size) : ""];
}

/**
 * Make a table that grows: `add(value)` with a row, `update(record)` by what is said above it.
 * `cells(value)` gives a row's, `words(record)` title, number of all and what to say of none.
 */
function table(name, columns, cells, words) {
  const title = h("h2", {}, name);
  const told = h("p", { class: "quiet" });
  const { element: wide, body } = grid(name, columns);
  const more = button("Show more", () => { most += PIECE; show(); });
  const element = h("section", {}, title, told, wide, more);
  const values = [];
  let most = PIECE;
  let waiting = false;
  let said = { title: name, all: 0, none: "" };

  function show() {
    waiting = false;
    const next = values.slice(body.children.length, most);
    body.append(...next.map((value) => line(columns, cells(value))));
    wide.hidden = values.length === 0;
    more.hidden = values.length <= most;
    title.textContent = said.title;
    told.textContent = sentence();
  }

  function sentence() {
    if (said.all === 0 && values.length === 0) return said.none;
    if (said.all > values.length && values.length > 0) return `${count(said.all)}; the first ${count(values.length)} are known.`;
    return values.length > most ? `${many(values.length, "row")}, ${count(most)} shown.` : "";
  }

  function soon() {
    if (!waiting) requestAnimationFrame(show);
    waiting = true;
  }

  return {
    element,
    add: (value) => { values.push(value); soon(); },
    update: (record) => { said = words(record); soon(); },
  };
}

/**
 * Tables. On a phone their cells stand below each other, and so the roles have to be said: a browser forgets them then.
 */

import { h } from "./dom.js";

/** Make a table with a name and columns; return it and its body. */
export function grid(name, columns) {
  const heads = columns.map((each) => h("th", { scope: "col", role: "columnheader" }, each));
  const body = h("tbody", { role: "rowgroup" });
  const head = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, heads));
  return { element: h("table", { role: "table", "aria-label": name }, head, body), body };
}

/** Make a row of a table with these columns; a cell without anything is left out of sight where there is little room. */
export function line(columns, cells) {
  const made = cells.map((cell, at) => h("td", { role: "cell", "data-column": columns[at], class: cell === "" ? "bare" : null }, cell));
  return h("tr", { role: "row" }, made);
}

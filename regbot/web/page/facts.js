/**
 * Facts about a script or a run: names and values.
 */

import { fill, h, plain } from "./dom.js";

/** Make an empty list of facts. */
export function facts() {
  return h("dl", { class: "facts" });
}

/** Show pairs of name and value (a text or a node); a value that is null has nothing to say. */
export function state(list, pairs) {
  const known = pairs.filter(([, value]) => value !== null);
  fill(list, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** Make a digest: the beginning of its hex digits, with the whole of it in the title. */
export function digest(text) {
  const [algorithm, hex = algorithm] = text.split(":", 2);
  return h("code", { title: plain(text) }, plain(hex.slice(0, 12)));
}

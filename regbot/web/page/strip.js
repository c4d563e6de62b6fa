/**
 * A strip of a script's recent runs: a bar each, whose height is how long it took, the latest at the right.
 *
 * It is one stop of the Tab key; the arrow keys go from bar to bar.
 */

import { fill, h, plain } from "./dom.js";
import { took } from "./format.js";
import { place, summary, tone } from "./outcome.js";

/** Runs in a strip. */
export const LENGTH = 30;

/** How high a bar is at least, as a part of the whole; and the step of its classes in page.css. */
const LEAST = 0.15;

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -LENGTH, End: LENGTH };

/** Make the strip of a script, empty. */
export function strip(script) {
  const list = h("ol", { class: "strip", "aria-label": `Recent runs of ${plain(script)}` });
  list.addEventListener("keydown", move);
  return list;
}

/** Show runs, the latest first, in a strip. */
export function draw(list, records) {
  const shown = records.slice(0, LENGTH).reverse();
  const longest = Math.max(...shown.map(took), 0.001);
  const bars = shown.map((record, index) => bar(record, took(record) / longest, index === shown.length - 1));
  fill(list, bars);
}

function bar(record, part, last) {
  const classes = `bar ${tone(record)}${record.dry_run ? " dry" : ""}`;
  const link = h("a", { href: place(record), class: classes, "aria-label": summary(record), tabindex: last ? "0" : "-1" });
  // By the square root: between a second and an hour there would be nothing to be seen otherwise.
  link.style.setProperty("--part", Math.max(Math.sqrt(part), LEAST).toFixed(3));
  return h("li", {}, link);
}

function move(event) {
  const step = STEPS[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll("a")];
  const from = links.indexOf(document.activeElement);
  const to = links[Math.min(Math.max(from + step, 0), links.length - 1)];
  links[from]?.setAttribute("tabindex", "-1");
  to?.setAttribute("tabindex", "0");
  to?.focus();
  event.preventDefault();
}

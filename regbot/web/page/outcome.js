/**
 * What a run's outcome looks like: a tone (its colour), an icon, a word.
 */

import { h, icon, plain } from "./dom.js";
import { duration, relative, took } from "./format.js";

/** Tone and icon by outcome; what is not here went wrong. */
const LOOKS = {
  success: ["good", "tick"],
  running: ["running", "play"],
  limit: ["limit", "limit"],
  cancelled: ["stopped", "stop"],
  interrupted: ["stopped", "stop"],
  lost: ["stopped", "stop"],
};

const WRONG = ["bad", "cross"];

/** Return the tone of a run: good, bad, limit, stopped or running. */
export function tone(record) {
  return (LOOKS[record.outcome] ?? WRONG)[0];
}

/** Return an outcome in words: "success", "limit: timeout". */
export function word(record) {
  return record.limit ? `${record.outcome}: ${record.limit}` : record.outcome;
}

/** Make an outcome: icon and word, in its colour. */
export function outcome(record) {
  const [colour, shape] = LOOKS[record.outcome] ?? WRONG;
  return h("span", { class: `outcome ${colour}` }, icon(shape), plain(word(record)));
}

/** Return a run in one line, for its bar in a strip: "Run 12: success, 3.2 s, dry run, 5 min ago". */
export function summary(record) {
  const dry = record.dry_run ? ", dry run" : "";
  return `Run ${record.id}: ${plain(word(record))}, ${duration(took(record))}${dry}, ${relative(record.started)}`;
}

/** Return where a run is shown. */
export function place(record) {
  return `#/runs/${record.id}`;
}

/**
 * Times, durations and sizes as people read them.
 */

import { h } from "./dom.js";

const ABSOLUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const COUNT = new Intl.NumberFormat();

const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** Return seconds with their two largest units: "2 h 5 min". */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const first = UNITS.findIndex(([size]) => whole >= size);
  const [size, unit] = UNITS[first];
  const [nextSize, nextUnit] = UNITS[first + 1] ?? [1, ""];
  const rest = Math.floor((whole % size) / nextSize);
  return `${Math.floor(whole / size)} ${unit}${nextUnit && rest ? ` ${rest} ${nextUnit}` : ""}`;
}

/** Return seconds in their largest unit: "2 h". */
export function roughly(seconds) {
  const whole = Math.round(seconds);
  const [size, unit] = UNITS.find(([each]) => whole >= each) ?? UNITS.at(-1);
  return `${Math.floor(whole / size)} ${unit}`;
}

/** Return bytes in decimal units: "1.4 MB". */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const power = Math.min(Math.floor(Math.log10(count) / 3), 4);
  return `${(count / 1000 ** power).toPrecision(3)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

/** Return a number with its thousands apart. */
export function count(number) {
  return COUNT.format(number);
}

/** Return a number and its noun: "1 script", "2 scripts". */
export function many(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Return the time of day, with milliseconds, of an ISO 8601 text. */
export function clock(text) {
  const time = new Date(text);
  return `${CLOCK.format(time)}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** Return how long a run took, or has taken so far, in seconds. */
export function took(record) {
  const end = record.ended ? new Date(record.ended) : Date.now();
  return Math.max(0, (end - new Date(record.started)) / 1000);
}

/** Return an ISO 8601 time in words, from now: "in 3 h", "5 min ago". */
export function relative(text) {
  const ahead = (new Date(text) - Date.now()) / 1000;
  if (Math.abs(ahead) < 1) return "now";
  return ahead > 0 ? `in ${roughly(ahead)}` : `${roughly(-ahead)} ago`;
}

/** Ways to tell a time; what should have begun already is about to. */
const WAYS = {
  relative,
  since: (text) => duration(took({ started: text })),
  due: (text) => (new Date(text) > Date.now() ? relative(text) : "now"),
};

/**
 * Make a <time> of an ISO 8601 text, told in one of the ways above, that goes on by itself.
 * Its title is the whole date.
 */
export function moment(text, way = "relative") {
  const made = h("time", { datetime: text, title: ABSOLUTE.format(new Date(text)), "data-told": way });
  tell(made);
  return made;
}

function tell(element) {
  const told = WAYS[element.dataset.told](element.dateTime);
  if (element.textContent !== told) element.textContent = told;
}

setInterval(() => {
  if (document.visibilityState === "visible") document.querySelectorAll("[data-told]").forEach(tell);
}, 1000);

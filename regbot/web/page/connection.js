/**
 * The banner that says that the server does not answer, and when it is asked again.
 */

import { button, fill, plain } from "./dom.js";

/** Seconds until it is asked again: the first time, and at most. */
const [FIRST, MOST] = [1, 15];

/** The server answers. */
export function connected() {
  fill(document.getElementById("connection"));
}

/** The server does not answer, or refuses for a `reason`, for the time after `tries`; return when to ask again. */
export function disconnected(tries, reason, signal) {
  return new Promise((again) => {
    const seconds = Math.min(FIRST * 2 ** tries, MOST);
    const timer = setTimeout(again, seconds * 1000);
    const now = () => {
      clearTimeout(timer);
      again();
    };
    signal.addEventListener("abort", now, { once: true });
    // A server that is only restarted is back before anybody has read this.
    if (tries > 0) {
      const why = plain(reason) || "The connection to the server is lost";
      const text = `${why}. What you see is from before.`;
      fill(document.getElementById("connection"), text, button("Try now", now));
    }
  });
}

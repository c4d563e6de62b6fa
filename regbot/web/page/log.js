/**
 * The log of a run. It follows its end, as long as nobody has scrolled up.
 */

import { button, h, plain } from "./dom.js";
import { clock } from "./format.js";

/** What the record of a line that a script logged is called; its text is in a field. */
const SCRIPT = "User script message";

/** Pixels from the end that still count as the end. */
const NEAR = 24;

/** Make a log: `add(line)` shows a line more, `close()` says that there will be none. */
export function log() {
  const lines = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": "Log", "aria-busy": "true" });
  const none = h("p", { class: "quiet" }, "Nothing yet.");
  const end = button("To the end", () => { lines.scrollTop = lines.scrollHeight; });
  const element = h("section", { "aria-labelledby": "log-title" }, h("div", { class: "heading" }, h("h2", { id: "log-title" }, "Log"), end), none, lines);
  let waiting = [];
  let following = true;
  end.hidden = true;
  lines.hidden = true;

  lines.addEventListener("scroll", () => {
    following = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR;
    end.hidden = following;
  }, { passive: true });

  // What comes at once is shown at once: a page that lays out anew for each of a thousand lines stands still.
  function show() {
    lines.append(...waiting.map(line));
    waiting = [];
    lines.hidden = false;
    none.hidden = true;
    if (following) lines.scrollTop = lines.scrollHeight;
    // Lines from before one looked are not read out.
    lines.setAttribute("aria-busy", "false");
  }

  function add(value) {
    if (waiting.push(value) === 1) requestAnimationFrame(show);
  }

  function close() {
    none.textContent = "It logged nothing.";
  }

  return { element, add, close };
}

function line({ time, level, message, fields }) {
  const { script: _script, message: text, ...others } = fields;
  const [shown, rest] = message === SCRIPT && text !== undefined ? [text, others] : [message, fields];
  const pairs = Object.entries(rest).map(([name, value]) => `${name}=${value}`);
  return h(
    "p",
    { class: `line ${/^[a-z]+$/.test(level) ? level : ""}` },
    h("time", { datetime: time }, clock(time)),
    h("span", { class: "level" }, plain(level)),
    h("span", { class: "message" }, plain(shown), pairs.length ? h("span", { class: "fields" }, plain(` ${pairs.join(" ")}`)) : null),
  );
}

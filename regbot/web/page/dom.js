/**
 * Elements, made without ever parsing text as HTML: what comes from the API is hostile, and stays text.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Outlines of the icons, in a box of 16 by 16; drawn in the colour of the text around. */
const OUTLINES = {
  tick: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  limit: "M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3.2l2.2 1.6",
  stop: "M8 2.5a5.5 5.5 0 1 0 .01 0M4.2 11.8l7.6-7.6",
  play: "M5.5 3.5v9l7-4.5z",
  none: "M5 8h6",
};

/** Characters that would be invisible, or turn around what stands beside them. */
const TREACHEROUS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Return text from anywhere, with what cannot be seen written out. */
export function plain(text) {
  return String(text).replace(TREACHEROUS, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Make an element. `on` has listeners by event; an attribute that is null or false is left out, true is empty.
 * Children are nodes or texts; null and "" are left out.
 */
export function h(tag, { on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  element.append(...nodes(children));
  return element;
}

/** Set attributes; null and false take one away. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

/** Put `children` in place of what is in `element`, and keep the focus in it where it was. */
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) && element !== document.activeElement;
  element.replaceChildren(...nodes(children));
  if (focused) (element.querySelector("a, button") ?? element).focus();
}

function nodes(children) {
  return children.flat().filter((child) => child !== null && child !== "");
}

/** Make an icon; the word beside it says what it means. */
export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  set(picture, { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" });
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", OUTLINES[name]);
  picture.append(path);
  return picture;
}

/** Make a button; one that must not be pressed now says why (`unless`), and keeps the focus. */
export function button(label, pressed, { name = label, kind = null } = {}) {
  const made = h("button", { type: "button", class: kind, "aria-label": name === label ? null : name }, label);
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-disabled") !== "true") pressed(made);
  });
  return made;
}

/** Let a button be pressed, or with a reason not. */
export function unless(made, reason) {
  set(made, { "aria-disabled": reason ? "true" : null, title: reason || null });
}

/** Say something to whoever listens to the page. */
export function say(text) {
  document.getElementById("said").textContent = text;
}

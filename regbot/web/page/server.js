/**
 * The head of the page: what the server is at, and the button that has it read its configuration anew.
 */

import { get, post, Refused } from "./api.js";
import { button, fill, h, icon, plain, say, unless } from "./dom.js";
import { many, moment } from "./format.js";

/** The server as it was last seen. */
export const server = { version: "", stopping: false, dry_run: false };

const reload = document.getElementById("reload");
const notice = document.getElementById("notice");

/** Show the head, and let its button work. */
export function showServer() {
  reload.addEventListener("click", reloadConfiguration);
}

/** Ask what the server is at, and show it. */
export async function refreshServer(signal) {
  showState(await get("server", signal));
}

/** Show what the server is at now. */
export function showState(now) {
  Object.assign(server, now);
  fill(
    document.getElementById("server"),
    h("span", {}, "up ", moment(server.started, "since")),
    h("span", {}, "configuration read ", moment(server.reloaded)),
  );
  document.getElementById("version").textContent = plain(server.version);
  fill(
    document.getElementById("badges"),
    server.dry_run ? badge("Dry run: nothing is written", "dry") : null,
    server.stopping ? badge("Stopping", "limit") : null,
  );
  unless(reload, server.stopping ? "The server is stopping" : "");
}

/** Make a badge. */
export function badge(text, kind) {
  return h("span", { class: `badge ${kind}` }, text);
}

async function reloadConfiguration() {
  if (reload.getAttribute("aria-disabled") === "true") return;
  unless(reload, "It is being read");
  try {
    const { added, removed, changed, warnings } = await post("reload");
    const texts = [...names("Added", added), ...names("Removed", removed), ...names("Changed", changed)];
    const heading = `Configuration read: ${texts.length ? "" : "no script has changed. "}${warnings.length ? many(warnings.length, "warning") : ""}`;
    tell("good", heading.replace(/[:. ]+$/, "."), [...texts, ...warnings]);
  } catch (error) {
    if (!(error instanceof Refused)) complain(error);
    else tell("bad", "The configuration cannot be used; the old one stays in force.", told(error));
  } finally {
    unless(reload, "");
  }
}

function told(error) {
  return error.findings.length ? error.findings : [error.message];
}

function names(what, list) {
  const shown = list.slice(0, 10).join(", ");
  return list.length ? [`${what}: ${shown}${list.length > 10 ? ` and ${list.length - 10} more` : ""}`] : [];
}

/** Say what did not work. */
export function complain(error) {
  tell("bad", error instanceof Refused ? error.message : "The server does not answer; nothing was done.", []);
}

function tell(kind, heading, texts) {
  const close = button("Close", () => {
    fill(notice);
    reload.focus();
  });
  const list = texts.length ? h("ul", {}, texts.map((text) => h("li", {}, plain(text)))) : null;
  const shape = icon(kind === "good" ? "tick" : "cross");
  fill(notice, h("div", { class: kind }, h("p", {}, shape, plain(heading)), list, close));
  if (kind === "good") say(heading);
}

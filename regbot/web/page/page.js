/**
 * The page: which view the address asks for.
 *
 * A view is a function (main, argument, signal) that fills <main>, and goes on until the signal is aborted.
 */

import { Refused } from "./api.js";
import { button, fill, h } from "./dom.js";
import { showRun } from "./run.js";
import { showScript } from "./script.js";
import { showScripts } from "./scripts.js";
import { showServer } from "./server.js";

const VIEWS = [
  [/^(?:#\/?)?$/, showScripts],
  [/^#\/scripts\/(.+)$/, showScript],
  [/^#\/runs\/(\d{1,15})$/, showRun],
];

const main = document.getElementById("main");
let leave = new AbortController();

async function show() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  try {
    await view(signal);
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

function view(signal) {
  for (const [pattern, shown] of VIEWS) {
    const match = pattern.exec(location.hash);
    if (match) return shown(main, decoded(match[1] ?? ""), signal);
  }
  throw nowhere();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw nowhere();
  }
}

function nowhere() {
  return new Refused(404, { detail: "There is nothing at this address." });
}

function fail(error) {
  const text = error instanceof Refused ? error.message : "The server does not answer.";
  document.title = "regbot";
  const back = h("nav", { "aria-label": "Where this is" }, h("a", { href: "#/" }, "All scripts"));
  fill(main, back, h("h1", { tabindex: "-1" }, "This did not work"), h("p", { class: "error" }, text), button("Try again", show));
  main.querySelector("h1").focus();
  if (!(error instanceof Refused)) console.warn(error);
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address says which view this is
  main.focus();
});
addEventListener("hashchange", show);
showServer();
show();

/**
 * The buttons that start a script.
 */

import { start } from "./api.js";
import { button, h, plain, say, unless } from "./dom.js";
import { place } from "./outcome.js";
import { complain, server } from "./server.js";

/** Make the buttons for a script; `update(state)` lets them be pressed, or not while it runs. */
export function actions(script) {
  const named = plain(script);
  const dry = button("Dry run", () => begin(true), { name: `Dry run of ${named}`, kind: "strong" });
  const real = button("Run now", () => begin(false), { name: `Run ${named} now` });

  async function begin(dryRun) {
    try {
      const record = await start(script, dryRun);
      say(`Run ${record.id} of ${named} has begun.`);
      location.hash = place(record);
    } catch (error) {
      complain(error);
    }
  }

  function update(running) {
    const reason = server.stopping ? "The server is stopping" : running ? "It is running" : "";
    unless(dry, reason);
    unless(real, reason || (server.dry_run ? "This server only makes dry runs" : ""));
  }

  return { element: h("div", { class: "actions" }, dry, real), update };
}

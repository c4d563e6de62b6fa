/**
 * Server-sent events, read by fetch(): an EventSource could send no token.
 */

import { Refused, request } from "./api.js";
import { connected, disconnected } from "./connection.js";

/** Seconds without a byte after which a connection is dead; the server says something every 15. */
const SILENCE = 45;

/**
 * Call `heard(event, value)` for each event at `path` until the event `end`, or until `signal` is aborted; `open` is
 * each time that it is connected.
 * A lost connection is made again, from after the last event that was heard; nothing is read while nobody looks.
 */
export async function follow(path, heard, signal) {
  let last = null;
  for (let tries = 0; !signal.aborted; tries += 1) {
    await visible();
    let reason = "";
    const attempt = new AbortController();
    const give = () => attempt.abort();
    signal.addEventListener("abort", give);
    document.addEventListener("visibilitychange", give);
    try {
      const headers = { Accept: "text/event-stream", ...(last === null ? {} : { "Last-Event-ID": last }) };
      const answer = await request(path, { headers, signal: attempt.signal });
      connected();
      heard("open", null);
      for await (const { event, id, data } of events(answer.body, attempt)) {
        tries = 0;
        last = id ?? last;
        heard(event, data === "" ? null : JSON.parse(data));
        if (event === "end") return;
      }
    } catch (error) {
      if (error instanceof Refused && error.status < 500) throw error;
      if (error instanceof Refused) reason = error.message;
    } finally {
      signal.removeEventListener("abort", give);
      document.removeEventListener("visibilitychange", give);
      attempt.abort();
    }
    if (!signal.aborted && document.visibilityState === "visible") await disconnected(tries, reason, signal);
  }
}

/** Wait until the page is looked at. */
function visible() {
  if (document.visibilityState === "visible") return null;
  return new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}

/** Give the events of a body: {event, id, data}. */
async function* events(body, attempt) {
  let rest = "";
  for await (const text of pieces(body, attempt)) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    yield* blocks.map(parse).filter(({ data }) => data !== null);
  }
}

async function* pieces(body, attempt) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const timer = setTimeout(() => attempt.abort(), SILENCE * 1000);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) return;
    yield value.replaceAll("\r", "");
  }
}

function parse(block) {
  const found = { event: "message", id: null, data: null };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (field === "data") found.data = found.data === null ? value : `${found.data}\n${value}`;
    else if (field in found) found[field] = value;
  }
  return found;
}

/**
 * Requests to the API of the server, with the token where it wants one.
 */

import { askForToken } from "./token.js";

const KEPT = "regbot.token";

/** What the API answered instead of what was asked for; `findings` are those of a failed reload. */
export class Refused extends Error {
  constructor(status, { detail = `the server answered ${status}`, findings = [] } = {}) {
    super(detail);
    this.status = status;
    this.findings = findings;
  }
}

/** Return the value that the API has at `path`. */
export async function get(path, signal) {
  return (await request(path, { signal })).json();
}

/** Have something done. */
export async function post(path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return (await request(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Return the runs of a script, the latest first. */
export function runs(script, { before = 0, limit, signal }) {
  return get(`runs?${new URLSearchParams({ script, before, limit })}`, signal);
}

/** Start a run; return its record. */
export function start(script, dryRun) {
  return post(`scripts/${encodeURIComponent(script)}/runs`, { dry_run: dryRun });
}

/** Send a request; ask for the token and send it again while the answer is 401. */
export async function request(path, { headers = {}, ...options } = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEPT);
    const login = token === null ? {} : { Authorization: `Bearer ${token}` };
    const answer = await fetch(`api/v1/${path}`, {
      cache: "no-store",
      credentials: "omit",
      headers: { ...login, ...headers },
      redirect: "error",
      ...options,
    });
    if (answer.ok) return answer;
    if (answer.status !== 401) throw new Refused(answer.status, await answer.json().catch(() => ({})));
    // Another request may have asked, and been told, meanwhile.
    if (sessionStorage.getItem(KEPT) === token) {
      sessionStorage.setItem(KEPT, await askForToken(token !== null));
    }
  }
}

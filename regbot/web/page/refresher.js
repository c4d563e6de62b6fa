/**
 * Asking again when something is new, without asking all the time.
 */

/** How many times as long as an answer took to rest before the next question; and milliseconds to rest at least. */
const [REST, LEAST] = [10, 300];

/**
 * Return `now()`, which asks, `soon()`, which asks when it is time (what fails then is asked for with the next), and
 * `busy()`: whether an answer is awaited.  There is one question at a time.
 */
export function refresher(ask, signal) {
  let waiting = false;
  let asked = false;
  let free = Promise.resolve();

  async function now() {
    const began = performance.now();
    asked = true;
    const asking = ask().finally(() => {
      asked = false;
    });
    const rested = () => rest(Math.max((performance.now() - began) * REST, LEAST));
    free = asking.then(rested, rested);
    await asking;
  }

  async function soon() {
    if (waiting) return;
    waiting = true;
    await free;
    waiting = false;
    if (!signal.aborted) now().catch(() => {}); // the stream says when the connection is lost
  }

  return { now, soon, busy: () => asked };
}

function rest(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}

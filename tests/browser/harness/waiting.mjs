// Waiting for a condition, with a limit, and for the end of a suite.
import { after } from 'node:test';

/** By how much a machine may be slower than the limits of seconds in the design; tests/browser/run sets it. */
const SLACK = Number(process.env.BROWSER_SLACK ?? 1);

/** A limit in ms that holds on a quiet machine. */
export const within = (milliseconds) => milliseconds * SLACK;

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A page that is being left or loaded has no document to ask. */
const isLoading = (error) => /Execution context|context was destroyed|Cannot find context|DiscardedBrowsingContext|no such frame/i.test(String(error));

/** Asks `condition` until it returns a true value, and returns that. `what` appears in the error after `timeout` ms. */
export async function eventually(what, condition, timeout = 10_000, interval = 25) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await Promise.resolve(condition()).catch((error) => {
      if (!isLoading(error)) throw error;
    });
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${timeout} ms: ${what}`);
    await pause(interval);
  }
}

/** What a suite starts once for all its tests. Like a test, it has `after`. Call it in the body of `describe`. */
export function forSuite() {
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => ends.push(end) };
}

// Waiting for a condition, with a limit, and for the end of a suite.
import { after } from 'node:test';

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks `condition` until it returns a true value, and returns that. `what` appears in the error after `timeout` ms. */
export async function eventually(what, condition, timeout = 10_000, interval = 25) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await condition();
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

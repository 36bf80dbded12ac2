// Waiting for what the server says. Nobody waits for time to pass: what is awaited is a message, and one that does not come within a
// generous while fails the test with what was missing and what came instead. Knows no client.

const PATIENCE = 20_000;

/** What comes of the promise, or a failure that says what did not come. */
export function inTime(what, promise, instead = () => '') {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`there was no ${what} in ${PATIENCE / 1000} s${instead()}`)), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Everything that somebody hears, in order. Nothing is lost between two waits, of which there is one at a time. */
export class Heard {
  all = [];
  #read = 0;
  #look = () => {};

  add(message) {
    this.all.push(message);
    this.#look();
  }

  /** The next message that passes, come already or yet to come. Those before it are passed over; they stay in `all`. */
  async next(what, passes = () => true) {
    const at = await this.#find(what, passes, this.#read);
    this.#read = at + 1;
    return this.all[at];
  }

  /** The place in `all` of the first message that passes, passed over or not. */
  place(what, passes) {
    return this.#find(what, passes, 0);
  }

  #find(what, passes, from) {
    const found = new Promise((resolve) => {
      this.#look = () => {
        const at = this.all.findIndex((message, place) => place >= from && passes(message));
        if (at < 0) return;
        this.#look = () => {};
        resolve(at);
      };
    });
    this.#look();
    return inTime(what, found, () => `; heard: ${JSON.stringify(this.all)}`);
  }
}

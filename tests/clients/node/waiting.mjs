// Waiting for messages of the server. A message that does not arrive in time fails the test with the missing message and those that
// arrived instead.

const TIMEOUT = 20_000;

/** The result of the promise, or a failure that names `what` did not arrive in time. */
export function inTime(what, promise, instead = () => '') {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} in ${TIMEOUT / 1000} s${instead()}`)), TIMEOUT);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Received messages, in order. Messages between two waits are kept. One wait at a time is possible. */
export class Received {
  all = [];
  #read = 0;
  #check = () => {};

  add(message) {
    this.all.push(message);
    this.#check();
  }

  /** The next message that passes, received already or not. Earlier ones are skipped, but stay in `all`. */
  async next(what, passes = () => true) {
    const at = await this.#find(what, passes, this.#read);
    this.#read = at + 1;
    return this.all[at];
  }

  /** The index in `all` of the first message that passes, skipped or not. */
  place(what, passes) {
    return this.#find(what, passes, 0);
  }

  #find(what, passes, from) {
    const found = new Promise((resolve) => {
      this.#check = () => {
        const at = this.all.findIndex((message, index) => index >= from && passes(message));
        if (at < 0) return;
        this.#check = () => {};
        resolve(at);
      };
    });
    this.#check();
    return inTime(what, found, () => `; received: ${JSON.stringify(this.all)}`);
  }
}

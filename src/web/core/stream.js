// One live stream per page: reading, reconnecting, and how fresh the page's data are.
//
// `fetch` instead of EventSource, which hides the status code, sends no header, and stays closed for
// ever after one 503.

const QUIET_MS = 12_000;
const SILENCE_MS = 25_000;
const OLD_MS = 60_000;
const UNKNOWN_MS = 900_000;
// How long a closed stream may take to return before the page says so.
const GRACE_MS = 3_000;
const CONNECT_MS = 10_000;
// A hidden tab gives up its connection: browsers allow six per host.
const HIDDEN_MS = 60_000;
const LONGEST_WAIT_MS = 60_000;
const DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

// Server time minus device time.
let skew = page.now === undefined ? 0 : Date.parse(page.now) - Date.now();

// The server's time.
export const now = () => new Date(Date.now() + skew);

// Whether the device's clock is wrong by more than a minute.
export const isClockOff = () => Math.abs(skew) > 60_000;

// Follows `/api/v1/PATH`. Handlers:
// - `onBoard(board)`, `onPerson(person)`, `onGone({_id})`: data; every connection starts with a board
// - `onEnd(reason)`: "session", "revoked" or "forbidden"; the stream does not return
// - `onState({level, asOf, retryIn})`: level "fresh", "quiet", "lost", "old" or "unknown"; `asOf` is
//   the server's time at the last byte; `retryIn` is in seconds, 0 while connecting
// With `headers`, the stream is not shared between tabs. Returns `{retry, stop}`.
export function follow(path, handlers, { headers } = {}) {
  const feed = new Feed(path, handlers, headers);
  feed.start();
  return { retry: () => feed.retry(), stop: () => feed.stop() };
}

class Feed {
  constructor(path, handlers, headers) {
    this.url = `${base}/api/v1/${path}`;
    this.handlers = handlers;
    this.headers = { Accept: "text/event-stream", ...headers };
    this.tabs = headers === undefined ? new Tabs(this) : null;
    this.attempt = 0;
    this.lastByte = Date.now();
    this.closedAt = null;
    this.isStopped = false;
    this.isPaused = false;
  }

  start() {
    this.ticker = setInterval(() => this.tick(), 1_000);
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    document.addEventListener("visibilitychange", () => this.visibility(), { signal });
    document.addEventListener("signed-out", () => this.stop(), { signal });
    window.addEventListener("online", () => this.retry(), { signal });
    window.addEventListener("pagehide", () => this.pause(), { signal });
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.resume(), { signal });
    this.connect();
  }

  stop() {
    this.isStopped = true;
    this.close();
    clearInterval(this.ticker);
    clearTimeout(this.hiding);
    this.listeners.abort();
  }

  // Ends the current attempt; late results of it are ignored.
  close() {
    clearTimeout(this.waiting);
    this.controller?.abort();
    this.controller = null;
    this.tabs?.leave();
  }

  visibility() {
    clearTimeout(this.hiding);
    if (document.visibilityState === "hidden") {
      this.hiding = setTimeout(() => this.pause(), HIDDEN_MS);
    } else if (this.isPaused) {
      this.resume();
    } else if (this.controller === null) {
      this.retry();
    }
  }

  // Closes the stream and covers the page, whose data are not proven from now on.
  pause() {
    this.isPaused = true;
    this.close();
    document.documentElement.dataset.covered = "";
  }

  // Uncovers with the next board; without an answer soon, with the banner.
  resume() {
    this.isPaused = false;
    this.closedAt ??= Date.now();
    setTimeout(() => this.uncover(), GRACE_MS);
    this.retry();
  }

  uncover() {
    delete document.documentElement.dataset.covered;
  }

  // Connects at once.
  retry() {
    if (this.isStopped || this.isPaused) {
      return;
    }
    this.attempt = 0;
    this.close();
    this.connect();
  }

  async connect() {
    const controller = new AbortController();
    this.controller = controller;
    this.retryAt = 0;
    this.attemptAt = Date.now();
    if (await this.tabs?.findLeader()) {
      return;
    }
    if (controller.signal.aborted) {
      return;
    }
    let wait = 0;
    try {
      wait = await this.read(controller);
    } catch {
      // A network error and our own abort look alike: both mean that the stream is closed.
    }
    if (this.controller === controller) {
      this.schedule(wait);
    }
  }

  // Reads until the stream ends. Returns the wait that the server asks for, in ms.
  async read(controller) {
    const { signal } = controller;
    const answer = await fetch(this.url, { cache: "no-store", headers: this.headers, signal });
    if (!answer.ok) {
      this.refused(answer.status);
      return Number(answer.headers.get("Retry-After") ?? 0) * 1_000;
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) {
        return this.wait ?? 0;
      }
      this.heard();
      const frames = (rest + value).replaceAll("\r", "").split("\n\n");
      rest = frames.pop();
      frames.forEach((frame) => this.parse(frame));
    }
  }

  parse(frame) {
    const lines = frame.split("\n");
    const field = (name) => lines.filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, "")).join("\n");
    const data = field("data");
    if (data !== "") {
      this.take(field("event"), JSON.parse(data));
      this.tabs?.relay(field("event"), data);
    }
  }

  heard() {
    this.lastByte = Date.now();
    this.closedAt = null;
  }

  // A frame, of the own stream or relayed by another tab.
  take(name, data) {
    if (data.time !== undefined) {
      skew = Date.parse(data.time) - Date.now();
    }
    if (name === "board" && data.audience === "public" && page.user !== null) {
      // The session has ended: the server sends what it shows to readers without one.
      this.finish("session");
    } else if (name === "board") {
      this.board = { ...data, people: new Map(data.people.map((each) => [each._id, each])) };
      this.attempt = 0;
      this.wait = 0;
      this.handlers.onBoard(data);
      this.uncover();
      this.tick();
    } else if (name === "person") {
      this.board?.people.set(data._id, data);
      this.handlers.onPerson(data);
    } else if (name === "gone") {
      this.board?.people.delete(data._id);
      this.handlers.onGone(data);
    } else if (name === "end") {
      this.ended(data);
    }
  }

  // The board as it is now, for a tab that follows this one.
  wholeBoard() {
    return this.board && { ...this.board, time: now().toISOString(), people: [...this.board.people.values()] };
  }

  ended({ reason, retryMs }) {
    this.wait = retryMs ?? 0;
    if (reason === "session" || reason === "revoked") {
      this.finish(reason);
    }
  }

  refused(status) {
    if (status === 401) {
      this.finish("session");
    } else if (status === 403) {
      this.finish("forbidden");
    }
  }

  finish(reason) {
    this.stop();
    this.handlers.onEnd(reason);
    this.uncover();
  }

  // The tab that this one follows has no stream any more. The delay grows as after a failure, so that
  // tabs do not take turns at a server that is down.
  lost() {
    this.close();
    this.schedule(0);
  }

  schedule(wait) {
    if (this.isStopped || this.isPaused) {
      return;
    }
    this.controller = null;
    this.tabs?.leave();
    this.closedAt ??= Date.now();
    const delay = DELAYS_MS[Math.min(this.attempt, DELAYS_MS.length - 1)];
    this.attempt += 1;
    const random = delay * (0.5 + Math.random() / 2);
    const ms = Math.min(Math.max(wait, random), LONGEST_WAIT_MS);
    this.retryAt = Date.now() + ms;
    this.waiting = setTimeout(() => this.connect(), ms);
  }

  // Every second: gives up a silent stream, and reports the level.
  tick() {
    if (this.isPaused || this.isStopped) {
      return;
    }
    const age = Date.now() - this.lastByte;
    const isConnecting = this.closedAt !== null;
    const patience = isConnecting ? CONNECT_MS : SILENCE_MS;
    const since = isConnecting ? this.attemptAt : Math.max(this.lastByte, this.attemptAt);
    if (this.controller !== null && Date.now() - since > patience) {
      this.lost();
    }
    this.handlers.onState({
      level: this.level(age),
      asOf: new Date(this.lastByte + skew),
      retryIn: Math.max(0, Math.ceil((this.retryAt - Date.now()) / 1_000)),
    });
  }

  level(age) {
    const isLost = age > SILENCE_MS
      || (this.closedAt !== null && Date.now() - this.closedAt > GRACE_MS);
    if (age > OLD_MS) {
      return age > UNKNOWN_MS ? "unknown" : "old";
    }
    if (isLost) {
      return "lost";
    }
    return age > QUIET_MS ? "quiet" : "fresh";
  }
}

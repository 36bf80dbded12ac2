// Tabs of one browser share streams: with six open to one host, a seventh tab does not load at all.
// Neither a SharedWorker nor Web Locks can do it, because Trusted Types and plain http exclude them.

const ANSWER_MS = 150;
const STREAMS = 3;

// Elder tabs lead. The random part separates tabs that were opened in the same millisecond.
const tabId = `${performance.timeOrigin.toFixed(1).padStart(16, "0")}-${Math.random()}`;

class Tabs {
  // `feed` is the stream of this tab. Only tabs with the same viewer and path share.
  constructor(feed) {
    this.feed = feed;
    this.group = `${page.user?.userId ?? "public"} ${feed.url}`;
    this.state = "idle";
    this.leader = null;
    this.hasFollowers = false;
    this.leaders = new Set();
    channel?.addEventListener("message", ({ data }) => data.group === this.group && this.take(data));
  }

  post(message) {
    channel?.postMessage({ ...message, group: this.group, from: tabId });
  }

  // Asks around. Returns whether this tab follows another one, instead of its own stream.
  async findLeader() {
    if (channel === null) {
      return false;
    }
    this.leave();
    this.state = "asking";
    this.leaders = new Set();
    this.post({ kind: "ask" });
    await new Promise((resolve) => { setTimeout(resolve, ANSWER_MS); });
    if (this.state !== "asking") {
      return false;
    }
    if (this.leaders.size < STREAMS) {
      this.state = "leading";
      this.post({ kind: "lead" });
      return false;
    }
    this.state = "following";
    [this.leader] = [...this.leaders].sort();
    this.post({ kind: "want", to: this.leader });
    return true;
  }

  // This tab has no stream any more. Its followers ask around at once.
  leave() {
    if (this.state === "leading") {
      this.post({ kind: "left" });
    }
    this.state = "idle";
    this.leader = null;
    this.hasFollowers = false;
  }

  // Passes a frame of the own stream to the followers.
  relay(name, data) {
    if (this.state === "leading" && this.hasFollowers) {
      this.post({ kind: "frame", name, data });
    }
  }

  take({ kind, from, to, name, data }) {
    if (kind === "ask") {
      this.answer(from);
    } else if (kind === "lead" && (to ?? tabId) === tabId) {
      this.count(from);
    } else if (kind === "want" && to === tabId) {
      this.serve(from);
    } else if (kind === "left" && from !== this.leader) {
      this.leaders.delete(from);
    } else if (from === this.leader && (to ?? tabId) === tabId) {
      this.follow(kind, name, data);
    }
  }

  // Tabs that ask at the same time count the elder ones, so that no more than three lead.
  answer(from) {
    if (this.state === "leading" || (this.state === "asking" && tabId < from)) {
      this.post({ kind: "lead", to: from });
    }
  }

  // A busy browser delivers answers late. A tab that leads although three elder ones do stops.
  count(leader) {
    if (this.state === "asking" || leader < tabId) {
      this.leaders.add(leader);
    }
    if (this.state === "leading" && this.leaders.size >= STREAMS) {
      this.feed.retry();
    }
  }

  serve(follower) {
    this.hasFollowers = true;
    const board = this.feed.wholeBoard();
    if (board !== undefined) {
      this.post({ kind: "frame", to: follower, name: "board", data: JSON.stringify(board) });
    }
  }

  follow(kind, name, data) {
    if (kind === "left") {
      this.feed.lost();
    } else if (kind === "frame") {
      this.feed.heard();
      this.feed.take(name, JSON.parse(data));
    }
  }
}

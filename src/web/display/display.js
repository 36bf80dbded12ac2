// A display on a wall or at a door: who is in, in type that fits, for months without a hand on it.
// The key is in the fragment of the address, so that no log and no Referer holds it, and so that a
// device whose profile was wiped starts with it again.

import {
  STATES, announce, base, call, clearErrors, clockText, compare, dayTimeText, durationText, errorText,
  fill, find, follow, fullText, isOtherBuild, nameOf, now, open, partsOf, patch, personSlots, rank,
  showError, statusWord, timeText, useZone, word, writeText,
} from "./core.js";

const KEY = location.hash.slice(1);
const headers = { "X-Display-Key": KEY };

const DEFAULTS = {
  order: "name", theme: "auto", timeZone: null, dim: null, keepAwake: true, interactive: false,
};

// The settings of this display, as the server sends them with the board.
let settings = DEFAULTS;

// Everyone on the board: id → `{person, tile}`. Tiles are kept, so that the page does not grow.
const people = new Map();

let level = "fresh";
let title = "";

function start() {
  if (KEY === "") {
    showMessage(word("display.noKey"), word("display.noKeyText"));
    return;
  }
  follow("board", {
    onBoard: showBoard,
    onPerson: showPerson,
    onGone: ({ _id }) => { people.delete(_id); fit(); },
    onEnd: showEnd,
    onState: showState,
  }, { headers });
  new ResizeObserver(() => fit()).observe(find("tiles"));
  every();
}

function showBoard(board) {
  if (isOtherBuild(board)) {
    reloadIfServed();
  }
  ({ title } = board);
  apply({ ...DEFAULTS, ...board.display });
  const present = new Set(board.people.map(({ _id }) => _id));
  [...people.keys()].filter((id) => !present.has(id)).forEach((id) => people.delete(id));
  board.people.forEach(put);
  if (people.size === 0) {
    showMessage(word("display.empty"), "");
  } else {
    find("message").hidden = true;
  }
  document.documentElement.dataset.ready = "";
  drawAll();
  fit();
}

function apply(next) {
  settings = next;
  useZone(settings.timeZone ?? undefined);
  writeText(find("wall-title"), title);
  find("hint").hidden = !settings.interactive;
  find("wall").classList.toggle("interactive", settings.interactive);
  showClock();
  showTheme();
  keepAwake();
}

function put(person) {
  const entry = people.get(person._id) ?? { tile: null };
  entry.person = person;
  people.set(person._id, entry);
  return entry;
}

// A new status does not move anything, unless a text or a name needs another size.
function showPerson(person) {
  const before = people.get(person._id)?.person;
  const entry = put(person);
  wake();
  draw(entry);
  const isSameSize = before !== undefined && nameOf(before) === nameOf(person)
    && !before.statusText === !person.statusText;
  if (!isSameSize || settings.order === "status") {
    fit();
  }
}

function draw(entry) {
  const { person } = entry;
  const slots = { ...personSlots(shown(person), now()), isFixed: !settings.interactive };
  // Without "since", available people are calmer, and the type is larger.
  if (person.status === "online" && person.statusExpiresAt === undefined) {
    Object.assign(slots, { when: "", noWhen: true });
  }
  if (entry.tile === null) {
    entry.tile = fill("tile", slots);
  } else {
    patch(entry.tile, slots);
  }
}

const shown = (person) => (level === "unknown" ? { ...person, status: undefined } : person);

function drawAll() {
  people.forEach(draw);
}

function showState({ level: reached, asOf }) {
  const isFresh = ["fresh", "quiet"].includes(reached);
  find("wall-banner").hidden = isFresh;
  document.body.classList.toggle("stale", ["old", "unknown"].includes(reached));
  if (!isFresh) {
    const minutes = Math.floor((now() - asOf) / 60_000);
    const time = minutes < 720 ? timeText(asOf) : dayTimeText(asOf);
    const slots = { time, duration: durationText(minutes) };
    writeText(find("wall-banner-text"), word(minutes < 1 ? "display.lost" : "display.lostFor", slots));
  }
  const hasChanged = (reached === "unknown") !== (level === "unknown");
  level = reached;
  if (hasChanged) {
    drawAll();
  }
}

function showEnd(reason) {
  people.clear();
  clearInterval(turning);
  pages = [];
  find("tiles").replaceChildren();
  find("wall-banner").hidden = true;
  wake();
  writeText(find("wall-title"), settings.name ?? title);
  const text = reason === "forbidden" ? "display.forbidden" : "display.removedText";
  showMessage(word("display.removed"), word(text));
}

function showMessage(heading, text) {
  document.documentElement.dataset.ready = "";
  find("message").hidden = false;
  writeText(find("message-title"), heading);
  writeText(find("message-text"), text);
}

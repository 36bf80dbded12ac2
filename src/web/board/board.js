// The board: who is in, live. This file connects the stream with the cards, tools and dialogs.

import {
  adopt, announce, base, compare, errorText, fill, find, follow, fullText, isOtherBuild, isTyping, may,
  nameOf, now, open, openPicker, page, patch, personSlots, rank, reloadWhenIdle, searchKey, signedOut,
  statusLine, statusWord, store, stored, timeText, toast, word, writeText,
} from "./core.js";

// Every person of the board: id → `{person, element, key}`. `element` is null until it is drawn.
const people = new Map();

const own = { button: null, picker: null, isPicking: false, watch: null };
let level = "fresh";

const stream = follow("board", {
  onBoard: showBoard,
  onPerson: showPerson,
  onGone: ({ _id }) => { people.delete(_id); layout(); showCounts(); },
  onEnd: ended,
  onState: showState,
});

function showBoard(board) {
  if (isOtherBuild(board)) {
    reloadWhenIdle();
  }
  const present = new Set(board.people.map(({ _id }) => _id));
  [...people.keys()].filter((id) => !present.has(id)).forEach((id) => people.delete(id));
  board.people.forEach(put);
  adoptCards();
  showRoles();
  layout();
  showCounts();
  showOwn();
  tick();
  document.documentElement.dataset.ready = "";
  routeDetails();
}

function showPerson(person) {
  const before = people.get(person._id)?.person;
  const entry = put(person);
  if (entry.element !== null && draw(entry)) {
    flash(entry.element);
  }
  settleSoon();
  showCounts();
  tellChange(before, person);
  refreshDetails(person);
  if (person._id === page.user?.userId) {
    showOwn();
    own.watch?.(person);
    own.picker?.changed(person);
  }
  schedule();
}

// Keeps a person. Returns the entry.
function put(person) {
  const key = searchKey([person.name, person.username, person.nickname, person.statusText,
    ...(person.roles ?? [])].filter(Boolean).join(" "));
  const entry = people.get(person._id) ?? { element: null };
  Object.assign(entry, { person, key });
  people.set(person._id, entry);
  return entry;
}

function ended(reason) {
  if (reason === "forbidden") {
    people.clear();
    layout();
    showBanner(word("board.forbidden"));
  } else if (page.user !== null) {
    signedOut();
  } else {
    location.reload();
  }
}

// The banner, the hollow dot and the colours, by the age of the last byte.
function showState({ level: reached, asOf, retryIn }) {
  const isLost = (each) => !["fresh", "quiet"].includes(each);
  hide("pulse", reached !== "quiet");
  document.body.classList.toggle("stale", ["old", "unknown"].includes(reached));
  if (isLost(reached)) {
    const slots = { time: timeText(asOf), n: retryIn };
    showBanner(retryIn > 0 ? word("board.lostIn", slots) : word("shell.lost", slots));
  }
  if (isLost(reached) !== isLost(level)) {
    announce(word(isLost(reached) ? "board.connectionLost" : "board.connectedAgain"));
    setTimeout(() => hide("banner", !isLost(level)), isLost(reached) ? 0 : 1_000);
  }
  const wasUnknown = level === "unknown";
  level = reached;
  if ((reached === "unknown") !== wasUnknown) {
    tick();
  }
}

function showBanner(text) {
  hide("banner", false);
  writeText(find("banner-text"), text);
}

if (page.user === null) {
  find("mine").append(fill("log-in", {}));
}

find("try-now").addEventListener("click", () => stream.retry());

// The viewer's own status in the header. It opens the picker.
function showOwn() {
  const person = ownRow();
  if (person === null) {
    return;
  }
  const slots = ownSlots(person);
  if (own.button === null) {
    own.button = fill("own", slots);
    own.button.addEventListener("click", () => pick());
    find("mine").append(own.button);
  } else {
    patch(own.button, slots);
  }
}

const ownRow = () => people.get(page.user?.userId)?.person ?? null;

function ownSlots(person) {
  const { status, when } = personSlots(shown(person), now());
  return {
    status,
    line: person.statusText || statusWord(person.status),
    when: person.statusExpiresAt === undefined ? "" : when,
    label: word("picker.mine", { status: person.statusText ? statusWord(person.status) : "" }),
  };
}

async function pick() {
  const person = ownRow();
  if (person === null || own.isPicking) {
    return;
  }
  own.isPicking = true;
  const onSet = (watch) => { own.watch = watch; };
  try {
    own.picker = await openPicker({ person, onSet });
    await own.picker.closed;
  } catch (refused) {
    toast(errorText(refused));
  } finally {
    own.picker = null;
    own.isPicking = false;
  }
}

// One timer per page: each server minute, and when an end becomes overdue. It rewrites only texts
// that changed.
let timer;

function tick() {
  for (const entry of people.values()) {
    if (entry.element !== null) {
      draw(entry);
    }
  }
  showOwn();
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (document.visibilityState === "hidden") {
    return;
  }
  const at = now().getTime();
  const overdue = [...people.values()]
    .map(({ person }) => Date.parse(person.statusExpiresAt) + 2_050)
    .filter((due) => due > at);
  const minute = (Math.floor(at / 60_000) + 1) * 60_000 + 50;
  timer = setTimeout(tick, overdue.reduce((least, due) => Math.min(least, due), minute) - at);
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && tick());

// Cards: drawing, order, counts. A card is touched only if what it shows differs.

// Above this number, offline people are drawn only when their section is opened.
const MANY = 60;
const FLASH_MS = 1_200;
const PATIENCE_MS = 10_000;

// Opened or closed by the user; undefined: by the number of people.
let offlineOpen;
let settling;
let isTouched = false;

const lists = [find("people"), find("offline")];

// What is known for sure: after fifteen minutes without the server, no status.
const shown = (person) => (level === "unknown" ? { ...person, status: undefined } : person);

// Writes a person to its card. Returns whether anything differed.
function draw(entry) {
  const slots = personSlots(shown(entry.person), now());
  if (entry.element === null) {
    entry.element = fill("person", slots);
    return true;
  }
  return patch(entry.element, slots);
}

// Takes over the cards that the server has written into the page.
function adoptCards() {
  for (const card of document.querySelectorAll(".cards > li")) {
    const entry = people.get(card.dataset.id);
    if (entry === undefined || (entry.element !== null && entry.element !== card)) {
      card.remove();
    } else {
      entry.element ??= adopt(card, "person");
    }
  }
}

function flash(card) {
  card.classList.add("changed");
  setTimeout(() => card.classList.remove("changed"), FLASH_MS);
}

const byName = (one, other) => compare(nameOf(one.person), nameOf(other.person))
  || compare(one.person._id, other.person._id);

const byStatus = (one, other) => rank(one.person) - rank(other.person) || byName(one, other);

const isHere = ({ person }) => person.status !== "offline";

const isOfflineOpen = () => offlineOpen ?? people.size <= MANY;

// Puts every card in its place. By name, all are in one list: a person has a place.
function layout() {
  clearTimeout(settling);
  settling = undefined;
  const isByName = view.order === "name";
  const found = matching().sort(isByName ? byName : byStatus);
  const here = isByName ? found : found.filter(isHere);
  const offline = isByName ? [] : found.filter((entry) => !isHere(entry));
  const { activeElement } = document;
  arrange(lists[0], here);
  arrange(lists[1], isOfflineOpen() || isFiltered() ? offline : []);
  if (activeElement !== document.activeElement && activeElement.isConnected) {
    activeElement.focus({ preventScroll: true });
  }
  showGroups(here.length, offline.length, isByName);
}

function showGroups(here, offline, isByName) {
  lists[0].classList.toggle("many", people.size > MANY);
  hide("here-group", here === 0);
  hide("here-title", isByName);
  hide("offline-group", offline === 0);
  hide("no-match", here + offline > 0 || people.size === 0);
  hide("no-people", people.size > 0);
  hide("ask", may("create-user"));
  hide("invite", !may("create-user"));
  mark(find("offline-toggle"), "aria-expanded", isOfflineOpen() || isFiltered());
}

// Makes a list show exactly these entries, with as few moves as possible: a card that moved down
// is taken out once, and the cards between stay.
function arrange(list, entries) {
  const wanted = entries.map((entry) => {
    if (entry.element === null) {
      draw(entry);
    }
    return entry.element;
  });
  const keep = new Set(wanted);
  [...list.children].filter((card) => !keep.has(card)).forEach((card) => card.remove());
  let at = list.firstElementChild;
  for (const card of wanted) {
    if (at !== card && at?.nextElementSibling === card) {
      at.remove();
      at = card;
    }
    if (at === card) {
      at = at.nextElementSibling;
    } else {
      list.insertBefore(card, at);
    }
  }
}

// Cards move at once, unless the pointer, the focus or a finger is among them: then when it has
// left, or after ten seconds.
function settleSoon() {
  if (!isInUse()) {
    layout();
  } else {
    settling ??= setTimeout(layout, PATIENCE_MS);
  }
}

const isInUse = () => isTouched || lists.some((list) => list.matches(":hover, :focus-within"));

const settle = () => settling !== undefined && setTimeout(() => !isInUse() && layout());

for (const list of lists) {
  list.addEventListener("pointerleave", settle);
  list.addEventListener("focusout", settle);
  list.addEventListener("touchstart", () => { isTouched = true; }, { passive: true });
  for (const end of ["touchend", "touchcancel"]) {
    list.addEventListener(end, () => { isTouched = false; settle(); });
  }
}

find("offline-toggle").addEventListener("click", () => {
  offlineOpen = !isOfflineOpen();
  layout();
});

// The counts in the bar, on the filters and in the title of the tab.
function showCounts() {
  const counts = { online: 0, busy: 0, away: 0, offline: 0 };
  for (const { person } of people.values()) {
    counts[person.status] = (counts[person.status] ?? 0) + 1;
  }
  const slots = { n: people.size - counts.offline, total: people.size };
  writeText(find("count"), word("board.count", slots));
  writeText(find("offline-count"), String(counts.offline));
  const title = word("board.titleCount", { ...slots, title: word("board.title") });
  if (document.title !== title) {
    document.title = title;
  }
  showChips(counts);
}

// Unlike the property `hidden`, this changes nothing if nothing differs.
const hide = (id, isHidden) => find(id).toggleAttribute("hidden", isHidden);

function mark(node, attribute, value) {
  if (node.getAttribute(attribute) !== String(value)) {
    node.setAttribute(attribute, value);
  }
}

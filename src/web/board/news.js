// Changes of other people, read by screen readers: grouped, so that a busy minute is one sentence.

const GROUP_MS = 3_000;
const SPOKEN = 3;
// Above this number of people, changes are too many to be read by default.
const QUIET_ABOVE = 30;

const changed = new Map();
let speaking;

const isSpoken = () => (stored("announce") ?? (people.size <= QUIET_ABOVE ? "on" : "off")) === "on";

function tellChange(before, person) {
  const isNews = before === undefined || statusLine(before, now()) !== statusLine(person, now());
  if (!isNews || !isSpoken() || person._id === page.user?.userId) {
    return;
  }
  changed.set(person._id, person);
  speaking ??= setTimeout(speak, GROUP_MS);
}

function speak() {
  const all = [...changed.values()];
  changed.clear();
  speaking = undefined;
  const sentence = (person) => word("board.changed", { name: nameOf(person), status: statusLine(person, now()) });
  announce(all.length > SPOKEN ? word("board.changedMany", { n: all.length }) : all.map(sentence).join(". "));
}

const { announce: spoken } = tools.elements;
spoken.checked = isSpoken();
spoken.addEventListener("change", ({ target }) => store("announce", target.checked ? "on" : "off"));

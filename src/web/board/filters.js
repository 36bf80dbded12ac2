// Search, filters and order. They are in the address, so that reload and Back keep them; the order is
// kept in the browser.

const SEARCH_PAUSE_MS = 700;
// Many cards are filtered once a key has been drawn, so that typing never waits for them.
const TYPING_MS = 60;
const tools = find("tools");
const chips = new Map();
let pause;
let typing;

// What is shown: `{q, status, role, order}`.
const view = readView();

function readView() {
  const query = new URLSearchParams(location.search);
  return {
    q: query.get("q") ?? "",
    status: query.get("status") ?? "",
    role: query.get("role") ?? "",
    order: stored("order") ?? "status",
  };
}

const isFiltered = () => view.q.trim() !== "" || view.status !== "" || view.role !== "";

// The entries that are shown. Every word of the search must occur in name, username, nickname, text
// or role.
function matching() {
  const parts = searchKey(view.q).split(/\s+/);
  return [...people.values()].filter(({ person, key }) => (
    (view.status === "" || person.status === view.status)
    && (view.role === "" || (person.roles ?? []).includes(view.role))
    && parts.every((part) => key.includes(part))));
}

// The address with the filters, for `path`.
function addressOf(path) {
  const query = new URLSearchParams();
  for (const name of ["q", "status", "role"]) {
    if (view[name] !== "") {
      query.set(name, view[name]);
    }
  }
  const text = query.toString();
  return `${base}${path}${text === "" ? "" : `?${text}`}`;
}

function changeView(part) {
  Object.assign(view, part);
  history.replaceState(history.state, "", addressOf(location.pathname.slice(base.length)));
  showView();
  layout();
  clearTimeout(pause);
  pause = setTimeout(() => announce(word("board.results", { n: matching().length })), SEARCH_PAUSE_MS);
}

// Writes the filters to their controls.
function showView() {
  const { q, order, role } = tools.elements;
  if (q.value !== view.q) {
    q.value = view.q;
  }
  order.value = view.order;
  role.value = view.role;
  for (const [status, chip] of chips) {
    mark(chip, "aria-pressed", status === view.status);
  }
}

function showChips(counts) {
  for (const status of ["online", "busy", "away", "offline"]) {
    const slots = { status, word: statusWord(status), n: counts[status], pressed: view.status === status };
    const chip = chips.get(status);
    if (chip === undefined) {
      addChip(status, slots);
    } else {
      writeText(chip.querySelector(".number"), String(slots.n));
    }
  }
}

function addChip(status, slots) {
  const chip = fill("chip", slots);
  chip.addEventListener("click", () => changeView({ status: view.status === status ? "" : status }));
  chips.set(status, chip);
  find("chips").append(chip);
}

// The roles that occur. With one role there is nothing to choose.
function showRoles() {
  const roles = [...new Set([...people.values()].flatMap(({ person }) => person.roles ?? []))].sort();
  const { role } = tools.elements;
  const isSame = roles.join() === [...role.options].slice(1).map(({ value }) => value).join();
  if (isSame) {
    return;
  }
  const options = roles.map((name) => {
    const option = document.createElement("option");
    option.value = name;
    option.textContent = name;
    return option;
  });
  role.replaceChildren(role.options[0], ...options);
  hide("role-field", roles.length < 2);
  role.value = view.role;
}

showView();
tools.addEventListener("submit", (event) => event.preventDefault());
tools.elements.q.addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  if (people.size <= MANY) {
    changeView({ q: target.value });
  } else {
    typing = setTimeout(() => changeView({ q: target.value }), TYPING_MS);
  }
});
tools.elements.role.addEventListener("change", ({ target }) => changeView({ role: target.value }));
tools.elements.order.addEventListener("change", ({ target }) => {
  store("order", target.value);
  changeView({ order: target.value });
});
find("clear-filter").addEventListener("click", () => {
  changeView({ q: "", status: "", role: "" });
  tools.elements.q.focus();
});

// The menu closes like a dialog: Esc, or a press beside it.
const more = find("more");
more.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") {
    more.open = false;
    more.querySelector("summary").focus();
  }
});
document.addEventListener("pointerdown", ({ target }) => {
  if (!more.contains(target)) {
    more.open = false;
  }
});

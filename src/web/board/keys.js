// Single-letter shortcuts, outside of fields and dialogs. They can be disabled (WCAG 2.1.4).

const PAIR_MS = 1_500;
let pairStarted = 0;

const hasKeys = () => stored("keys") !== "off";

const go = (path) => location.assign(base + path);

// After "g".
const PLACES = { b: "/", m: "/me", a: "/admin/people" };

const KEYS = {
  "/": () => tools.elements.q.focus(),
  "?": () => showKeys(),
  s: () => pick(),
  g: () => { pairStarted = Date.now(); },
};

function showKeys() {
  more.open = false;
  open(fill("keys-dialog", { noUser: page.user === null, noAdmin: !may("create-user") }));
}

document.addEventListener("keydown", (event) => {
  const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
  const isOpen = document.querySelector("dialog[open]") !== null;
  if (!hasKeys() || !isPlain || isOpen || isTyping()) {
    return;
  }
  const isSecond = Date.now() - pairStarted < PAIR_MS;
  pairStarted = 0;
  const action = isSecond && PLACES[event.key] ? () => go(PLACES[event.key]) : KEYS[event.key];
  if (action !== undefined) {
    event.preventDefault();
    action();
  }
});

tools.elements.keys.checked = hasKeys();
tools.elements.keys.addEventListener("change", ({ target }) => store("keys", target.checked ? "on" : "off"));
find("show-keys").addEventListener("click", showKeys);

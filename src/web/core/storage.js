// Choices of this browser, such as the order of the board. Without storage, they last for the page.

const KEY = `doorsign${base}.`;
const unsaved = new Map();

export function stored(name) {
  try {
    return localStorage.getItem(KEY + name) ?? unsaved.get(name);
  } catch {
    return unsaved.get(name);
  }
}

export function store(name, value) {
  unsaved.set(name, value);
  try {
    localStorage.setItem(KEY + name, value);
  } catch {
    // Private windows and full disks refuse; the value in `unsaved` is enough for this page.
  }
}

const JITTER_MS = 10_000;
const BUSY_MS = 5_000;
let isReloading = false;

// Reloads for a newer version of the pages, once nothing is being typed. The pause spreads many
// clients.
export function reloadWhenIdle() {
  if (isReloading) {
    return;
  }
  isReloading = true;
  const reload = () => {
    const isBusy = isTyping() || document.querySelector("dialog[open]") !== null;
    if (isBusy) {
      setTimeout(reload, BUSY_MS);
    } else {
      location.reload();
    }
  };
  setTimeout(reload, Math.random() * JITTER_MS);
}

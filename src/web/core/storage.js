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

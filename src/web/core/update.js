// A newer version of the pages: this tab reloads when nothing is being typed, and otherwise says so.

// The pause spreads many clients.
const JITTER_MS = 10_000;
const BUSY_MS = 5_000;

// Forms that the viewer has changed. The filters of a list are in the address.
const changedForms = new Set();
let isNewer = false;
let isNoticed = false;

document.addEventListener("input", ({ target }) => {
  if (target.form && !target.form.matches("[role=search]")) {
    changedForms.add(target.form);
  }
});

// Whether the server that sent a board serves other pages than these.
export const isOtherBuild = ({ build }) =>
  build !== undefined && build !== document.documentElement.dataset.build;

// Reloads as soon as it loses nothing: a form that was typed in stays until it is left.
export function reloadWhenIdle() {
  if (!isNewer) {
    isNewer = true;
    setTimeout(reload, Math.random() * JITTER_MS);
  }
}

function reload() {
  const isHalfFilled = [...changedForms].some((form) => form.isConnected);
  if (!isHalfFilled && !isTyping() && document.querySelector("dialog[open]") === null) {
    location.reload();
    return;
  }
  if (isHalfFilled && !isNoticed) {
    isNoticed = true;
    showNewer();
  }
  setTimeout(reload, BUSY_MS);
}

function showNewer() {
  const text = word("shell.newVersion");
  const notice = fill("toast", { text, noUndo: false });
  const button = notice.querySelector("button");
  button.textContent = word("shell.reload");
  button.addEventListener("click", () => location.reload());
  document.body.append(notice);
  announce(text);
}

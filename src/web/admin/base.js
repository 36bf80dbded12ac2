// The administration: elements, and what its pages share. The files of this folder are one module.
import {
  Refused, act, base, call, compare, copyText, dateText, durationText, endText, errorText, find, hue,
  initials, may, nameOf, onClick, onSubmit, open, page, searchKey, statusWord, timeText, toast,
  visibleText, word, writeText,
} from "./core.js";

// Makes an element. Attributes that are `true` are switches; `false` and null leave one out.
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// An icon of the sprite. `kind` is "icon", or "mark" for the shape of a status.
function icon(name, kind = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// A text from a user: without characters that reorder what stands around it.
const userText = (text) => el("bdi", {}, visibleText(text));

// A button whose action shows its errors as a toast.
function button(label, action, attributes) {
  const made = el("button", { type: "button", class: "button", ...attributes }, label);
  onClick(made, () => action(made));
  return made;
}

// A short mark, such as the state of a row. `kind` is "", "warn", "good" or "quiet".
const badge = (text, kind = "") => el("span", { class: `badge ${kind}` }, text);

// A button that is left out without the permission.
const buttonIf = (permission, label, action, attributes) =>
  may(permission) ? button(label, action, attributes) : null;

// Loads every page of a list whose answers hold `total`. Shows what has arrived after each.
async function loadAll(path, key, show) {
  const rows = [];
  let total = 1;
  while (rows.length < total) {
    const separator = path.includes("?") ? "&" : "?";
    const answer = await call("GET", `${path}${separator}count=100&offset=${rows.length}`);
    if (answer[key].length === 0) {
      break;
    }
    rows.push(...answer[key]);
    total = answer.total;
    show?.(rows);
  }
  return rows;
}

// The timer of the page, and the banner for a call that failed.
const polling = { timer: null, notice: null, asOf: null };

// Calls `load` every few seconds while the page is visible. Says since when the data are old.
function poll(seconds, load) {
  clearInterval(polling.timer);
  polling.notice ??= el("p", { class: "banner", role: "status", hidden: true });
  polling.asOf = new Date();
  find("admin").before(polling.notice);
  polling.timer = setInterval(
    () => document.visibilityState === "visible" && loadAgain(load),
    seconds * 1000,
  );
}

async function loadAgain(load) {
  try {
    await load();
    polling.asOf = new Date();
    polling.notice.hidden = true;
  } catch (refused) {
    if (!(refused instanceof Refused)) {
      throw refused;
    }
    const time = timeText(polling.asOf);
    const text = refused.status === 0 ? word("shell.lost", { time }) : errorText(refused);
    polling.notice.hidden = false;
    writeText(polling.notice, text);
  }
}

document.addEventListener("signed-out", () => clearInterval(polling.timer));

// A refusal without a call: a field must not be empty.
const missing = (field) =>
  new Refused(400, { errorType: "error-the-field-is-required", details: { field } });

// "3.1 MiB".
function sizeText(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  return `${number.format(bytes / 1024 ** power)} ${units[power]}`;
}

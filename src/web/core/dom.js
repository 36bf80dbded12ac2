// Templates, dialogs, toasts and announcements. No markup is ever made from a string.

const SLOT = /\{([A-Za-z0-9]+)\}/g;
const EMPTY_MEANS_ABSENT = ["src", "href"];

// The slots of a template, found once.
const plans = new WeakMap();

// The slots of an element that was made from a template, with the values they show.
const bound = new WeakMap();

// Letters that reorder or hide text. The server's filler treats the same ones in the same way.
const clean = (value) => String(value ?? "")
  .replace(/[\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069]/g, "")
  .replace(/[\u0000-\u001F\u007F-\u009F]/g, "\u2423");

// The template of a part: `person` is `<template id="person">`.
const templateOf = (part) => (typeof part === "string" ? document.getElementById(part) : part);

// An element made from a template.
export function fill(part, data) {
  const template = templateOf(part);
  const element = document.importNode(template.content.firstElementChild, true);
  bind(element, template, null);
  patch(element, data);
  return element;
}

// Takes over an element that the server has made from the same template.
export function adopt(element, part) {
  bind(element, templateOf(part), read);
  return element;
}

// Writes what differs. Returns whether anything did.
export function patch(element, data) {
  let changed = false;
  for (const slot of bound.get(element)) {
    const value = valueOf(slot, data);
    if (value !== slot.shown) {
      slot.shown = value;
      write(slot, value);
      changed = true;
    }
  }
  return changed;
}

function bind(element, template, current) {
  const slots = planOf(template).map((slot) => {
    const node = slot.path.reduce((at, index) => at.children[index], element);
    return { ...slot, node, shown: undefined };
  });
  for (const slot of slots) {
    if (slot.attribute?.startsWith("?")) {
      slot.node.removeAttribute(slot.attribute);
      slot.attribute = slot.attribute.slice(1);
      slot.isSwitch = true;
    }
    slot.shown = current?.(slot);
  }
  bound.set(element, slots);
}

// What the server wrote into a slot. A link without an address would lead to the page itself, so it
// is written again, that is, removed.
function read({ node, attribute, isSwitch }) {
  if (attribute === null) {
    return node.textContent;
  }
  if (attribute === "href" && node.getAttribute("href") === "") {
    return undefined;
  }
  return isSwitch ? node.hasAttribute(attribute) : node.getAttribute(attribute) ?? "";
}

function valueOf({ attribute, isSwitch, parts }, data) {
  if (isSwitch) {
    return Boolean(data[parts[1]]);
  }
  const text = parts.map((part, index) => (index % 2 === 0 ? part : clean(data[part]))).join("");
  return attribute === "href" || attribute === "src" ? safeAddress(text) : text;
}

// Addresses in data may lead to paths of this server, to https, and to symbols of the page.
function safeAddress(text) {
  const isAllowed = /^(#|\/(?![/\\])|https:\/\/|$)/.test(text);
  return isAllowed ? text : "#";
}

function write({ node, attribute, isSwitch }, value) {
  if (attribute === null) {
    node.textContent = value;
  } else if (isSwitch) {
    node.toggleAttribute(attribute, value);
  } else if (value === "" && EMPTY_MEANS_ABSENT.includes(attribute)) {
    node.removeAttribute(attribute);
  } else {
    node.setAttribute(attribute, value);
  }
}

function planOf(template) {
  let plan = plans.get(template);
  if (plan === undefined) {
    plan = [];
    collect(template.content.firstElementChild, [], plan);
    plans.set(template, plan);
  }
  return plan;
}

function collect(element, path, plan) {
  for (const { name, value } of element.attributes) {
    if (value.search(SLOT) >= 0) {
      plan.push({ path, attribute: name, parts: value.split(SLOT) });
    }
  }
  if (element.childElementCount === 0 && /^\{[A-Za-z0-9]+\}$/.test(element.textContent)) {
    plan.push({ path, attribute: null, parts: element.textContent.split(SLOT) });
  }
  [...element.children].forEach((child, index) => collect(child, [...path, index], plan));
}

// Writes a text that differs, so that screen readers do not read the same one again.
export function writeText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

// Whether keys belong to a field and must not act as shortcuts.
export const isTyping = () => document.activeElement?.matches("input, textarea, select") ?? false;

// Has screen readers read a text. The pause makes a repeated text a change.
export function announce(text) {
  const status = document.querySelector("[role=status]");
  if (status !== null) {
    status.textContent = "";
    setTimeout(() => { status.textContent = text; }, 60);
  }
}

// Whether a press was beside a dialog, on its backdrop. The padding belongs to the dialog.
function isBeside(dialog, { target, clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const isInside = clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
  return target === dialog && !isInside;
}

// Opens a dialog; a press beside it closes it, unless something was entered. Resolves with its
// `returnValue`.
export function open(dialog) {
  if (!dialog.isConnected) {
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
  }
  const listeners = new AbortController();
  const { signal } = listeners;
  let isChanged = false;
  dialog.addEventListener("input", () => { isChanged = true; }, { signal });
  dialog.addEventListener("pointerdown", (event) => {
    if (!isChanged && isBeside(dialog, event)) {
      dialog.close();
    }
  }, { signal });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      listeners.abort();
      resolve(dialog.returnValue);
    }, { once: true });
  });
}

const TOAST_MS = 10_000;
let dismissToast = () => {};

// Shows a result for ten seconds. With `undo`, a button and Ctrl+Z call it. Returns a function that
// removes the toast early.
export function toast(text, { undo } = {}) {
  dismissToast();
  const element = fill("toast", { text, noUndo: undo === undefined });
  const keys = (event) => {
    if (undo && event.key === "z" && (event.ctrlKey || event.metaKey) && !isTyping()) {
      event.preventDefault();
      use();
    }
  };
  const use = () => { dismiss(); undo(); };
  const timer = setTimeout(() => dismiss(), TOAST_MS);
  const dismiss = () => {
    clearTimeout(timer);
    document.removeEventListener("keydown", keys);
    element.remove();
  };
  element.querySelector("button").addEventListener("click", use);
  document.addEventListener("keydown", keys);
  // Inside of a landmark, where screen readers find it.
  (document.querySelector("main") ?? document.body).append(element);
  announce(text);
  dismissToast = dismiss;
  return dismiss;
}

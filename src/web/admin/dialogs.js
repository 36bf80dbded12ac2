// Dialogs: a form from a description, a question, and a secret that is shown once.

let fieldCount = 0;

// Runs what follows a dialog once it has closed and given the focus back.
const afterClose = (next) => setTimeout(next);

// Opens a dialog that a press beside it does not close: typed text and secrets would be lost.
async function openFirmly(dialog) {
  const opener = document.activeElement;
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) {
      event.stopImmediatePropagation();
    }
  });
  await open(dialog);
  focusAgain(opener);
}

// Gives the focus back. A row that was drawn again has a new opener.
function focusAgain(opener) {
  const id = opener.closest("tr")?.dataset.id;
  if (!opener.isConnected && id !== undefined && document.querySelector("dialog[open]") === null) {
    const row = [...document.querySelectorAll("tr")].find(({ dataset }) => dataset.id === id);
    row?.querySelector("button")?.focus();
  }
}

// A field: `{ name, label, type, value, hint, options, isRequired, max, autocomplete }`.
function fieldElement(field) {
  fieldCount += 1;
  const id = `field-${fieldCount}`;
  if (field.type === "checks") {
    return checksElement(field);
  }
  const control = controlElement(field, id);
  const label = el("label", { for: id }, field.label);
  if (field.type === "checkbox") {
    return el(
      "div",
      {},
      el("div", { class: "check" }, control, label),
      hintElement(field, id, control),
    );
  }
  return el("div", { class: "field" }, label, control, hintElement(field, id, control));
}

function hintElement(field, id, control) {
  if (!field.hint) {
    return null;
  }
  control.setAttribute("aria-describedby", `${id}-hint`);
  return el("p", { class: "hint", id: `${id}-hint` }, field.hint);
}

function controlElement(field, id) {
  const attributes = {
    id,
    name: field.name,
    required: field.isRequired === true,
    maxlength: field.max,
    autocomplete: field.autocomplete ?? "off",
  };
  if (field.type === "select") {
    const options = field.options.map(([value, label]) =>
      el("option", { value, selected: value === field.value }, label),
    );
    return el("select", attributes, options);
  }
  if (field.type === "textarea") {
    const area = el("textarea", { ...attributes, rows: field.rows ?? 6, spellcheck: "false" });
    area.value = field.value ?? "";
    return area;
  }
  const input = el("input", { ...attributes, type: field.type ?? "text" });
  if (field.type === "checkbox") {
    input.checked = field.value === true;
  } else if (field.type !== "file") {
    input.value = field.value ?? "";
  }
  return input;
}

// Several choices of a list.
function checksElement(field) {
  const checks = field.options.map(([value, label]) => {
    const isChecked = field.value.includes(value);
    const input = el("input", { type: "checkbox", name: field.name, value, checked: isChecked });
    return el("label", { class: "check" }, input, " ", label);
  });
  return el("fieldset", { class: "checks" }, el("legend", {}, field.label), checks);
}

// The values of a form by the names of its fields.
function valuesOf(form, fields) {
  const read = ({ name, type }) => {
    const control = form.elements[name];
    if (type === "checks") {
      return [...form.querySelectorAll(`[name="${name}"]:checked`)].map(({ value }) => value);
    }
    if (type === "checkbox") {
      return control.checked;
    }
    return type === "file" ? control.files[0] : control.value.trim();
  };
  return Object.fromEntries(fields.map((field) => [field.name, read(field)]));
}

// The values that differ from those with which the form was made.
function changedValues(values, fields) {
  const isChanged = ({ name, value }) =>
    JSON.stringify(values[name]) !== JSON.stringify(value ?? "");
  return Object.fromEntries(fields.filter(isChanged).map(({ name }) => [name, values[name]]));
}

// Opens a dialog with a form. `save(values, changed)` sends it; a refused call stays in the form.
// `more` are elements below the form.
function formDialog({ title, about, fields, submit, isDangerous, save, more }) {
  const heading = el("h2", { id: "dialog-title" }, title);
  const form = el("form", { id: "dialog-form", novalidate: true });
  const dialog = el("dialog", { "aria-labelledby": "dialog-title", class: "dialog" });
  const cancel = el("button", { type: "button", class: "button" }, word("shell.cancel"));
  const send = el(
    "button",
    { type: "submit", class: isDangerous ? "button primary dangerous" : "button primary" },
    submit,
  );
  cancel.addEventListener("click", () => dialog.close());
  form.append(
    ...(about ? [el("p", {}, about)] : []),
    ...fields.map(fieldElement),
    el("p", { class: "buttons" }, cancel, send),
  );
  onSubmit(form, async () => {
    const values = valuesOf(form, fields);
    const text = await save(values, changedValues(values, fields), form);
    dialog.close("saved");
    return text;
  });
  dialog.append(heading, form, ...(more?.(dialog) ?? []));
  openFirmly(dialog);
  form.querySelector("input, select, textarea")?.focus();
}

// Asks before something that cannot be undone. With `name`, that name must be typed.
function confirmDialog({ title, about, submit, name, act: action }) {
  const fields =
    name === undefined
      ? []
      : [
          {
            name: "name",
            label: word("table.typeName", { name: visibleText(name) }),
            isRequired: true,
          },
        ];
  const save = (values, changed, form) => {
    if (name !== undefined && values.name !== name) {
      throw new Refused(400, {
        details: { field: "name" },
        error: word("table.otherName", { name: visibleText(name) }),
      });
    }
    return action();
  };
  formDialog({ title, about, fields, submit, isDangerous: true, save });
}

// Shows a link or a secret that the server does not show again.
function onceDialog({ title, about, text, qr }) {
  const code = el("code", { class: "once", tabindex: "0" }, text);
  const dialog = el(
    "dialog",
    { "aria-labelledby": "dialog-title", class: "dialog" },
    el("h2", { id: "dialog-title" }, title),
    el("p", {}, about),
    el("div", { class: "secret" }, code),
    qr?.length > 0 ? qrElement(qr) : null,
  );
  const close = el("button", { type: "button", class: "button" }, word("shell.close"));
  close.addEventListener("click", () => dialog.close());
  const note = el("p", { class: "hint visible", role: "status" }, word("table.once"));
  const copy = button(
    [icon("copy"), " ", word("table.copy")],
    async () => {
      note.textContent = await copyText(code);
    },
    { class: "button primary" },
  );
  dialog.append(note, el("p", { class: "buttons" }, close, copy));
  openFirmly(dialog);
  copy.focus();
}

// A QR code from its rows of 0 and 1, as one path with a quiet zone.
function qrElement(rows) {
  const size = rows.length + 8;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const squares = rows.flatMap((row, y) =>
    [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")),
  );
  path.setAttribute("d", squares.join(""));
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "qr");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", word("table.qr"));
  svg.append(path);
  return svg;
}

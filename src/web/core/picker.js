// The form that chooses a status, its text and its end. The end buttons are the submit buttons, so a
// status takes two presses. The board opens it as a dialog; /me shows it in the page.

export const STATES = ["online", "busy", "away", "offline"];

// Who may change the viewer's status while the form is open.
const SOURCES = {
  manual: "picker.byManual", external: "picker.byExternal", internal: "picker.byInternal",
};

// A picker as a form. `person` is the viewer's row on the board, `choices` those of `loadChoices`;
// `onSet(watch)` is called after a change, with a function that must get every later row of the
// viewer. Returns `{form, changed(person)}`: call `changed` when the row changes meanwhile.
export function picker({ person, choices, onSet }) {
  const form = fill("picker", {});
  const part = partsOf(form);
  const state = { form, part, choices, person, onSet };
  for (const each of allChoices(choices)) {
    part("choices").append(fill("picker-choice", each));
  }
  showAgain(state);
  select(state, person);
  showEnds(state);
  form.addEventListener("change", ({ target }) => target.name === "choice" && chose(state));
  form.elements.message.addEventListener("input", () => count(state));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(state, event.submitter);
  });
  part("notice").hidden = !isClockOff();
  part("notice").textContent = isClockOff() ? word("picker.clockOff") : "";
  return { form, changed: (row) => rowChanged(state, row) };
}

// Opens the picker as a dialog. Returns `{changed, closed}`; `closed` resolves when it is closed.
export async function openPicker({ person, onSet }) {
  const choices = await loadChoices();
  const dialog = fill("picker-dialog", {
    current: word("picker.current", { status: statusLine(person, now()) }),
  });
  const made = picker({
    person,
    choices,
    onSet: (watch) => {
      dialog.close();
      onSet(watch);
    },
  });
  dialog.append(made.form);
  const closed = open(dialog);
  (made.form.querySelector("input:checked") ?? made.form.querySelector("input")).focus();
  return { changed: made.changed, closed };
}

// Finds the parts of a form that scripts fill.
export const partsOf = (form) => (name) => form.querySelector(`[data-part="${name}"]`);

function allChoices({ statuses }) {
  const states = STATES.map((status) => ({ status, value: status, label: statusWord(status), text: "" }));
  const custom = statuses.map(({ status, text }) => ({ status, value: `${status} ${text}`, label: text, text }));
  return [...states, ...custom];
}

const chosenOf = ({ form, choices }) => allChoices(choices)
  .find(({ value }) => value === form.elements.choice.value);

// Selects what is set now. A person who is offline without having chosen it probably wants to be seen.
function select(state, { status, statusText = "", statusSource }) {
  const all = allChoices(state.choices);
  const isUnset = status === "offline" && statusSource === undefined;
  const custom = all.find((each) => each.text !== "" && each.text === statusText && each.status === status);
  const current = custom ?? all.find(({ value }) => value === status && !isUnset) ?? all[0];
  state.form.elements.choice.value = current.value;
  state.form.elements.message.value = statusText;
  state.suggested = current.text;
  count(state);
}

// A custom status brings its text; a text that was typed since stays.
function chose(state) {
  const { message } = state.form.elements;
  const { text } = chosenOf(state);
  if (message.value === "" || message.value === state.suggested) {
    message.value = text;
  }
  state.suggested = text;
  count(state);
}

function count({ form, part }) {
  const units = form.elements.message.value.length;
  part("counter").textContent = word("picker.counter", { n: units, max: TEXT_UNITS });
  part("counter").classList.toggle("over", units > TEXT_UNITS);
}

// The label of a rule: what a person calls it.
function ruleLabel(rule) {
  const minutes = /^(\d+)m$/.exec(rule)?.[1];
  if (minutes !== undefined) {
    return word("picker.minutes", { n: Number(minutes) });
  }
  const labels = {
    none: "picker.none", "1h": "picker.oneHour", noon: "picker.noon", dayEnd: "picker.endOfDay",
    midnight: "shell.endOfToday", thisMorning: "picker.thisMorning", morning: "picker.tomorrow",
  };
  return labels[rule] === undefined ? "" : word(labels[rule]);
}

// A button shows the rule and its instant. An hour or a day that is its own name stands alone.
function endSlots({ rule, at }) {
  const label = ruleLabel(rule);
  const isFar = at !== null && ["morning", "thisMorning", "monday"].includes(rule);
  const when = at === null || rule === "midnight" ? "" : isFar ? dayTimeText(at) : timeText(at);
  return label === "" ? { rule, label: when, when: "" } : { rule, label, when };
}

function showEnds(state) {
  const { part, choices, person } = state;
  const running = person.statusExpiresAt;
  const all = ends(now(), choices).map(endSlots);
  if (running !== undefined && new Date(running) > now()) {
    const end = endText(new Date(running), now());
    all.unshift({ rule: "keep", label: word("picker.keep", { end }), when: "" });
  }
  all.push({ rule: "date", label: word("picker.dateTime"), when: "" });
  part("ends").replaceChildren(...all.map((each) => fill("picker-end", each)));
}

// Statuses that were used before, with their rule: one press sets one.
function showAgain(state) {
  const { part, choices } = state;
  const offered = choices.recent
    .map((each) => ({ ...each, at: each.rule === "none" ? null : endOf(each.rule, now(), choices) }))
    .filter(({ at }) => at !== undefined);
  const buttons = offered.map((each) => {
    const when = each.at === null ? "" : ruleLabel(each.rule) || timeText(each.at);
    const button = fill("picker-again", { ...each, label: each.text || statusWord(each.status), when });
    button.addEventListener("click", () => apply(state, { ...each, at: freshEnd(state, each.rule) }));
    return button;
  });
  part("again").replaceChildren(...buttons);
  part("again-group").hidden = buttons.length === 0;
}

// The instant of a rule at the time of the press, not at the time the form was made.
const freshEnd = ({ choices }, rule) => (rule === "none" ? null : endOf(rule, now(), choices) ?? null);

async function submit(state, submitter) {
  const { form, person } = state;
  const rule = submitter?.value ?? "none";
  const text = form.elements.message.value;
  if (text.length > TEXT_UNITS) {
    showError(form, form.elements.message, word("errors.tooLong", { max: TEXT_UNITS }));
    return;
  }
  const chosen = { status: chosenOf(state).status, text, rule };
  if (rule === "date") {
    const at = await openDate();
    if (at !== null) {
      apply(state, { ...chosen, rule: "none", at });
    }
  } else if (rule === "keep") {
    apply(state, { ...chosen, rule: "none", at: new Date(person.statusExpiresAt) });
  } else {
    apply(state, { ...chosen, at: freshEnd(state, rule) });
  }
}

// Sends the status. Buttons are disabled meanwhile, so that a second press sends nothing.
async function apply({ form, choices, onSet }, chosen) {
  clearErrors(form);
  const busy = setTimeout(() => form.setAttribute("aria-busy", "true"), 300);
  form.inert = true;
  try {
    onSet(await setStatus(chosen, choices.recent));
  } catch (refused) {
    form.inert = false;
    showErrors(form, refused);
  } finally {
    clearTimeout(busy);
    form.inert = false;
    form.removeAttribute("aria-busy");
  }
}

// The row changed while the form is open, by a calendar, a command or another device. While a status
// is being sent, the change is the viewer's own.
function rowChanged(state, person) {
  if (state.form.inert) {
    return;
  }
  const source = word(SOURCES[person.statusSource] ?? SOURCES.manual);
  const slots = { status: statusLine(person, now()), time: timeText(now()), source };
  const line = word("picker.changed", slots);
  const text = person.statusSource === "internal" ? `${line} ${word("picker.covered")}` : line;
  state.person = person;
  state.part("notice").hidden = false;
  state.part("notice").textContent = text;
  announce(text);
}

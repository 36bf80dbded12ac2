// Setting a status at the door: a name, a status, an end, a PIN. Nothing of it stays on the display.

const REST_MS = 20_000;
const STEP_MS = 15 * 60_000;
const HOURS = 3;

find("tiles").addEventListener("click", ({ target }) => {
  const tile = target.closest("[data-id]");
  if (settings.interactive && tile !== null && level !== "unknown") {
    openPad(people.get(tile.dataset.id).person);
  }
});

// The next full hours in the zone of the display, which may differ from the device's.
function nextHours() {
  const at = [];
  let moment = Math.ceil((now().getTime() + STEP_MS) / STEP_MS) * STEP_MS;
  for (; at.length < HOURS; moment += STEP_MS) {
    if (clockText(new Date(moment)).endsWith(":00")) {
      at.push(new Date(moment));
    }
  }
  return at;
}

function openPad(person) {
  const dialog = fill("pad", { name: nameOf(person) });
  const form = dialog.querySelector("form");
  const part = partsOf(form);
  addChoices(part("choices"));
  addEnds(part("ends"));
  part("digits").addEventListener("click", (event) => pressDigit(form, event.target.closest("button")));
  part("cancel").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(dialog, form, person);
  });
  closeAtRest(dialog);
  open(dialog);
}

function addChoices(place) {
  const custom = (settings.statuses ?? []).map(({ name, statusType }) => ({
    status: statusType, value: `${statusType} ${name}`, label: name,
  }));
  const states = STATES.map((status) => ({ status, value: status, label: statusWord(status) }));
  place.append(...[...states, ...custom].map((each) => fill("picker-choice", each)));
  place.querySelector("input").checked = true;
}

function addEnds(place) {
  const hours = nextHours().map((at) => ({ value: at.toISOString(), label: timeText(at) }));
  place.append(...[{ value: "", label: word("picker.none") }, ...hours].map((each) => fill("pad-end", each)));
  place.querySelector("input").checked = true;
}

function pressDigit({ elements: { pin } }, button) {
  if (button?.value === "back") {
    pin.value = pin.value.slice(0, -1);
  } else if (/^\d$/.test(button?.value ?? "") && pin.value.length < pin.maxLength) {
    pin.value += button.value;
  }
}

// A person who walked away leaves nothing open.
function closeAtRest(dialog) {
  let timer;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(() => dialog.close(), REST_MS);
  };
  for (const kind of ["pointerdown", "keydown"]) {
    dialog.addEventListener(kind, restart);
  }
  dialog.addEventListener("close", () => clearTimeout(timer));
  restart();
}

async function send(dialog, form, { username }) {
  const { choice, until, pin } = form.elements;
  const [status, ...text] = choice.value.split(" ");
  const body = { username, pin: pin.value, status, text: text.join(" ") };
  if (until.value !== "") {
    body.expiresAt = until.value;
  }
  clearErrors(form);
  form.inert = true;
  try {
    await call("POST", "displays.setStatus", body, headers);
    announce(word("display.done"));
    dialog.close();
  } catch (refused) {
    form.inert = false;
    pin.value = "";
    showError(form, pin, pinError(refused));
  }
}

const PIN_ERRORS = {
  "error-display-pin-blocked": "display.pinBlocked",
  "error-display-pin-not-set": "display.noPin",
  "error-display-pin-not-valid": "display.wrongPin",
  "error-display-pin-wrong": "display.wrongPin",
};

function pinError(refused) {
  const key = PIN_ERRORS[refused.errorType];
  const minutes = Math.max(1, Math.ceil(refused.retryAfter / 60));
  return key === undefined ? errorText(refused) : word(key, { n: minutes });
}

start();

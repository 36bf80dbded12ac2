// The dialog for a date and time, which refuses a time that clocks skip and asks which of two.

const MINUTE_MS = 60_000;
const YEAR_DAYS = 365;

const two = (number) => String(number).padStart(2, "0");

const dateField = (at) => `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

const timeField = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;

const daysLater = (at, days) => new Date(at.getFullYear(), at.getMonth(), at.getDate() + days);

// Asks for a date and time. Resolves with a Date, or null if the user cancels.
export function openDate() {
  const start = new Date(now().getTime() + 60 * MINUTE_MS);
  const dialog = fill("date-dialog", {
    date: dateField(start),
    time: timeField(start),
    min: dateField(now()),
    max: dateField(daysLater(now(), YEAR_DAYS)),
  });
  const form = dialog.querySelector("form");
  const part = partsOf(form);
  return new Promise((resolve) => {
    let chosen = null;
    const accept = (at) => { chosen = at; dialog.close(); };
    part("cancel").addEventListener("click", () => dialog.close());
    form.addEventListener("input", () => preview(form, part));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      check(form, part, accept);
    });
    preview(form, part);
    open(dialog).then(() => resolve(chosen));
  });
}

function preview(form, part) {
  clearErrors(form);
  part("offers").replaceChildren();
  const { date, time } = form.elements;
  const { at } = date.value && time.value ? instant(date.value, time.value) : {};
  part("preview").textContent = at === undefined ? "" : word("picker.preview", { when: longText(at), relative: relativeText(at) });
}

function check(form, part, accept) {
  const { date, time } = form.elements;
  const empty = [date, time].find(({ value }) => value === "");
  if (empty !== undefined) {
    showError(form, empty, word("errors.required"));
    return;
  }
  const { at, gap, twice } = instant(date.value, time.value);
  if (gap !== undefined) {
    const slots = { time: time.value, next: timeText(gap) };
    showError(form, time, word("picker.gap", slots));
    offer(part, [gap], accept);
  } else if (at < now().getTime() + MINUTE_MS || at > daysLater(now(), YEAR_DAYS + 1)) {
    showError(form, date, word("picker.ahead"));
  } else if (twice !== undefined) {
    showError(form, time, word("picker.twice", { time: time.value }));
    offer(part, twice, accept);
  } else {
    accept(at);
  }
}

// Buttons with instants. Two that look alike differ by the name of their zone.
function offer(part, instants, accept) {
  const buttons = instants.map((at) => {
    const button = fill("date-offer", { label: zonedText(at) });
    button.addEventListener("click", () => accept(at));
    return button;
  });
  part("offers").replaceChildren(...buttons);
}

// Setting, clearing and undoing the viewer's own status, and the statuses used recently.

// A text may have as many UTF-16 units, as `String.length` counts them and the server does.
export const TEXT_UNITS = 120;
const RECENT = 5;

// What a picker offers: `{statuses, recent, dayEnd, morning}`.
export async function loadChoices() {
  const [listed, { preferences }] = await Promise.all([
    call("GET", "custom-user-status.list?count=100&sort=%7B%22name%22%3A1%7D"),
    call("GET", "users.getPreferences"),
  ]);
  return {
    statuses: listed.statuses.map(({ name, statusType }) => ({ status: statusType, text: name })),
    recent: preferences.doorsignRecent ?? [],
    dayEnd: preferences.doorsignDayEnd ?? "18:00",
    morning: preferences.doorsignMorning ?? "09:00",
  };
}

const isSame = (one, other) => one.status === other.status && one.text === other.text
  && one.rule === other.rule;

// Puts a status first among the recent ones. The rule is kept, not the instant.
async function remember({ status, text, rule }, recent) {
  const used = { status, text, rule };
  const kept = recent.filter((each) => !isSame(each, used)).slice(0, RECENT - 1);
  await call("POST", "users.setPreferences", { data: { doorsignRecent: [used, ...kept] } });
}

// The viewer's own claim before a change: what undo returns to.
async function ownClaim() {
  const { claims } = await call("GET", "users.claims");
  return claims.find(({ source }) => source === "manual") ?? null;
}

const send = ({ status, text, at }) => call("POST", "users.setStatus", {
  status,
  message: text,
  ...(at === null ? {} : { expiresAt: at.toISOString() }),
});

// Sets a status and offers to undo it. `chosen` is `{status, text, rule, at}`; `at` is a Date or
// null. Throws `Refused`. Returns what `undoable` returns.
export async function setStatus(chosen, recent) {
  const before = await ownClaim();
  await send(chosen);
  if (chosen.text !== "") {
    // The status is set; a list of suggestions that could not be saved is not worth an error.
    remember(chosen, recent).catch(() => {});
  }
  const shown = { status: chosen.status, statusText: chosen.text };
  if (chosen.at !== null) {
    shown.statusExpiresAt = chosen.at.toISOString();
  }
  return undoable(statusLine(shown, now()), before, shown);
}

// Ends the viewer's own claim, and offers to undo it.
export async function clearStatus() {
  const before = await ownClaim();
  await call("POST", "users.endClaim", { source: "manual" });
  return undoable(word("picker.cleared"), before, null);
}

// Shows the result with "Undo" for ten seconds. Returns a function for frames about the viewer: one
// that shows something else than what was set removes the button.
function undoable(text, before, shown) {
  const dismiss = toast(text, { undo: () => restore(before) });
  return (person) => {
    if (shown === null || !showsSame(person, shown)) {
      dismiss();
    }
  };
}

const instantOf = (text) => (text === undefined ? 0 : Date.parse(text));

const showsSame = (person, shown) => person.status === shown.status
  && (person.statusText ?? "") === shown.statusText
  && instantOf(person.statusExpiresAt) === instantOf(shown.statusExpiresAt);

// Returns to an earlier claim. One that has ended meanwhile is not set again.
async function restore(before) {
  const at = before?.expiresAt === undefined ? null : new Date(before.expiresAt);
  const hasEnded = at !== null && at <= now();
  try {
    await (before === null || hasEnded
      ? call("POST", "users.endClaim", { source: "manual" })
      : send({ status: before.status, text: before.text ?? "", at }));
    toast(word("picker.undone"));
  } catch (refused) {
    toast(errorText(refused));
  }
}

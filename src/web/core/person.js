// What a card shows of a person: words, mark, times.

const ORDER = { online: 0, busy: 1, away: 2, offline: 3 };

const WORDS = {
  online: "shell.online", busy: "shell.busy", away: "shell.away", offline: "shell.offline",
};

// An end that has passed without news for this long is shown as ended.
const OVERDUE_MS = 2_000;

// Available, busy, away, offline; unknown ones last.
export const rank = ({ status }) => ORDER[status] ?? 4;

export const nameOf = ({ name, username }) => name || username || "";

// Whether the end has passed and the server has not said what holds now.
export const isOverdue = ({ statusExpiresAt }, at) => statusExpiresAt !== undefined
  && at - Date.parse(statusExpiresAt) > OVERDUE_MS;

// The word of a state, such as "Busy".
export const statusWord = (status) => word(WORDS[status] ?? "shell.unknown");

// When: "until 15:00", "ended 15:00" or since when the status holds; empty if nothing is known.
export function whenText(person, at) {
  const { statusExpiresAt: end, statusSince: since } = person;
  if (end !== undefined) {
    const date = new Date(end);
    return isOverdue(person, at)
      ? word("shell.ended", { end: timeText(date) })
      : untilText(date, at);
  }
  return since === undefined ? "" : sinceText(new Date(since), at);
}

// One line: "Busy, In a meeting, until 15:00".
export function statusLine(person, at) {
  const end = person.statusExpiresAt === undefined ? "" : whenText(person, at);
  return [statusWord(person.status), person.statusText, end].filter(Boolean).join(", ");
}

const picture = ({ username, avatarETag }) => (avatarETag && username
  ? `${base}/avatar/${encodeURIComponent(username)}?etag=${encodeURIComponent(avatarETag)}`
  : "");

// The data of the parts `person` and `tile`.
export function personSlots(person, at) {
  const name = nameOf(person);
  const moment = person.statusExpiresAt ?? person.statusSince;
  const when = whenText(person, at);
  const known = person.status in ORDER && !isOverdue(person, at);
  return {
    id: person._id,
    status: known ? person.status : "unknown",
    hue: hue(person.username ?? name),
    initials: initials(name),
    picture: picture(person),
    noPicture: picture(person) === "",
    link: person.username ? `${base}/p/${encodeURIComponent(person.username)}` : "",
    name,
    word: statusWord(person.status),
    when,
    at: moment ?? "",
    full: moment === undefined ? "" : fullText(new Date(moment)),
    noWhen: when === "",
    text: person.statusText ?? "",
    noText: !person.statusText,
  };
}

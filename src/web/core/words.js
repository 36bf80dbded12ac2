// The words of the page in its language, times, initials and search keys.

const language = document.documentElement.lang || "en";

// The viewer's regional form of the page's language, for the order of dates and the clock.
const locale = navigator.languages.find((each) => each.split("-")[0] === language.split("-")[0])
  ?? language;

const vocabulary = json("words") ?? {};
const plurals = new Intl.PluralRules(language);
const collator = new Intl.Collator(language, { sensitivity: "base", numeric: true });
const unit = new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: "long" });
const segmenter = new Intl.Segmenter(language);
const encoder = new TextEncoder();
const DAY_MS = 86_400_000;
let zone;
let formats = {};

// Shows times in another zone than the device's. Displays need it: many run in UTC.
export function useZone(name) {
  zone = name;
  formats = {};
}

// A text by its key, such as `board.count`. An object holds plural forms, chosen by `n`.
export function word(key, slots = {}) {
  const [section, name] = key.split(".");
  const found = vocabulary[section]?.[name] ?? key;
  const text = typeof found === "string"
    ? found
    : found[plurals.select(slots.n ?? 0)] ?? found.other;
  return text.replace(/\{([A-Za-z0-9]+)\}/g, (slot, each) => slots[each] ?? slot);
}

// For sorting names.
export const compare = (one, other) => collator.compare(one, other);

// A text in the form that searches compare: without marks, in lower case.
export const searchKey = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Formatters are costly to make, so each is made once.
function format(name, date, options, tag = locale) {
  formats[name] ??= new Intl.DateTimeFormat(tag, { timeZone: zone, ...options });
  return formats[name].format(date);
}

// The number of a local day, for differences between days.
function dayNumber(date) {
  if (zone === undefined) {
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS;
  }
  const options = { year: "numeric", month: "2-digit", day: "2-digit" };
  return Date.parse(`${format("day", date, options, "en-CA")}T00:00Z`) / DAY_MS;
}

export const timeText = (date) => format("time", date, { timeStyle: "short" });
export const dayText = (date) => format("date", date, { day: "numeric", month: "short" });
const weekday = (date) => format("weekday", date, { weekday: "short" });
export const clockText = (date) => format("clock", date, { timeStyle: "short" }, "en-GB");

// Date, time and zone in full, for titles.
export const fullText = (date) => format("full", date, {
  weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit",
  timeZoneName: "short",
});

// A weekday, day and time, for the ends that lie further ahead.
export const longText = (date) => format("long", date, {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});

// A weekday and time, for ends within the next days.
export const dayTimeText = (date) => `${weekday(date)} ${timeText(date)}`;

// When a status ends, to be put after "until": "15:00", "tomorrow 09:00", "Mon 09:00", "7 Dec".
export function endText(date, now) {
  const days = dayNumber(date) - dayNumber(now);
  if (days === 1 && clockText(date) === "00:00") {
    return word("shell.endOfToday");
  }
  if (days === 0) {
    return timeText(date);
  }
  if (days === 1) {
    return word("shell.tomorrowAt", { time: timeText(date) });
  }
  return days > 1 && days <= 6 ? dayTimeText(date) : dayText(date);
}

// "until 15:00", "until 7 Dec". Some languages need other words before a date.
export function untilText(date, now) {
  const isDate = dayNumber(date) - dayNumber(now) > 6;
  return word(isDate ? "shell.untilDate" : "shell.until", { end: endText(date, now) });
}

// A duration in one unit: "42 min", "3 h", "2 days".
export function durationText(minutes) {
  if (minutes < 60) {
    return word("shell.minutes", { n: minutes });
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? word("shell.hours", { n: hours }) : unit.format(Math.floor(hours / 24));
}

// Since when a status holds: "just now", "42 min", "3 h", "since yesterday 18:04", "since 24 Nov".
export function sinceText(date, now) {
  const minutes = Math.floor((now - date) / 60_000);
  if (minutes < 1) {
    return word("shell.justNow");
  }
  if (minutes < 720) {
    return durationText(minutes);
  }
  const days = dayNumber(now) - dayNumber(date);
  if (days === 0) {
    return word("shell.since", { time: timeText(date) });
  }
  return days === 1
    ? word("shell.sinceYesterday", { time: timeText(date) })
    : word("shell.since", { time: dayText(date) });
}

// Latin letters without combining marks need no segmenter, which is slow.
const PLAIN = /^[\u0020-\u024F]*$/;

const firstLetter = (text) => (PLAIN.test(text)
  ? text.slice(0, 1)
  : segmenter.segment(text)[Symbol.iterator]().next().value?.segment ?? "");

// One or two letters for a person without a picture. Scripts whose letters join give one.
export function initials(name) {
  const words = clean(name).trim().split(/\s+/u).filter(Boolean);
  const letters = [words[0], words.at(-1)].map((each) => firstLetter(each ?? ""));
  const isAlphabetic = letters.every((each) => /^[\p{sc=Latin}\p{sc=Cyrillic}\p{sc=Greek}]/u.test(each));
  const shown = words.length > 1 && isAlphabetic ? letters.join("") : letters[0];
  return shown.toUpperCase();
}

// The class of a person's colour: FNV-1a of the username, so that a new name keeps it.
export function hue(username) {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(username)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return `h${hash % 12}`;
}

// A time with the name of its zone: "02:30 CEST" and "02:30 CET" are an hour apart.
export const zonedText = (date) => format("zoned", date, {
  hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

// How far ahead an instant lies: "in 2 days".
export function relativeText(date) {
  const minutes = Math.round((date - now()) / 60_000);
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  if (minutes < 60) {
    return relative.format(minutes, "minute");
  }
  const days = dayNumber(date) - dayNumber(now());
  return days < 1 ? relative.format(Math.round(minutes / 60), "hour") : relative.format(days, "day");
}

// When a status ends. Pure functions in the zone of the device: local date fields, never "plus 24
// hours", so that days with a clock change come out right.

const MINUTE = 60_000;

// Milliseconds later, rounded up to the minute.
const later = (now, ms) => new Date(Math.ceil((now.getTime() + ms) / MINUTE) * MINUTE);

// A local time on the day of `now` plus `days`. `time` is "HH:MM".
function onDay(now, days, time) {
  const [hours, minutes] = time.split(":").map(Number);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hours, minutes);
}

const isAhead = (at, now, minutes) => at - now >= minutes * MINUTE;

// The first full hour that is at least 15 minutes away.
function fullHour(now) {
  const from = new Date(now.getTime() + 15 * MINUTE);
  const [year, month, day] = [from.getFullYear(), from.getMonth(), from.getDate()];
  const hour = new Date(year, month, day, from.getHours());
  return hour >= from ? hour : new Date(year, month, day, from.getHours() + 1);
}

function dayEnd(now, time) {
  const at = onDay(now, 0, time);
  return isAhead(at, now, 30)
    ? { rule: "dayEnd", at }
    : { rule: "midnight", at: onDay(now, 1, "00:00") };
}

// Before four in the morning, the next morning is that of the same day.
function morningEnd(now, time) {
  const today = onDay(now, 0, time);
  return now.getHours() < 4 && today > now
    ? { rule: "thisMorning", at: today }
    : { rule: "morning", at: onDay(now, 1, time) };
}

// Whether the next Monday is worth a button: Thursday noon to Sunday.
const isWeekEnd = (now) => [5, 6, 0].includes(now.getDay())
  || (now.getDay() === 4 && now.getHours() >= 12);

const monday = (now, time) => onDay(now, (8 - now.getDay()) % 7 || 7, time);

// The ends that are offered at `now`, the earliest first. `rule` is kept with a recent status, `at`
// is the instant; null means no end.
export function ends(now, { dayEnd: evening = "18:00", morning = "09:00" } = {}) {
  const fixed = [
    { rule: "30m", at: later(now, 30 * MINUTE) },
    { rule: "1h", at: later(now, 60 * MINUTE) },
    { rule: "noon", at: onDay(now, 0, "12:00") },
    dayEnd(now, evening),
    morningEnd(now, morning),
  ].filter(({ rule, at }) => rule !== "noon" || isAhead(at, now, 15));
  const optional = [{ rule: "hour", at: fullHour(now) }];
  if (isWeekEnd(now)) {
    optional.push({ rule: "monday", at: monday(now, morning) });
  }
  const isNew = ({ at }) => fixed.every((other) => other.at.getTime() !== at.getTime());
  const all = [...fixed, ...optional.filter(isNew)];
  return [{ rule: "none", at: null }, ...all.sort((one, other) => one.at - other.at)];
}

// The instant of a rule that was used before. `rule` is one of `ends`, or "Nm" for N minutes. Returns
// undefined if the rule means nothing now, such as noon in the evening.
export function endOf(rule, now, preferences) {
  const minutes = /^(\d+)m$/.exec(rule)?.[1];
  if (minutes !== undefined) {
    return later(now, minutes * MINUTE);
  }
  if (rule === "hour") {
    return fullHour(now);
  }
  const same = { midnight: "dayEnd", thisMorning: "morning" };
  const family = (name) => same[name] ?? name;
  return ends(now, preferences).find((end) => family(end.rule) === family(rule))?.at;
}

// Whether an instant shows the local fields that were asked for.
const shows = (at, [year, month, day, hours, minutes]) => at.getFullYear() === year
  && at.getMonth() === month - 1 && at.getDate() === day
  && at.getHours() === hours && at.getMinutes() === minutes;

// The instant of a local date "YYYY-MM-DD" and time "HH:MM": `{at}`; `{gap}` with the next real time
// if clocks skip it; `{at, twice}` with both instants, the earlier one first, if it occurs twice.
export function instant(date, time) {
  const fields = [...date.split("-"), ...time.split(":")].map(Number);
  const [year, month, day, hours, minutes] = fields;
  const at = new Date(year, month - 1, day, hours, minutes);
  if (!shows(at, fields)) {
    return { gap: at };
  }
  for (let step = 15; step <= 180; step += 15) {
    const again = new Date(at.getTime() + step * MINUTE);
    if (shows(again, fields)) {
      return { at, twice: [at, again] };
    }
  }
  return { at };
}

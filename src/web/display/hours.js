// What changes with the time: clock, theme, dimming, the pixels, and reloads that mend the page.

const DARK_FROM = "20:00";
const DARK_TO = "06:00";
const IDLE_MS = 30 * 60_000;
const BROKEN_MS = 15 * 60_000;
const RELOAD_HOUR = "04:00";
const SPREAD_MINUTES = 30;
const CURSOR_MS = 3_000;

// Nine places, so that no pixel shows the same edge for months.
const PLACES = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];
const STEP_VMIN = 0.4;

const loadedAt = Date.now();
// Minutes after four in the morning: displays of one server do not reload together.
const reloadDelay = Math.floor(Math.random() * SPREAD_MINUTES);
let lastChange = Date.now();
let lostSince = null;
let lock = null;

// Whether a time of day is in a span that may cross midnight.
const isWithin = (time, from, to) => (from <= to ? time >= from && time < to : time >= from || time < to);

const isDimmed = () => settings.dim !== null && isWithin(clockText(now()), ...settings.dim);

function showTheme() {
  const isNight = isWithin(clockText(now()), DARK_FROM, DARK_TO);
  const theme = settings.theme === "auto" ? (isNight ? "dark" : "light") : settings.theme;
  document.documentElement.dataset.theme = theme;
  document.documentElement.toggleAttribute("data-dim", isDimmed());
}

function showClock() {
  const clock = find("clock");
  writeText(clock, timeText(now()));
  clock.dateTime = clockText(now());
  clock.title = fullText(now());
}

// Called at each minute.
function every() {
  showClock();
  showTheme();
  shift();
  rest();
  drawAll();
  keepAwake();
  mend();
  const at = now().getTime();
  setTimeout(every, 60_000 - (at % 60_000) + 50);
}

function shift() {
  const [x, y] = PLACES[Math.floor(Date.now() / 60_000) % PLACES.length];
  const { style } = find("wall");
  style.setProperty("--x", `${x * STEP_VMIN}vmin`);
  style.setProperty("--y", `${y * STEP_VMIN}vmin`);
}

// With everyone offline for half an hour, only the clock is left, in another place each minute.
function rest() {
  const isIdle = people.size > 0 && Date.now() - lastChange > IDLE_MS
    && [...people.values()].every(({ person }) => person.status === "offline");
  const { classList, style } = find("wall");
  classList.toggle("resting", isIdle);
  if (isIdle) {
    style.setProperty("--clock-x", `${Math.round(Math.random() * 60)}vw`);
    style.setProperty("--clock-y", `${Math.round(Math.random() * 70)}vh`);
  }
}

function wake() {
  lastChange = Date.now();
  find("wall").classList.remove("resting");
}

// Keeps the device awake where browsers can, that is, over https. A lock that is never given back
// would keep panels lit all night.
async function keepAwake() {
  const isWanted = settings.keepAwake && !isDimmed() && document.visibilityState === "visible";
  if (!isWanted) {
    await lock?.release();
    lock = null;
  } else if ((lock === null || lock.released) && "wakeLock" in navigator) {
    lock = await navigator.wakeLock.request("screen").catch(() => null);
  }
}

document.addEventListener("visibilitychange", () => keepAwake());

// Reloads once a night, and when streams fail although the server answers. Never while it is away:
// an error page of the browser does not return by itself.
function mend() {
  const isFresh = ["fresh", "quiet"].includes(level);
  lostSince = isFresh ? null : lostSince ?? Date.now();
  const [hours, minutes] = clockText(now()).split(":").map(Number);
  const isNight = hours === Number(RELOAD_HOUR.slice(0, 2)) && minutes >= reloadDelay
    && Date.now() - loadedAt > 2 * 3_600_000;
  const isBroken = lostSince !== null && Date.now() - lostSince > BROKEN_MS;
  if (isNight || isBroken) {
    reloadIfServed();
  }
}

async function reloadIfServed() {
  const answer = await fetch(`${base}/display`, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer?.status === 200 && document.querySelector("dialog[open]") === null) {
    location.reload();
  }
}

// The cursor is hidden while it rests.
let resting;
addEventListener("pointermove", () => {
  document.body.classList.remove("no-cursor");
  clearTimeout(resting);
  resting = setTimeout(() => document.body.classList.add("no-cursor"), CURSOR_MS);
});
document.body.classList.add("no-cursor");

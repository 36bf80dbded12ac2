// My status: what others see of it, and the form that sets it.
import {
  Refused, announce, call, clearStatus, errorText, fill, find, follow, isOtherBuild, loadChoices, now,
  onClick,
  page, patch, personSlots, picker, reloadWhenIdle, signedOut, statusLine, timeText, toast, word,
} from "./core.js";

// The viewer's row on the board, its card and claims, the form, what follows the next row, and the
// timer that runs until the row of the viewer's own change has arrived. `isOwn`: the last row arrived
// while the form was being sent.
const state = {
  person: null,
  card: null,
  form: null,
  watch: null,
  claims: [],
  awaited: null,
  isOwn: false,
};

const stream = follow("board", {
  onBoard: showBoard,
  onPerson: (person) => person._id === page.user.userId && showPerson(person),
  onGone: ({ _id }) => _id === page.user.userId && signedOut(),
  onEnd: (reason) => (reason === "forbidden" ? showBanner(word("errors.forbidden")) : signedOut()),
  onState: showState,
});

function showBoard(board) {
  if (isOtherBuild(board)) {
    reloadWhenIdle();
  }
  const person = board.people.find(({ _id }) => _id === page.user.userId);
  if (person !== undefined) {
    showPerson(person);
  }
  document.documentElement.dataset.ready = "";
}

// Shows a new row of the viewer. The claims below it may have changed with it.
function showPerson(person) {
  const isSame = JSON.stringify(person) === JSON.stringify(state.person);
  const isFirst = state.person === null;
  state.person = person;
  drawCard();
  state.watch?.(person);
  loadClaims();
  state.isOwn = state.form?.form.inert ?? false;
  if (isFirst || state.awaited !== null) {
    showForm();
  } else if (!isSame) {
    state.form?.changed(person);
  }
}

function drawCard() {
  const slots = { ...personSlots(state.person, now()), link: "" };
  if (state.card === null) {
    state.card = fill("person", slots);
    find("seen").replaceChildren(state.card);
  } else {
    patch(state.card, slots);
  }
}

// Makes the form again after each change, so that its end and the recent statuses are current.
async function showForm() {
  clearTimeout(state.awaited);
  state.awaited = null;
  try {
    const choices = await loadChoices();
    state.form = picker({ person: state.person, choices, onSet });
    find("form-place").replaceChildren(state.form.form);
  } catch (refused) {
    if (!(refused instanceof Refused)) {
      throw refused;
    }
    toast(errorText(refused));
  }
}

// How long the row of a change by the viewer may take. It never comes if others see no difference.
const ROW_MS = 1_500;

// After a change by the viewer, the form is made again with the row that the stream brings, which may
// have arrived before the answer.
function onSet(watch) {
  state.watch = watch;
  clearTimeout(state.awaited);
  state.awaited = setTimeout(showForm, state.isOwn ? 0 : ROW_MS);
  state.isOwn = false;
  loadClaims();
}

// What holds the status, and what is underneath

const SOURCES = {
  manual: () => word("me.sourceManual"),
  external: () => word("shell.sourceExternal"),
  internal: () => word("shell.sourceInternal"),
};

const asPerson = (claim) => ({
  status: claim.status,
  statusText: claim.text,
  statusExpiresAt: claim.expiresAt,
});

// How often the claims were asked for: of overlapping answers, only that of the last call counts.
let asked = 0;

async function loadClaims() {
  asked += 1;
  const mine = asked;
  try {
    const answer = await call("GET", "users.claims");
    if (mine === asked) {
      showClaims(answer);
    }
  } catch (refused) {
    if (!(refused instanceof Refused)) {
      throw refused;
    }
    if (mine === asked && page.user !== null) {
      showClaims({ claims: [] });
      find("set-by").textContent = errorText(refused);
    }
  }
}

function showClaims({ claims, base }) {
  state.claims = claims;
  const [top, ...others] = claims;
  find("set-by").textContent = top === undefined ? "" : setByText(top);
  find("below-title").hidden = others.length === 0;
  find("below").replaceChildren(...others.map(belowRow));
  const next = others[0] === undefined ? base : asPerson(others[0]);
  find("then").textContent =
    top === undefined || next === undefined
      ? ""
      : word("me.then", { status: statusLine(next, now()) });
  showButtons(top);
}

function setByText({ source, setAt }) {
  const who = SOURCES[source]();
  return setAt === undefined
    ? word("me.setBy", { who })
    : word("me.setByAt", { who, time: timeText(new Date(setAt)) });
}

function belowRow(claim) {
  const who = SOURCES[claim.source]();
  const row = fill("claim", {
    status: claim.status,
    line: statusLine(asPerson(claim), now()),
    source: word("me.setBy", { who }),
    label: word("me.endOf", { who }),
  });
  onClick(row.querySelector("button"), () => endClaim(claim.source));
  return row;
}

// "Clear" ends the viewer's own claim; one of a calendar or a call has a button of its own.
function showButtons(top) {
  find("clear").hidden = state.claims.every(({ source }) => source !== "manual");
  const button = find("end-top");
  button.hidden = top === undefined || top.source === "manual";
  if (!button.hidden) {
    button.textContent = word("me.endOf", { who: SOURCES[top.source]() });
    button.dataset.source = top.source;
  }
}

async function endClaim(source) {
  await call("POST", "users.endClaim", { source });
  await loadClaims();
  announce(word("me.ended", { who: SOURCES[source]() }));
}

onClick(find("clear"), async () => onSet(await clearStatus()));
onClick(find("end-top"), () => endClaim(find("end-top").dataset.source));

// Freshness

function showState({ level, asOf }) {
  const isLost = !["fresh", "quiet"].includes(level);
  document.body.classList.toggle("stale", ["old", "unknown"].includes(level));
  if (isLost) {
    showBanner(word("shell.lost", { time: timeText(asOf) }));
  } else {
    find("banner").hidden = true;
  }
}

function showBanner(text) {
  find("banner").hidden = false;
  if (find("banner-text").textContent !== text) {
    find("banner-text").textContent = text;
    announce(text);
  }
}

find("try-now").addEventListener("click", () => stream.retry());
// Ends and "since" change with the minute.
setInterval(() => state.person !== null && drawCard(), 20_000);

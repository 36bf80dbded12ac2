// One person's details: a dialog with an address of its own, /p/USERNAME.

let details = null;

const SOURCES = {
  manual: "board.sourceManual",
  external: "shell.sourceExternal",
  internal: "shell.sourceInternal",
  presence: "board.sourcePresence",
};

// The username in the address; null on the board itself.
function addressed() {
  const found = /^\/p\/([^/]+)$/.exec(location.pathname.slice(base.length));
  return found === null ? null : decodeURIComponent(found[1]);
}

function detailSlots(person) {
  const at = now();
  const { statusExpiresAt: until, statusSince: since, statusSource: source } = person;
  const roles = (person.roles ?? []).join(", ");
  return {
    ...personSlots(shown(person), at),
    username: person.username,
    nickname: person.nickname ?? "",
    noNickname: !person.nickname,
    roles,
    noRoles: roles === "",
    until: until ?? "",
    untilText: until === undefined ? "" : fullText(new Date(until)),
    noUntil: until === undefined,
    since: since ?? "",
    sinceText: since === undefined ? "" : fullText(new Date(since)),
    noSince: since === undefined,
    source: SOURCES[source] === undefined ? "" : word(SOURCES[source]),
    noSource: SOURCES[source] === undefined,
  };
}

// Shows the person of the address, or closes the dialog if the address is the board's.
function routeDetails() {
  const username = addressed();
  if (username === null) {
    details?.dialog.close();
    return;
  }
  if (details?.username === username) {
    return;
  }
  const entry = [...people.values()].find(({ person }) => person.username === username);
  if (entry === undefined) {
    history.replaceState(null, "", addressOf("/"));
    showMissing();
  } else {
    openDetails(entry.person);
  }
}

function showMissing() {
  const dialog = fill("missing-dialog", {});
  open(dialog);
}

function openDetails(person) {
  details?.dialog.close();
  const dialog = fill("person-dialog", detailSlots(person));
  const own = { dialog, username: person.username, id: person._id };
  details = own;
  open(dialog).then(() => {
    if (details === own) {
      details = null;
      leaveAddress();
    }
  });
}

// Closing goes back to the board: by the history if the dialog was opened from there.
function leaveAddress() {
  if (addressed() === null) {
    return;
  }
  if (history.state === "details") {
    history.back();
  } else {
    history.replaceState(null, "", addressOf("/"));
  }
}

function refreshDetails(person) {
  if (details?.id === person._id) {
    patch(details.dialog, detailSlots(person));
  }
}

// A plain press on a name opens the dialog; with a modifier, the browser opens the address.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".card a[href]");
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (link === null || link === undefined || !isPlain) {
    return;
  }
  event.preventDefault();
  const { person } = people.get(link.closest("[data-id]").dataset.id);
  history.pushState("details", "", addressOf(`/p/${encodeURIComponent(person.username)}`));
  openDetails(person);
});

addEventListener("popstate", () => {
  Object.assign(view, readView());
  showView();
  layout();
  routeDetails();
});

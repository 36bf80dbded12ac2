// The login form, and the page of invitations and password resets.
import {
  Refused, announce, base, call, endText, errorText, find, onReveal, onSubmit, page, showError,
  showPasswordRule, word,
} from "./core.js";

// The longest time for which the form waits for the answer of `GET session`.
const LONGEST_CHECK_MS = 2000;
// Guards the one reload of a visitor who arrived from another site.
const RETRIED = "doorsign-retried";
const KNOWN_PAGE = /^\/(|p\/[^/?#]+|me(\/account)?|admin\/[a-z]+|api)([?#].*)?$/;

// The address after a login: `next`, the page in whose place the form stands, or the board.
function nextAddress() {
  const next = new URLSearchParams(location.search).get("next");
  if (next !== null) {
    return base + (KNOWN_PAGE.test(next) ? next : "/");
  }
  const here = location.pathname + location.search;
  return location.pathname === `${base}/login` ? `${base}/` : here;
}

// Whether the one reload was tried before. Without storage, none is tried.
function hasRetried() {
  try {
    const isRetried = sessionStorage.getItem(RETRIED) !== null;
    sessionStorage.setItem(RETRIED, "yes");
    return isRetried;
  } catch {
    return true;
  }
}

function forgetRetry() {
  try {
    sessionStorage.removeItem(RETRIED);
  } catch {
    // Without storage there is no guard to remove.
  }
}

// The session, or one without a user if the answer fails or takes too long.
function session() {
  const none = { userId: null };
  const late = new Promise((resolve) => {
    setTimeout(resolve, LONGEST_CHECK_MS, none);
  });
  return Promise.race([call("GET", "session").catch(() => none), late]);
}

// Goes to the page with a session that exists. A strict cookie stays at home when a link on another
// site led here, and even when the visitor reloads. A call of the page carries it, and so does a
// replacement by the page.
async function useSession() {
  const { userId } = await session();
  if (userId === null) {
    forgetRetry();
    return false;
  }
  if (hasRetried()) {
    return false;
  }
  location.replace(nextAddress());
  return true;
}

function showForm(form) {
  find("wait").hidden = true;
  form.hidden = false;
  form.querySelector("input:not([readonly])").focus();
}

// The words for a refused login; undefined if the user and password are not at fault.
function loginError(refused) {
  const code = refused.errorType || refused.error;
  if (code.startsWith("error-login-blocked")) {
    const seconds = refused.retryAfter || refused.details.seconds || 60;
    return word("login.blocked", { n: Math.ceil(seconds / 60) });
  }
  if (code === "error-user-is-not-activated") {
    return word("errors.deactivated");
  }
  return refused.status === 401 ? word("login.wrong") : undefined;
}

async function logIn(form) {
  const { user, password } = form.elements;
  const empty = [user, password].find((input) => input.value === "");
  if (empty !== undefined) {
    showError(form, empty, word("errors.required"));
    return;
  }
  try {
    await call("POST", "session.start", { user: user.value.trim(), password: password.value });
    forgetRetry();
    location.replace(nextAddress());
  } catch (refused) {
    const text = refused instanceof Refused ? loginError(refused) : undefined;
    if (text === undefined) {
      throw refused;
    }
    showError(form, undefined, text);
    password.select();
  }
}

async function startLogin(form) {
  onSubmit(form, logIn);
  if (!(await useSession())) {
    showForm(form);
  }
}

const DEAD_LINKS = {
  "error-invitation-used": "login.linkUsed",
  "error-invitation-expired": "login.linkExpired",
};

// Replaces the form by the reason why the link is refused.
function showDeadLink(refused) {
  const isKnown = refused.status === 400 || refused.status === 404;
  const text = isKnown
    ? word(DEAD_LINKS[refused.errorType] ?? "login.linkUnknown")
    : errorText(refused);
  for (const id of ["wait", "join", "about"]) {
    find(id).hidden = true;
  }
  find("heading").textContent = word("login.deadHeading");
  find("why").textContent = text;
  find("dead").hidden = false;
  announce(text);
}

function describe(invitation) {
  const { username, kind, expiresAt } = invitation;
  const slots = { name: invitation.name || username, username, title: page.title };
  const isReset = kind === "reset";
  const heading = isReset ? "login.resetHeading" : "login.invitedHeading";
  find("heading").textContent = word(heading, slots);
  find("about").textContent = word(isReset ? "login.resetAbout" : "login.invitedAbout", slots);
  find("about").hidden = false;
  const end = endText(new Date(expiresAt), new Date(page.now));
  find("ends").textContent = word("login.linkEnds", { end });
}

async function accept(form, token) {
  const { password } = form.elements;
  try {
    await call("POST", "invitations.accept", { token, password: password.value });
    location.replace(`${base}/`);
  } catch (refused) {
    if (!(refused instanceof Refused) || !refused.errorType.startsWith("error-invitation-")) {
      throw refused;
    }
    showDeadLink(refused);
  }
}

// The token is in the fragment, which no server, log or link preview sees.
async function startJoin(form) {
  const token = location.hash.slice(1);
  addEventListener("hashchange", () => location.reload());
  try {
    const { invitation } = await call("POST", "invitations.look", { token });
    describe(invitation);
    form.elements.username.value = invitation.username ?? "";
    onSubmit(form, () => accept(form, token));
    showForm(form);
    showPasswordRule(find("rule"));
  } catch (refused) {
    showDeadLink(refused);
  }
}

document.querySelectorAll("[data-reveal]").forEach(onReveal);
if (find("join") === null) {
  startLogin(find("login"));
} else {
  startJoin(find("join"));
}

// The account page: profile, picture, preferences, password, PIN, sessions and tokens.
import {
  act, announce, base, call, copyText, dateText, fill, find, may, onClick, onSubmit, page,
  showError, showPasswordRule, signedOut, toast, word,
} from "./core.js";

// The record as the server last sent it: forms send only what differs.
let me = {};

// Profile

function profileOf(record) {
  return {
    name: record.name || "",
    nickname: record.nickname || "",
    username: record.username,
    email: record.emails?.[0]?.address || "",
  };
}

function changedProfile(form) {
  const known = profileOf(me);
  const changed = Object.keys(known).filter(
    (key) => form.elements[key].value.trim() !== known[key],
  );
  return Object.fromEntries(changed.map((key) => [key, form.elements[key].value.trim()]));
}

// The server asks for the password before it changes what a login depends on.
function toggleConfirmation() {
  const changed = changedProfile(find("profile"));
  find("confirm").hidden = !("username" in changed || "email" in changed);
}

async function saveProfile(form) {
  const data = changedProfile(form);
  if (Object.keys(data).length === 0) {
    return word("account.nothingChanged");
  }
  const password = form.elements.currentPassword;
  if (!find("confirm").hidden) data.currentPassword = password.value;
  await call("POST", "users.updateOwnBasicInfo", { data });
  password.value = "";
  await loadProfile();
  return word("account.saved");
}

async function loadProfile() {
  me = await call("GET", "me");
  const form = find("profile");
  for (const [key, value] of Object.entries(profileOf(me))) form.elements[key].value = value;
  find("password").elements.user.value = me.username;
  toggleConfirmation();
  showPortrait();
}

// What the workspace lets people change about themselves.
const RIGHTS = {
  Accounts_AllowRealNameChange: "name",
  Accounts_AllowUsernameChange: "username",
  Accounts_AllowEmailChange: "email",
};

async function applyRights() {
  const { settings } = await call("GET", "settings.public?count=100");
  const isOff = (id) => settings.some(({ _id, value }) => _id === id && value === false);
  const isFixed = isOff("Accounts_AllowUserProfileChange");
  for (const [id, name] of Object.entries(RIGHTS)) {
    find(name).readOnly = isFixed || isOff(id);
  }
  find("nickname").readOnly = isFixed;
  find("profile").querySelector("[type=submit]").hidden = isFixed;
  find("password-section").hidden = isFixed || isOff("Accounts_AllowPasswordChange");
  find("picture-section").hidden = isFixed || isOff("Accounts_AllowUserAvatarChange");
}

// Picture

function showPortrait() {
  const version = encodeURIComponent(me.avatarETag || "");
  find("portrait").src =
    `${base}/avatar/${encodeURIComponent(me.username)}?size=160&etag=${version}`;
}

async function savePicture(form) {
  const file = form.elements.image.files[0];
  if (file === undefined) {
    showError(form, form.elements.image, word("account.noFile"));
    return null;
  }
  const body = new FormData();
  body.append("image", file);
  await call("POST", "users.setAvatar", body);
  form.reset();
  await loadProfile();
  return word("account.pictureSaved");
}

async function removePicture() {
  await call("POST", "users.resetAvatar", { userId: page.user.userId });
  await loadProfile();
  toast(word("account.pictureRemoved"));
}

// Preferences

const LANGUAGES = ["en", "de", "fr", "es", "pt-BR"];
const DEFAULTS = { doorsignDayEnd: "18:00", doorsignMorning: "09:00" };

// Each language by its own name: a reader may know no other.
function languageOption(tag) {
  const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
  const option = new Option(name[0].toLocaleUpperCase(tag) + name.slice(1), tag);
  option.lang = tag;
  return option;
}

async function loadPreferences() {
  const { preferences } = await call("GET", "users.getPreferences");
  const { language, doorsignDayEnd, doorsignMorning, doorsignPublicBoard } =
    find("preferences").elements;
  language.replaceChildren(...LANGUAGES.map(languageOption));
  language.value = document.documentElement.lang;
  doorsignDayEnd.value = preferences.doorsignDayEnd || DEFAULTS.doorsignDayEnd;
  doorsignMorning.value = preferences.doorsignMorning || DEFAULTS.doorsignMorning;
  doorsignPublicBoard.checked = preferences.doorsignPublicBoard === true;
}

async function savePreferences(form) {
  const { language, doorsignDayEnd, doorsignMorning, doorsignPublicBoard } = form.elements;
  const data = {
    language: language.value,
    doorsignDayEnd: doorsignDayEnd.value || DEFAULTS.doorsignDayEnd,
    doorsignMorning: doorsignMorning.value || DEFAULTS.doorsignMorning,
    doorsignPublicBoard: doorsignPublicBoard.checked,
  };
  await call("POST", "users.setPreferences", { data });
  // The words come with the page.
  if (language.value !== document.documentElement.lang) {
    location.reload();
  }
  return word("account.saved");
}

// Password and PIN

async function savePassword(form) {
  const { currentPassword, newPassword } = form.elements;
  const data = { currentPassword: currentPassword.value, newPassword: newPassword.value };
  await call("POST", "users.updateOwnBasicInfo", { data });
  form.reset();
  form.elements.user.value = me.username;
  await loadSessions();
  return word("account.passwordSaved");
}

async function loadPin() {
  const { isSet } = await call("GET", "users.getDisplayPin");
  find("pin-section").hidden = false;
  find("remove-pin").hidden = !isSet;
}

async function savePin(form) {
  await call("POST", "users.setDisplayPin", { pin: form.elements.pin.value });
  form.reset();
  await loadPin();
  return word("account.pinSaved");
}

async function removePin() {
  await call("POST", "users.setDisplayPin", { pin: null });
  await loadPin();
  toast(word("account.pinRemoved"));
}

// Sessions

function sessionRow(session) {
  const { device, ip } = session;
  const client = [device?.name, device?.os?.name].filter(Boolean).join(", ");
  const used = word("account.lastUsed", { time: dateText(session.lastUsedAt || session.loginAt) });
  return {
    id: session.sessionId,
    client: client || word("account.unknownClient"),
    detail: [ip, word("account.since", { time: dateText(session.loginAt) }), used]
      .filter(Boolean)
      .join(" · "),
    current: session.current === true,
    other: session.current !== true,
  };
}

async function loadSessions() {
  const { sessions } = await call("GET", "sessions/list?count=100");
  find("sessions").replaceChildren(
    ...sessions.map((session) => {
      const row = fill("session", sessionRow(session));
      const button = row.querySelector("button");
      button.addEventListener("click", () => act(button, () => endSession(session)));
      return row;
    }),
  );
  find("end-others").hidden = sessions.length < 2;
}

async function endSession(session) {
  await call("POST", "sessions/logout.me", { sessionId: session.sessionId });
  await loadSessions();
  announceResult(word("account.sessionEnded"));
}

async function endOthers() {
  await call("POST", "users.removeOtherTokens", {});
  await loadSessions();
  announceResult(word("account.othersEnded"));
}

// A button that has left the page takes the focus with it; the heading of the list gets it back.
function announceResult(text) {
  announce(text);
  const heading = find("sessions-heading");
  heading.tabIndex = -1;
  heading.focus();
}

async function logOut() {
  await call("POST", "session.end", {});
  signedOut();
  location.replace(`${base}/login`);
}

// Tokens

async function loadTokens() {
  const { tokens } = await call("GET", "users.getPersonalAccessTokens");
  find("tokens").replaceChildren(
    ...tokens.map((token) => {
      const detail = word("account.tokenDetail", {
        time: dateText(token.createdAt),
        end: token.lastTokenPart,
      });
      const row = fill("token-row", { id: token.name, name: token.name, detail });
      const button = row.querySelector("button");
      button.addEventListener("click", () => act(button, () => removeToken(token)));
      return row;
    }),
  );
}

async function removeToken(token) {
  await call("POST", "users.removePersonalAccessToken", { tokenName: token.name });
  await loadTokens();
  toast(word("account.tokenRemoved", { name: token.name }));
}

async function createToken(form) {
  const answer = await call("POST", "users.generatePersonalAccessToken", {
    tokenName: form.elements.tokenName.value,
  });
  find("token-user").textContent = page.user.userId;
  find("token-text").textContent = answer.token;
  find("secret").hidden = false;
  form.reset();
  await loadTokens();
  find("copy-token").focus();
  return null;
}

onSubmit(find("profile"), saveProfile);
find("profile").addEventListener("input", toggleConfirmation);
onSubmit(find("picture"), savePicture);
onClick(find("remove-picture"), removePicture);
onSubmit(find("preferences"), savePreferences);
onSubmit(find("password"), savePassword);
onSubmit(find("pin-form"), savePin);
onClick(find("remove-pin"), removePin);
onClick(find("end-others"), endOthers);
onClick(find("log-out"), logOut);
loadProfile();
applyRights();
loadPreferences();
loadSessions();
loadPin();
showPasswordRule(find("rule"));
if (may("create-personal-access-tokens")) {
  onSubmit(find("token"), createToken);
  onClick(find("copy-token"), async () => toast(await copyText(find("token-text"))));
  loadTokens();
} else {
  find("tokens-section").hidden = true;
}

// The account page. The files of this folder are one module.
import {
  Refused, act, announce, base, call, copyText, dateText, errorText, fill, find, may, onClick,
  onSubmit, page, showError, showPasswordRule, signedOut, toast, word,
} from "./core.js";

// The record as the server last sent it: forms send only what differs.
let me = {};

function listen() {
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
  onSubmit(find("token"), createToken);
  onClick(find("copy-token"), async () => toast(await copyText(find("token-text"))));
}

// Every section loads on its own: one that fails leaves the others usable.
function load() {
  find("tokens-section").hidden = !may("create-personal-access-tokens");
  const loads = [loadProfile, applyRights, loadPreferences, loadSessions, loadPin];
  if (may("create-personal-access-tokens")) {
    loads.push(loadTokens);
  }
  loads.forEach((each) => each().catch(showRefused));
}

function showRefused(refused) {
  if (!(refused instanceof Refused)) {
    throw refused;
  }
  toast(errorText(refused));
}

// Leaves only the form for the new password, which the server demands first.
function demandPassword() {
  for (const section of document.querySelectorAll("section.sheet")) {
    section.hidden = section.id !== "password-section";
  }
  find("demand").hidden = false;
  find("old-password").focus();
}

function start() {
  listen();
  showPasswordRule(find("rule"));
  if (page.mustChangePassword) {
    demandPassword();
  } else {
    load();
  }
}

// After the other files of this module, whose constants it needs.
queueMicrotask(start);

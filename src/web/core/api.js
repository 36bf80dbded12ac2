// Calls of the public API with the session's cookie, and errors at the field that caused them.

// The base path of every link and call: "" or, for example, "/team".
export const base = document.documentElement.dataset.base ?? "";

// What the shell knows about the viewer: user, permissions, now, board, title.
export const page = json("page") ?? { user: null, permissions: [] };

// Messages between the tabs of one browser: relayed frames and "signed-out".
const channel = "BroadcastChannel" in window ? new BroadcastChannel(`doorsign${base}`) : null;
channel?.addEventListener("message", ({ data }) => data.kind === "signed-out" && leave());

// The parsed content of a `<script type="application/json">`; null if it is absent.
function json(id) {
  const script = document.getElementById(id);
  return script === null ? null : JSON.parse(script.textContent);
}

// Whether the viewer has a permission. The server checks again.
export const may = (permission) => page.permissions.includes(permission);

// A refused or failed call. `status` is 0 if no answer arrived.
export class Refused extends Error {
  constructor(status, body, headers) {
    // Rocket.Chat appends the code: "Invalid email [error-invalid-email]".
    super((body.error ?? body.message ?? "").replace(/ \[[\w-]+\]$/, ""));
    this.status = status;
    this.error = this.message;
    this.errorType = body.errorType ?? "";
    this.details = body.details ?? {};
    this.field = this.details.field ?? "";
    this.retryAfter = Number(headers?.get("Retry-After") ?? 0);
    this.requestId = headers?.get("X-Request-Id") ?? "";
  }
}

// Calls `/api/v1/PATH`. The body is JSON; a FormData is sent as it is. Returns the parsed answer or
// throws `Refused`. A 401 ends the page of a viewer who was logged in.
export async function call(method, path, body, headers = {}) {
  const init = { method, cache: "no-store", credentials: "same-origin", headers: { ...headers } };
  if (body instanceof FormData) {
    init.body = body;
  } else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers["Content-Type"] = "application/json";
  }
  const answer = await fetch(`${base}/api/v1/${path}`, init).catch(() => null);
  if (answer === null) {
    throw new Refused(0, {});
  }
  const result = await answer.json().catch(() => ({}));
  if (answer.ok && result.success !== false) {
    return result;
  }
  if (answer.status === 401 && page.user !== null) {
    signedOut();
  }
  throw new Refused(answer.status, result, answer.headers);
}

// Ends every tab of this browser, because the session has ended.
export function signedOut() {
  channel?.postMessage({ kind: "signed-out" });
  leave();
}

// Empties the page, so that no name or status stays visible, and offers the login.
function leave() {
  if (page.user === null) {
    return;
  }
  page.user = null;
  page.permissions = [];
  document.dispatchEvent(new Event("signed-out"));
  const main = document.createElement("main");
  main.className = "narrow";
  const link = document.createElement("a");
  const here = location.pathname.slice(base.length) + location.search;
  link.href = `${base}/login?next=${encodeURIComponent(here)}`;
  link.className = "button primary";
  link.textContent = word("shell.logIn");
  const text = document.createElement("p");
  text.setAttribute("role", "alert");
  text.textContent = word("shell.sessionEnded");
  main.append(text, link);
  document.title = word("shell.sessionEnded");
  // A hidden tab may be covered; no board arrives that would uncover it.
  delete document.documentElement.dataset.covered;
  document.body.replaceChildren(main);
  link.focus();
}

// Codes of the server: the key of their words, and the field if the server names none.
const ERRORS = {
  "error-the-field-is-required": ["errors.required"],
  "error-input-is-not-a-valid-field": ["errors.notValid"],
  "Custom_User_Status_Error_Name_Already_In_Use": ["errors.inUse", "name"],
  "error-field-unavailable": ["errors.inUse"],
  "error-invalid-email": ["errors.email", "email"],
  "error-invalid-password": ["errors.currentPassword", "currentPassword"],
  "error-field-size-exceeded": ["errors.tooLong"],
  "error-bio-size-exceeded": ["errors.tooLong", "bio"],
  "error-nickname-size-exceeded": ["errors.tooLong", "nickname"],
  "error-invalid-date": ["errors.ahead", "expiresAt"],
  "error-not-allowed": ["errors.textsOff", "message"],
  "error-status-not-allowed": ["errors.offlineOff", "status"],
  "error-token-already-exists": ["errors.inUse", "tokenName"],
  "error-invalid-role": ["errors.roleGone", "roles"],
  "error-could-not-save-identity": ["errors.inUse", "username"],
  "error-duplicate-role-names-not-allowed": ["errors.inUse", "name"],
  "error-display-pin-not-valid": ["errors.pin", "pin"],
  "error-password-policy-not-met": ["errors.password", "newPassword"],
  "error-admin-required": ["errors.lastAdmin"],
  "error-user-is-not-activated": ["errors.deactivated"],
  "error-invalid-picture": ["errors.picture", "image"],
};

// Fields that differ only in their spelling on the wire.
const ALIASES = {
  statustype: ["statusType", "status"], text: ["message"], pass: ["password"], newpassword: ["password"],
};

// The length of names and texts, in UTF-16 units.
const NAME_UNITS = 120;

// The words for a refused call, in the language of the page.
export function errorText(refused) {
  const minutes = Math.max(1, Math.ceil(refused.retryAfter / 60));
  const byStatus = {
    0: ["errors.offline"],
    403: ["errors.forbidden"],
    413: ["errors.tooLarge"],
    429: ["errors.tooMany", { n: Math.max(1, refused.retryAfter) }],
    500: ["errors.server", { id: refused.requestId }],
    503: ["errors.unavailable"],
  };
  if (refused.errorType.startsWith("error-login-blocked")) {
    return word("errors.blocked", { n: minutes });
  }
  const key = detailKey(refused) ?? ERRORS[refused.errorType]?.[0];
  if (key !== undefined) {
    return word(key, { max: NAME_UNITS });
  }
  const [general, slots] = byStatus[refused.status] ?? [];
  return general === undefined ? refused.error || word("errors.unknown") : word(general, slots);
}

// A code that needs the field to be understood.
function detailKey({ errorType, field, details }) {
  if (errorType === "error-action-not-allowed" && details.action === "Remove_last_admin") {
    return "errors.lastAdmin";
  }
  if (errorType !== "error-input-is-not-a-valid-field") {
    return undefined;
  }
  const keys = { username: "errors.username", name: "errors.name", statustype: "errors.type" };
  return keys[field.toLowerCase()];
}

// The control of a form that a refused call is about; undefined if there is none.
function control(form, refused) {
  const name = refused.field || ERRORS[refused.errorType]?.[1] || "";
  const names = [name, ...(ALIASES[name.toLowerCase()] ?? [])].map((each) => each.toLowerCase());
  const controls = [...form.elements].filter((each) => each.name);
  // For a value that is taken, Rocket.Chat names the value instead of the field.
  return controls.find((each) => names.includes(each.name.toLowerCase()))
    ?? controls.find((each) => each.type !== "password" && name !== "" && each.value.trim() === name);
}

// Removes the errors that `showErrors` has shown in a form.
export function clearErrors(form) {
  for (const shown of form.querySelectorAll(".field-error, .form-error")) {
    shown.remove();
  }
  for (const invalid of form.querySelectorAll("[aria-invalid]")) {
    invalid.removeAttribute("aria-invalid");
    invalid.removeAttribute("aria-describedby");
  }
}

// Shows a refused call at its field, or above the form if it is about none, and moves the focus.
export function showErrors(form, refused) {
  if (!(refused instanceof Refused)) {
    throw refused;
  }
  showError(form, control(form, refused), errorText(refused));
}

// Shows an error at a control, or above the form if `field` is undefined.
export function showError(form, field, text) {
  clearErrors(form);
  const message = document.createElement("p");
  message.textContent = text;
  announce(text);
  if (field === undefined) {
    message.className = "form-error";
    form.prepend(message);
    return;
  }
  message.className = "field-error";
  message.id = `${form.id || "form"}-error`;
  const place = field.type === "radio" ? field.closest("fieldset") : field.closest("label, .field");
  (place ?? field).after(message);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", message.id);
  field.focus();
}

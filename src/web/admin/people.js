// People: the table, and the dialogs to invite and to import.

// The people, the roles that may be given, and the table.
const people = { table: null, roles: [] };

async function startPeople(place) {
  const invite = buttonIf("create-user", [icon("plus"), " ", word("people.invite")], inviteDialog, {
    class: "button primary",
  });
  const bring = buttonIf("create-user", word("people.import"), importDialog);
  people.table = createTable({
    label: word("people.title"),
    key: (user) => user._id,
    columns: personColumns(),
    filters: [stateFilter(), roleFilter()],
    actions: [invite, bring].filter(Boolean),
  });
  place.append(people.table.element);
  const { roles } = await call("GET", "roles.list");
  people.roles = roles.filter(isOffered).map(({ _id }) => _id);
  await loadPeople();
  addRoles();
  poll(30, loadPeople);
  if (people.table.rows.length === 1 && may("create-user")) {
    inviteDialog();
  }
}

// Rocket.Chat's other built-in roles mean nothing here; who holds one keeps it.
const isOffered = ({ _id, scope, protected: isBuiltIn }) =>
  scope === "Users" && (!isBuiltIn || ["admin", "user", "bot", "app", "guest"].includes(_id));

// The first load shows each page of the list as it arrives; later ones replace the rows at once.
async function loadPeople() {
  const { table } = people;
  const show = table.rows.length === 0 ? (rows) => setRows(table, rows) : undefined;
  setRows(table, await loadAll("users.list", "users", show));
}

// The filter by role offers the roles that a person holds.
function addRoles() {
  const held = new Set(people.table.rows.flatMap(({ roles }) => roles));
  const select = people.table.tools.querySelectorAll("select")[1];
  select.append(
    ...[...held].sort(compare).map((role) => el("option", { value: role }, visibleText(role))),
  );
}

// The state of a user: the key of its words, and what they need.
function stateOf(user) {
  const now = Date.now();
  if (!user.active) {
    return { state: "deactivated", text: word("people.deactivated"), kind: "quiet" };
  }
  if (Date.parse(user.blockedUntil) > now) {
    const n = Math.ceil((Date.parse(user.blockedUntil) - now) / 60_000);
    return { state: "blocked", text: word("people.blocked", { n }), kind: "warn" };
  }
  if (Date.parse(user.invitedUntil) > now) {
    const end = endText(new Date(user.invitedUntil), new Date());
    return { state: "invited", text: word("people.invited", { end }), kind: "" };
  }
  return { state: "active", text: word("people.active"), kind: "good" };
}

function stateFilter() {
  const options = [
    ["active", word("people.active")],
    ["invited", word("people.onlyInvited")],
    ["blocked", word("people.onlyBlocked")],
    ["deactivated", word("people.deactivated")],
  ];
  const has = (user, value) => stateOf(user).state === value;
  return { label: word("people.state"), options, has };
}

const roleFilter = () => ({
  label: word("people.role"),
  options: [],
  has: (user, value) => user.roles.includes(value),
});

const emailOf = (user) => user.emails?.[0]?.address ?? "";
const lastSeenOf = (user) => user.lastSeenAt ?? user.lastLogin;

// Name with initials; it opens the person.
function nameCell(user) {
  const avatar = el(
    "span",
    { class: `avatar ${hue(user.username)}`, "aria-hidden": "true" },
    initials(visibleText(nameOf(user))),
  );
  const opener = button(userText(nameOf(user)), () => personDialog(user), { class: "link" });
  return el("span", { class: "who" }, avatar, opener);
}

function personColumns() {
  const state = (user) => stateOf(user);
  return [
    { label: word("people.name"), text: nameOf, cell: nameCell },
    { label: word("people.username"), text: (user) => user.username },
    { label: word("people.email"), text: (user) => visibleText(emailOf(user)) || "–" },
    { label: word("people.roles"), text: (user) => user.roles.join(", ") },
    {
      label: word("people.state"),
      text: (user) => state(user).text,
      cell: (user) => badge(state(user).text, state(user).kind),
    },
    {
      label: word("people.lastSeen"),
      isDate: true,
      text: (user) => dateText(lastSeenOf(user)),
      sort: (user) => Date.parse(lastSeenOf(user)) || 0,
    },
    {
      label: word("people.sessions"),
      isNarrow: true,
      text: (user) => user.sessions ?? "–",
      sort: (user) => user.sessions ?? 0,
    },
  ];
}

const rolesField = (value) => ({
  name: "roles",
  label: word("people.roles"),
  type: "checks",
  value,
  options: people.roles.map((role) => [role, visibleText(role)]),
});

function inviteDialog() {
  const fields = [
    { name: "name", label: word("people.name"), max: 120 },
    {
      name: "username",
      label: word("people.username"),
      hint: word("errors.username"),
      isRequired: true,
      max: 64,
    },
    { name: "email", label: word("people.emailOptional"), type: "email" },
    rolesField(["user"]),
  ];
  const save = async (values) => {
    const answer = await call("POST", "invitations.create", values);
    await loadPeople();
    afterClose(() => linkDialog(answer, values.name || values.username));
  };
  formDialog({
    title: word("people.invite"),
    about: word("people.inviteAbout"),
    fields,
    submit: word("people.makeLink"),
    save,
  });
}

// A link with which a person chooses a password.
function linkDialog({ invitation, url, qr }, name) {
  const key = invitation.kind === "reset" ? "people.resetLinkAbout" : "people.inviteLinkAbout";
  onceDialog({
    title: word("people.linkFor", { name: visibleText(name) }),
    about: word(key, { end: dateText(invitation.expiresAt) }),
    text: url,
    qr,
  });
}

// Import

function importDialog() {
  const fields = [
    { name: "file", label: word("people.csvFile"), type: "file" },
    { name: "csv", label: word("people.csv"), type: "textarea", hint: word("people.csvHint") },
  ];
  const result = el("div", { class: "import-result visible", role: "status" });
  const save = async (values) => {
    const csv = values.csv || (values.file ? await values.file.text() : "");
    result.replaceChildren();
    const trial = await call("POST", "users.import", { csv, dryRun: true });
    const bad = trial.rows.filter(({ action }) => action === "error");
    if (bad.length > 0) {
      result.replaceChildren(importProblems(bad));
      throw new Refused(400, { error: word("people.importRefused", { n: bad.length }) });
    }
    afterClose(() => confirmImport(csv, trial.rows));
  };
  formDialog({
    title: word("people.import"),
    about: word("people.importAbout"),
    fields,
    submit: word("people.check"),
    save,
    more: () => [result],
  });
}

function importProblems(rows) {
  const item = (row) => {
    const reason = errorText(new Refused(400, { ...row, details: { field: row.field } }));
    const text = word("people.importLine", { line: row.line, field: row.field ?? "", reason });
    return el("li", {}, visibleText(text));
  };
  return el("ul", {}, rows.slice(0, 50).map(item));
}

function confirmImport(csv, rows) {
  const count = rows.filter(({ action }) => action === "create").length;
  const save = async () => {
    const answer = await call("POST", "users.import", { csv, dryRun: false });
    await loadPeople();
    afterClose(() => importedDialog(answer));
  };
  formDialog({
    title: word("people.import"),
    fields: [],
    submit: word("people.importNow"),
    about: word("people.importCount", { n: count, skipped: rows.length - count }),
    save,
  });
}

// The links of all imported people, as lines for a mail merge.
function importedDialog(answer) {
  const links = answer.rows
    .filter(({ url }) => url)
    .map(({ username, url }) => `${username}\t${url}`);
  onceDialog({
    title: word("people.imported"),
    about: word("people.importedAbout"),
    text: links.join("\n"),
  });
}

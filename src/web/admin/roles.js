// Roles and permissions: a matrix of checkboxes. Each press is one call, so that two administrators
// do not overwrite each other.

const roles = { place: null, list: [], permissions: [], chosen: "user" };
const BUILT_IN = ["admin", "user", "bot", "app"];

// What a permission allows, in words.
const PERMISSION_WORDS = {
  "access-permissions": () => word("roles.accessPermissions"),
  "api-bypass-rate-limit": () => word("roles.bypassRateLimit"),
  "assign-admin-role": () => word("roles.assignAdminRole"),
  "assign-roles": () => word("roles.assignRoles"),
  "create-personal-access-tokens": () => word("roles.createTokens"),
  "create-user": () => word("roles.createUser"),
  "delete-user": () => word("roles.deleteUser"),
  "edit-other-user-active-status": () => word("roles.editActiveStatus"),
  "edit-other-user-avatar": () => word("roles.editAvatar"),
  "edit-other-user-info": () => word("roles.editInfo"),
  "edit-other-user-password": () => word("roles.editPassword"),
  "edit-privileged-setting": () => word("roles.editSetting"),
  "logout-device-management": () => word("roles.logoutDevices"),
  "logout-other-user": () => word("roles.logoutOther"),
  "manage-outgoing-integrations": () => word("roles.manageIntegrations"),
  "manage-user-status": () => word("roles.manageStatus"),
  "user-generate-access-token": () => word("roles.generateToken"),
  "view-d-room": () => word("roles.viewRoom"),
  "view-device-management": () => word("roles.viewDevices"),
  "view-full-other-user-info": () => word("roles.viewFullInfo"),
  "view-outside-room": () => word("roles.viewOutside"),
  "view-privileged-setting": () => word("roles.viewSetting"),
  "view-statistics": () => word("roles.viewStatistics"),
};

// Each of these is enough to get every other permission.
const TAKES_OVER = [
  "access-permissions",
  "assign-admin-role",
  "edit-other-user-password",
  "user-generate-access-token",
];

async function startRoles(place) {
  roles.place = el("div", {});
  const add = button([icon("plus"), " ", word("roles.add")], () => roleDialog(), {
    class: "button primary",
  });
  place.append(el("div", { class: "tools" }, el("span", { class: "actions" }, add)), roles.place);
  await loadRoles();
}

async function loadRoles() {
  const [{ roles: list }, { update }] = await Promise.all([
    call("GET", "roles.list"),
    call("GET", "permissions.listAll"),
  ]);
  roles.permissions = update.filter(({ _id }) => _id in PERMISSION_WORDS);
  const isGranted = (role) =>
    roles.permissions.some((permission) => permission.roles.includes(role));
  const isShown = ({ _id, protected: isBuiltIn }) =>
    !isBuiltIn || BUILT_IN.includes(_id) || isGranted(_id);
  const rank = ({ _id }) => (BUILT_IN.indexOf(_id) + BUILT_IN.length + 1) % (BUILT_IN.length + 1);
  roles.list = list.filter(isShown).sort((one, other) => rank(one) - rank(other));
  drawMatrix();
}

function drawMatrix() {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, word("roles.permission")),
    roles.list.map(roleHead),
  );
  const rows = roles.permissions.map((permission) =>
    el(
      "tr",
      {},
      permissionHead(permission),
      roles.list.map((role) => cell(permission, role)),
    ),
  );
  const table = el("table", { class: "matrix" }, el("thead", {}, head), el("tbody", {}, rows));
  table.addEventListener("keydown", moveByArrows);
  const scroll = {
    class: "scroll",
    role: "region",
    tabindex: "0",
    "aria-label": word("roles.title"),
  };
  roles.place.replaceChildren(roleChooser(), el("div", scroll, table));
  showChosen();
}

// On a phone, one role at a time.
function roleChooser() {
  const options = roles.list.map(({ _id, name }) =>
    el("option", { value: _id, selected: _id === roles.chosen }, visibleText(name)),
  );
  const select = el("select", { id: "role" }, options);
  select.addEventListener("change", () => {
    roles.chosen = select.value;
    showChosen();
  });
  return el(
    "p",
    { class: "role-chooser" },
    el("label", { for: "role" }, word("roles.role")),
    " ",
    select,
  );
}

function showChosen() {
  for (const element of roles.place.querySelectorAll("[data-role]")) {
    element.classList.toggle("chosen", element.dataset.role === roles.chosen);
  }
}

function roleHead(role) {
  const { _id, name, protected: isBuiltIn } = role;
  const label = isBuiltIn
    ? userText(name)
    : button(userText(name), () => roleDialog(role), { class: "link" });
  return el("th", { scope: "col", "data-role": _id }, label);
}

function permissionHead({ _id }) {
  const warning = TAKES_OVER.includes(_id) ? [" ", badge(word("roles.takesOver"), "warn")] : [];
  const about = el("span", { class: "hint" }, PERMISSION_WORDS[_id]());
  return el("th", { scope: "row" }, about, el("code", {}, _id), warning);
}

function cell(permission, role) {
  const label = word("roles.cell", { permission: permission._id, role: visibleText(role.name) });
  const box = el("input", { type: "checkbox", "aria-label": label });
  box.checked = permission.roles.includes(role._id);
  box.addEventListener("change", () => changeGrant(box, permission, role));
  return el("td", { "data-role": role._id }, box);
}

async function changeGrant(box, permission, role) {
  const isGranted = box.checked;
  box.checked = !isGranted;
  if (!isGranted && role._id === "admin" && permission._id === "access-permissions") {
    confirmDialog({
      title: word("roles.lockOutTitle"),
      about: word("roles.lockOutAbout"),
      submit: word("roles.takeAway"),
      act: () => sendGrant(box, permission, role, isGranted),
    });
    return;
  }
  await act(box, () => sendGrant(box, permission, role, isGranted));
  box.focus();
}

async function sendGrant(box, permission, role, isGranted) {
  const action = isGranted ? "addRole" : "removeRole";
  box.parentElement.setAttribute("aria-busy", "true");
  try {
    await call("POST", `permissions.${action}`, { permissionId: permission._id, role: role._id });
    box.checked = isGranted;
  } finally {
    box.parentElement.removeAttribute("aria-busy");
  }
}

// Arrow keys move between the checkboxes.
function moveByArrows(event) {
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const step = steps[event.key];
  const place = event.target.closest("td");
  if (step === undefined || place === null) {
    return;
  }
  const row = event.currentTarget.rows[place.parentElement.rowIndex + step[0]];
  const target = row?.cells[place.cellIndex + step[1]]?.querySelector("input");
  if (target) {
    event.preventDefault();
    target.focus();
  }
}

function roleDialog(role) {
  const fields = [
    { name: "name", label: word("roles.name"), value: role?.name, isRequired: true, max: 120 },
    { name: "description", label: word("roles.description"), value: role?.description ?? "" },
  ];
  const save = async (values) => {
    const id = role === undefined ? {} : { roleId: role._id };
    await call("POST", `roles.${role === undefined ? "create" : "update"}`, {
      ...id,
      scope: "Users",
      ...values,
    });
    await loadRoles();
    return word("roles.saved", { name: visibleText(values.name) });
  };
  const remove = (dialog) =>
    button(
      word("roles.delete"),
      async () => {
        await call("POST", "roles.delete", { roleId: role._id });
        dialog.close();
        await loadRoles();
        toast(word("roles.deleted", { name: visibleText(role.name) }));
      },
      { class: "button danger" },
    );
  formDialog({
    title: role === undefined ? word("roles.add") : visibleText(role.name),
    fields,
    submit: word("table.save"),
    save,
    more: (dialog) =>
      role === undefined ? [] : [el("section", { class: "more-actions" }, remove(dialog))],
  });
}

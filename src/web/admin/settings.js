// The settings of the workspace. Those that the configuration holds are read only.

// The settings that change what the server does, in words.
const SETTING_WORDS = {
  Site_Name: () => word("settings.siteName"),
  Accounts_AllowUserProfileChange: () => word("settings.profile"),
  Accounts_AllowRealNameChange: () => word("settings.realName"),
  Accounts_AllowUsernameChange: () => word("settings.username"),
  Accounts_AllowEmailChange: () => word("settings.email"),
  Accounts_AllowPasswordChange: () => word("settings.password"),
  Accounts_AllowUserAvatarChange: () => word("settings.avatar"),
  Accounts_AvatarBlockUnauthenticatedAccess: () => word("settings.avatarBlock"),
  Accounts_AllowUserStatusMessageChange: () => word("settings.text"),
  Accounts_AllowInvisibleStatusOption: () => word("settings.invisible"),
  Accounts_AllowDeleteOwnAccount: () => word("settings.deleteOwn"),
  Accounts_StatusVisibility_Enabled: () => word("settings.visibility"),
  Accounts_StatusVisibility_Admin_Enabled: () => word("settings.visibilityAdmin"),
  Presence_broadcast_disabled: () => word("settings.broadcast"),
};

async function startSettings(place) {
  const { settings } = await call("GET", "settings.list");
  const hasEffect = ({ _id }) => _id in SETTING_WORDS;
  const own = Object.keys(SETTING_WORDS)
    .map((id) => settings.find(({ _id }) => _id === id))
    .filter((setting) => setting !== undefined && !setting.readOnly);
  const others = settings.filter((setting) => !hasEffect(setting) && !setting.readOnly);
  const fixed = settings.filter(({ readOnly }) => readOnly);
  place.append(
    settingGroup(word("settings.people"), own.map(settingRow)),
    foldedGroup(word("settings.clients"), word("settings.clientsAbout"), others.map(settingRow)),
    foldedGroup(word("settings.fixed"), word("settings.fixedAbout"), fixed.map(fixedRow)),
  );
}

const settingGroup = (title, rows) =>
  el("section", { class: "sheet" }, el("h2", {}, title), el("ul", { class: "rows" }, rows));

const foldedGroup = (title, about, rows) =>
  el(
    "details",
    { class: "sheet" },
    el("summary", {}, `${title} (${rows.length})`),
    el("p", { class: "hint" }, about),
    el("ul", { class: "rows" }, rows),
  );

const valueText = (value) =>
  typeof value === "boolean" ? word(value ? "settings.on" : "settings.off") : String(value);

// A label with the id below it.
function settingLabel({ _id, default: initial }, id) {
  const text = SETTING_WORDS[_id]?.() ?? _id;
  const start = word("settings.default", { value: valueText(initial) });
  return el(
    "div",
    {},
    el("label", { for: id }, text),
    el("br"),
    el("span", { class: "hint" }, el("code", {}, _id), ` · ${start}`),
  );
}

function settingRow(setting) {
  const id = `setting-${setting._id}`;
  const control =
    setting.type === "boolean" ? switchControl(setting, id) : textControl(setting, id);
  return el("li", {}, settingLabel(setting, id), control);
}

async function saveSetting({ _id }, value) {
  await call("POST", `settings/${encodeURIComponent(_id)}`, { value });
  toast(word("settings.saved", { name: SETTING_WORDS[_id]?.() ?? _id }));
}

// A switch saves at once; a refused one goes back.
function switchControl(setting, id) {
  const box = el("input", { type: "checkbox", role: "switch", id, checked: setting.value });
  box.addEventListener("change", async () => {
    const value = box.checked;
    box.checked = !value;
    await act(box, async () => {
      await saveSetting(setting, value);
      box.checked = value;
    });
    box.focus();
  });
  return box;
}

function textControl(setting, id) {
  const isNumber = typeof setting.default === "number";
  const input = el("input", { type: isNumber ? "number" : "text", id, value: setting.value });
  const save = button(word("table.save"), () =>
    saveSetting(setting, isNumber ? Number(input.value) : input.value),
  );
  return el("span", { class: "with-button" }, input, save);
}

function fixedRow(setting) {
  const where = setting.configuration
    ? [
        el("br"),
        el("span", { class: "hint" }, word("settings.heldBy", { key: setting.configuration })),
      ]
    : [];
  return el(
    "li",
    {},
    el("div", {}, el("code", {}, setting._id), where),
    el("span", {}, valueText(setting.value)),
  );
}

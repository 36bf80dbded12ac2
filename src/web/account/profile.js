// The profile, and what the workspace lets people change about themselves.

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

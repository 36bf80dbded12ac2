// The password, and the PIN for displays at a door.

async function savePassword(form) {
  const { currentPassword, newPassword } = form.elements;
  const data = { currentPassword: currentPassword.value, newPassword: newPassword.value };
  await call("POST", "users.updateOwnBasicInfo", { data });
  if (page.mustChangePassword) {
    location.replace(`${base}/`);
    return null;
  }
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

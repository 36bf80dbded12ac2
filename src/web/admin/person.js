// A person: the form, and the actions on the account.

function personDialog(user) {
  const isEditable = may("edit-other-user-info");
  const fields = [
    { name: "name", label: word("people.name"), value: user.name ?? "", max: 120 },
    { name: "username", label: word("people.username"), value: user.username, max: 64 },
    { name: "email", label: word("people.email"), type: "email", value: emailOf(user) },
    { name: "nickname", label: word("people.nickname"), value: user.nickname ?? "", max: 120 },
  ];
  if (may("assign-roles")) {
    fields.push(personRoles(user));
  }
  if (user.presencePolicy) {
    fields.push(policyField(user.presencePolicy));
  }
  formDialog({
    title: visibleText(nameOf(user)),
    about: stateOf(user).text,
    fields: isEditable ? fields : [],
    submit: isEditable ? word("table.save") : word("shell.close"),
    save: (values, changed) => savePerson(user, changed),
    more: (dialog) => [personActions(user, dialog)],
  });
}

// All roles of the person, also those that the list of roles does not offer.
function personRoles(user) {
  const field = rolesField(user.roles);
  const others = user.roles.filter((role) => !people.roles.includes(role));
  field.options.push(...others.map((role) => [role, visibleText(role)]));
  field.value = field.options.map(([role]) => role).filter((role) => user.roles.includes(role));
  return field;
}

function policyField(value) {
  const options = [
    ["connection", word("people.policyConnection")],
    ["heartbeat", word("people.policyHeartbeat")],
    ["always", word("people.policyAlways")],
  ];
  return { name: "policy", label: word("people.policy"), type: "select", value, options };
}

// Sends what has changed. An email cannot be removed.
async function savePerson(user, { policy, ...data }) {
  if (data.email === "") {
    throw missing("email");
  }
  if (Object.keys(data).length > 0) {
    await call("POST", "users.update", { userId: user._id, data });
  }
  if (policy !== undefined) {
    await call("POST", "users.setPresencePolicy", { userId: user._id, policy });
  }
  await loadPeople();
  return word("people.saved");
}

function personActions(user, dialog) {
  // Closes the form, which would show what the action has changed.
  const thenClose = (action) => async () => {
    await action(user);
    dialog.close();
  };
  const { state } = stateOf(user);
  const isSelf = user._id === page.user.userId;
  const invite = state === "invited" || !lastSeenOf(user);
  const all = [
    invite
      ? buttonIf("create-user", word("people.newInvitation"), thenClose(inviteAgain))
      : buttonIf("edit-other-user-password", word("people.resetLink"), thenClose(resetLink)),
    state === "blocked"
      ? buttonIf("edit-other-user-info", word("people.unblock"), thenClose(unblock))
      : null,
    isSelf
      ? null
      : buttonIf("logout-other-user", word("people.endSessions"), thenClose(endSessions)),
    isSelf ? null : activityButton(user, thenClose),
    isSelf
      ? null
      : buttonIf("delete-user", word("people.delete"), thenClose(deletePerson), {
          class: "button danger",
        }),
  ].filter(Boolean);
  return el("section", { class: "more-actions", "aria-label": word("people.actions") }, all);
}

function activityButton(user, thenClose) {
  const label = user.active ? word("people.deactivate") : word("people.activate");
  return buttonIf("edit-other-user-active-status", label, thenClose(toggleActivity));
}

async function linkOf(user, kind) {
  const answer = await call("POST", "invitations.create", { userId: user._id, kind });
  await loadPeople();
  afterClose(() => linkDialog(answer, nameOf(user)));
}

const inviteAgain = (user) => linkOf(user, "invitation");
const resetLink = (user) => linkOf(user, "reset");

async function unblock(user) {
  await call("POST", "users.unblock", { userId: user._id });
  await loadPeople();
  toast(word("people.unblocked", { name: visibleText(nameOf(user)) }));
}

async function endSessions(user) {
  await call("POST", "users.logout", { userId: user._id });
  await loadPeople();
  toast(word("people.sessionsEnded", { name: visibleText(nameOf(user)) }));
}

async function setActivity(user, activeStatus) {
  await call("POST", "users.setActiveStatus", { userId: user._id, activeStatus });
  await loadPeople();
}

async function toggleActivity(user) {
  const isActive = !user.active;
  await setActivity(user, isActive);
  const text = isActive ? "people.nowActive" : "people.nowDeactivated";
  const undo = () => setActivity(user, !isActive).catch((refused) => toast(errorText(refused)));
  toast(word(text, { name: visibleText(nameOf(user)) }), { undo });
}

function deletePerson(user) {
  afterClose(() =>
    confirmDialog({
      title: word("people.deleteTitle", { name: visibleText(nameOf(user)) }),
      about: word("people.deleteAbout"),
      submit: word("people.delete"),
      name: user.username,
      act: async () => {
        await call("POST", "users.delete", { userId: user._id });
        await loadPeople();
        return word("people.deleted", { name: visibleText(nameOf(user)) });
      },
    }),
  );
}

// Starts the page that the element `admin` names.

const ADMIN_PAGES = {
  people: startPeople,
  statuses: startStatuses,
  roles: startRoles,
  webhooks: startWebhooks,
  hooks: startHooks,
  displays: startDisplays,
  settings: startSettings,
  audit: startAudit,
  server: startServer,
};

// Shows the page, or why it cannot be shown, with a button to try again.
async function startAdmin() {
  const place = find("admin");
  try {
    place.replaceChildren();
    await ADMIN_PAGES[place.dataset.name](place);
  } catch (refused) {
    if (!(refused instanceof Refused)) {
      throw refused;
    }
    const again = el("button", { type: "button", class: "button" }, word("table.again"));
    again.addEventListener("click", startAdmin);
    place.replaceChildren(el("p", { role: "alert" }, errorText(refused)), again);
  }
}

// After the other files of this module, whose constants it needs.
queueMicrotask(startAdmin);

// Displays: screens on a wall or at a door, each with an address of its own.

const displays = { table: null };

const ORDERS = () => [
  ["name", word("displays.byName")],
  ["status", word("displays.byStatus")],
];
const THEMES = () => [
  ["auto", word("displays.themeAuto")],
  ["light", word("displays.themeLight")],
  ["dark", word("displays.themeDark")],
];
const labelOf = (options, value) => options.find(([key]) => key === value)?.[1] ?? value;

function startDisplays(place) {
  const add = button([icon("plus"), " ", word("displays.add")], displayDialog, {
    class: "button primary",
  });
  displays.table = createTable({
    label: word("displays.title"),
    key: (display) => display._id,
    columns: [
      { label: word("displays.name"), text: (display) => visibleText(display.name) },
      { label: word("displays.order"), text: (display) => labelOf(ORDERS(), display.order) },
      { label: word("displays.theme"), text: (display) => labelOf(THEMES(), display.theme) },
      { label: word("displays.timeZone"), text: (display) => display.timeZone ?? "–" },
      { label: word("displays.dim"), text: ({ dim }) => dim?.join("–") ?? "–" },
      {
        label: word("displays.withPin"),
        text: (display) => word(display.interactive ? "displays.yes" : "displays.no"),
      },
      {
        label: word("displays.lastSeen"),
        isDate: true,
        text: (display) => dateText(display.lastSeenAt),
        sort: (display) => Date.parse(display.lastSeenAt) || 0,
      },
      { label: "", cell: displayActions },
    ],
    actions: [add],
    empty: () => el("p", {}, word("displays.none")),
  });
  place.append(displays.table.element);
  poll(30, loadDisplays);
  return loadDisplays();
}

async function loadDisplays() {
  const { displays: list } = await call("GET", "displays.list");
  setRows(displays.table, list);
}

function displayActions(display) {
  return el(
    "span",
    { class: "row-actions" },
    button(word("displays.rotate"), () => rotateDisplay(display), { class: "quiet" }),
    button(word("displays.revoke"), () => revokeDisplay(display), { class: "quiet danger" }),
  );
}

function displayDialog() {
  const fields = [
    { name: "name", label: word("displays.name"), isRequired: true, max: 60 },
    {
      name: "order",
      label: word("displays.order"),
      type: "select",
      value: "name",
      options: ORDERS(),
    },
    {
      name: "theme",
      label: word("displays.theme"),
      type: "select",
      value: "auto",
      options: THEMES(),
    },
    {
      name: "timeZone",
      label: word("displays.timeZone"),
      value: Intl.DateTimeFormat().resolvedOptions().timeZone,
      hint: word("displays.timeZoneHint"),
    },
    { name: "from", label: word("displays.dimFrom"), type: "time" },
    { name: "to", label: word("displays.dimTo"), type: "time" },
    { name: "keepAwake", label: word("displays.keepAwake"), type: "checkbox", value: true },
    {
      name: "interactive",
      label: word("displays.interactive"),
      type: "checkbox",
      hint: word("displays.interactiveHint"),
    },
  ];
  const save = async ({ from, to, ...values }) => {
    if ((from === "") !== (to === "")) {
      throw missing(from === "" ? "from" : "to");
    }
    const dim = from === "" ? [] : [from, to];
    const answer = await call("POST", "displays.create", { ...values, dim });
    await loadDisplays();
    afterClose(() => addressDialog(answer));
  };
  formDialog({ title: word("displays.add"), fields, submit: word("displays.addNow"), save });
}

const addressDialog = ({ display, url, qr }) =>
  onceDialog({
    title: visibleText(display.name),
    about: word("displays.addressAbout"),
    text: url,
    qr,
  });

function rotateDisplay({ _id, name }) {
  confirmDialog({
    title: word("displays.rotateTitle", { name: visibleText(name) }),
    about: word("displays.rotateAbout"),
    submit: word("displays.rotate"),
    act: async () => {
      const answer = await call("POST", "displays.rotate", { displayId: _id });
      afterClose(() => addressDialog(answer));
    },
  });
}

function revokeDisplay({ _id, name }) {
  confirmDialog({
    title: word("displays.revokeTitle", { name: visibleText(name) }),
    about: word("displays.revokeAbout"),
    submit: word("displays.revoke"),
    act: async () => {
      await call("POST", "displays.revoke", { displayId: _id });
      await loadDisplays();
      return word("displays.revoked", { name: visibleText(name) });
    },
  });
}

// Custom statuses.

const statuses = { table: null };
const TYPES = ["online", "busy", "away", "offline"];

// The mark and the word of a status.
const typeCell = (type) =>
  el("span", { class: `type ${type}` }, icon(type, "mark"), " ", statusWord(type));

function startStatuses(place) {
  const add = button([icon("plus"), " ", word("statuses.add")], () => statusDialog(), {
    class: "button primary",
  });
  statuses.table = createTable({
    label: word("statuses.title"),
    key: (status) => status._id,
    columns: [
      {
        label: word("statuses.name"),
        text: (status) => status.name,
        cell: (status) =>
          button(userText(status.name), () => statusDialog(status), { class: "link" }),
      },
      {
        label: word("statuses.type"),
        text: (status) => statusWord(status.statusType),
        cell: (status) => typeCell(status.statusType),
      },
      {
        label: "",
        cell: (status) =>
          button(word("statuses.delete"), () => deleteStatus(status), { class: "quiet danger" }),
      },
    ],
    actions: [add],
    empty: suggestions,
  });
  place.append(statuses.table.element);
  return loadStatuses();
}

async function loadStatuses() {
  const rows = await loadAll("custom-user-status.list", "statuses");
  setRows(statuses.table, rows);
}

// What most teams need first; one press adds it.
function suggestions() {
  const all = [
    ["busy", word("statuses.meeting")],
    ["busy", word("statuses.call")],
    ["busy", word("statuses.focus")],
    ["away", word("statuses.lunch")],
    ["offline", word("statuses.holiday")],
  ];
  const buttons = all.map(([statusType, name]) =>
    button([icon("plus"), " ", name], () => addStatus({ name, statusType }), {
      class: `button type ${statusType}`,
    }),
  );
  return [el("p", {}, word("statuses.none")), el("p", { class: "buttons" }, buttons)];
}

async function addStatus(status) {
  await call("POST", "custom-user-status.create", status);
  await loadStatuses();
  toast(word("statuses.added", { name: visibleText(status.name) }));
}

function statusDialog(status) {
  const fields = [
    { name: "name", label: word("statuses.name"), value: status?.name, isRequired: true, max: 120 },
    {
      name: "statusType",
      label: word("statuses.type"),
      type: "select",
      value: status?.statusType ?? "busy",
      options: TYPES.map((type) => [type, statusWord(type)]),
    },
  ];
  const save = async (values) => {
    const action = status === undefined ? "create" : "update";
    const id = status === undefined ? {} : { _id: status._id };
    await call("POST", `custom-user-status.${action}`, { ...id, ...values });
    await loadStatuses();
    return word("statuses.saved", { name: visibleText(values.name) });
  };
  const title = status === undefined ? word("statuses.add") : visibleText(status.name);
  formDialog({ title, fields, submit: word("table.save"), save });
}

// Undo creates the status again.
async function deleteStatus({ _id, name, statusType }) {
  await call("POST", "custom-user-status.delete", { customUserStatusId: _id });
  await loadStatuses();
  const undo = () => addStatus({ name, statusType }).catch((refused) => toast(errorText(refused)));
  toast(word("statuses.deleted", { name: visibleText(name) }), { undo });
}

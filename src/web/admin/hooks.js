// Hooks: how far each has come, and its deliveries that failed or left notes.

const hooks = { table: null, open: null, place: null };

// The words of a hook's state; `off` and `paused` have reasons.
function stateText(hook) {
  const texts = {
    running: () => word("hooks.running"),
    retrying: () => word("hooks.retrying"),
    paused: () => word("hooks.paused"),
    off: () => word("hooks.off"),
  };
  const text = hook === undefined ? undefined : texts[hook.state];
  return text === undefined ? visibleText(hook?.state ?? "–") : text();
}

function stateBadge(hook) {
  const kinds = { running: "good", retrying: "warn", paused: "quiet", off: "quiet" };
  return badge(stateText(hook), kinds[hook?.state] ?? "warn");
}

const failureText = ({ lastFailure }) =>
  lastFailure ? `${dateText(lastFailure.at)}: ${visibleText(lastFailure.reason)}` : "–";

function startHooks(place) {
  hooks.table = createTable({
    label: word("hooks.title"),
    key: (hook) => hook.name,
    columns: [
      { label: word("hooks.hook"), text: (hook) => hook.name, cell: hookCell },
      { label: word("hooks.kind"), text: (hook) => hook.kind },
      { label: word("hooks.state"), text: stateText, cell: stateBadge },
      {
        label: word("hooks.behind"),
        isNarrow: true,
        text: (hook) => hook.lag,
        sort: (hook) => hook.lag,
      },
      {
        label: word("hooks.parked"),
        isNarrow: true,
        text: (hook) => hook.parked,
        sort: (hook) => hook.parked,
      },
      { label: word("hooks.lastFailure"), text: failureText },
      { label: "", cell: hookActions },
    ],
    hasSearch: false,
    empty: () => el("p", {}, word("hooks.none")),
  });
  hooks.place = el("section", { class: "sheet deliveries", hidden: true, "aria-live": "off" });
  place.append(hooks.table.element, hooks.place);
  poll(5, loadHooks);
  return loadHooks();
}

async function loadHooks() {
  const { hooks: list } = await call("GET", "hooks.list");
  setRows(hooks.table, list);
}

// The name opens the deliveries.
const hookCell = ({ name }) => button(name, () => showDeliveries(name), { class: "link" });

function hookActions(hook) {
  const isPaused = hook.state === "paused";
  const toggle = async () => {
    await call("POST", isPaused ? "hooks.resume" : "hooks.pause", { hook: hook.name });
    await loadHooks();
  };
  const retry = async () => {
    const { count } = await call("POST", "hooks.retry", { hook: hook.name });
    await loadHooks();
    toast(word("hooks.retried", { n: count }));
  };
  return el(
    "span",
    { class: "row-actions" },
    hook.state === "off"
      ? null
      : button(isPaused ? word("hooks.resume") : word("hooks.pause"), toggle, { class: "quiet" }),
    hook.lastFailure || hook.parked > 0
      ? button(word("hooks.retry"), retry, { class: "quiet" })
      : null,
    button(word("hooks.replay"), () => replayDialog(hook), { class: "quiet" }),
  );
}

function replayDialog({ name }) {
  const fields = [
    { name: "since", label: word("hooks.since"), type: "datetime-local", isRequired: true },
    { name: "until", label: word("hooks.until"), type: "datetime-local" },
  ];
  const utc = (local) => (local === "" ? undefined : new Date(local).toISOString());
  const save = async (values, changed, form) => {
    if (values.since === "") {
      throw new Refused(400, {
        errorType: "error-the-field-is-required",
        details: { field: "since" },
      });
    }
    const { count } = await call("POST", "hooks.replay", {
      hook: name,
      since: utc(values.since),
      until: utc(values.until),
    });
    await loadHooks();
    return word("hooks.replayed", { n: count });
  };
  formDialog({
    title: word("hooks.replayTitle", { name }),
    about: word("hooks.replayAbout"),
    fields,
    submit: word("hooks.replay"),
    save,
  });
}

// Deliveries

async function showDeliveries(hook, after = 0) {
  const query = `hook=${encodeURIComponent(hook)}&after=${after}`;
  const { deliveries, next } = await call("GET", `hooks.deliveries?${query}`);
  hooks.open = hook;
  const heading = el("h2", { tabindex: "-1" }, word("hooks.deliveriesOf", { name: hook }));
  const rows = deliveries.map((delivery) => deliveryRow(hook, delivery));
  const more =
    next === undefined ? null : button(word("hooks.later"), () => showDeliveries(hook, next));
  const none = rows.length === 0 ? el("p", {}, word("hooks.noDeliveries")) : null;
  hooks.place.replaceChildren(
    ...[heading, none, el("ul", { class: "rows" }, rows), more].filter(Boolean),
  );
  hooks.place.hidden = false;
  heading.focus();
}

const DELIVERY_STATES = {
  retrying: () => word("hooks.deliveryRetrying"),
  parked: () => word("hooks.deliveryParked"),
  again: () => word("hooks.deliveryAgain"),
  delivered: () => word("hooks.deliveryDone"),
};

function deliveryRow(hook, delivery) {
  const { eventId, state, attempts, reason, notes, at, nextAt } = delivery;
  const facts = [
    word("hooks.attempts", { n: attempts }),
    dateText(at),
    nextAt ? word("hooks.nextAt", { time: dateText(nextAt) }) : "",
    visibleText(reason),
  ]
    .filter(Boolean)
    .join(" · ");
  const isOver = state === "delivered";
  const send = (action) => async () => {
    await call("POST", `hooks.${action}`, { hook, event: eventId });
    await loadHooks();
    await showDeliveries(hook);
  };
  const drop = () =>
    confirmDialog({
      title: word("hooks.dropTitle", { n: eventId }),
      about: word("hooks.dropAbout"),
      submit: word("hooks.drop"),
      act: send("drop"),
    });
  return el(
    "li",
    {},
    el(
      "div",
      {},
      el("strong", {}, word("hooks.event", { n: eventId })),
      " ",
      badge(DELIVERY_STATES[state](), isOver ? "good" : "warn"),
      el("br"),
      el("span", { class: "hint" }, facts),
      notes === "" ? null : el("pre", {}, visibleText(notes)),
    ),
    el(
      "span",
      { class: "row-actions" },
      isOver
        ? null
        : [
            button(word("hooks.retry"), send("retry"), { class: "quiet" }),
            button(word("hooks.drop"), drop, { class: "quiet danger" }),
          ],
    ),
  );
}

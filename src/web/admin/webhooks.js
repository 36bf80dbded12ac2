// Webhooks: addresses that receive events.

const webhooks = { table: null };
const EVENT_TYPES = [
  "custom_user_status.created",
  "custom_user_status.updated",
  "custom_user_status.deleted",
  "presence.changed",
];

function startWebhooks(place) {
  const add = button([icon("plus"), " ", word("webhooks.add")], webhookDialog, {
    class: "button primary",
  });
  webhooks.table = createTable({
    label: word("webhooks.title"),
    key: (webhook) => webhook.name,
    columns: [
      { label: word("webhooks.name"), text: (webhook) => webhook.name },
      {
        label: word("webhooks.url"),
        text: (webhook) => visibleText(webhook.url),
        cell: (webhook) => el("code", {}, visibleText(webhook.url)),
      },
      { label: word("webhooks.events"), text: eventsOf },
      {
        label: word("webhooks.state"),
        text: (webhook) => stateText(webhook.consumer),
        cell: (webhook) => stateBadge(webhook.consumer),
      },
      {
        label: word("webhooks.added"),
        isDate: true,
        text: (webhook) => dateText(webhook.createdAt),
        sort: (webhook) => Date.parse(webhook.createdAt),
      },
      { label: "", cell: webhookActions },
    ],
    actions: [add],
    empty: () => el("p", {}, word("webhooks.none")),
  });
  place.append(webhooks.table.element);
  poll(5, loadWebhooks);
  return loadWebhooks();
}

const eventsOf = ({ events }) =>
  events.length === 0 ? word("webhooks.allEvents") : events.join(", ");

// Each webhook is the endpoint of a hook, whose state shows whether deliveries arrive.
async function loadWebhooks() {
  const [{ webhooks: list }, { hooks: consumers }] = await Promise.all([
    call("GET", "webhooks.list"),
    call("GET", "hooks.list"),
  ]);
  const consumer = (webhook) => consumers.find(({ name }) => name === webhook.hook);
  setRows(
    webhooks.table,
    list.map((webhook) => ({ ...webhook, consumer: consumer(webhook) })),
  );
}

function webhookActions(webhook) {
  const isOff = webhook.consumer?.state === "off";
  return el(
    "span",
    { class: "row-actions" },
    button(word("webhooks.test"), () => testWebhook(webhook), { class: "quiet" }),
    button(
      isOff ? word("webhooks.enable") : word("webhooks.disable"),
      () => toggleWebhook(webhook, isOff),
      { class: "quiet" },
    ),
    button(word("webhooks.rotate"), () => rotateSecret(webhook), { class: "quiet" }),
    button(word("webhooks.remove"), () => removeWebhook(webhook), { class: "quiet danger" }),
  );
}

function webhookDialog() {
  const fields = [
    {
      name: "name",
      label: word("webhooks.name"),
      hint: word("webhooks.nameHint"),
      isRequired: true,
      max: 40,
    },
    { name: "url", label: word("webhooks.url"), type: "url", isRequired: true },
    {
      name: "events",
      label: word("webhooks.onlyEvents"),
      type: "checks",
      value: [],
      options: EVENT_TYPES.map((type) => [type, type]),
    },
  ];
  const save = async (values) => {
    const { webhook, secret } = await call("POST", "webhooks.add", values);
    await loadWebhooks();
    afterClose(() => secretDialog(webhook.name, secret));
  };
  formDialog({
    title: word("webhooks.add"),
    about: word("webhooks.about"),
    fields,
    submit: word("webhooks.addNow"),
    save,
  });
}

const secretDialog = (name, secret) =>
  onceDialog({
    title: word("webhooks.secretOf", { name }),
    about: word("webhooks.secretAbout"),
    text: secret,
  });

async function testWebhook({ name }) {
  const { delivered, reason } = await call("POST", "webhooks.test", { name });
  toast(
    delivered
      ? word("webhooks.arrived", { name })
      : word("webhooks.failed", { name, reason: visibleText(reason) }),
  );
}

async function toggleWebhook({ name }, isOff) {
  await call("POST", isOff ? "webhooks.enable" : "webhooks.disable", { name });
  await loadWebhooks();
  toast(word(isOff ? "webhooks.enabled" : "webhooks.disabled", { name }));
}

function rotateSecret({ name }) {
  confirmDialog({
    title: word("webhooks.rotateTitle", { name }),
    about: word("webhooks.rotateAbout"),
    submit: word("webhooks.rotate"),
    act: async () => {
      const { secret } = await call("POST", "webhooks.rotate", { name });
      afterClose(() => secretDialog(name, secret));
    },
  });
}

function removeWebhook({ name }) {
  confirmDialog({
    title: word("webhooks.removeTitle", { name }),
    about: word("webhooks.removeAbout"),
    submit: word("webhooks.remove"),
    name,
    act: async () => {
      await call("POST", "webhooks.remove", { name });
      await loadWebhooks();
      return word("webhooks.removed", { name });
    },
  });
}

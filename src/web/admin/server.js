// The server: version, sizes, connections, and the configuration in force.

const server = { facts: null };

async function startServer(place) {
  server.facts = el("dl", { class: "server-facts sheet" });
  place.append(server.facts);
  await loadServer();
  poll(10, loadServer);
  if (may("view-privileged-setting")) {
    place.append(await configurationTable());
  }
}

async function loadServer() {
  const status = await call("GET", "server.status");
  const { connections, database, failingHooks, startedAt, version } = status;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const open = word("server.open", {
    n: number.format(connections.open),
    max: number.format(connections.limit),
    streams: number.format(connections.streams),
  });
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(startedAt)) / 60_000));
  const since = word("server.up", { time: durationText(minutes) });
  const facts = [
    [word("server.version"), `doorsign ${version}`, `${since} (${dateText(startedAt)})`],
    [word("server.database"), databaseText(database), databaseMeter(database)],
    [word("server.connections"), open, null],
    [word("server.hooks"), word("server.failing", { n: failingHooks }), hooksLink(failingHooks)],
    ...backupFacts(status),
  ];
  server.facts.replaceChildren(
    ...facts.map(([label, text, more]) =>
      el(
        "div",
        {},
        el("dt", {}, label),
        el("dd", {}, text, more === null ? null : el("div", { class: "hint" }, more)),
      ),
    ),
  );
}

function databaseText({ bytes, limitBytes, walBytes }) {
  const size =
    limitBytes === undefined
      ? sizeText(bytes)
      : word("server.ofLimit", { size: sizeText(bytes), limit: sizeText(limitBytes) });
  return `${size}, ${word("server.log", { size: sizeText(walBytes) })}`;
}

function databaseMeter({ bytes, limitBytes }) {
  return limitBytes === undefined
    ? null
    : el("meter", {
        max: limitBytes,
        high: limitBytes * 0.8,
        value: bytes,
        "aria-label": word("server.database"),
      });
}

const hooksLink = (failing) =>
  failing > 0 && may("manage-outgoing-integrations")
    ? el("a", { href: `${base}/admin/hooks` }, word("server.showHooks"))
    : null;

// Servers that do not record backups leave this out.
function backupFacts({ lastBackup }) {
  if (lastBackup === undefined) {
    return [];
  }
  return [
    lastBackup === null
      ? [
          word("server.backup"),
          badge(word("server.never"), "warn"),
          el("code", {}, "doorsign backup"),
        ]
      : [word("server.backup"), dateText(lastBackup.at), sizeText(lastBackup.bytes)],
  ];
}

const settingText = ({ value, secret }) => {
  if (secret) {
    return word("server.secret");
  }
  return value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value);
};

async function configurationTable() {
  const { configuration } = await call("GET", "server.configuration");
  const sources = {
    default: word("server.fromDefault"),
    file: word("server.fromFile"),
    environment: word("server.fromEnvironment"),
    flag: word("server.fromFlag"),
  };
  const from = (row) => [sources[row.source] ?? row.source, row.from].filter(Boolean).join(": ");
  const table = createTable({
    label: word("server.configuration"),
    key: (row) => row.key,
    columns: [
      { label: word("server.key"), text: (row) => row.key, cell: (row) => el("code", {}, row.key) },
      { label: word("server.value"), text: (row) => visibleText(settingText(row)) },
      { label: word("server.source"), text: from },
    ],
  });
  setRows(table, configuration);
  return el(
    "section",
    {},
    el("h2", { class: "section-title" }, word("server.configuration")),
    table.element,
  );
}

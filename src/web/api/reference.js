// Shows the operations: a list by tag with a search, and the details of the one that is open.

async function start() {
  const openapi = await (await fetch(`${base}/api/v1/openapi.json`)).json();
  const all = operations(openapi);
  for (const tag of openapi.tags) {
    showGroup(openapi, tag, all.filter((operation) => operation.tag === tag.name));
  }
  find("loading").hidden = true;
  find("find").value = new URLSearchParams(location.search).get("q") ?? "";
  find("find").addEventListener("input", () => {
    filterCalls();
    announceCount();
  });
  addEventListener("hashchange", openNamed);
  filterCalls();
  openNamed();
}

function showGroup(openapi, { name, description }, members) {
  if (members.length > 0) {
    const group = fill("api-group", { name, description });
    group.querySelector("ul").append(...members.map((operation) => item(openapi, operation)));
    find("groups").append(group);
  }
}

function item(openapi, operation) {
  const { id, method, path, summary, tag } = operation;
  const key = searchKey(`${method} ${path} ${summary} ${tag}`);
  const element = fill("api-item", { id, method, verb: method.toLowerCase(), path, summary, key });
  const details = element.querySelector("details");
  details.addEventListener("toggle", () => details.open && opened(openapi, operation, details));
  return element;
}

// Adds the details at the first time, and puts the operation into the address.
function opened(openapi, operation, details) {
  if (details.childElementCount === 1) {
    details.append(content(openapi, operation));
  }
  // Browsers close the others by their common name. Those that do not know it need this.
  for (const other of document.querySelectorAll(".api-list > li > details[open]")) {
    other.open = other === details;
  }
  history.replaceState(null, "", `${location.search}#${operation.id}`);
}

function openNamed() {
  const details = find(decodeURIComponent(location.hash.slice(1)));
  if (details?.localName === "details") {
    details.open = true;
    details.scrollIntoView({ block: "start" });
  }
}

// Shows the operations in which every word of the search occurs.
function filterCalls() {
  const text = find("find").value.trim();
  const words = searchKey(text).split(/\s+/).filter(Boolean);
  for (const group of document.querySelectorAll(".api-group")) {
    const items = [...group.querySelectorAll("li[data-key]")];
    for (const each of items) {
      each.hidden = !words.every((one) => each.dataset.key.includes(one));
    }
    group.hidden = items.every((each) => each.hidden);
  }
  find("no-match").hidden = shownCount() > 0;
  const query = text === "" ? location.pathname : `?q=${encodeURIComponent(text)}`;
  history.replaceState(null, "", query + location.hash);
}

const shownCount = () => document.querySelectorAll("li[data-key]:not([hidden])").length;

let announcement;

// Announces the number of results when typing has stopped.
function announceCount() {
  clearTimeout(announcement);
  announcement = setTimeout(() => announce(word("api.found", { n: shownCount() })), 700);
}

function content(openapi, operation) {
  const { id, method, parameters, body, needsLogin } = operation;
  const element = fill("api-operation", {
    who: word(needsLogin ? "api.needsLogin" : "api.needsNoLogin"),
    noParameters: parameters.length === 0,
    noBody: body === null,
    noCall: !isCall(operation),
    reads: method === "GET",
    mayCall: page.user !== null || !needsLogin,
    login: `${base}/login?next=${encodeURIComponent(`/api#${id}`)}`,
  });
  const put = (selector, ...parts) => element.querySelector(selector).append(...parts);
  const rows = parameters.map((parameter) => parameterRow(openapi, parameter));
  put(".api-text", ...prose(operation.description));
  put(".api-parameters", table(word("api.parameters"), rows));
  put(".api-fields", ...fieldTable(openapi, body?.schema, word("api.body")));
  put(".api-responses", ...operation.responses.map((response) => answer(openapi, response)));
  prepareCall(operation, element);
  return element;
}

// The paragraphs of the document's Markdown, of which it uses `code` only.
const prose = (text = "") => text.split("\n\n").map((paragraph) => {
  const element = document.createElement("p");
  element.append(...pieces(paragraph));
  return element;
});

const pieces = (text) => text.split("`").map((piece, index) => {
  if (index % 2 === 0) {
    return piece;
  }
  const element = document.createElement("code");
  element.textContent = piece;
  return element;
});

function parameterRow(openapi, { name, in: where, required, schema, content: json, description }) {
  const type = schema ? typeOf(openapi, schema) : "JSON";
  return { name, required, type: json ? `${where} · JSON` : `${where} · ${type}`, description };
}

function fieldTable(openapi, schema, label) {
  const rows = fields(openapi, schema ?? {});
  return rows.length > 0 ? [table(label, rows)] : [];
}

function table(label, rows) {
  const element = fill("api-table", { label });
  const lines = rows.map(({ name, type, required, description }) => {
    const line = fill("api-row", { name, type, need: required ? word("api.required") : "" });
    line.lastElementChild.append(...prose(description));
    return line;
  });
  element.querySelector("tbody").append(...lines);
  return element;
}

function answer(openapi, { status, description, codes, schema, samples: examples }) {
  const data = { status, codes: codes.join(" · "), noCodes: codes.length === 0 };
  const element = fill("api-response", data);
  element.querySelector("summary span").append(...pieces(description));
  if (status.startsWith("2")) {
    element.open = true;
    const shown = element.querySelector(".api-response-fields");
    shown.append(...fieldTable(openapi, schema, status));
  }
  element.querySelector(".api-samples").append(...examples.map(sample));
  return element;
}

function sample({ summary = "", value }) {
  const element = fill("api-sample", { title: summary, noTitle: summary === "" });
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  // Not a slot: a slot shows line breaks as marks.
  element.querySelector("code").textContent = text;
  return element;
}

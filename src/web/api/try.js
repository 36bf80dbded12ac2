// The form that sends a request with the session of the page. The examples follow it.

const LONGEST_ANSWER = 200_000; // Characters that are shown.

// Prepares the form and the examples of an operation.
function prepareCall(operation, element) {
  if (!isCall(operation)) {
    return;
  }
  const form = element.querySelector("form");
  const inputs = sentParameters(operation).map((parameter) => input(operation, parameter));
  element.querySelector(".api-inputs").append(...inputs, ...bodyInput(operation));
  form.addEventListener("input", () => showCode(operation, element));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(operation, element);
  });
  for (const button of element.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => choose(operation, element, button));
  }
  const code = element.querySelector(".api-code");
  element.querySelector(".api-copy").addEventListener("click", () => copy(code));
  showCode(operation, element);
}

// The browser sends the headers that it needs.
const sentParameters = ({ parameters }) => parameters.filter((each) => each.in !== "header");

function input(operation, parameter) {
  const { name, required } = parameter;
  const id = `${operation.id}-${name}`;
  const field = fill("api-input", { id, name, required: Boolean(required) });
  field.querySelector("input").value = startValue(parameter);
  return field;
}

function bodyInput({ id, body }) {
  if (body === null) {
    return [];
  }
  const text = JSON.stringify(body.sample, null, 2);
  const rows = Math.min(text.split("\n").length + 1, 16);
  const field = fill("api-body", { id: `${id}-body`, rows });
  field.querySelector("textarea").value = text;
  return [field];
}

// The request that the form describes. Throws a SyntaxError if its body is not JSON.
function requestOf(operation, element) {
  const { elements } = element.querySelector("form");
  const query = new URLSearchParams();
  let { path } = operation;
  for (const { name, in: where } of sentParameters(operation)) {
    const { value } = elements[`${operation.id}-${name}`];
    if (where === "path") {
      path = path.replace(`{${name}}`, encodeURIComponent(value));
    } else if (value !== "") {
      query.set(name, value);
    }
  }
  const search = query.size > 0 ? `?${query}` : "";
  const text = elements[`${operation.id}-body`]?.value;
  return {
    method: operation.method,
    url: location.origin + base + path + search,
    login: operation.needsLogin,
    body: text === undefined ? undefined : JSON.parse(text),
  };
}

function showCode(operation, element) {
  const { language } = element.querySelector("[data-language][aria-pressed=true]").dataset;
  const code = element.querySelector(".api-code");
  try {
    code.textContent = LANGUAGES[language](requestOf(operation, element));
  } catch {
    code.textContent = word("api.invalidJson");
  }
}

function choose(operation, element, chosen) {
  for (const button of element.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button === chosen));
  }
  showCode(operation, element);
}

const copy = async (element) => announce(await copyText(element));

async function send(operation, element) {
  const status = element.querySelector(".api-status");
  const shown = element.querySelector(".api-answer");
  element.querySelector(".api-result").hidden = false;
  try {
    const { text, code, ms } = await fetched(requestOf(operation, element));
    status.textContent = word("api.answered", { code, ms });
    shown.textContent = pretty(text).slice(0, LONGEST_ANSWER);
  } catch (error) {
    status.textContent = word(error instanceof SyntaxError ? "api.invalidJson" : "api.noAnswer");
    shown.textContent = "";
  }
  announce(status.textContent);
}

// The response of any status: a refusal is what the reader wants to see, too.
async function fetched({ method, url, body }) {
  const began = performance.now();
  const init = { method, cache: "no-store" };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(url, init);
  const text = await response.text();
  const code = `${response.status} ${response.statusText}`.trim();
  return { text, code, ms: Math.round(performance.now() - began) };
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

start();

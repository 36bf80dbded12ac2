// The request of the form as a program. A request is `{method, url, login, body}`.

const shellText = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// The headers, with names where the reader's credentials belong.
function headersOf({ login, body }) {
  return {
    ...(login ? { "X-User-Id": "USER_ID", "X-Auth-Token": "TOKEN" } : {}),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
}

function curl(request) {
  const { method, url, body } = request;
  const verb = method === "GET" || body !== undefined ? "" : ` -X ${method}`;
  const headers = Object.entries(headersOf(request))
    .map(([name, value]) => `-H ${shellText(`${name}: ${value}`)}`);
  const data = body === undefined ? [] : [`-d ${shellText(JSON.stringify(body))}`];
  return [`curl -s${verb} ${shellText(url)}`, ...headers, ...data].join(" \\\n  ");
}

function javascript(request) {
  const { method, url, body } = request;
  const value = (each) => JSON.stringify(each, null, 2).replaceAll("\n", "\n  ");
  const lines = [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    `  headers: ${value(headersOf(request))},`,
    ...(body === undefined ? [] : [`  body: JSON.stringify(${value(body)}),`]),
    "});",
    "console.log(response.status, await response.json());",
  ];
  return lines.join("\n");
}

function python(request) {
  const { method, url, login, body } = request;
  const lines = [
    "import requests",
    "",
    `response = requests.${method.toLowerCase()}(`,
    `    ${JSON.stringify(url)},`,
    ...(login ? [`    headers=${pythonValue(headersOf({ login }))},`] : []),
    ...(body === undefined ? [] : [`    json=${pythonValue(body)},`]),
    "    timeout=10,",
    ")",
    "print(response.status_code, response.json())",
  ];
  return lines.join("\n");
}

function pythonValue(value) {
  if (value === null) {
    return "None";
  }
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  if (Array.isArray(value)) {
    return `[${value.map(pythonValue).join(", ")}]`;
  }
  if (typeof value !== "object") {
    return JSON.stringify(value);
  }
  const members = Object.entries(value);
  return `{${members.map((each) => each.map(pythonValue).join(": ")).join(", ")}}`;
}

const LANGUAGES = { curl, javascript, python };

// Where the user is logged in.

// Browsers and systems by the part of the user agent that names them, the most specific ones first.
const BROWSERS = [
  [/Firefox\//, "Firefox"],
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

// "Firefox, Linux" for a browser, "curl 7.88.1" for a program.
function clientText(agent) {
  const nameIn = (table) => table.find(([pattern]) => pattern.test(agent))?.[1];
  const isBrowser = agent.startsWith("Mozilla/");
  const names = isBrowser ? [nameIn(BROWSERS), nameIn(SYSTEMS)].filter(Boolean) : [];
  return names.length > 0 ? names.join(", ") : agent.split(" ")[0].replace("/", " ");
}

function sessionRow(session) {
  const { device, ip } = session;
  const client = clientText(device?.name ?? "");
  const used = word("account.lastUsed", { time: dateText(session.lastUsedAt || session.loginAt) });
  return {
    id: session.sessionId,
    client: client || word("account.unknownClient"),
    detail: [ip, word("account.since", { time: dateText(session.loginAt) }), used]
      .filter(Boolean)
      .join(" · "),
    current: session.current === true,
    other: session.current !== true,
  };
}

async function loadSessions() {
  const { sessions } = await call("GET", "sessions/list?count=100");
  find("sessions").replaceChildren(
    ...sessions.map((session) => {
      const row = fill("session", sessionRow(session));
      const button = row.querySelector("button");
      button.addEventListener("click", () => act(button, () => endSession(session)));
      return row;
    }),
  );
  find("end-others").hidden = sessions.length < 2;
}

async function endSession(session) {
  await call("POST", "sessions/logout.me", { sessionId: session.sessionId });
  await loadSessions();
  announceResult(word("account.sessionEnded"));
}

async function endOthers() {
  await call("POST", "users.removeOtherTokens", {});
  await loadSessions();
  announceResult(word("account.othersEnded"));
}

// A button that has left the page takes the focus with it; the heading of the list gets it back.
function announceResult(text) {
  announce(text);
  const heading = find("sessions-heading");
  heading.tabIndex = -1;
  heading.focus();
}

async function logOut() {
  await call("POST", "session.end", {});
  signedOut();
  location.replace(`${base}/login`);
}

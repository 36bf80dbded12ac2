// Where the user is logged in.

function sessionRow(session) {
  const { device, ip } = session;
  const client = [device?.name, device?.os?.name].filter(Boolean).join(", ");
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

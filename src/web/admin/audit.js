// The audit trail, newest first.

const AUDIT_PAGE = 50;
const audit = {
  place: null,
  filter: null,
  rows: null,
  newest: 0,
  offset: 0,
  fresh: null,
  older: null,
};

// The actions by group, for the filter.
const AUDIT_ACTIONS = [
  "login",
  "login.failed",
  "login.blocked",
  "login.unblocked",
  "logout",
  "logout.all",
  "logout.evicted",
  "password.changed",
  "password.refused",
  "invitation.created",
  "invitation.accepted",
  "invitation.revoked",
  "user.created",
  "user.updated",
  "user.activated",
  "user.deactivated",
  "user.deleted",
  "role.created",
  "role.updated",
  "role.deleted",
  "role.given",
  "role.taken",
  "permission.changed",
  "token.created",
  "token.replaced",
  "token.removed",
  "setting.changed",
  "webhook.created",
  "webhook.secret_rotated",
  "webhook.removed",
  "hook.disabled",
  "hook.enabled",
  "hook.retried",
  "hook.delivery_dropped",
  "hook.replayed",
  "status.visibility_changed",
  "display.created",
  "display.key_rotated",
  "display.revoked",
  "pin.changed",
  "status.claimed",
];

function startAudit(place) {
  const action = el(
    "select",
    { "aria-label": word("audit.action") },
    el("option", { value: "" }, filterText(word("audit.action"))),
    AUDIT_ACTIONS.map((each) => el("option", { value: each }, each)),
  );
  const user = el("input", {
    type: "search",
    "aria-label": word("audit.user"),
    placeholder: word("audit.user"),
  });
  audit.filter = { action, user };
  audit.fresh = button("", () => loadAudit(), { hidden: true });
  audit.older = button(word("audit.older"), () => loadAudit(audit.offset), { hidden: true });
  audit.rows = el("tbody", {});
  action.addEventListener("change", () => act(action, () => loadAudit()));
  user.addEventListener("change", () => act(user, () => loadAudit()));
  const labels = [
    word("audit.time"),
    word("audit.who"),
    word("audit.action"),
    word("audit.about"),
    word("audit.detail"),
    word("audit.address"),
  ];
  const head = el(
    "thead",
    {},
    el(
      "tr",
      {},
      labels.map((label) => el("th", { scope: "col" }, label)),
    ),
  );
  const scroll = {
    class: "scroll",
    role: "region",
    tabindex: "0",
    "aria-label": word("audit.title"),
  };
  audit.none = el("p", { hidden: true }, word("audit.none"));
  place.append(
    el("div", { class: "tools" }, action, user, el("span", { class: "actions" }, audit.fresh)),
    el("div", { class: "table" }, el("div", scroll, el("table", {}, head, audit.rows))),
    audit.none,
    el("p", {}, audit.older),
  );
  audit.labels = labels;
  poll(10, lookForNews);
  return loadAudit();
}

function auditQuery(count, offset) {
  const query = new URLSearchParams({ count, offset });
  const { action, user } = audit.filter;
  if (action.value !== "") {
    query.set("action", action.value);
  }
  if (user.value.trim() !== "") {
    query.set("user", user.value.trim());
  }
  return `audit.list?${query}`;
}

async function loadAudit(offset = 0) {
  const { records, total } = await call("GET", auditQuery(AUDIT_PAGE, offset));
  const rows = records.map(auditRow);
  if (offset === 0) {
    audit.rows.replaceChildren(...rows);
    audit.newest = records[0]?.id ?? 0;
    audit.fresh.hidden = true;
  } else {
    audit.rows.append(...rows);
  }
  audit.offset = offset + records.length;
  audit.older.hidden = audit.offset >= total;
  audit.none.hidden = audit.offset > 0;
}

// New records are announced by a button: rows that move under the reader are worse than old ones.
async function lookForNews() {
  const { records } = await call("GET", auditQuery(AUDIT_PAGE, 0));
  const n = records.filter(({ id }) => id > audit.newest).length;
  audit.fresh.hidden = n === 0;
  audit.fresh.textContent = word("audit.news", { n });
}

const authorText = (author) => visibleText(author?.username ?? author?.name ?? author?.type ?? "–");
const targetText = (target) =>
  visibleText(target ? `${target.type} ${target.name ?? target._id}` : "–");

function auditRow({ at, action, author, target, detail, address }) {
  const texts = [
    dateText(at),
    authorText(author),
    action,
    targetText(target),
    visibleText(detail),
    visibleText(address ?? ""),
  ];
  return el(
    "tr",
    {},
    texts.map((text, index) =>
      el(
        "td",
        { "data-label": audit.labels[index], class: index === 0 ? "date" : null },
        index === 2 ? el("code", {}, text) : el("bdi", {}, text),
      ),
    ),
  );
}

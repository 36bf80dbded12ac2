// A table from a description: columns that sort, a search, filters, actions, pages of 50 rows.

const ROWS_PER_PAGE = 50;

// Makes a table. The description has
// - `label`: its name for screen readers,
// - `key(row)`: the id of a row,
// - `columns`: each `{ label, text(row), cell(row) }`; `text` is searched, sorted and shown; `cell`
//   returns nodes instead; `sort(row)` a number or text to sort by; `isNarrow` for numbers; `isDate`,
// - `filters`: each `{ label, options: [[value, label]], has(row, value) }`,
// - `actions`: buttons above the table,
// - `empty()`: what is shown without any row.
function createTable(description) {
  const table = {
    description,
    rows: [],
    page: 0,
    sort: { column: 0, isDown: false },
    query: "",
    filters: (description.filters ?? []).map(() => ""),
  };
  table.head = el("thead", {}, headRow(table));
  table.body = el("tbody", {});
  table.count = el("p", { class: "count" });
  table.pager = el("p", { class: "pager" });
  table.emptyPlace = el("div", {});
  const scroll = {
    class: "scroll",
    role: "region",
    tabindex: "0",
    "aria-label": description.label,
  };
  table.scroll = el("div", scroll, el("table", {}, table.head, table.body));
  table.tools = toolbar(table);
  const foot = el("div", { class: "foot" }, table.count, table.pager);
  table.element = el("div", { class: "table" }, table.tools, table.emptyPlace, table.scroll, foot);
  table.count.textContent = word("shell.loading");
  return table;
}

// Replaces the rows and keeps page, order, search and focus.
function setRows(table, rows) {
  table.rows = rows;
  draw(table);
}

function toolbar(table) {
  const { description } = table;
  const search = el("input", {
    type: "search",
    "aria-label": word("table.search"),
    placeholder: word("table.search"),
  });
  search.addEventListener("input", () => change(table, { query: search.value, page: 0 }));
  const filters = (description.filters ?? []).map((filter, index) => {
    const select = el(
      "select",
      { "aria-label": filter.label },
      el("option", { value: "" }, filterText(filter.label)),
      filter.options.map(([value, label]) => el("option", { value }, label)),
    );
    select.addEventListener("change", () => {
      table.filters[index] = select.value;
      change(table, { page: 0 });
    });
    return select;
  });
  const actions = el("span", { class: "actions" }, description.actions ?? []);
  const hasSearch = description.hasSearch !== false;
  return el("div", { class: "tools" }, hasSearch ? search : null, filters, actions);
}

// "State: all"
const filterText = (label) => word("table.filter", { label, value: word("table.all") });

function headRow(table) {
  const cells = table.description.columns.map((column, index) => {
    if (column.label === "") {
      return el("td", {});
    }
    const sorter = el("button", { type: "button", class: "sorter" }, column.label);
    sorter.addEventListener("click", () => {
      const { sort } = table;
      const isDown = sort.column === index && !sort.isDown;
      change(table, { sort: { column: index, isDown }, page: 0 });
    });
    return el("th", { scope: "col", class: column.isNarrow ? "number" : null }, sorter);
  });
  return el("tr", {}, cells);
}

function change(table, values) {
  Object.assign(table, values);
  draw(table);
}

const textOf = (column, row) => String(column.text?.(row) ?? "");

function isShown(table, row) {
  const { columns, filters = [] } = table.description;
  const text = searchKey(columns.map((column) => textOf(column, row)).join(" "));
  const words = searchKey(table.query).split(/\s+/).filter(Boolean);
  return (
    words.every((each) => text.includes(each)) &&
    filters.every(({ has }, index) => table.filters[index] === "" || has(row, table.filters[index]))
  );
}

function sorted(table, rows) {
  const { column, isDown } = table.sort;
  const { sort, ...rest } = table.description.columns[column];
  const value = sort ?? ((row) => textOf(rest, row));
  const order = (one, other) => {
    const [a, b] = [value(one), value(other)];
    return typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b));
  };
  return [...rows].sort((one, other) => (isDown ? order(other, one) : order(one, other)));
}

function draw(table) {
  const { columns, empty, isSorted } = table.description;
  const shown = table.rows.filter((row) => isShown(table, row));
  const ordered = isSorted === false ? shown : sorted(table, shown);
  const pages = Math.max(1, Math.ceil(ordered.length / ROWS_PER_PAGE));
  table.page = Math.min(table.page, pages - 1);
  const first = table.page * ROWS_PER_PAGE;
  const focused = focusedCell(table);
  table.body.replaceChildren(
    ...ordered
      .slice(first, first + ROWS_PER_PAGE)
      .map((row) => rowElement(table.description, columns, row)),
  );
  refocus(table, focused);
  drawHead(table);
  drawFoot(table, ordered.length, pages);
  table.emptyPlace.replaceChildren(...(table.rows.length === 0 && empty ? [empty()].flat() : []));
  table.scroll.hidden = table.rows.length === 0;
}

// Numbers are aligned, dates stay on one line, and on a phone empty cells are left out.
function cellClass({ isNarrow, isDate }, text) {
  const classes = [isNarrow && "number", isDate && "date", text === "–" && "none"];
  return classes.filter(Boolean).join(" ");
}

function rowElement(description, columns, row) {
  const cells = columns.map((column, index) => {
    const content = column.cell?.(row) ?? textOf(column, row);
    const isHeader = index === 0 && column.label !== "";
    const attributes = {
      "data-label": column.label,
      class: cellClass(column, textOf(column, row)),
      scope: isHeader ? "row" : null,
    };
    return el(isHeader ? "th" : "td", attributes, content);
  });
  return el("tr", { "data-id": description.key(row) }, cells);
}

// Where the focus is, so that it stays there when the rows are drawn again.
function focusedCell(table) {
  const row = document.activeElement?.closest("tbody tr");
  if (!row || !table.body.contains(row)) {
    return null;
  }
  const controls = [...row.querySelectorAll("button, input, select, a")];
  return { id: row.dataset.id, index: controls.indexOf(document.activeElement) };
}

function refocus(table, focused) {
  if (focused !== null) {
    const row = [...table.body.rows].find(({ dataset }) => dataset.id === focused.id);
    row?.querySelectorAll("button, input, select, a")[focused.index]?.focus();
  }
}

function drawHead(table) {
  const { column, isDown } = table.sort;
  [...table.head.rows[0].cells].forEach((cell, index) => {
    if (index === column && table.description.isSorted !== false) {
      cell.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    } else {
      cell.removeAttribute("aria-sort");
    }
  });
}

function drawFoot(table, shown, pages) {
  table.count.textContent = word("table.count", { n: shown, total: table.rows.length });
  const turn = (step) => () => change(table, { page: table.page + step });
  const before = button("‹", turn(-1), { "aria-label": word("table.before") });
  const after = button("›", turn(1), { "aria-label": word("table.after") });
  before.disabled = table.page === 0;
  after.disabled = table.page === pages - 1;
  const place = word("table.page", { n: table.page + 1, total: pages });
  table.pager.replaceChildren(...(pages > 1 ? [before, ` ${place} `, after] : []));
}

// The size of the type: as large as the screen and the number of people allow. `unit` is the size of
// a name in px; everything on a tile is a multiple of it.

const GAP = 0.5;
const MOST_COLUMNS = 12;
const TILE_WITH_TEXT = 4.4;
const TILE_WITHOUT_TEXT = 3.2;
// From these heights of a tile on, names get two lines, and texts, too.
const ROOMY = 5.1;
const ROOMIER = 6;
const SMALLEST_PX = 14;
const PAGE_MS = 12_000;
const SHRINK = 0.95;
const SHRINK_STEPS = 12;
// A little smaller is better than a name that is cut.
const NAME_STEPS = 2;

const canvas = document.createElement("canvas").getContext("2d");

let pages = [];
let pageShown = 0;
let turning;

// The width that nine of ten names need, in units.
function nameWidth(names) {
  canvas.font = `650 100px ${getComputedStyle(document.body).fontFamily}`;
  const widths = names.map((name) => canvas.measureText(name).width / 100).sort((one, other) => one - other);
  const most = widths[Math.ceil(widths.length * 0.9) - 1] ?? 0;
  return Math.min(Math.max(most, 7.5), 11);
}

// The columns and rows that give the largest type.
function bestGrid(count, { width, height, tileWidth, tileHeight }) {
  let best = { unit: 0 };
  for (let columns = 1; columns <= Math.min(MOST_COLUMNS, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const unit = Math.min(
      width / (columns * tileWidth + (columns - 1) * GAP),
      height / (rows * tileHeight + (rows - 1) * GAP),
      Math.min(width, height) / 7,
    );
    if (unit > best.unit) {
      best = { unit, columns, rows };
    }
  }
  return best;
}

const inOrder = () => [...people.values()].sort((one, other) => {
  const byStatus = settings.order === "status" ? rank(one.person) - rank(other.person) : 0;
  return byStatus || compare(nameOf(one.person), nameOf(other.person))
    || compare(one.person._id, other.person._id);
});

// A phone shows one column that scrolls; there, type need not fit.
const isPhone = () => innerWidth < 560 && innerHeight > innerWidth;

function fit() {
  clearInterval(turning);
  const entries = inOrder();
  entries.filter(({ tile }) => tile === null).forEach(draw);
  find("wall").classList.toggle("phone", isPhone());
  if (entries.length === 0) {
    pages = [];
  } else if (isPhone()) {
    pages = [entries];
    showPage(0);
  } else {
    fitPages(entries);
  }
  writeText(find("wall-page"), pages.length > 1 ? `1/${pages.length}` : "");
}

// One page more, until the type is large enough to be read.
function fitPages(entries) {
  const smallest = Math.max(SMALLEST_PX, Math.min(innerWidth, innerHeight) / 60);
  for (let count = 1; ; count += 1) {
    const size = Math.ceil(entries.length / count);
    pages = Array.from({ length: count }, (_, index) => entries.slice(index * size, (index + 1) * size))
      .filter((page) => page.length > 0);
    const { unit, height } = fitPage(entries, size);
    if (unit >= smallest || size <= 1) {
      fitNames(unit, height, smallest);
      break;
    }
  }
  if (pages.length > 1) {
    turning = setInterval(() => showPage((pageShown + 1) % pages.length), PAGE_MS);
  }
}

// Sizes the grid for pages of `size` tiles. Returns the unit after shrinking, and the height of a
// tile.
function fitPage(entries, size) {
  const tiles = find("tiles");
  const hasText = entries.some(({ person }) => person.statusText);
  const area = {
    width: tiles.clientWidth,
    height: tiles.clientHeight,
    tileWidth: 4.7 + nameWidth(entries.map(({ person }) => nameOf(person))),
    tileHeight: hasText ? TILE_WITH_TEXT : TILE_WITHOUT_TEXT,
  };
  const { unit, columns, rows } = bestGrid(size, area);
  const height = (area.height - (rows - 1) * GAP * unit) / rows;
  tiles.style.setProperty("--columns", columns);
  tiles.style.setProperty("--rows", rows);
  setUnit(unit, height);
  let least = unit;
  for (let index = pages.length - 1; index >= 0; index -= 1) {
    showPage(index);
    least = shrink(least, height);
  }
  return { unit: least, height };
}

// Sets the size of the type for tiles of `height` px.
function setUnit(unit, height) {
  const { classList, style } = find("tiles");
  style.setProperty("--unit", `${unit.toFixed(2)}px`);
  classList.toggle("roomy", height > ROOMY * unit);
  classList.toggle("roomier", height > ROOMIER * unit);
}

// Makes the type smaller while a tile of the page overflows.
function shrink(unit, height) {
  let size = unit;
  for (let step = 0; step < SHRINK_STEPS && overflows(); step += 1) {
    size *= SHRINK;
    setUnit(size, height);
  }
  return size;
}

// Makes the type a little smaller if then no name is cut; otherwise it stays.
function fitNames(unit, height, smallest) {
  const sizes = Array.from({ length: NAME_STEPS + 1 }, (_, step) => unit * SHRINK ** step);
  const isWhole = (size) => {
    setUnit(size, height);
    return pages.every((_, index) => { showPage(index); return !cutsNames() && !overflows(); });
  };
  const found = sizes.filter((size) => size >= smallest).find(isWhole);
  setUnit(found ?? unit, height);
  showPage(0);
}

const cutsNames = () => [...find("tiles").querySelectorAll(".name")]
  .some((name) => name.scrollWidth > name.clientWidth + 1 || name.scrollHeight > name.clientHeight + 1);

const overflows = () => [...find("tiles").children]
  .some((tile) => tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1);

function showPage(index) {
  pageShown = index;
  const wanted = pages[index].map(({ tile }) => tile);
  const tiles = find("tiles");
  if (wanted.length !== tiles.childElementCount || wanted.some((tile, at) => tiles.children[at] !== tile)) {
    tiles.replaceChildren(...wanted);
  }
  writeText(find("wall-page"), pages.length > 1 ? `${index + 1}/${pages.length}` : "");
}

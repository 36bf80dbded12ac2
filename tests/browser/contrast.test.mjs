// Contrast computed from the colours in tokens.css, by the formula of WCAG 2.2.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const CSS = readFileSync(new URL('../../src/web/tokens.css', import.meta.url), 'utf8');
const STATUSES = ['online', 'busy', 'away', 'offline', 'unknown'];
const HUES = Array.from({ length: 12 }, (_, index) => `h${index}`);

/** The tokens in the block after `selector`. */
function tokens(selector) {
  const begin = CSS.indexOf(`${selector} {`);
  assert.ok(begin >= 0, `tokens.css has ${selector}`);
  const block = CSS.slice(begin, CSS.indexOf('}', begin));
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9A-Fa-f]{6})\b/g)].map(([, name, colour]) => [name, colour]));
}

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Which token is used on which, with the least contrast. */
const TEXTS = [
  ...['ink', 'soft', 'accent', 'danger'].flatMap((text) => [[text, 'surface'], [text, 'bg']]),
  ['ink', 'sunken'],
  ['soft', 'sunken'],
  ['on-accent', 'accent'],
  ['warn-ink', 'warn-bg'],
  ['info-ink', 'info-bg'],
  ...STATUSES.flatMap((status) => [[status, 'surface'], [status, `${status}-tint`]]),
  ...HUES.map((hue) => ['on-avatar', hue]),
];
const GRAPHICS = [...['edge', 'focus'].flatMap((line) => [[line, 'surface'], [line, 'bg']])];

const light = tokens(':root');
const dark = tokens(':root[data-theme="dark"]');

test('the dark theme is the same by the device and by choice', () => {
  assert.deepEqual(tokens(':root:not([data-theme="light"])'), dark);
  assert.deepEqual(Object.keys(dark).sort(), Object.keys(light).sort(), 'both themes have all colours');
});

/** The pairs with less contrast than `least`, with what they have. */
const below = (least, pairs, colours) =>
  pairs
    .map(([front, back]) => [front, back, contrast(colours[front], colours[back])])
    .filter(([, , found]) => !(found >= least))
    .map(([front, back, found]) => `${front} on ${back}: ${found.toFixed(2)}`);

for (const [theme, colours] of Object.entries({ light, dark })) {
  test(`16. contrast computed from the tokens is at least 4.5:1 for texts and marks, 3:1 for edges and focus: ${theme}`, () => {
    assert.deepEqual(below(4.5, TEXTS, colours), []);
    assert.deepEqual(below(3, GRAPHICS, colours), []);
  });
}

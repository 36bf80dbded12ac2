// Forms, dialogs and tables, as a user fills and reads them.
import { eventually } from './waiting.mjs';

/** Replaces the text of a field. */
export async function fillIn(page, selector, text) {
  await page.waitForSelector(selector, { visible: true });
  await page.$eval(selector, (field) => {
    field.value = '';
  });
  await page.type(selector, text);
}

/** Presses the first visible button with this label in `within`. */
export async function press(page, label, within = 'body') {
  const find = (area, wanted) => {
    const buttons = [...document.querySelectorAll(`${area} :is(button, a)`)];
    return buttons.find((each) => each.checkVisibility() && !each.disabled && each.textContent.trim() === wanted);
  };
  await eventually(`the button ${label} in ${within}`, () => page.evaluate(`Boolean((${find})(${JSON.stringify(within)}, ${JSON.stringify(label)}))`));
  // A press by a user gives the focus, too.
  await page.evaluate(`{ const found = (${find})(${JSON.stringify(within)}, ${JSON.stringify(label)}); found.focus(); found.click(); }`);
}

/** The text of an element; null if there is none. */
export const textOf = (page, selector) =>
  page.evaluate((wanted) => document.querySelector(wanted)?.textContent.trim().replace(/\s+/g, ' ') ?? null, selector);

/** Waits until an element has a text that fits. */
export const reads = (page, selector, pattern) =>
  eventually(`${selector} with ${pattern}`, async () => pattern.test((await textOf(page, selector)) ?? ''));

/** The id or name of the element with the focus. */
export const focused = (page) => page.evaluate(() => document.activeElement.name || document.activeElement.id);

/** Waits until a toast has a text that fits. */
export const toasts = (page, pattern) => reads(page, '.toast span', pattern);

/** The texts of the cells of the table row that contains `text`; null if there is none. */
export const row = (page, text) =>
  page.evaluate((wanted) => {
    const rows = [...document.querySelectorAll('tbody tr')];
    const found = rows.find((each) => each.textContent.includes(wanted));
    return found === undefined ? null : [...found.cells].map((cell) => cell.textContent.trim());
  }, text);

/** Waits until no dialog is open. */
export const closes = (page) => eventually('the end of the dialog', () => page.evaluate(() => document.querySelector('dialog[open]') === null));

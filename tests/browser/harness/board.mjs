// What a page of the board shows.
import assert from 'node:assert/strict';

import { eventually } from './waiting.mjs';

/** What the card of `name` shows, or null. */
export const card = (page, name) =>
  page.evaluate((wanted) => {
    const items = [...document.querySelectorAll('li.card')];
    const item = items.find((each) => each.querySelector('.name').textContent.trim() === wanted);
    const text = (selector) => {
      const element = item.querySelector(selector);
      return element === null || element.hidden ? '' : element.textContent.trim();
    };
    return item && { mark: item.querySelector('.mark use').getAttribute('href'), word: text('.word'), text: text('.text'), when: text('.when') };
  }, name);

/** Waits until the card of `name` has all properties of `expected`; a regular expression must match. */
export async function shows(page, name, expected, timeout = 5_000) {
  let found;
  const fits = ([key, value]) => (value instanceof RegExp ? value.test(found[key]) : found[key] === value);
  try {
    await eventually('', async () => (found = await card(page, name)) && Object.entries(expected).every(fits), timeout);
  } catch {
    assert.deepEqual(found, expected, `${name} after ${timeout} ms on ${page.url()}`);
  }
}

export const cards = (page) => page.evaluate(() => document.querySelectorAll('li.card').length);

/** Waits until the board shows `count` people. */
export const showsPeople = (page, count, timeout = 10_000) => eventually(`${count} people on ${page.url()}`, async () => (await cards(page)) === count, timeout);

/** The text of the banner, or null while it is hidden. */
export const banner = (page) =>
  page.evaluate(() => {
    const element = document.getElementById('banner');
    return element === null || element.hidden ? null : element.textContent.trim();
  });

export const showsBanner = (page, timeout) => eventually('the banner', () => banner(page), timeout, 100);

export const isFresh = (page, timeout) => eventually('a fresh board', async () => (await banner(page)) === null, timeout, 100);

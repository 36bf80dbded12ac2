// The display: as large as the screen allows, for months without a hand on it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { BROWSERS, Visitor } from './harness/browser.mjs';
import { imagine, people } from './harness/imagined.mjs';
import { Server } from './harness/server.mjs';
import { eventually, forSuite, pause } from './harness/waiting.mjs';

const SIZES = [[1920, 1080], [3840, 2160], [1280, 800], [800, 480], [1080, 1920]];
const COUNTS = [1, 4, 12, 30, 60, 200];

/** Pages of a display turn every 150 ms instead of every 12 s. */
const hurry = (page) =>
  page.evaluateOnNewDocument(() => {
    const real = globalThis.setInterval;
    globalThis.setInterval = (callback, ms) => real(callback, ms === 12_000 ? 150 : ms);
  });

/** Faults of what is shown now, and the page number. */
function measure(page) {
  return page.evaluate(() => {
    const tiles = [...document.querySelectorAll('#tiles > li')];
    const overflows = (tile) => tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1;
    const root = document.documentElement;
    return {
      number: document.getElementById('wall-page').textContent,
      names: tiles.map((tile) => tile.querySelector('.name').textContent),
      overflowing: tiles.filter(overflows).map((tile) => tile.textContent.trim()),
      scrolls: getComputedStyle(document.body).overflow !== 'hidden' && (root.scrollHeight > innerHeight + 1 || root.scrollWidth > innerWidth + 1),
      smallest: Math.min(...tiles.map((tile) => parseFloat(getComputedStyle(tile.querySelector('.name')).fontSize))),
    };
  });
}

describe('The display', () => {
  const suite = forSuite();
  let browser;
  let server;
  before(async () => {
    browser = await BROWSERS.Chromium();
    server = await Server.start(suite);
  });
  after(() => browser.close());

  for (const [width, height] of SIZES) {
    test(`32. at ${width} × ${height}, no tile overflows, nothing scrolls, and names have at least 14 px`, async (t) => {
      const visitor = await Visitor.arrive(t, browser, server);
      for (const count of COUNTS) {
        const prepare = async (page) => {
          await imagine(people(count))(page);
          await hurry(page);
        };
        const page = await visitor.open('/display#imagined', { prepare, size: { width, height } });
        await eventually(`${count} people`, async () => (await measure(page)).names.length > 0);
        await pause(300);
        const seen = new Map();
        const pages = Number((await measure(page)).number.split('/')[1] ?? 1);
        await eventually(`${pages} pages`, async () => {
          const shown = await measure(page);
          seen.set(shown.number, shown);
          return seen.size >= pages;
        }, 20_000);
        const all = [...seen.values()];
        assert.equal(new Set(all.flatMap(({ names }) => names)).size, count, `${count} people are shown`);
        for (const { number, overflowing, scrolls, smallest } of all) {
          assert.deepEqual(overflowing, [], `${count} people, page ${number}`);
          assert.equal(scrolls, false, `${count} people, page ${number}`);
          assert.ok(smallest >= 14, `${count} people, page ${number}: ${smallest} px`);
        }
        t.diagnostic(`${count} people: ${pages} pages, names of ${all[0].smallest} px`);
        await page.close();
      }
    });
  }

  test('33. after 1,000 changes the heap is within 5 %, and nodes and listeners are as many as before', async (t) => {
    const visitor = await Visitor.arrive(t, browser, server);
    const all = people(30);
    const page = await visitor.open('/display#imagined', { prepare: imagine(all), size: { width: 1920, height: 1080 } });
    await eventually('30 people', async () => (await measure(page)).names.length === 30);
    const devtools = await page.createCDPSession();
    await devtools.send('Performance.enable');
    const change = (rounds) =>
      page.evaluate(async (list, times) => {
        for (let round = 0; round < times; round += 1) {
          const person = list[round % list.length];
          globalThis.pushFrame('person', { ...person, status: ['online', 'busy', 'away', 'offline'][round % 4], statusText: `Text ${round % 97}` });
          if (round % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        }
        for (const person of list) globalThis.pushFrame('person', person);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }, all, rounds);
    const metrics = async () => {
      for (let times = 0; times < 3; times += 1) await devtools.send('HeapProfiler.collectGarbage');
      const found = Object.fromEntries((await devtools.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
      return { heap: found.JSHeapUsedSize, nodes: found.Nodes, listeners: found.JSEventListeners };
    };
    await change(200); // What is compiled and cached at first is no growth.
    const before = await metrics();
    await change(1_000);
    const later = await metrics();
    t.diagnostic(`${JSON.stringify(before)} → ${JSON.stringify(later)}`);
    assert.ok(later.heap < before.heap * 1.05, `${before.heap} → ${later.heap} bytes`);
    assert.equal(later.nodes, before.nodes);
    assert.equal(later.listeners, before.listeners);
  });
});

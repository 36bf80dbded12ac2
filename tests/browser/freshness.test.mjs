// A status is shown as fresh only while the stream proves it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { logIn, newUser, setStatus } from './harness/api.mjs';
import { banner, card, cards, isFresh, shows, showsBanner, showsPeople } from './harness/board.mjs';
import { BROWSERS, moveClock, Visitor } from './harness/browser.mjs';
import { Proxy } from './harness/proxy.mjs';
import { Server } from './harness/server.mjs';
import { eventually, pause, within } from './harness/waiting.mjs';

/** A server with the user Ann, behind a proxy. */
async function office(t) {
  const server = await Server.start(t);
  const admin = await logIn(server);
  const ann = await newUser(server, admin, 'ann', 'Ann');
  await setStatus(server, ann, 'busy', 'In a meeting');
  return { server, ann, proxy: await Proxy.start(t, server.port) };
}

/** A tab with the board, through the proxy. */
async function boardOf(t, browser, proxy, options) {
  const visitor = await Visitor.arrive(t, browser, proxy);
  const page = await visitor.logIn('ann', '/', options);
  await shows(page, 'Ann', { word: 'Busy', text: 'In a meeting' }, 20_000);
  return { visitor, page };
}

const seconds = (from) => (Date.now() - from) / 1_000;

/** The texts of the minute of each of the two instants, as the page formats times. */
const times = (page, from, to) =>
  page.evaluate((instants) => instants.map((at) => new Intl.DateTimeFormat(navigator.language, { timeStyle: 'short' }).format(at)), [from, to]);

/** The colour of Ann's mark as it is painted. */
const colour = (page) => page.evaluate(() => getComputedStyle(document.querySelector('li.card .mark')).color);

/** Firefox takes as long again, so it is asked for: BROWSER_FIREFOX=1. */
const { Chromium, Firefox } = BROWSERS;
const TESTED = process.env.BROWSER_FIREFOX ? { Chromium, Firefox } : { Chromium };

for (const [name, launch] of Object.entries(TESTED)) {
  describe(`Freshness in ${name}`, { concurrency: true }, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser.close());

    test('18. packets dropped without a reset: the banner stands within 26 s with the time of the last byte, grey at 60 s', async (t) => {
      const { proxy } = await office(t);
      const { page } = await boardOf(t, browser, proxy);
      const before = await colour(page);
      const began = Date.now();
      proxy.drop();
      const text = await showsBanner(page, 25_500 + within(500));
      const possible = await times(page, began - 11_000, began);
      assert.ok(possible.some((time) => text.includes(time)), `${text} has ${possible}`);
      assert.equal((await card(page, 'Ann')).word, 'Busy', 'the card keeps its words');
      await eventually('a grey card', async () => (await colour(page)) !== before, 64_000 - (Date.now() - began), 200);
      assert.ok(seconds(began) > 45, `grey after ${seconds(began)} s`);
    });

    test('19. kill -9, then a proxy that answers 503 for 20 s, then the server: fresh within 31 s, without a click', async (t) => {
      const { server, proxy } = await office(t);
      const { page } = await boardOf(t, browser, proxy);
      await server.down('SIGKILL');
      proxy.unavailable();
      await showsBanner(page, 4_000 + within(1_000));
      await pause(20_000);
      await server.up();
      proxy.pass();
      await isFresh(page, 30_000 + within(1_000));
      await shows(page, 'Ann', { word: 'Busy', text: 'In a meeting' });
    });

    test('20. a frozen server is shown as lost within 26 s, and as fresh within 31 s after it continues', async (t) => {
      const { server, proxy } = await office(t);
      const { page } = await boardOf(t, browser, proxy);
      server.freeze();
      await showsBanner(page, 25_500 + within(500));
      server.thaw();
      await isFresh(page, 30_000 + within(1_000));
    });

    test('21. eight tabs on plain http use at most three streams, show a change within 1 s, and heal when the streaming tabs close', async (t) => {
      const { server, ann, proxy } = await office(t);
      const { visitor, page } = await boardOf(t, browser, proxy);
      const tabs = [page];
      while (tabs.length < 8) {
        tabs.push(await visitor.open('/'));
        await showsPeople(tabs.at(-1), 2, 20_000);
      }
      await pause(1_000);
      assert.ok(proxy.open('/api/v1/board') <= 3, `${proxy.open('/api/v1/board')} streams`);
      await setStatus(server, ann, 'away', 'Lunch');
      await Promise.all(tabs.map((tab) => shows(tab, 'Ann', { word: 'Away', text: 'Lunch' }, within(1_000))));
      const streaming = tabs.filter((tab) => visitor.streams.has(tab));
      for (const tab of streaming) await tab.close();
      const others = tabs.filter((tab) => !streaming.includes(tab));
      assert.ok(others.length >= 5, `${others.length} tabs without a stream`);
      await setStatus(server, ann, 'busy', 'Focus');
      await Promise.all(others.map((tab) => shows(tab, 'Ann', { word: 'Busy', text: 'Focus' }, 29_000 + within(1_000))));
    });

    test('22. an end that passes while the server is stopped shows "ended", never the next status', async (t) => {
      const { server, ann, proxy } = await office(t);
      const { page } = await boardOf(t, browser, proxy);
      const end = new Date(Date.now() + 5_000).toISOString();
      await setStatus(server, ann, 'away', 'Back soon', end);
      await shows(page, 'Ann', { word: 'Away', text: 'Back soon' });
      server.freeze();
      const [time] = await times(page, Date.parse(end), 0);
      await eventually('the end', async () => {
        const shown = await card(page, 'Ann');
        const text = `${shown.word} ${shown.when}`;
        assert.ok(!/Available|Busy|Offline/.test(text), text);
        return text.includes(`ended ${time}`);
      }, 8_000 + within(1_000));
      server.thaw();
      await eventually('the next status', async () => !/ended/.test(JSON.stringify(await card(page, 'Ann'))), 40_000);
    });

    test('23. a device clock that is 10 min off changes no "since"', async (t) => {
      const { proxy } = await office(t);
      for (const minutes of [-10, 10]) {
        const prepare = (page) => moveClock(page, minutes * 60_000);
        const { page } = await boardOf(t, browser, proxy, { prepare });
        const shown = await page.evaluate(() => new Date().toISOString());
        assert.ok(Math.abs(Date.parse(shown) - Date.now() - minutes * 60_000) < 5_000, 'the clock is off');
        await shows(page, 'Ann', { when: /^(just now|[1-8] min)$/ });
        assert.equal(await banner(page), null);
      }
    });

    test('a hidden tab gives up its stream after a minute and shows no old status when it is visible again', async (t) => {
      const { server, ann, proxy } = await office(t);
      const { page } = await boardOf(t, browser, proxy);
      await eventually('the stream', () => proxy.open('/api/v1/board') > 0);
      await setVisibility(page, 'hidden');
      await eventually('no stream', () => proxy.open('/api/v1/board') === 0, 66_000, 500);
      await setStatus(server, ann, 'away', 'Lunch');
      const covered = await page.evaluate(() => getComputedStyle(document.querySelector('main')).visibility);
      assert.equal(covered, 'hidden');
      await setVisibility(page, 'visible');
      await shows(page, 'Ann', { word: 'Away', text: 'Lunch' });
      assert.ok((await cards(page)) > 0);
    });
  });
}

function setVisibility(page, state) {
  return page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value === 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}

// The session of the pages: its cookie, who may use it, and its end.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { get, logIn, newUser, post, setStatus } from './harness/api.mjs';
import { cards, shows, showsPeople } from './harness/board.mjs';
import { BROWSERS, SIBLING, SITE, startSession, STRANGER, Visitor } from './harness/browser.mjs';
import { otherSite, send, sessionCookie } from './harness/cookie.mjs';
import { Server } from './harness/server.mjs';
import { eventually, pause, within } from './harness/waiting.mjs';

const JSON_TYPE = { 'Content-Type': 'application/json' };

async function office(t) {
  const server = await Server.start(t);
  const admin = await logIn(server);
  const ann = await newUser(server, admin, 'ann', 'Ann');
  return { server, admin, ann };
}

/** The same server by a name instead of an address. */
const named = (server, name = SITE) => ({ url: `http://${name}:${server.port}` });

/** How many people are painted: those on a covered page are not. */
const painted = (page) =>
  page.evaluate(() => {
    const isCovered = getComputedStyle(document.querySelector('main')).visibility === 'hidden';
    return isCovered ? 0 : document.querySelectorAll('li.card').length;
  });

const statusOf = async (server, user) => (await get(server, user, 'users.getStatus')).status;

for (const [name, launch] of Object.entries(BROWSERS)) {
  describe(`Sessions in ${name}`, () => {
    let browser;
    before(async () => (browser = await launch()));
    after(() => browser.close());

    test('24. no cookie that script can read, no storage and no page source holds a token', async (t) => {
      const { server } = await office(t);
      const visitor = await Visitor.arrive(t, browser, server);
      const page = await visitor.logIn('ann');
      await showsPeople(page, 2);
      const { token, httpOnly, sameSite } = await sessionCookie(visitor);
      assert.ok(token.length >= 40 && httpOnly && sameSite === 'Strict');
      for (const path of ['/', '/p/ann', '/me', '/me/account', '/login', '/api', '/api/v1/session', '/api/v1/me']) {
        const held = await page.evaluate(async (address) => {
          const source = await (await fetch(address)).text();
          return JSON.stringify([source, document.cookie, { ...localStorage }, { ...sessionStorage }]);
        }, path);
        assert.ok(!held.includes(token), `${path} holds the token`);
      }
    });

    test('25. a POST with the cookie from another origin, port or sibling host changes nothing; from the own page on http it works', async (t) => {
      const { server, ann } = await office(t);
      await setStatus(server, ann, 'away', 'Lunch');
      const own = named(server);
      const visitor = await Visitor.arrive(t, browser, own);
      const page = await visitor.logIn('ann');
      const body = JSON.stringify({ status: 'busy', message: 'Moved' });
      const attack = `fetch('${own.url}/api/v1/users.setStatus', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '${body}' })`;
      const port = await otherSite(t, '<p>hello</p>');
      for (const host of [SITE, SIBLING, STRANGER]) {
        const foreign = await visitor.context.newPage();
        await foreign.goto(`http://${host}:${port}/`);
        await foreign.evaluate(`${attack}.then(() => true, () => true)`);
        const form = `<form method=post enctype=text/plain action="${own.url}/api/v1/users.setStatus"><input name='{"status":"busy","message":"' value='"}'></form>`;
        await foreign.evaluate((html) => {
          document.body.innerHTML = html;
          document.forms[0].submit();
        }, form);
        await pause(300);
        assert.equal(await statusOf(server, ann), 'away', host);
      }
      const result = await page.evaluate(async (text) => (await fetch('/api/v1/users.setStatus', { method: 'POST', body: text, headers: { 'Content-Type': 'application/json' } })).status, body);
      assert.equal(result, 200);
      assert.equal(await statusOf(server, ann), 'busy');
    });

    test('27. a link on another site leads to the board of a user with a session, and reloading there does, too', async (t) => {
      const { server } = await office(t);
      const visitor = await Visitor.arrive(t, browser, named(server));
      await (await visitor.logIn('ann')).close();
      const port = await otherSite(t, `<a href="http://${SITE}:${server.port}/">board</a>`);
      const page = await visitor.context.newPage();
      await page.goto(`http://${STRANGER}:${port}/`);
      await page.click('a');
      await showsPeople(page, 2);
      await page.reload();
      await showsPeople(page, 2);
      assert.equal(new URL(page.url()).pathname, '/');
    });

    test('28. a session that ended elsewhere leaves no person in a visible tab after 1 s', async (t) => {
      const { server, ann } = await office(t);
      const visitor = await Visitor.arrive(t, browser, server);
      const page = await visitor.logIn('ann');
      const account = await visitor.open('/p/ann');
      await Promise.all([page, account].map((tab) => showsPeople(tab, 2)));
      await post(server, ann, 'users.logout');
      for (const tab of [page, account]) {
        await eventually('an empty page', async () => (await cards(tab)) === 0, within(1_000));
        assert.ok(!(await tab.evaluate(() => document.body.textContent)).includes('Ann'));
      }
    });

    test('28. a session that ended while the page was left paints no person when it is reached by Back', async (t) => {
      const { server, ann } = await office(t);
      const visitor = await Visitor.arrive(t, browser, server);
      const page = await visitor.logIn('ann');
      await showsPeople(page, 2);
      await page.goto(`${server.url}/api`);
      await post(server, ann, 'users.logout');
      await page.goBack({ waitUntil: 'domcontentloaded' });
      const end = Date.now() + 1_500;
      while (Date.now() < end) {
        await eventually('no painted person', async () => (await painted(page)) === 0, 0);
        await pause(30);
      }
    });

    test('29. two servers on one host and two ports: both sessions live side by side', async (t) => {
      const [one, other] = [await office(t), await office(t)];
      const visitor = await Visitor.arrive(t, browser, one.server);
      const first = await visitor.logIn('ann');
      const second = await visitor.context.newPage();
      await second.goto(`${other.server.url}/display`);
      await startSession(second, 'ann');
      await second.goto(`${other.server.url}/`);
      await showsPeople(second, 2);
      await first.reload();
      await showsPeople(first, 2);
    });
  });
}

describe('Sessions without a browser', () => {
  let browser;
  before(async () => (browser = await BROWSERS.Chromium()));
  after(() => browser.close());

  test('25. the cookie counts for a POST only with headers that prove the own page', async (t) => {
    const { server, ann } = await office(t);
    const visitor = await Visitor.arrive(t, browser, server);
    await visitor.logIn('ann');
    await setStatus(server, ann, 'away', 'Lunch');
    const { header } = await sessionCookie(visitor);
    const attempt = async (headers) => (await send(server, 'POST', '/api/v1/users.setStatus', { ...JSON_TYPE, Cookie: header, ...headers }, '{"status":"busy"}')).status;
    const refused = [
      {},
      { Origin: 'null' },
      { Origin: 'https://evil.example' },
      { Origin: `http://127.0.0.1:${server.port + 1}` },
      { Origin: `http://localhost:${server.port}` },
      { Origin: `https://127.0.0.1:${server.port}` },
      { Origin: server.url, 'Sec-Fetch-Site': 'cross-site' },
      { Origin: server.url, 'Sec-Fetch-Site': 'same-site' },
      { Origin: server.url, 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of refused) assert.ok([401, 403].includes(await attempt(headers)), JSON.stringify(headers));
    assert.equal(await statusOf(server, ann), 'away');
    assert.equal(await attempt({ Origin: server.url }), 200);
    assert.equal(await attempt({ 'Sec-Fetch-Site': 'same-origin' }), 200);
    assert.equal(await statusOf(server, ann), 'busy');
  });

  test('26. GET logout with the cookie alone ends nothing', async (t) => {
    const { server } = await office(t);
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.logIn('ann');
    await page.evaluate(() => fetch('/api/v1/logout'));
    const { header } = await sessionCookie(visitor);
    for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      const { status } = await send(server, 'GET', '/api/v1/logout', { Cookie: header, ...headers });
      assert.equal(status, 401, JSON.stringify(headers));
    }
    const session = JSON.parse((await send(server, 'GET', '/api/v1/session', { Cookie: header })).text);
    assert.equal(session.username, 'ann');
  });
});

// Hostile texts, accessibility, weight, the content security policy, and updates of the server.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { inMinutes, logIn, newUser, post, setStatus } from './harness/api.mjs';
import { showsPeople } from './harness/board.mjs';
import { BROWSERS, SITE, Visitor } from './harness/browser.mjs';
import { Proxy } from './harness/proxy.mjs';
import { freePort, Server } from './harness/server.mjs';
import { startTls } from './harness/tls.mjs';
import { eventually, forSuite, pause } from './harness/waiting.mjs';

// The pages that the server under test reads.
const WEB = process.env.DOORSIGN_WEB_FOLDER ?? fileURLToPath(new URL('../../src/web', import.meta.url));
/** Pages that are read from a folder, while one changes them, are not compressed. */
const FROM_FOLDER = process.env.DOORSIGN_WEB_FOLDER !== undefined;
const PAGES = ['/', '/p/ann', '/me', '/me/account', '/api'];
const ADMIN_PAGES = ['people', 'statuses', 'roles', 'webhooks', 'hooks', 'displays', 'settings', 'audit', 'server'].map((name) => `/admin/${name}`);
const PUBLIC_PAGES = ['/login', '/join', '/display'];
const LONG = '👍'.repeat(60);
const HOSTILE = ['<img src=x onerror=alert(1)>', '{name} {w:shell.menu}', 'a\u202Eb\u2066c', 'a\u0000b\u0007c', LONG, 'محمد بن سلمان', '"><script>alert(1)</script>', '   ', 'W'.repeat(120)];

describe('The pages', () => {
  const suite = forSuite();
  let browser;
  let server;
  let admin;
  before(async () => {
    browser = await BROWSERS.Chromium();
    server = await Server.start(suite);
    admin = await logIn(server);
    await setStatus(server, await newUser(server, admin, 'ann', 'Ann Kowalski'), 'busy', 'In a meeting', inMinutes(90));
  });
  after(() => browser.close());

  /** Pages that exist in this version, from those that the user may open. */
  const existing = async (page, paths) => {
    const found = [];
    for (const path of paths) {
      const { status } = await page.evaluate(async (address) => ({ status: (await fetch(address)).status }), path);
      if (status === 200) found.push(path);
    }
    return found;
  };

  test('36. markup, bidi controls, NUL, emoji and right-to-left texts show as text and widen nothing', async (t) => {
    for (const [index, text] of HOSTILE.entries()) {
      const username = `hostile${index}`;
      const user = await newUser(server, admin, username, username);
      // What the server refuses as a name or text cannot reach a page.
      await post(server, admin, 'users.update', { userId: user['X-User-Id'], data: { name: text } }).catch(() => {});
      await post(server, user, 'users.updateOwnBasicInfo', { data: { nickname: text.slice(0, 120) } }).catch(() => {});
      await setStatus(server, user, 'away', text.slice(0, 120)).catch(() => {});
    }
    await post(server, admin, 'custom-user-status.create', { name: LONG.slice(0, 120), statusType: 'busy' });
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.logIn('admin', '/', { size: { width: 320, height: 640 } });
    page.on('dialog', () => visitor.faults.push('a script of a text ran'));
    await showsPeople(page, HOSTILE.length + 2);
    for (const path of await existing(page, [...PAGES, ...ADMIN_PAGES])) {
      await page.goto(server.url + path, { waitUntil: 'domcontentloaded' });
      await pause(700);
      assert.equal(await page.evaluate(() => document.querySelectorAll('main img[src=x], main script').length), 0, path);
      assert.deepEqual(await wide(page), [], path);
    }
    const bidi = await page.evaluate(() => /[\u202A-\u202E\u2066-\u2069]/.test(document.body.textContent));
    assert.equal(bidi, false);
  });

  test('38. no report of the content security policy, console error or request to another host, on https', async (t) => {
    let port;
    const site = await startTls(t, SITE, () => port);
    port = await freePort();
    const secure = new Server(port, { ...server.settings, DOORSIGN_SITE_URL: `https://${SITE}:${site}`, DOORSIGN_TRUSTED_PROXIES: '127.0.0.1' });
    t.after(() => secure.remove());
    await secure.up();
    const visitor = await Visitor.arrive(t, browser, { url: `https://${SITE}:${site}` });
    const page = await visitor.logIn('admin');
    await showsPeople(page, 1);
    for (const path of await existing(page, [...PAGES, ...ADMIN_PAGES, ...PUBLIC_PAGES])) {
      await page.goto(visitor.server.url + path, { waitUntil: 'domcontentloaded' });
      await pause(500);
    }
    const [cookie] = (await visitor.context.cookies()).filter(({ name }) => /doorsign/.test(name));
    assert.equal(cookie.name, '__Host-doorsign');
    assert.ok(cookie.secure && cookie.httpOnly);
  });

  test('39. the first visit to the board takes at most 6 requests and 60 KiB compressed', { skip: FROM_FOLDER }, async (t) => {
    const visitor = await Visitor.arrive(t, browser, server);
    await (await visitor.logIn('ann')).close();
    const page = await visitor.context.newPage();
    await page.setCacheEnabled(false);
    const devtools = await page.createCDPSession();
    await devtools.send('Network.enable');
    const sizes = new Map();
    devtools.on('Network.requestWillBeSent', ({ requestId, request }) => sizes.set(requestId, { url: request.url, bytes: 0 }));
    devtools.on('Network.responseReceived', ({ requestId, response }) => (sizes.get(requestId).bytes ||= response.encodedDataLength));
    devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => (sizes.get(requestId).bytes = encodedDataLength));
    devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => (sizes.get(requestId).bytes += encodedDataLength));
    await page.goto(`${server.url}/`);
    await pause(2_000);
    const all = [...sizes.values()].filter(({ url }) => url.startsWith('http'));
    const total = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const list = all.map(({ url, bytes }) => `${new URL(url).pathname} ${bytes}`).join(', ');
    t.diagnostic(`${all.length} requests, ${(total / 1024).toFixed(1)} KiB: ${list}`);
    assert.ok(all.length <= 6, list);
    assert.ok(total <= 60 * 1024, list);
  });

  /** A server whose pages can change, behind a proxy, and a tab at `path`. */
  async function changing(t, path) {
    const folder = mkdtempSync(join(tmpdir(), 'doorsign-web-'));
    t.after(() => rmSync(folder, { recursive: true }));
    cpSync(WEB, folder, { recursive: true });
    const proxy = await Proxy.start(t, (await Server.start(t, { DOORSIGN_WEB_FOLDER: folder })).port);
    const visitor = await Visitor.arrive(t, browser, proxy);
    const page = await visitor.logIn('admin', path);
    await page.waitForSelector('html[data-ready]');
    const update = () => {
      writeFileSync(join(folder, 'zz-newer.css'), '.newer { color: red; }');
      proxy.cut();
    };
    const build = () => page.evaluate(() => document.documentElement.dataset.build).catch(() => undefined);
    return { page, update, build, old: await build() };
  }

  test('40. an open board reloads itself when it meets a newer server', async (t) => {
    const { page, update, build, old } = await changing(t, '/');
    update();
    await eventually('the new build', async () => ![undefined, old].includes(await build()), 20_000);
    await showsPeople(page, 1);
  });

  test('40. a half-filled form stays when it meets a newer server, and says so', async (t) => {
    const { page, update, build, old } = await changing(t, '/me');
    await page.type('form.picker [name=message]', 'Half of a sen');
    update();
    await eventually('the notice', () => page.evaluate(() => /new version/i.test(document.body.innerText)), 20_000);
    assert.equal(await build(), old);
    assert.equal(await page.$eval('form.picker [name=message]', (field) => field.value), 'Half of a sen');
  });
});

/** What is wider than the window, outside of regions that scroll. */
function wide(page) {
  return page.evaluate(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const isScrolled = (element) => element.parentElement?.closest('.scroll, pre, [data-scrolls]');
    const all = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !isScrolled(element));
    return all.slice(-3).map((element) => `${element.localName}.${element.className} ends at ${Math.round(element.getBoundingClientRect().right)} px`);
  });
}

// Invitations, whose token stays in the browser, and the public board, which shows only people who want it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { get, inMinutes, logIn, newUser, post, setStatus } from './harness/api.mjs';
import { cards, shows, showsPeople } from './harness/board.mjs';
import { BROWSERS, Visitor } from './harness/browser.mjs';
import { Proxy } from './harness/proxy.mjs';
import { PASSWORD, Server } from './harness/server.mjs';
import { eventually } from './harness/waiting.mjs';

const PUBLIC_KEYS = ['_id', 'name', 'status', 'statusExpiresAt', 'statusText'];

/** The request lines and headers among the bytes that browsers sent. */
const heads = (bytes) => bytes.split('\r\n').filter((line) => /^[A-Z]+ \S+ HTTP\/|^[\w-]+: /.test(line));

/** The data of the first frame of the board's stream, for a client without a login. */
async function firstFrame(server) {
  const ending = new AbortController();
  const response = await fetch(`${server.url}/api/v1/board`, { headers: { Accept: 'text/event-stream' }, signal: ending.signal });
  let text = '';
  for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
    text += bytes;
    if (text.includes('\n\n')) break;
  }
  ending.abort();
  return JSON.parse(/^data: ?(.*)$/m.exec(text)[1]);
}

describe('Invitations and the public board', () => {
  let browser;
  before(async () => (browser = await BROWSERS.Chromium()));
  after(() => browser.close());

  test('1. from the first start, the printed link and a password lead to the board, with no page in between', async (t) => {
    const server = await Server.inTerminal(t);
    const link = await eventually('the link', () => /http\S+\/join#[\w-]+/.exec(server.log)?.[0]);
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.open(new URL(link).pathname + new URL(link).hash);
    const visited = [];
    page.on('framenavigated', (frame) => visited.push(new URL(frame.url()).pathname));
    await page.waitForSelector('#join:not([hidden]) [name=password]', { visible: true });
    assert.equal(await page.evaluate(() => [...document.querySelectorAll('#join input')].filter((input) => input.checkVisibility() && input.tabIndex >= 0).length), 1);
    await page.type('[name=password]', PASSWORD);
    await page.keyboard.press('Enter');
    await showsPeople(page, 1, 20_000);
    assert.deepEqual(visited, ['/']);
  });

  test('30. the token of an invitation is in no request line, log or Referer, is not used up by reading, and works once', async (t) => {
    const server = await Server.start(t);
    const proxy = await Proxy.start(t, server.port);
    const admin = await logIn(server);
    const { url } = await post(server, admin, 'invitations.create', { username: 'ann', name: 'Ann', email: 'ann@example.org', roles: ['user'] });
    const token = new URL(url).hash.slice(1);
    assert.ok(token.length >= 43, url);
    for (let times = 0; times < 2; times += 1) assert.equal((await fetch(`${proxy.url}/join`)).status, 200);
    const visitor = await Visitor.arrive(t, browser, proxy);
    const page = await visitor.open(`/join#${token}`);
    await page.waitForSelector('#join:not([hidden]) [name=password]', { visible: true });
    assert.match(await page.evaluate(() => document.querySelector('main').innerText), /Ann/);
    await page.type('[name=password]', PASSWORD);
    await page.click('#join [type=submit]');
    await showsPeople(page, 2);
    await logIn(server, 'ann');
    const late = await Visitor.arrive(t, browser, proxy);
    const second = await late.open(`/join#${token}`);
    await eventually('the reason', () => second.evaluate(() => /used/.test(document.querySelector('main').innerText)));
    assert.ok(!heads(proxy.received).some((line) => line.includes(token)));
    assert.ok(!server.log.includes(token));
  });

  test('31. the public stream has five keys a person, and only people who opted in; so has the source of the page', async (t) => {
    const server = await Server.start(t, { DOORSIGN_BOARD: 'public' });
    const admin = await logIn(server);
    const ann = await newUser(server, admin, 'annuser', 'Ann Kowalski');
    const bob = await newUser(server, admin, 'bobuser', 'Bob Marsh');
    await post(server, ann, 'users.setPreferences', { data: { doorsignPublicBoard: true } });
    for (const user of [ann, bob]) await setStatus(server, user, 'busy', 'In a meeting', inMinutes(90));
    for (const board of [await get(server, {}, 'board'), await firstFrame(server)]) {
      assert.equal(board.people.length, 1);
      const [person] = board.people;
      assert.deepEqual(Object.keys(person).sort(), PUBLIC_KEYS);
      assert.equal(person.name, 'Ann Kowalski');
      assert.notEqual(person._id, ann['X-User-Id']);
    }
    const source = await (await fetch(`${server.url}/`)).text();
    assert.ok(source.includes('Ann Kowalski'));
    for (const secret of ['annuser', 'Bob', 'bobuser', ann['X-User-Id'], bob['X-User-Id'], 'example.org']) {
      assert.ok(!source.includes(secret), secret);
    }
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.open('/');
    await shows(page, 'Ann Kowalski', { word: 'Busy', text: 'In a meeting' });
    assert.equal(await cards(page), 1);
  });
});

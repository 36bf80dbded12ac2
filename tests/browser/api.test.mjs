// The reference of the API: every operation of the OpenAPI document, with a form that sends it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { get, logIn, newUser } from './harness/api.mjs';
import { BROWSERS, Visitor } from './harness/browser.mjs';
import { Server } from './harness/server.mjs';
import { eventually, forSuite } from './harness/waiting.mjs';

const OPERATION = '#call-setStatus';

describe('The API reference', () => {
  const suite = forSuite();
  let browser;
  let server;
  let ann;
  before(async () => {
    browser = await BROWSERS.Chromium();
    server = await Server.start(suite);
    ann = await newUser(server, await logIn(server), 'ann', 'Ann');
  });
  after(() => browser.close());

  const isReady = (page) => eventually('the reference', () => page.evaluate(() => document.querySelectorAll('.api-list li').length > 0));

  const visible = (page) => page.evaluate(() => [...document.querySelectorAll('.api-list li')].filter((item) => item.checkVisibility()).map((item) => item.querySelector('code').textContent));

  test('it lists every operation of the document and shows each without a fault', async (t) => {
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.open('/api');
    await isReady(page);
    const document = await get(server, {}, 'openapi.json');
    const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
    const expected = Object.values(document.paths).flatMap((methods) => Object.keys(methods).filter((method) => METHODS.includes(method)));
    assert.equal((await visible(page)).length, expected.length);
    const empty = await page.evaluate(async () => {
      const items = [...globalThis.document.querySelectorAll('.api-list > li > details')];
      for (const item of items) {
        item.open = true;
        await new Promise((resolve) => setTimeout(resolve));
      }
      const isComplete = (item) => item.querySelector('.api-response summary') && !/undefined|\[object|NaN|\{\w+\}/.test(item.querySelector('.api-operation').innerText.replaceAll(/\/settings\/\{_id\}|\{method\}|\{token\}/g, ''));
      return items.filter((item) => !isComplete(item)).map((item) => item.id);
    });
    assert.deepEqual(empty, []);
    assert.equal(await page.evaluate(() => globalThis.document.querySelectorAll('.api-list > li > details[open]').length), 1);
  });

  test('its search shows the operations with all words, and its address names them', async (t) => {
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.open('/api');
    await isReady(page);
    await page.type('#find', 'post users.setstatus');
    assert.deepEqual(await visible(page), ['/api/v1/users.setStatus']);
    await page.goto(`${page.url()}${OPERATION}`);
    await page.reload();
    await isReady(page);
    assert.deepEqual(await visible(page), ['/api/v1/users.setStatus']);
    assert.ok(await page.evaluate((id) => globalThis.document.querySelector(id).open, OPERATION));
    await page.type('#find', ' xyz');
    assert.ok(await page.evaluate(() => globalThis.document.getElementById('no-match').checkVisibility()));
  });

  test('its form sends the request with the session, and its examples are the same request', async (t) => {
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.logIn('ann', `/api${OPERATION}`);
    await eventually('the form', () => page.$(`${OPERATION} textarea`));
    const body = '{"status":"busy","message":"it\'s \\"true\\""}';
    await page.$eval(`${OPERATION} textarea`, (area, text) => {
      area.value = text;
      area.dispatchEvent(new Event('input', { bubbles: true }));
    }, body);
    const code = () => page.$eval(`${OPERATION} .api-code`, (element) => element.textContent);
    await page.click(`${OPERATION} form [type=submit]`);
    await eventually('the answer', () => page.$eval(`${OPERATION} .api-answer`, (element) => element.textContent.includes('"success": true')));
    const text = async () => (await get(server, ann, 'me')).statusText;
    assert.equal(await text(), 'it\'s "true"');
    const { 'X-User-Id': id, 'X-Auth-Token': token } = ann;
    const curl = (await code()).replace('USER_ID', id).replace('TOKEN', token).replace('it\'\\\'\'s', 'by curl');
    assert.match(curl, /^curl -s /);
    assert.match(execFileSync('bash', ['-c', curl], { encoding: 'utf8' }), /"success":true/);
    assert.equal(await text(), 'by curl "true"');
    await page.click(`${OPERATION} [data-language=javascript]`);
    const script = (await code()).replace('USER_ID', id).replace('TOKEN', token).replace("it's", 'by JavaScript');
    assert.match(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }), /200/);
    assert.equal(await text(), 'by JavaScript "true"');
    await page.click(`${OPERATION} [data-language=python]`);
    assert.match(await code(), /^import requests\n\nresponse = requests\.post\(/);
  });
});

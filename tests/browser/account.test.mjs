// Logging in, and the account page.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { get, logIn, newUser, post } from './harness/api.mjs';
import { BROWSERS, Visitor } from './harness/browser.mjs';
import { fillIn, focused, press, reads, textOf, toasts } from './harness/forms.mjs';
import { PASSWORD, Server } from './harness/server.mjs';
import { eventually, forSuite } from './harness/waiting.mjs';

const path = (page) => new URL(page.url()).pathname;

/** Fills in the login form and sends it. */
async function submitLogin(page, user, password) {
  await fillIn(page, '#user', user);
  await fillIn(page, '#password', password);
  await page.keyboard.press('Enter');
}

describe('Logging in and the account', () => {
  const suite = forSuite();
  let browser;
  let server;
  let admin;
  let number = 0;
  before(async () => {
    browser = await BROWSERS.Chromium();
    server = await Server.start(suite, { DOORSIGN_LOGIN_FAILURES_PER_USER: '3' });
    admin = await logIn(server);
  });
  after(() => browser.close());

  /** A new user with a tab on the account page. */
  async function person(t) {
    const name = `member${(number += 1)}`;
    const user = await newUser(server, admin, name, `Member ${number}`);
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.logIn(name, '/me/account');
    await page.waitForFunction(() => document.getElementById('username').value !== '');
    return { name, user, visitor, page };
  }

  test('an empty field is named, a wrong password keeps the username, and the right one leads to the page that was asked for', async (t) => {
    await newUser(server, admin, 'lena');
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.open('/me/account');
    await page.waitForSelector('#login:not([hidden])');
    await page.keyboard.press('Enter');
    await reads(page, '.field-error', /fill this in/);
    assert.equal(await focused(page), 'user');
    await submitLogin(page, 'lena', 'wrong');
    await reads(page, '.form-error', /Wrong user name or password/);
    assert.equal(await focused(page), 'password');
    assert.equal(await page.$eval('#user', (field) => field.value), 'lena');
    await submitLogin(page, 'lena', PASSWORD);
    await page.waitForSelector('#profile');
    assert.equal(path(page), '/me/account');
  });

  test('a block shows its minutes, and a deactivated user learns why', async (t) => {
    const { 'X-User-Id': userId } = await newUser(server, admin, 'moritz');
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.open('/login');
    await page.waitForSelector('#login:not([hidden])');
    for (let times = 0; times < 3; times += 1) {
      await submitLogin(page, 'moritz', `wrong${times}`);
      await eventually('the answer', () => page.evaluate(() => !document.querySelector('[type=submit]').disabled));
    }
    await submitLogin(page, 'moritz', PASSWORD);
    await reads(page, '.form-error', /Try again in [45] minutes/);
    server.command('user', 'unblock', 'moritz');
    await post(server, admin, 'users.setActiveStatus', { userId, activeStatus: false });
    await submitLogin(page, 'moritz', PASSWORD);
    await reads(page, '.form-error', /deactivated|Wrong/);
  });

  test('after a login, `next` leads to known pages of this server only', async (t) => {
    await newUser(server, admin, 'nele');
    for (const [next, expected] of [
      ['/me', '/me'],
      ['//elsewhere.test/', '/'],
      ['/unknown', '/'],
    ]) {
      const visitor = await Visitor.arrive(t, browser, server);
      const page = await visitor.open(`/login?next=${encodeURIComponent(next)}`);
      await page.waitForSelector('#login:not([hidden])');
      await submitLogin(page, 'nele', PASSWORD);
      await eventually(`${expected} after ${next}`, () => path(page) === expected);
    }
  });

  test('changes of the profile are saved, and a new address needs the password', async (t) => {
    const { page, user, name } = await person(t);
    await fillIn(page, '#name', 'Renamed');
    await press(page, 'Save', '#profile');
    await toasts(page, /Saved/);
    assert.equal((await get(server, user, 'me')).name, 'Renamed');
    await fillIn(page, '#email', 'new@example.org');
    await fillIn(page, '#confirm-password', 'wrong');
    await press(page, 'Save', '#profile');
    await reads(page, '#profile .field-error', /not your password/);
    assert.equal(await focused(page), 'currentPassword');
    await fillIn(page, '#confirm-password', PASSWORD);
    await fillIn(page, '#email', 'admin@');
    await press(page, 'Save', '#profile');
    await reads(page, '#profile .field-error', /not an email address/);
    await fillIn(page, '#email', 'new@example.org');
    await fillIn(page, '#username', 'admin');
    await press(page, 'Save', '#profile');
    await reads(page, '#profile .field-error', /in use/i);
    assert.equal(await focused(page), 'username');
    await fillIn(page, '#username', name);
    await press(page, 'Save', '#profile');
    await eventually('the address', async () => (await get(server, user, 'me')).emails[0].address === 'new@example.org');
  });

  test('a token is shown once, works, and can be removed', async (t) => {
    const { page, user, name } = await person(t);
    await fillIn(page, '#tokenName', 'script');
    await press(page, 'Create token');
    await page.waitForSelector('#secret:not([hidden])');
    const headers = { 'X-User-Id': await textOf(page, '#token-user'), 'X-Auth-Token': await textOf(page, '#token-text') };
    assert.equal((await get(server, headers, 'me')).username, name);
    await fillIn(page, '#tokenName', 'script');
    await press(page, 'Create token');
    await reads(page, '#token .field-error', /in use/i);
    await page.reload();
    await reads(page, '#tokens', /script/);
    assert.equal(await textOf(page, '#token-text'), '');
    await press(page, 'Remove', '#tokens');
    await eventually('the end of the token', async () => (await get(server, user, 'users.getPersonalAccessTokens')).tokens.length === 0);
  });

  test('the current session is marked, and another one can be ended', async (t) => {
    const { page, user } = await person(t);
    await eventually('both sessions', () => page.evaluate(() => document.querySelectorAll('#sessions li').length === 2));
    await reads(page, '#sessions li:first-child', /this one/);
    await press(page, 'End', '#sessions');
    await eventually('one session', () => page.evaluate(() => document.querySelectorAll('#sessions li').length === 1));
    await assert.rejects(get(server, user, 'me'), /401/);
  });

  test('a new password needs the current one and fits the rule', async (t) => {
    const { page, name } = await person(t);
    await fillIn(page, '#old-password', PASSWORD);
    await fillIn(page, '#new-password', 'short');
    await press(page, 'Change password', '#password');
    await reads(page, '#password .field-error', /too short or too common/);
    assert.equal(await focused(page), 'newPassword');
    await fillIn(page, '#new-password', 'orchid-tunnel-marble');
    await press(page, 'Change password', '#password');
    await toasts(page, /password is changed/);
    await logIn(server, name, 'orchid-tunnel-marble');
  });

  test('the language of the pages follows the preference', async (t) => {
    const { page } = await person(t);
    await page.select('#language', 'de');
    await press(page, 'Save', '#preferences');
    await reads(page, 'h1', /Mein Konto/);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  });

  test('logging out ends the session and leaves no name in the page', async (t) => {
    const { page, name } = await person(t);
    await press(page, 'Log out');
    await page.waitForSelector('#login:not([hidden])');
    assert.ok(!(await page.content()).includes(name));
    assert.equal((await page.evaluate(async () => (await fetch('/api/v1/session')).json())).userId, null);
  });
});

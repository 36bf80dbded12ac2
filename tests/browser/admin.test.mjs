// The pages of the administration.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { get, logIn, newUser, post } from './harness/api.mjs';
import { BROWSERS, Visitor } from './harness/browser.mjs';
import { closes, fillIn, focused, press, reads, row, textOf, toasts } from './harness/forms.mjs';
import { PASSWORD, Server } from './harness/server.mjs';
import { eventually, forSuite } from './harness/waiting.mjs';

describe('The administration', () => {
  const suite = forSuite();
  let browser;
  let server;
  let admin;
  before(async () => {
    browser = await BROWSERS.Chromium();
    server = await Server.start(suite, { DOORSIGN_WEBHOOK_ALLOW: '127.0.0.0/8' });
    admin = await logIn(server);
    await newUser(server, admin, 'ann', 'Ann Kowalski');
  });
  after(() => browser.close());

  /** A tab of the administrator at a page. */
  async function open(t, name) {
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.logIn('admin', `/admin/${name}`);
    await page.waitForSelector('#admin :is(tbody tr, .buttons button, .sheet, .table)');
    return page;
  }

  const userOf = (username) => get(server, admin, `users.info?username=${username}`).then(({ user }) => user);

  test('an invitation is a link that is shown once and with which a person chooses a password', async (t) => {
    const page = await open(t, 'people');
    await press(page, 'Invite', '.tools');
    await fillIn(page, 'dialog [name=username]', 'b c');
    await press(page, 'Create link', 'dialog');
    await reads(page, 'dialog .field-error', /1–64 characters/);
    assert.equal(await focused(page), 'username');
    await fillIn(page, 'dialog [name=username]', 'bjorn');
    await fillIn(page, 'dialog [name=name]', 'Björn Çelik');
    await press(page, 'Create link', 'dialog');
    await reads(page, 'dialog .once', /\/join#/);
    const link = await textOf(page, 'dialog .once');
    await press(page, 'Close', 'dialog');
    await eventually('the row', async () => (await row(page, 'bjorn'))?.[4].startsWith('invited'));
    const guest = await Visitor.arrive(t, browser, server);
    const form = await guest.open(new URL(link).pathname + new URL(link).hash);
    await reads(form, 'h1', /Björn Çelik/);
    await fillIn(form, '#password', 'short');
    await form.keyboard.press('Enter');
    await reads(form, '.field-error', /too short or too common/);
    await fillIn(form, '#password', PASSWORD);
    await form.keyboard.press('Enter');
    await eventually('the board', () => new URL(form.url()).pathname === '/');
    await logIn(server, 'bjorn');
  });

  test('a form sends only what was changed, and the focus returns to the row', async (t) => {
    const page = await open(t, 'people');
    await press(page, 'Ann Kowalski', 'tbody');
    await post(server, admin, 'users.update', { userId: (await userOf('ann'))._id, data: { nickname: 'Annie' } });
    await fillIn(page, 'dialog [name=name]', 'Ann Kowalska');
    await press(page, 'Save', 'dialog');
    await closes(page);
    const { name, nickname } = await userOf('ann');
    assert.deepEqual({ name, nickname }, { name: 'Ann Kowalska', nickname: 'Annie' });
    await eventually('the focus', () => page.evaluate(() => document.activeElement.textContent === 'Ann Kowalska'));
  });

  test('deactivating has undo, and deleting asks for the username', async (t) => {
    await newUser(server, admin, 'chidi', 'Chidi Okafor');
    const page = await open(t, 'people');
    await press(page, 'Chidi Okafor', 'tbody');
    await press(page, 'Deactivate', 'dialog');
    await toasts(page, /Chidi Okafor is deactivated/);
    assert.equal((await userOf('chidi')).active, false);
    await press(page, 'Undo', '.toast');
    await eventually('the active user', async () => (await userOf('chidi')).active);
    await press(page, 'Chidi Okafor', 'tbody');
    await press(page, 'Delete', 'dialog');
    await fillIn(page, 'dialog [name=name]', 'ann');
    await press(page, 'Delete', 'dialog');
    await reads(page, 'dialog .field-error', /not chidi/);
    await fillIn(page, 'dialog [name=name]', 'chidi');
    await press(page, 'Delete', 'dialog');
    await eventually('the end of the row', async () => (await row(page, 'chidi')) === null);
  });

  test('an import shows its errors by line, and adds people with a link each', async (t) => {
    const page = await open(t, 'people');
    await press(page, 'Import CSV', '.tools');
    await fillIn(page, 'dialog [name=csv]', 'username,name,email\nx y,Dana,dana@example.org');
    await press(page, 'Check', 'dialog');
    await reads(page, 'dialog .import-result', /Line 2/);
    await fillIn(page, 'dialog [name=csv]', 'username,name,email\ndana,Dana Fuchs,dana@example.org\nann,Ann,');
    await press(page, 'Check', 'dialog');
    await reads(page, 'dialog', /Add 1 person/);
    await press(page, 'Add', 'dialog');
    await reads(page, 'dialog .once', /dana\s+http.*\/join#/);
    assert.equal((await userOf('dana')).name, 'Dana Fuchs');
  });

  test('suggested statuses need one press, a deleted one has undo', async (t) => {
    const page = await open(t, 'statuses');
    await press(page, 'Lunch', '.table');
    await eventually('the row', () => row(page, 'Lunch'));
    await press(page, 'Delete', 'tbody');
    await toasts(page, /Lunch is deleted/);
    await press(page, 'Undo', '.toast');
    await eventually('the row again', () => row(page, 'Lunch'));
    await press(page, 'Add status', '.tools');
    await fillIn(page, 'dialog [name=name]', 'Lunch');
    await press(page, 'Save', 'dialog');
    await reads(page, 'dialog .field-error', /in use/i);
  });

  test('a press on a permission is one call, arrows move, and the last key to the permissions is kept', async (t) => {
    const page = await open(t, 'roles');
    const box = (permission, role) => `[aria-label="${permission} for ${role}"]`;
    const rolesOf = async (permission) => (await get(server, admin, 'permissions.listAll')).update.find(({ _id }) => _id === permission).roles;
    await page.click(box('create-user', 'user'));
    await eventually('the grant', async () => (await rolesOf('create-user')).includes('user'));
    await eventually('the focus', () => page.evaluate((wanted) => document.activeElement.matches(wanted), box('create-user', 'user')));
    await page.keyboard.press('ArrowDown');
    assert.ok(await page.evaluate((wanted) => document.activeElement.matches(wanted), box('delete-user', 'user')));
    await page.click(box('create-user', 'user'));
    await eventually('no grant', async () => !(await rolesOf('create-user')).includes('user'));
    await page.click(box('access-permissions', 'admin'));
    await press(page, 'Cancel', 'dialog');
    assert.ok(await page.$eval(box('access-permissions', 'admin'), (each) => each.checked));
  });

  test('the secret of a webhook is shown once, and a refused address is explained at its field', async (t) => {
    const page = await open(t, 'webhooks');
    await press(page, 'Add webhook', '.tools');
    await fillIn(page, 'dialog [name=name]', 'chat');
    await fillIn(page, 'dialog [name=url]', 'http://10.0.0.1/');
    await press(page, 'Add', 'dialog');
    await reads(page, 'dialog .field-error', /webhook_allow/);
    await fillIn(page, 'dialog [name=url]', 'http://127.0.0.1:9/');
    await press(page, 'Add', 'dialog');
    await reads(page, 'dialog .once', /^whsec_/);
    await press(page, 'Close', 'dialog');
    await press(page, 'Test', 'tbody');
    await toasts(page, /did not arrive at chat/);
  });

  test('the audit trail can be filtered, and new records wait behind a button', async (t) => {
    const page = await open(t, 'audit');
    await page.select('#admin select', 'user.created');
    await eventually('only created users', () =>
      page.evaluate(() => [...document.querySelectorAll('tbody code')].every((each) => each.textContent === 'user.created')),
    );
    await newUser(server, admin, 'eve');
    assert.equal(await row(page, 'user eve'), null);
    await eventually('the button', () => page.evaluate(() => document.querySelector('.tools button:not([hidden])') !== null), 20_000);
    await press(page, '1 new record', '.tools');
    await eventually('the record', () => row(page, 'user eve'));
  });

  test('users without permissions get no page and no entry of the administration', async (t) => {
    const visitor = await Visitor.arrive(t, browser, server);
    const page = await visitor.logIn('ann', '/me');
    assert.ok(!(await textOf(page, 'header')).includes('Administration'));
    await page.goto(`${server.url}/admin/roles`, { waitUntil: 'domcontentloaded' });
    await reads(page, 'main', /access-permissions/);
  });
});

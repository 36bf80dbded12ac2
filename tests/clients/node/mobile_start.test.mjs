// Everything that the mobile app (4.72) asks for at its start, in its order: when it selects a server, connects, logs in, and after the
// login. Every request must succeed. Source: Rocket.Chat.ReactNative, app/sagas/selectServer.ts, app/sagas/login.js and
// app/lib/services/connect.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Frames } from './frames.mjs';
import { PASSWORD, eightOrNine, newPerson } from './workspace.mjs';

const EVER = new Date(0).toISOString();
const SETTINGS = ['Site_Url', 'Accounts_AllowUserStatusMessageChange', 'Presence_broadcast_disabled', 'uniqueID'];

/** A client that requests as the app's SDK does: by fetch, and every response is JSON. */
class App {
  headers = { 'Content-Type': 'application/json', 'User-Agent': 'RC Mobile; android 15; v4.72.0 (1)' };

  async ask(path, body) {
    const request = body ? { method: 'POST', body: JSON.stringify(body) } : {};
    const response = await fetch(process.env.CLIENTS_URL + path, { headers: this.headers, ...request });
    const answer = await response.json();
    assert.ok(response.ok && (answer.success === true || answer.status === 'success'), `${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Calls a route with the query. */
  get(route, query = {}) {
    const text = new URLSearchParams(query).toString();
    return this.ask(`/api/v1/${route}${text && `?${text}`}`);
  }

  async logIn(user, password) {
    const { data } = await this.ask('/api/v1/login', { user, password });
    Object.assign(this.headers, { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken });
    return data;
  }
}

/** The result of a method, which must succeed. */
async function call(frames, method, ...params) {
  const { error, result } = await frames.call(method, ...params);
  assert.equal(error, undefined, method);
  return result;
}

async function subscribe(frames, stream, ...params) {
  const answer = await frames.subscribe(stream, ...params);
  assert.equal(answer.msg, 'ready', `${stream} ${params[0]}: ${JSON.stringify(answer)}`);
}

const anyOf = (event) => [event, { useCollection: false, args: [] }];

/** Selects the server and connects. */
async function begin(t) {
  const app = new App();
  const info = await app.ask('/api/info');
  assert.match(info.version, eightOrNine(/^8\./, /^9\./));
  assert.ok((await app.get('settings.public', { _id: SETTINGS.join(',') })).settings);
  assert.ok(Array.isArray((await app.get('settings.oauth')).services));
  const frames = await Frames.open(t);
  await frames.connect();
  await subscribe(frames, 'stream-notify-all', ...anyOf('public-settings-changed'));
  return { app, frames };
}

/** Asks for what the app shows after a login: rooms first, then users. */
async function load({ app, frames }, { userId }) {
  for (const event of ['message', 'notification', 'subscriptions-changed', 'rooms-changed', 'uiInteraction', 'e2ekeyRequest', 'userData', 'force_logout']) {
    await subscribe(frames, 'stream-notify-user', ...anyOf(`${userId}/${event}`));
  }
  for (const route of ['subscriptions.get', 'rooms.get']) {
    for (const query of [{}, { updatedSince: EVER }]) {
      const { update, remove } = await app.get(route, query);
      assert.deepEqual([update, remove], [[], []], route);
    }
  }
  assert.ok((await app.get('permissions.listAll', { updatedSince: EVER })).update.length > 0);
  assert.deepEqual((await app.get('emoji-custom.list', { updatedSince: EVER })).emojis, { update: [], remove: [] });
  await subscribe(frames, 'stream-roles', ...anyOf('roles'));
  assert.ok((await app.get('roles.list')).roles.length > 0);
  assert.deepEqual((await app.get('commands.list')).commands, []);
  await app.ask('/api/v1/push.token', { value: `token of ${userId}`, type: 'gcm', appName: 'chat.rocket.android' });
  for (const event of ['permissions-changed', 'updateAvatar', 'Users:NameChanged']) {
    await subscribe(frames, 'stream-notify-logged', ...anyOf(event));
  }
  const { users } = await app.get('users.presence', { ids: userId });
  assert.deepEqual(users.map(({ _id, status }) => [_id, status]), [[userId, 'online']]);
  await subscribe(frames, 'stream-user-presence', '', { added: [userId] });
  assert.deepEqual(await call(frames, 'license:getModules'), ['scalability', 'unlimited-presence']);
  assert.ok(Array.isArray((await app.get('roles.getUsersInPublicRoles')).users));
}

test('the app starts, loads what it shows, and sets a status', async (t) => {
  const person = await newPerson();
  const { app, frames } = await begin(t);
  const login = await app.logIn(person.username, PASSWORD);
  assert.equal(login.me.username, person.username);
  assert.equal((await call(frames, 'login', { resume: login.authToken })).id, person.id);
  await load({ app, frames }, login);
  await call(frames, 'setUserStatus', 'busy', 'on the train', '');
  // It may arrive before the result of the method.
  const isOwn = ({ collection, fields }) => collection === 'stream-user-presence' && fields.uid === person.id;
  const { fields } = frames.all[await frames.place('own status', isOwn)];
  assert.deepEqual(fields.args[0].slice(0, 3), [person.username, 3, 'on the train']);
});

test('the app starts again with the token that it has kept', async (t) => {
  const person = await newPerson();
  const { app, frames } = await begin(t);
  const { data } = await app.ask('/api/v1/login', { resume: person.token });
  Object.assign(app.headers, { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken });
  await call(frames, 'login', { resume: data.authToken });
  await load({ app, frames }, data);
  assert.equal(await call(frames, 'UserPresence:away', ''), true);
  assert.equal(await call(frames, 'UserPresence:online', ''), true);
});

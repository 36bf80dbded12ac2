// The frames that the mobile app (4.72) sends and expects, from its start to a changed status.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Frames } from './frames.mjs';
import { AWAY, BUSY, ONLINE, goLive, recordStatusOf, nextStatus } from './live.mjs';
import { inTime } from './waiting.mjs';
import { admin, newPerson, only, unused } from './workspace.mjs';

const anyOf = (event) => [event, { useCollection: false, args: [] }];

/** Connects as the app does, and logs in with the person's token from REST. */
async function open(t, person) {
  const frames = await Frames.open(t);
  await frames.connect();
  const login = await frames.call('login', { resume: person.token });
  assert.ok(!login.error, JSON.stringify(login));
  return frames;
}

test('the app gets a session', async (t) => {
  const frames = await Frames.open(t);
  const { session } = await frames.connect();
  assert.equal(typeof session, 'string');
  assert.ok(frames.all.slice(0, -1).every(({ msg }) => msg === undefined || msg === 'server_id'));
});

test('an app with another protocol version gets the supported version', async (t) => {
  const frames = await Frames.open(t);
  frames.send({ msg: 'connect', version: '2', support: ['2'] });
  assert.deepEqual(await frames.next('refusal', ({ msg }) => msg === 'failed'), { msg: 'failed', version: '1' });
  await inTime('end of the connection', frames.closed);
});

test('the app gets its own user before the result of the login', async (t) => {
  const person = await newPerson();
  const frames = await Frames.open(t);
  await frames.connect();
  const { id, result } = await frames.call('login', { resume: person.token });
  assert.deepEqual(result, { id: person.id, token: person.token, tokenExpires: { $date: result.tokenExpires.$date }, type: 'resume' });
  assert.equal(typeof result.tokenExpires.$date, 'number');
  const added = await frames.place('own user', ({ msg, collection }) => msg === 'added' && collection === 'users');
  assert.deepEqual([frames.all[added].id, frames.all[added].fields.username], [person.id, person.username]);
  assert.ok(added < await frames.place('result', (frame) => frame.msg === 'result'));
  await frames.place('end of the method', ({ msg, methods }) => msg === 'updated' && methods.includes(id));
});

test('each subscription of the app at its start gets its own answer', async (t) => {
  const frames = await open(t, await newPerson());
  for (const [stream, event] of [
    ['stream-roles', 'roles'],
    ['stream-notify-logged', 'permissions-changed'],
    ['stream-notify-logged', 'updateAvatar'],
    ['stream-notify-logged', 'Users:NameChanged'],
    ['stream-notify-all', 'public-settings-changed'],
  ]) {
    const { msg, subs } = await frames.subscribe(stream, ...anyOf(event));
    assert.deepEqual([msg, subs?.length], ['ready', 1], `${stream} ${event}`);
  }
  assert.ok(!frames.all.some(({ collection }) => collection?.startsWith('stream-')));
});

test('the app receives a created status', async (t) => {
  const frames = await open(t, await newPerson());
  await frames.subscribe('stream-notify-logged', ...anyOf('updateCustomUserStatus'));
  const name = unused('created');
  const { customUserStatus } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' });
  const userStatusData = { _id: customUserStatus._id, name, statusType: 'busy' };
  assert.deepEqual(await frames.next('status', ({ msg }) => msg === 'changed'), {
    msg: 'changed',
    collection: 'stream-notify-logged',
    id: 'id',
    fields: { eventName: 'updateCustomUserStatus', args: [{ userStatusData }] },
  });
});

test('the app sets a status with an extra parameter', async (t) => {
  const person = await newPerson();
  const statuses = await recordStatusOf(await goLive(t, await newPerson()), person);
  const answer = await (await open(t, person)).call('setUserStatus', 'busy', 'on the train', '');
  assert.ok(!('error' in answer), JSON.stringify(answer));
  const [, , , text] = await nextStatus(statuses, BUSY);
  assert.equal(text, 'on the train');
});

test('the app goes into the background and returns', async (t) => {
  const person = await newPerson();
  const statuses = await recordStatusOf(await goLive(t, await newPerson()), person);
  const frames = await open(t, person);
  assert.equal((await frames.call('UserPresence:away', '')).result, true);
  await nextStatus(statuses, AWAY);
  assert.equal((await frames.call('UserPresence:online', '')).result, true);
  await nextStatus(statuses, ONLINE);
});

test('the app reads the presence of users once, and then watches them', async (t) => {
  const [watched, watcher] = [await newPerson(), await newPerson()];
  const [theirs, frames] = [await open(t, watched), await open(t, watcher)];
  const { users } = await watcher.get('/v1/users.presence', { ids: [watched.id, watcher.id] });
  assert.equal(only(watched.id, users).status, 'online');
  const { msg } = await frames.subscribe('stream-user-presence', '', { added: [watched.id] });
  assert.equal(msg, 'ready');
  assert.ok(!frames.all.some(({ collection }) => collection === 'stream-user-presence'));
  await theirs.call('UserPresence:away', '');
  const { fields } = await frames.next('presence', ({ collection }) => collection === 'stream-user-presence');
  assert.deepEqual(fields.args[0].slice(0, 2), [watched.username, AWAY]);
});

test('the server answers the pings of the app', async (t) => {
  const frames = await open(t, await newPerson());
  frames.send({ msg: 'ping' });
  assert.deepEqual(await frames.next('pong', ({ msg }) => msg === 'pong'), { msg: 'pong' });
  frames.send({ msg: 'ping', id: 'again' });
  assert.deepEqual(await frames.next('pong', ({ msg }) => msg === 'pong'), { msg: 'pong', id: 'again' });
});

test('a call without the permission gets the error', async (t) => {
  const frames = await open(t, await newPerson());
  const { error } = await frames.call('insertOrUpdateUserStatus', { name: unused('mine'), statusType: 'busy' });
  assert.deepEqual([error.error, error.errorType, error.isClientSafe], ['not_authorized', 'Meteor.Error', true]);
});

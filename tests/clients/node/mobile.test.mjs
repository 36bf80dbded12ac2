// What the mobile app (4.72) sends and waits for, frame by frame, from its start to a changed status.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Frames } from './frames.mjs';
import { AWAY, BUSY, ONLINE, goLive, hearStatusOf, nextStatus } from './live.mjs';
import { inTime } from './waiting.mjs';
import { admin, newPerson, only, unused } from './workspace.mjs';

const anyOf = (event) => [event, { useCollection: false, args: [] }];

/** Connects as the app does, and logs in with the token that the person has from REST. */
async function open(t, person) {
  const frames = await Frames.open(t);
  await frames.connect();
  const login = await frames.call('login', { resume: person.token });
  assert.ok(!login.error, JSON.stringify(login));
  return frames;
}

test('the app is greeted with a session', async (t) => {
  const frames = await Frames.open(t);
  const { session } = await frames.connect();
  assert.equal(typeof session, 'string');
  assert.ok(frames.all.slice(0, -1).every(({ msg }) => msg === undefined || msg === 'server_id'));
});

test('an app that speaks another version is told which one to speak', async (t) => {
  const frames = await Frames.open(t);
  frames.send({ msg: 'connect', version: '2', support: ['2'] });
  assert.deepEqual(await frames.next('refusal', ({ msg }) => msg === 'failed'), { msg: 'failed', version: '1' });
  await inTime('end of the connection', frames.closed);
});

test('the app is told who it is before its login is answered', async (t) => {
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

test('the app subscribes at its start, and each subscription is answered by itself', async (t) => {
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

test('the app hears a status that is created', async (t) => {
  const frames = await open(t, await newPerson());
  await frames.subscribe('stream-notify-logged', ...anyOf('updateCustomUserStatus'));
  const name = unused('told');
  const { customUserStatus } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' });
  const userStatusData = { _id: customUserStatus._id, name, statusType: 'busy' };
  assert.deepEqual(await frames.next('status', ({ msg }) => msg === 'changed'), {
    msg: 'changed',
    collection: 'stream-notify-logged',
    id: 'id',
    fields: { eventName: 'updateCustomUserStatus', args: [{ userStatusData }] },
  });
});

test('the app sets a status with a parameter too many', async (t) => {
  const person = await newPerson();
  const told = await hearStatusOf(await goLive(t, await newPerson()), person);
  const answer = await (await open(t, person)).call('setUserStatus', 'busy', 'on the train', '');
  assert.ok(!('error' in answer), JSON.stringify(answer));
  const [, , , text] = await nextStatus(told, BUSY);
  assert.equal(text, 'on the train');
});

test('the app goes into the background and comes back', async (t) => {
  const person = await newPerson();
  const told = await hearStatusOf(await goLive(t, await newPerson()), person);
  const frames = await open(t, person);
  assert.equal((await frames.call('UserPresence:away', '')).result, true);
  await nextStatus(told, AWAY);
  assert.equal((await frames.call('UserPresence:online', '')).result, true);
  await nextStatus(told, ONLINE);
});

test('the app asks for people once, and watches them from then on', async (t) => {
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

test('the app knows by its pings that the server is there', async (t) => {
  const frames = await open(t, await newPerson());
  frames.send({ msg: 'ping' });
  assert.deepEqual(await frames.next('pong', ({ msg }) => msg === 'pong'), { msg: 'pong' });
  frames.send({ msg: 'ping', id: 'again' });
  assert.deepEqual(await frames.next('pong', ({ msg }) => msg === 'pong'), { msg: 'pong', id: 'again' });
});

test('who may not do something is told why', async (t) => {
  const frames = await open(t, await newPerson());
  const { error } = await frames.call('insertOrUpdateUserStatus', { name: unused('mine'), statusType: 'busy' });
  assert.deepEqual([error.error, error.errorType, error.isClientSafe], ['not_authorized', 'Meteor.Error', true]);
});

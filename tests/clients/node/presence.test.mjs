// Changes of presence and status as other users receive them. A user goes offline as soon as the last connection ends: the server has
// no grace period here (server.sh).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AWAY, BUSY, OFFLINE, ONLINE, call, goLive, hangUp, record, recordStatusOf, nextStatus, watch } from './live.mjs';
import { inTime } from './waiting.mjs';
import { admin, newPerson, refusal } from './workspace.mjs';

const [SOON, LATER] = [2_000, 3_600_000];
const from = (now) => new Date(Date.now() + now).toISOString();
const goesAway = (sdk) => call(sdk, 'UserPresence:away');
const returns = (sdk) => call(sdk, 'UserPresence:online');

/** A new user, and the recorded events of their status. */
async function newObservedPerson(t) {
  const [person, other] = [await newPerson(), await newPerson()];
  return { person, statuses: await recordStatusOf(await goLive(t, other), person) };
}

/** Connects the person, and waits until `sdk` has received that. */
async function comesOnline(t, person, sdk) {
  const statuses = await recordStatusOf(sdk, person);
  const own = await goLive(t, person);
  await nextStatus(statuses, ONLINE);
  return own;
}

/** The next frame with this status of the person. */
const nextFrame = (frames, { id, username }, code) =>
  frames.next(`presence ${code} of ${username}`, (frame) => frame.id === id && frame.fields.args[0][1] === code);

test('a user is online with the first connection, and offline after the last one', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  const first = await goLive(t, person);
  const [id, username, , text, name, roles] = await nextStatus(statuses, ONLINE);
  assert.deepEqual([id, username, text || '', name, roles], [person.id, person.username, '', 'A. Person', ['user']]);
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'online');

  const second = await goLive(t, person);
  await hangUp(first);
  await goesAway(second);
  await nextStatus(statuses, AWAY);
  assert.ok(statuses.all.every(([, , code]) => code !== OFFLINE));
  await hangUp(second);
  await nextStatus(statuses, OFFLINE);
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'offline');
});

test('a user whose connection breaks is offline', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  const sdk = await goLive(t, person);
  await nextStatus(statuses, ONLINE);
  sdk.connection.ws.terminate();
  await nextStatus(statuses, OFFLINE);
});

test('a status set over REST is received with its expiry', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  await goLive(t, person);
  const expiresAt = from(LATER);
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'in a meeting', expiresAt });
  assert.deepEqual(await nextStatus(statuses, BUSY), [
    person.id, person.username, BUSY, 'in a meeting', 'A. Person', ['user'], 'manual', { $date: Date.parse(expiresAt) },
  ]);
});

test('a status set by a method is received', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  const sdk = await goLive(t, person);
  await call(sdk, 'setUserStatus', 'away', 'by method');
  const [, , , text, , , source] = await nextStatus(statuses, AWAY);
  assert.deepEqual([text, source], ['by method', 'manual']);
});

test('the expiry of a status is received', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  await goLive(t, person);
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'for a moment', expiresAt: from(SOON) });
  await nextStatus(statuses, BUSY);
  const [, , , text] = await nextStatus(statuses, ONLINE);
  assert.equal(text || '', '');
});

test('a status chosen without a connection is shown with the first connection', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'at work' });
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'offline');
  await goLive(t, person);
  const [, , , text] = await nextStatus(statuses, BUSY);
  assert.equal(text, 'at work');
});

test('an invisible user is shown offline while connected', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  const sdk = await goLive(t, person);
  await nextStatus(statuses, ONLINE);
  await call(sdk, 'setUserStatus', 'offline', '');
  await nextStatus(statuses, OFFLINE);
  assert.equal((await person.get('/v1/users.getPresence')).connectionStatus, 'online');
});

test('a user is away only if every connection is away', async (t) => {
  const { person, statuses } = await newObservedPerson(t);
  const [desk, phone] = [await goLive(t, person), await goLive(t, person)];
  assert.equal(await goesAway(desk), true);
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'online');
  await goesAway(phone);
  await nextStatus(statuses, AWAY);
  await returns(desk);
  await nextStatus(statuses, ONLINE);
});

test('only watched users are received', async (t) => {
  const [watched, other] = [await newPerson(), await newPerson()];
  const sdk = await goLive(t, await newPerson());
  const [watchedSdk, otherSdk] = [await comesOnline(t, watched, sdk), await comesOnline(t, other, sdk)];
  const frames = await watch(sdk, watched);
  await goesAway(otherSdk);
  await goesAway(watchedSdk);
  const { msg, collection, fields } = await nextFrame(frames, watched, AWAY);
  assert.deepEqual([msg, collection, fields.uid, fields.eventName], ['changed', 'stream-user-presence', watched.id, watched.id]);
  const [[username, , text]] = fields.args;
  assert.deepEqual([fields.args.length, username, text || ''], [1, watched.username, '']);

  await call(watchedSdk, 'setUserStatus', 'busy', 'in a meeting');
  const busy = await nextFrame(frames, watched, BUSY);
  assert.deepEqual(busy.fields.args[0].slice(0, 4), [watched.username, BUSY, 'in a meeting', 'manual']);
  await hangUp(watchedSdk);
  await nextFrame(frames, watched, OFFLINE);
  assert.ok(frames.all.every((frame) => frame.id === watched.id));
});

test('further subscriptions change the watched users and end at once', async (t) => {
  const [first, second] = [await newPerson(), await newPerson()];
  const sdk = await goLive(t, await newPerson());
  const [firstSdk, secondSdk] = [await comesOnline(t, first, sdk), await comesOnline(t, second, sdk)];
  const frames = await watch(sdk, first);
  const change = sdk.client.subscribe('stream-user-presence', '', { added: [second.id], removed: [first.id] });
  const answer = await inTime('answer', new Promise((resolve) => change.onChange(resolve)));
  assert.deepEqual(answer, { msg: 'nosub', id: change.id });
  await goesAway(firstSdk);
  await goesAway(secondSdk);
  await nextFrame(frames, second, AWAY);
  assert.deepEqual(frames.all.map(({ id }) => id), [second.id]);
});

test('users receive changes of their own record', async (t) => {
  const person = await newPerson();
  const changes = await record(await goLive(t, person), 'notify-user', `${person.id}/userData`, (change) => change);
  await admin.post('/v1/users.setStatus', { userId: person.id, status: 'busy', message: 'on leave' });
  const change = await changes.next('own status', ({ diff }) => diff?.statusText === 'on leave');
  assert.deepEqual([change.type, change.id, change.diff.status], ['updated', person.id, 'busy']);
  await person.post('/v1/users.setStatus', { status: 'online' });
  await changes.next('own status without a text', ({ unset }) => unset?.statusText === 1);
});

test('connections are counted', async (t) => {
  const person = await newPerson();
  for (let times = 0; times < 2; times += 1) await goLive(t, person);
  const { current, max } = await admin.get('/v1/presence.getConnections');
  assert.ok(current >= 2 && current <= max);
  assert.equal((await refusal(person, 'get', '/v1/presence.getConnections')).httpStatus, 403);
});

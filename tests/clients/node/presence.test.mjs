// Who is there, and what they say of themselves, as others see it while it changes. A person is there as long as a connection of theirs
// is: the server waits no while after the last one (server.sh).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AWAY, BUSY, OFFLINE, ONLINE, call, goLive, hangUp, hear, hearStatusOf, nextStatus, watch } from './live.mjs';
import { inTime } from './waiting.mjs';
import { admin, newPerson, refusal } from './workspace.mjs';

const [SOON, LATER] = [2_000, 3_600_000];
const from = (now) => new Date(Date.now() + now).toISOString();
const goesAway = (sdk) => call(sdk, 'UserPresence:away');
const comesBack = (sdk) => call(sdk, 'UserPresence:online');

/** Somebody, and what everybody is told of their status. */
async function newPersonHeardBy(t) {
  const [person, other] = [await newPerson(), await newPerson()];
  return { person, told: await hearStatusOf(await goLive(t, other), person) };
}

/** Connects the person, and waits until those with this connection have been told. */
async function comesOnline(t, person, sdk) {
  const told = await hearStatusOf(sdk, person);
  const own = await goLive(t, person);
  await nextStatus(told, ONLINE);
  return own;
}

/** The next frame that shows this person so. */
const nextFrame = (frames, { id, username }, code) =>
  frames.next(`presence ${code} of ${username}`, (frame) => frame.id === id && frame.fields.args[0][1] === code);

test('who connects is online, and offline when the last connection has ended', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  const first = await goLive(t, person);
  const [id, username, , text, name, roles] = await nextStatus(told, ONLINE);
  assert.deepEqual([id, username, text || '', name, roles], [person.id, person.username, '', 'Somebody', ['user']]);
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'online');

  const second = await goLive(t, person);
  await hangUp(first);
  await goesAway(second);
  await nextStatus(told, AWAY);
  assert.ok(told.all.every(([, , code]) => code !== OFFLINE));
  await hangUp(second);
  await nextStatus(told, OFFLINE);
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'offline');
});

test('who is cut off is offline', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  const sdk = await goLive(t, person);
  await nextStatus(told, ONLINE);
  sdk.connection.ws.terminate();
  await nextStatus(told, OFFLINE);
});

test('a status that is set over REST is told of, with its end', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  await goLive(t, person);
  const expiresAt = from(LATER);
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'in a meeting', expiresAt });
  assert.deepEqual(await nextStatus(told, BUSY), [
    person.id, person.username, BUSY, 'in a meeting', 'Somebody', ['user'], 'manual', { $date: Date.parse(expiresAt) },
  ]);
});

test('a status that is set by method is told of', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  const sdk = await goLive(t, person);
  await call(sdk, 'setUserStatus', 'away', 'by method');
  const [, , , text, , , source] = await nextStatus(told, AWAY);
  assert.deepEqual([text, source], ['by method', 'manual']);
});

test('a status ends at its time, and that is told', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  await goLive(t, person);
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'for a moment', expiresAt: from(SOON) });
  await nextStatus(told, BUSY);
  const [, , , text] = await nextStatus(told, ONLINE);
  assert.equal(text || '', '');
});

test('what was chosen without a connection is shown with the first one', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'at work' });
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'offline');
  await goLive(t, person);
  const [, , , text] = await nextStatus(told, BUSY);
  assert.equal(text, 'at work');
});

test('who chose to be invisible is shown offline while connected', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  const sdk = await goLive(t, person);
  await nextStatus(told, ONLINE);
  await call(sdk, 'setUserStatus', 'offline', '');
  await nextStatus(told, OFFLINE);
  assert.equal((await person.get('/v1/users.getPresence')).connectionStatus, 'online');
});

test('one connection that is away is away, unless another is online', async (t) => {
  const { person, told } = await newPersonHeardBy(t);
  const [desk, phone] = [await goLive(t, person), await goLive(t, person)];
  assert.equal(await goesAway(desk), true);
  assert.equal((await person.get('/v1/users.getPresence')).presence, 'online');
  await goesAway(phone);
  await nextStatus(told, AWAY);
  await comesBack(desk);
  await nextStatus(told, ONLINE);
});

test('people who are watched are seen, and nobody else', async (t) => {
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

test('who is watched is changed by further subscriptions, which end at once', async (t) => {
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

test('people are told what changed of themselves', async (t) => {
  const person = await newPerson();
  const changes = await hear(await goLive(t, person), 'notify-user', `${person.id}/userData`, (change) => change);
  await admin.post('/v1/users.setStatus', { userId: person.id, status: 'busy', message: 'on leave' });
  const change = await changes.next('own status', ({ diff }) => diff?.statusText === 'on leave');
  assert.deepEqual([change.type, change.id, change.diff.status], ['updated', person.id, 'busy']);
  await person.post('/v1/users.setStatus', { status: 'online' });
  await changes.next('own status without a text', ({ unset }) => unset?.statusText === 1);
});

test('those who are connected are counted', async (t) => {
  const person = await newPerson();
  for (let times = 0; times < 2; times += 1) await goLive(t, person);
  const { current, max } = await admin.get('/v1/presence.getConnections');
  assert.ok(current >= 2 && current <= max);
  assert.equal((await refusal(person, 'get', '/v1/presence.getConnections')).httpStatus, 403);
});

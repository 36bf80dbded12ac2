// Statuses of users. No user here has a connection, so users are offline whatever they chose.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, eightOrNine, newPerson, only, refusal } from './workspace.mjs';

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
const newBot = () => newPerson({ roles: ['user', 'bot'] });

test('a chosen status is stored with its text and its expiry', async () => {
  const person = await newPerson();
  const expiresAt = inAnHour();
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'in a meeting', expiresAt });
  const me = await person.get('/v1/me');
  assert.deepEqual([me.status, me.statusDefault, me.statusText, me.statusSource, me.statusExpiresAt], ['offline', 'busy', 'in a meeting', 'manual', expiresAt]);
  const own = await person.get('/v1/users.getStatus');
  assert.deepEqual([own.status, own.connectionStatus, own.statusSource, own.statusExpiresAt], ['offline', 'offline', 'manual', expiresAt]);
});

test('online without a text clears the status', async () => {
  const person = await newPerson();
  await person.post('/v1/users.setStatus', { status: 'away', message: 'out', expiresAt: inAnHour() });
  await person.post('/v1/users.setStatus', { status: 'online' });
  const me = await person.get('/v1/me');
  assert.deepEqual([me.statusDefault, me.statusText, 'statusSource' in me, 'statusExpiresAt' in me], ['online', '', false, false]);
});

test('other users see a status, and only administrators set it', async () => {
  const [person, other] = [await newPerson(), await newPerson()];
  await admin.post('/v1/users.setStatus', { status: 'away', message: 'on leave', userId: person.id });
  assert.equal((await person.get('/v1/me')).statusText, 'on leave');
  const seen = await other.get('/v1/users.getStatus', { userId: person.id });
  assert.deepEqual([seen._id, 'connectionStatus' in seen], [person.id, false]);
  const refused = await refusal(other, 'post', '/v1/users.setStatus', { status: 'busy', userId: person.id });
  const failure = eightOrNine({ error: 'unauthorized' }, { error: 'forbidden', errorType: 'error-forbidden' });
  assert.deepEqual(refused, { httpStatus: 403, success: false, ...failure });
});

test('an invalid status is refused', async () => {
  const person = await newPerson();
  for (const [params, error] of [
    [{ status: 'asleep' }, 'must be equal to one of the allowed values'],
    [{ status: 'busy', colour: 'red' }, 'must NOT have additional properties'],
    [{ status: 'busy', expiresAt: 'soon' }, 'Invalid expiresAt date string [error-invalid-date]'],
    [{ status: 'busy', expiresAt: '2001-01-01T00:00:00.000Z' }, 'expiresAt must be a future date [error-invalid-date]'],
    [{}, 'Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation'],
  ]) {
    const refused = await refusal(person, 'post', '/v1/users.setStatus', params);
    assert.deepEqual([refused.httpStatus, refused.error], [400, error]);
  }
});

test('presence shows the chosen status of bots, and users without a connection as offline', async () => {
  const [bot, person] = [await newBot(), await newPerson()];
  await bot.post('/v1/users.setStatus', { status: 'busy', message: 'at work' });
  const { presence } = await person.get('/v1/users.getPresence', { userId: bot.id });
  assert.equal(presence, 'busy');
  const own = await person.get('/v1/users.getPresence');
  assert.deepEqual([own.presence, own.connectionStatus], ['offline', 'offline']);
  const { users, full } = await person.get('/v1/users.presence', {});
  assert.equal(full, true);
  assert.equal(only(bot.id, users).statusText, 'at work');
  assert.ok(!users.some(({ _id }) => _id === person.id));
});

test('presence is filtered by ids', async () => {
  const [bot, other] = [await newBot(), await newBot()];
  for (const each of [bot, other]) await each.post('/v1/users.setStatus', { status: 'away' });
  const one = await bot.get('/v1/users.presence', { ids: [bot.id] });
  assert.deepEqual([one.full, one.users.map(({ _id }) => _id)], [false, [bot.id]]);
  const both = await bot.get('/v1/users.presence', { ids: [bot.id, other.id] });
  assert.equal(both.users.length, 2);
});

test('counting connections needs the permission', async () => {
  const { current, max } = await admin.get('/v1/presence.getConnections');
  assert.ok(current >= 0 && current < max);
  await admin.post('/v1/presence.enableBroadcast', {});
  assert.equal((await refusal(await newPerson(), 'get', '/v1/presence.getConnections')).httpStatus, 403);
});

// The server itself: version, settings, and methods over REST.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { typings } from './published.mjs';
import { admin, newPerson, refusal, stranger } from './workspace.mjs';

/** Calls a method as Rocket.Chat's web client does: the call is text inside the body, and so is its answer. */
async function call(asker, method, ...params) {
  const request = { msg: 'method', id: '1', method, params };
  assert.ok(typings.isMethodCallProps(request));
  const { message } = await asker.post(`/v1/method.call/${method}`, { message: JSON.stringify(request) });
  return JSON.parse(message);
}

test('the version is told to everybody, and more to administrators', async () => {
  const told = await stranger.get('/info');
  assert.deepEqual([told.version, 'info' in told], ['8.8', false]);
  assert.match((await admin.get('/info')).info.version, /^8\.8/);
});

test('public settings are paged, and told by id', async () => {
  const first = await stranger.get('/v1/settings.public', { count: 2 });
  assert.deepEqual([first.count, first.settings.length], [2, 2]);
  assert.ok(first.total > 2);
  const { settings } = await stranger.get('/v1/settings.public', { _id: 'Site_Name,Presence_broadcast_disabled' });
  assert.deepEqual(settings.map(({ _id }) => _id), ['Presence_broadcast_disabled', 'Site_Name']);
});

test('what the mobile client asks for at its start is answered', async () => {
  await stranger.get('/v1/settings.oauth');
  await stranger.get('/v1/service.configurations');
});

test('a setting is read and changed by those who may', async () => {
  const { value } = await admin.get('/v1/settings/Site_Name');
  await admin.post('/v1/settings/Site_Name', { value: 'The Lighthouse' });
  assert.equal((await admin.get('/v1/settings/Site_Name')).value, 'The Lighthouse');
  await admin.post('/v1/settings/Site_Name', { value });
  assert.equal((await refusal(await newPerson(), 'get', '/v1/settings/Site_Name')).httpStatus, 403);
});

test('a method sets the status, and its answer is inside the message', async () => {
  const person = await newPerson();
  const answer = await call(person, 'setUserStatus', 'busy', 'by method');
  assert.deepEqual([answer.msg, answer.id, 'error' in answer], ['result', '1', false]);
  assert.equal((await call(person, 'getUserStatusText', person.id)).result, 'by method');
});

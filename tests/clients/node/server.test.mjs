// The server: version, settings, and methods over REST.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { typings } from './published.mjs';
import { admin, eightOrNine, newPerson, refusal, anonymous } from './workspace.mjs';

/** Calls a method as Rocket.Chat's web client does: the call is text inside the body, and so is its result. */
async function call(user, method, ...params) {
  const request = { msg: 'method', id: '1', method, params };
  assert.ok(typings.isMethodCallProps(request));
  const { message } = await user.post(`/v1/method.call/${method}`, { message: JSON.stringify(request) });
  return JSON.parse(message);
}

test('the short version is public, and administrators get the full one', async () => {
  const info = await anonymous.get('/info');
  assert.deepEqual([info.version, 'info' in info], [eightOrNine('8.8', '9.0'), false]);
  assert.match((await admin.get('/info')).info.version, eightOrNine(/^8\.8/, /^9\.0/));
});

test('public settings are paged and selected by id', async () => {
  const first = await anonymous.get('/v1/settings.public', { count: 2 });
  assert.deepEqual([first.count, first.settings.length], [2, 2]);
  assert.ok(first.total > 2);
  const { settings } = await anonymous.get('/v1/settings.public', { _id: 'Site_Name,Presence_broadcast_disabled' });
  assert.deepEqual(settings.map(({ _id }) => _id), ['Presence_broadcast_disabled', 'Site_Name']);
});

test('the requests of the mobile client at its start are answered', async () => {
  await anonymous.get('/v1/settings.oauth');
  await anonymous.get('/v1/service.configurations');
});

test('reading and changing a setting needs the permission', async () => {
  const { value } = await admin.get('/v1/settings/Site_Name');
  await admin.post('/v1/settings/Site_Name', { value: 'The Lighthouse' });
  assert.equal((await admin.get('/v1/settings/Site_Name')).value, 'The Lighthouse');
  await admin.post('/v1/settings/Site_Name', { value });
  assert.equal((await refusal(await newPerson(), 'get', '/v1/settings/Site_Name')).httpStatus, 403);
});

test('a method sets the status, and its result is inside the message', async () => {
  const person = await newPerson();
  const answer = await call(person, 'setUserStatus', 'busy', 'by method');
  assert.deepEqual([answer.msg, answer.id, 'error' in answer], ['result', '1', false]);
  assert.equal((await call(person, 'getUserStatusText', person.id)).result, 'by method');
});

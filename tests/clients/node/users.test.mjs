// Users and their tokens.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiUser, admin, logIn, newPerson, only, refusal, unused } from './workspace.mjs';

const withToken = (person, token) => new ApiUser({ 'X-User-Id': person.id, 'X-Auth-Token': token });

test('a user is created, found, listed, updated and deleted', async () => {
  const person = await newPerson({ verified: true });
  const { user } = await admin.get('/v1/users.info', { userId: person.id });
  assert.deepEqual([user.username, user.roles, user.emails], [person.username, ['user'], [{ address: person.email, verified: true }]]);
  const { users } = await admin.get('/v1/users.list', { count: 0 });
  assert.equal(only(person.id, users).username, person.username);

  const changed = await admin.post('/v1/users.update', { userId: person.id, data: { name: 'Renamed', statusText: 'at sea' } });
  assert.equal(changed.user.name, 'Renamed');
  assert.equal((await person.get('/v1/me')).statusText, 'at sea');

  await admin.post('/v1/users.delete', { userId: person.id });
  assert.equal((await refusal(person, 'get', '/v1/me')).httpStatus, 401);
  assert.equal((await refusal(admin, 'get', '/v1/users.info', { userId: person.id })).error, 'User not found.');
});

test('a user is found by name and address', async () => {
  const person = await newPerson();
  const byName = await admin.get('/v1/users.info', { username: person.username });
  const byAddress = await admin.get('/v1/users.info', { email: person.email });
  assert.deepEqual([byName.user._id, byAddress.user._id], [person.id, person.id]);
});

test('the errors of users.create have the shape of failures', async () => {
  const { username } = await newPerson();
  const fields = { name: 'Twin', email: `${unused('twin')}@example.org`, password: 'walrus-lantern-orbit' };
  const taken = await refusal(admin, 'post', '/v1/users.create', { ...fields, username });
  assert.equal(taken.errorType, 'error-field-unavailable');
  const nameless = await refusal(admin, 'post', '/v1/users.create', fields);
  assert.equal(nameless.errorType, 'invalid-params');
  const unknown = await refusal(admin, 'post', '/v1/users.create', { ...fields, username: unused('twin'), colour: 'red' });
  assert.match(unknown.error, /^must NOT have additional properties/);
});

test('a deactivated user is logged out at once', async () => {
  const person = await newPerson();
  await admin.post('/v1/users.update', { userId: person.id, data: { active: false } });
  assert.equal((await refusal(person, 'get', '/v1/me')).httpStatus, 401);
});

test('users change their own basic info and preferences', async () => {
  const person = await newPerson();
  await person.post('/v1/users.updateOwnBasicInfo', { data: { name: 'Self Made' } });
  const { user } = await person.post('/v1/users.setPreferences', { data: { language: 'de', idleTimeLimit: 60 } });
  assert.equal(user.settings.preferences.language, 'de');
  const me = await person.get('/v1/me');
  assert.deepEqual([me.name, me.settings.preferences.idleTimeLimit], ['Self Made', 60]);
});

test('users cannot change other users', async () => {
  const person = await newPerson();
  const params = { userId: (await newPerson()).id, data: { name: 'Mallory' } };
  assert.equal((await refusal(person, 'post', '/v1/users.update', params)).errorType, 'error-action-not-allowed');
  assert.equal((await refusal(person, 'post', '/v1/users.delete', { userId: params.userId })).httpStatus, 403);
});

test('a personal access token is created, listed, regenerated and removed', async () => {
  const person = await newPerson();
  const { token } = await person.post('/v1/users.generatePersonalAccessToken', { tokenName: 'laptop', bypassTwoFactor: false });
  assert.equal((await withToken(person, token).get('/v1/me'))._id, person.id);
  const { tokens } = await person.get('/v1/users.getPersonalAccessTokens');
  assert.deepEqual(tokens.map(({ name, lastTokenPart }) => [name, lastTokenPart]), [['laptop', token.slice(-6)]]);

  const { token: renewed } = await person.post('/v1/users.regeneratePersonalAccessToken', { tokenName: 'laptop' });
  assert.equal((await refusal(withToken(person, token), 'get', '/v1/me')).httpStatus, 401);
  await person.post('/v1/users.removePersonalAccessToken', { tokenName: 'laptop' });
  assert.equal((await refusal(withToken(person, renewed), 'get', '/v1/me')).httpStatus, 401);
});

test('users.logout ends every login', async () => {
  const person = await newPerson();
  const other = await logIn(person.username);
  await admin.post('/v1/users.logout', { userId: person.id });
  for (const login of [person, other]) assert.equal((await refusal(login, 'get', '/v1/me')).httpStatus, 401);
});

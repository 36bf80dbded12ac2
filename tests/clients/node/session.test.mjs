// Login and logout with Rocket.Chat's REST client.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, eightOrNine, logIn, newPerson, refusal, anonymous } from './workspace.mjs';

test('a login returns the user', async () => {
  const me = await admin.get('/v1/me');
  assert.equal(me._id, admin.id);
  assert.equal(me.username, 'admin');
  assert.deepEqual(me.roles, ['admin']);
});

test('a wrong password and an unknown user get the same response', async () => {
  for (const [username, password] of [['admin', 'wrong'], ['nobody-of-that-name', 'wrong']]) {
    const refused = await refusal(anonymous, 'post', '/v1/login', { username, password });
    const error = eightOrNine('Unauthorized', 'unauthorized');
    assert.deepEqual(refused, { httpStatus: 401, success: false, status: 'error', error, message: 'Unauthorized' });
  }
});

test('a logout ends this login and no other', async () => {
  const person = await newPerson();
  const other = await logIn(person.username);
  await other.post('/v1/logout', {});
  assert.equal((await refusal(other, 'get', '/v1/me')).httpStatus, 401);
  assert.equal((await person.get('/v1/me'))._id, person.id);
});

test('routes that need a login are refused without one', async () => {
  const error = 'You must be logged in to do this.';
  for (const route of ['/v1/me', '/v1/custom-user-status.list', '/v1/users.list', '/v1/roles.list', '/v1/permissions.listAll']) {
    const refused = await refusal(anonymous, 'get', route);
    assert.deepEqual(refused, { httpStatus: 401, success: false, status: 'error', error, message: error });
  }
});

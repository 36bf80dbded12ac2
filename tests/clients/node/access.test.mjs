// Roles and permissions, with effect on the next request.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, eightOrNine, newPerson, only, refusal, unused } from './workspace.mjs';

const NOT_AUTHORIZED = eightOrNine('not_authorized', 'error-forbidden');

const grant = (roles) => admin.post('/v1/permissions.update', { permissions: [{ _id: 'manage-user-status', roles }] });
const status = () => ({ name: unused('by permission'), statusType: 'busy' });

test('roles are listed, in full and since a date', async () => {
  const { roles } = await admin.get('/v1/roles.list');
  assert.equal(only('admin', roles).scope, 'Users');
  const since = await admin.get('/v1/roles.sync', { updatedSince: '1970-01-01T00:00:00.000Z' });
  assert.equal(since.roles.update.length, roles.length);
});

test('a role is added, listed and removed', async () => {
  const { username } = await newPerson();
  const params = { roleId: 'guest', username };
  assert.equal((await admin.post('/v1/roles.addUserToRole', params)).role._id, 'guest');
  const { users } = await admin.get('/v1/roles.getUsersInRole', { role: 'guest' });
  assert.ok(users.some((user) => user.username === username));
  assert.equal((await refusal(admin, 'post', '/v1/roles.addUserToRole', params)).errorType, 'error-user-already-in-role');
  await admin.post('/v1/roles.removeUserFromRole', params);
  assert.equal((await refusal(admin, 'post', '/v1/roles.removeUserFromRole', params)).errorType, 'error-user-not-in-role');
});

test('the last administrator keeps the role', async () => {
  const refused = await refusal(admin, 'post', '/v1/roles.removeUserFromRole', { roleId: 'admin', username: 'admin' });
  assert.equal(refused.error, 'You need to have at least one admin [error-admin-required]');
});

test('every user can list users in public roles', async () => {
  await (await newPerson()).get('/v1/roles.getUsersInPublicRoles');
});

test('a permission takes effect with the next request', async (t) => {
  t.after(() => grant(['admin']));
  const person = await newPerson();
  assert.equal((await refusal(person, 'post', '/v1/custom-user-status.create', status())).errorType, NOT_AUTHORIZED);
  const { permissions } = await grant(['admin', 'user']);
  assert.deepEqual(only('manage-user-status', permissions).roles, ['admin', 'user']);
  await person.post('/v1/custom-user-status.create', status());
  await grant(['admin']);
  assert.equal((await refusal(person, 'post', '/v1/custom-user-status.create', status())).errorType, NOT_AUTHORIZED);
});

test('one role of a permission is added and removed', async () => {
  const change = { permissionId: 'manage-user-status', role: 'guest' };
  await admin.post('/v1/permissions.addRole', change);
  const added = await admin.get('/v1/permissions.listAll');
  assert.ok(only('manage-user-status', added.update).roles.includes('guest'));
  await admin.post('/v1/permissions.removeRole', change);
  const removed = await admin.get('/v1/permissions.listAll');
  assert.ok(!only('manage-user-status', removed.update).roles.includes('guest'));
});

test('permissions are filtered by date', async () => {
  const none = await admin.get('/v1/permissions.listAll', { updatedSince: '2999-01-01T00:00:00.000Z' });
  assert.deepEqual([none.update, none.remove], [[], []]);
  const refused = await refusal(admin, 'get', '/v1/permissions.listAll', { updatedSince: 'yesterday' });
  assert.equal(refused.errorType, 'error-roomId-param-invalid');
});

test('changing permissions and roles needs the permission', async () => {
  const person = await newPerson();
  const permissions = [{ _id: 'manage-user-status', roles: ['user'] }];
  assert.equal((await refusal(person, 'post', '/v1/permissions.update', { permissions })).httpStatus, 403);
  const given = await refusal(person, 'post', '/v1/roles.addUserToRole', { roleId: 'admin', username: person.username });
  assert.equal(given.errorType, 'error-action-not-allowed');
});

// What those who are connected are told when somebody changes something over REST. ddp-client listens: in its new form to the custom
// statuses, in its older one, which keeps subscriptions of its own, to what else there is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { call, connect, goLive, hear } from './live.mjs';
import { RocketchatSdkLegacyImpl } from './published.mjs';
import { Heard, inTime } from './waiting.mjs';
import { admin, newPerson, unused } from './workspace.mjs';

/** Hears what the older form of the client has subscribed to under this name, where it passes. */
function hearData(sdk, event, passes = () => true) {
  const heard = new Heard();
  sdk.onStreamData(event, (args) => passes(...args) && heard.add(args));
  return heard;
}

/** The older form of the client, with all that it subscribes to for those who are logged in. */
async function goLiveAsBefore(t) {
  const sdk = await goLive(t, await newPerson(), { Client: RocketchatSdkLegacyImpl });
  for (const sub of await sdk.subscribeLoggedNotify()) await inTime(`subscription to ${sub.params[0]}`, sub.ready());
  return sdk;
}

test('a status that is created, updated and deleted is told of in that order, each once', async (t) => {
  const sdk = await goLive(t, await newPerson());
  const told = [];
  const changes = await hear(sdk, 'notify-logged', 'updateCustomUserStatus', (change) => (told.push(['update', change]), change));
  const deletions = await hear(sdk, 'notify-logged', 'deleteCustomUserStatus', (change) => (told.push(['delete', change]), change));
  const [name, renamed] = [unused('out'), unused('at sea')];
  const { customUserStatus } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'away' });
  const { _id } = customUserStatus;
  await admin.post('/v1/custom-user-status.update', { _id, name: renamed, statusType: 'busy' });
  await admin.post('/v1/custom-user-status.delete', { customUserStatusId: _id });
  await deletions.next('deletion');

  const { customUserStatus: last } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' });
  await changes.next('status that was created last', ({ userStatusData }) => userStatusData._id === last._id);
  assert.equal(typeof told[2][1].userStatusData._updatedAt?.$date, 'number');
  delete told[2][1].userStatusData._updatedAt;
  assert.deepEqual(told, [
    ['update', { userStatusData: { _id, name, statusType: 'away' } }],
    ['update', { userStatusData: { _id, name: renamed, statusType: 'busy' } }],
    ['delete', { userStatusData: { _id, name: renamed, statusType: 'busy' } }],
    ['update', { userStatusData: { _id: last._id, name, statusType: 'busy' } }],
  ]);
});

test('a status that is changed by methods is told of alike', async (t) => {
  const sdk = await goLive(t, await newPerson());
  const changes = await hear(sdk, 'notify-logged', 'updateCustomUserStatus', ({ userStatusData }) => userStatusData);
  const keeper = await goLive(t, admin);
  const name = unused('by method');
  const _id = await call(keeper, 'insertOrUpdateUserStatus', { name, statusType: 'away' });
  assert.deepEqual(await changes.next('status'), { _id, name, statusType: 'away' });
});

test('a permission is told of with its roles', async (t) => {
  const changes = hearData(await goLiveAsBefore(t), 'permissions-changed');
  const change = { permissionId: 'manage-user-status', role: 'guest' };
  await admin.post('/v1/permissions.addRole', change);
  t.after(() => admin.post('/v1/permissions.removeRole', change));
  const [how, permission] = await changes.next('permission');
  assert.deepEqual([how, permission._id, permission.roles], ['updated', 'manage-user-status', ['admin', 'guest']]);
  assert.equal(typeof permission._updatedAt.$date, 'number');
});

test('a role that is given and taken is told of', async (t) => {
  const person = await newPerson();
  const changes = hearData(await goLiveAsBefore(t), 'roles-change');
  const params = { roleId: 'guest', username: person.username };
  await admin.post('/v1/roles.addUserToRole', params);
  await admin.post('/v1/roles.removeUserFromRole', params);
  for (const type of ['added', 'removed']) {
    const [change] = await changes.next(`role that was ${type}`);
    assert.deepEqual([change.type, change._id, change.u._id, change.u.username], [type, 'guest', person.id, person.username]);
  }
});

test('a person with a new name is told of, and one who is deleted', async (t) => {
  const person = await newPerson();
  const sdk = await goLiveAsBefore(t);
  const [names, deletions] = [hearData(sdk, 'Users:NameChanged'), hearData(sdk, 'Users:Deleted')];
  await admin.post('/v1/users.update', { userId: person.id, data: { name: 'Renamed' } });
  assert.deepEqual(await names.next('new name'), [{ _id: person.id, name: 'Renamed', username: person.username }]);
  await admin.post('/v1/users.delete', { userId: person.id });
  const [deleted] = await deletions.next('deletion');
  assert.equal(deleted.userId, person.id);
  assert.match(deleted.messageErasureType, /^(Delete|Unlink|Keep)$/);
});

test('a public setting is told to everybody', async (t) => {
  const stranger = await connect(t, { Client: RocketchatSdkLegacyImpl });
  for (const sub of await stranger.subscribeNotifyAll()) await inTime('subscription to settings', sub.ready());
  const changes = hearData(stranger, 'public-settings-changed', (_, setting) => setting._id === 'Site_Name');
  const { value } = await admin.get('/v1/settings/Site_Name');
  t.after(() => admin.post('/v1/settings/Site_Name', { value }));
  await admin.post('/v1/settings/Site_Name', { value: 'The Lighthouse' });
  const [how, setting] = await changes.next('setting');
  assert.deepEqual([how, setting.value], ['updated', 'The Lighthouse']);
});

// The events that connected users receive after changes over REST. The new form of ddp-client listens to custom statuses, and its older
// form, which manages its subscriptions, to all other events.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { call, connect, goLive, record } from './live.mjs';
import { RocketchatSdkLegacyImpl } from './published.mjs';
import { Received, inTime } from './waiting.mjs';
import { admin, newPerson, unused } from './workspace.mjs';

/** Records the events with this name that the older form of the client receives, if they pass. */
function recordData(sdk, event, passes = () => true) {
  const received = new Received();
  sdk.onStreamData(event, (args) => passes(...args) && received.add(args));
  return received;
}

/** The older form of the client, with all its subscriptions for logged-in users. */
async function goLiveAsBefore(t) {
  const sdk = await goLive(t, await newPerson(), { Client: RocketchatSdkLegacyImpl });
  for (const sub of await sdk.subscribeLoggedNotify()) await inTime(`subscription to ${sub.params[0]}`, sub.ready());
  return sdk;
}

test('the creation, update and deletion of a status are received once and in order', async (t) => {
  const sdk = await goLive(t, await newPerson());
  const received = [];
  const changes = await record(sdk, 'notify-logged', 'updateCustomUserStatus', (change) => (received.push(['update', change]), change));
  const deletions = await record(sdk, 'notify-logged', 'deleteCustomUserStatus', (change) => (received.push(['delete', change]), change));
  const [name, renamed] = [unused('out'), unused('at sea')];
  const { customUserStatus } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'away' });
  const { _id } = customUserStatus;
  await admin.post('/v1/custom-user-status.update', { _id, name: renamed, statusType: 'busy' });
  await admin.post('/v1/custom-user-status.delete', { customUserStatusId: _id });
  await deletions.next('deletion');

  const { customUserStatus: last } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' });
  await changes.next('status that was created last', ({ userStatusData }) => userStatusData._id === last._id);
  assert.equal(typeof received[2][1].userStatusData._updatedAt?.$date, 'number');
  delete received[2][1].userStatusData._updatedAt;
  assert.deepEqual(received, [
    ['update', { userStatusData: { _id, name, statusType: 'away' } }],
    ['update', { userStatusData: { _id, name: renamed, statusType: 'busy' } }],
    ['delete', { userStatusData: { _id, name: renamed, statusType: 'busy' } }],
    ['update', { userStatusData: { _id: last._id, name, statusType: 'busy' } }],
  ]);
});

test('a status created by a method is received', async (t) => {
  const sdk = await goLive(t, await newPerson());
  const changes = await record(sdk, 'notify-logged', 'updateCustomUserStatus', ({ userStatusData }) => userStatusData);
  const keeper = await goLive(t, admin);
  const name = unused('by method');
  const _id = await call(keeper, 'insertOrUpdateUserStatus', { name, statusType: 'away' });
  assert.deepEqual(await changes.next('status'), { _id, name, statusType: 'away' });
});

test('a changed permission is received with its roles', async (t) => {
  const changes = recordData(await goLiveAsBefore(t), 'permissions-changed');
  const change = { permissionId: 'manage-user-status', role: 'guest' };
  await admin.post('/v1/permissions.addRole', change);
  t.after(() => admin.post('/v1/permissions.removeRole', change));
  const [how, permission] = await changes.next('permission');
  assert.deepEqual([how, permission._id, permission.roles], ['updated', 'manage-user-status', ['admin', 'guest']]);
  assert.equal(typeof permission._updatedAt.$date, 'number');
});

test('an added and a removed role are received', async (t) => {
  const person = await newPerson();
  const changes = recordData(await goLiveAsBefore(t), 'roles-change');
  const params = { roleId: 'guest', username: person.username };
  await admin.post('/v1/roles.addUserToRole', params);
  await admin.post('/v1/roles.removeUserFromRole', params);
  for (const type of ['added', 'removed']) {
    const [change] = await changes.next(`role that was ${type}`);
    assert.deepEqual([change.type, change._id, change.u._id, change.u.username], [type, 'guest', person.id, person.username]);
  }
});

test('a new name and a deletion of a user are received', async (t) => {
  const person = await newPerson();
  const sdk = await goLiveAsBefore(t);
  const [names, deletions] = [recordData(sdk, 'Users:NameChanged'), recordData(sdk, 'Users:Deleted')];
  await admin.post('/v1/users.update', { userId: person.id, data: { name: 'Renamed' } });
  assert.deepEqual(await names.next('new name'), [{ _id: person.id, name: 'Renamed', username: person.username }]);
  await admin.post('/v1/users.delete', { userId: person.id });
  const [deleted] = await deletions.next('deletion');
  assert.equal(deleted.userId, person.id);
  assert.match(deleted.messageErasureType, /^(Delete|Unlink|Keep)$/);
});

test('a changed public setting is received without a login', async (t) => {
  const anonymous = await connect(t, { Client: RocketchatSdkLegacyImpl });
  for (const sub of await anonymous.subscribeNotifyAll()) await inTime('subscription to settings', sub.ready());
  const changes = recordData(anonymous, 'public-settings-changed', (_, setting) => setting._id === 'Site_Name');
  const { value } = await admin.get('/v1/settings/Site_Name');
  t.after(() => admin.post('/v1/settings/Site_Name', { value }));
  await admin.post('/v1/settings/Site_Name', { value: 'The Lighthouse' });
  const [how, setting] = await changes.next('setting');
  assert.deepEqual([how, setting.value], ['updated', 'The Lighthouse']);
});

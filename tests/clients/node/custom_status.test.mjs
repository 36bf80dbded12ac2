// Custom user statuses under both contracts.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, contract, eightOrNine, newPerson, only, refusal, unused } from './workspace.mjs';

const create = async (name, statusType = 'busy') =>
  (await admin.post('/v1/custom-user-status.create', { name, statusType })).customUserStatus;
const refusedToCreate = (params, user = admin) => refusal(user, 'post', '/v1/custom-user-status.create', params);

test('a status is created, listed, updated and deleted', async () => {
  const made = await create(unused('caught up'));
  const person = await newPerson();
  assert.deepEqual(only(made._id, (await person.get('/v1/custom-user-status.list', { count: 0 })).statuses), made);

  const name = unused('changed');
  const { customUserStatus: changed } = await admin.post('/v1/custom-user-status.update', { _id: made._id, name, statusType: 'away' });
  assert.deepEqual([changed._id, changed.name, changed.statusType], [made._id, name, 'away']);

  await admin.post('/v1/custom-user-status.delete', { customUserStatusId: made._id });
  const gone = await refusal(admin, 'post', '/v1/custom-user-status.delete', { customUserStatusId: made._id });
  assert.equal(gone.errorType, 'Custom_User_Status_Error_Invalid_User_Status');
});

test('the list is paged and has a total', async () => {
  const word = unused('page');
  for (const letter of 'abc') await create(`${word} ${letter}`);
  const second = await admin.get('/v1/custom-user-status.list', { name: word, count: 2, offset: 2 });
  assert.deepEqual(second.statuses.map(({ name }) => name), [`${word} c`]);
  assert.deepEqual([second.count, second.offset, second.total], [1, 2, 3]);
});

test('a name is unique', async () => {
  const { name } = await create(unused('taken'));
  const refused = await refusedToCreate({ name, statusType: 'busy' });
  assert.equal(refused.error, 'The custom user status name is already in use [Custom_User_Status_Error_Name_Already_In_Use]');
  assert.deepEqual(refused.details, { method: 'insertOrUpdateUserStatus' });
});

test('an unknown type is refused', async () => {
  const refused = await refusedToCreate({ name: unused('odd'), statusType: 'Busy' });
  assert.equal(refused.errorType, 'error-input-is-not-a-valid-field');
  const details = { method: 'insertOrUpdateUserStatus', input: 'Busy', field: 'StatusType', hint: 'Use online, away, busy or offline' };
  assert.deepEqual(refused.details, details);
});

test('managing statuses needs the permission', async () => {
  const refused = await refusedToCreate({ name: unused('mine'), statusType: 'busy' }, await newPerson());
  const [httpStatus, errorType] = eightOrNine([400, 'not_authorized'], [403, 'error-forbidden']);
  assert.deepEqual(refused, { httpStatus, success: false, error: '[not_authorized]', errorType });
});

test('the contract decides on missing, unknown and mistyped fields', async () => {
  const typed = { statusType: 'busy' };
  if (contract === 'server') {
    assert.equal((await refusedToCreate(typed)).error, "must have required property 'name'");
    assert.equal((await create(unused('typeless'), null)).statusType, '');
    assert.equal((await refusedToCreate({ name: unused('colour'), ...typed, colour: 1 })).error, 'must NOT have additional properties');
    assert.equal((await create(12345)).name, '12345');
  } else {
    assert.equal((await refusedToCreate(typed)).details.field, 'Name');
    assert.equal((await refusedToCreate({ name: unused('typeless') })).details.field, 'StatusType');
    assert.equal((await admin.post('/v1/custom-user-status.create', { name: unused('colour'), ...typed, colour: 1 })).success, true);
    assert.equal((await refusedToCreate({ name: 12345, ...typed })).error, 'must be string');
  }
});

test('the contract decides on an update without a type', async () => {
  const { _id, name } = await create(unused('typed'));
  if (contract === 'server') {
    assert.equal((await admin.post('/v1/custom-user-status.update', { _id, name })).customUserStatus.statusType, '');
  } else {
    const refused = await refusal(admin, 'post', '/v1/custom-user-status.update', { _id, name });
    assert.equal(refused.error, 'The field StatusType is required [error-the-field-is-required]');
  }
});

// Login, subscriptions, broken connections and reconnects with Rocket.Chat's ddp-client.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { call, connect, goLive, record, refused } from './live.mjs';
import { inTime } from './waiting.mjs';
import { ApiUser, PASSWORD, admin, logIn, newPerson, refusal, unused } from './workspace.mjs';

const digest = (password) => createHash('sha256').update(password).digest('hex');
const withToken = ({ uid, user }) => new ApiUser({ 'X-User-Id': uid, 'X-Auth-Token': user.token });
const createStatus = async () =>
  (await admin.post('/v1/custom-user-status.create', { name: unused('created'), statusType: 'busy' })).customUserStatus;
const recordStatuses = (sdk) => record(sdk, 'notify-logged', 'updateCustomUserStatus', ({ userStatusData }) => userStatusData);
const ofMethod = (sdk, method) => refused(call(sdk, method));
const ofSubscription = (sdk, stream, ...params) => refused(inTime('answer', sdk.client.subscribe(stream, ...params).ready()));

test('a login by token returns that token', async (t) => {
  const person = await newPerson();
  const { account } = await connect(t);
  const answer = await inTime('login', account.loginWithToken(person.token));
  assert.deepEqual([answer.id, answer.token, answer.type], [person.id, person.token, 'resume']);
  assert.ok(answer.tokenExpires.$date > Date.now());
  assert.equal(account.uid, person.id);
});

test('a login by password creates a new login, which works over REST too', async (t) => {
  const person = await newPerson();
  const { account, rest } = await connect(t);
  await inTime('login', account.loginWithPassword(person.username, digest(PASSWORD)));
  assert.equal(account.uid, person.id);
  assert.notEqual(account.user.token, person.token);
  assert.ok(account.user.tokenExpires > new Date());
  assert.equal((await rest.get('/v1/me'))._id, person.id);
});

test('a client receives its own user before the result of the login', async (t) => {
  const person = await newPerson();
  const { account } = await connect(t);
  const users = [];
  account.on('user', (user) => users.push({ ...user }));
  await inTime('login', account.loginWithToken(person.token));
  assert.deepEqual(users[0], { id: person.id, username: person.username });
});

test('a wrong password, an unknown user and a dead token are refused', async (t) => {
  const { account } = await connect(t);
  for (const username of [(await newPerson()).username, 'nobody-of-that-name']) {
    const error = await refused(inTime('login', account.loginWithPassword(username, digest('wrong'))));
    assert.deepEqual([error.error, error.reason, error.errorType], [401, 'User not found', 'Meteor.Error']);
  }
  const person = await newPerson();
  await person.post('/v1/logout', {});
  const error = await refused(inTime('login', account.loginWithToken(person.token)));
  assert.match(`${error.error} ${error.reason}`, /^(401 User not found|403 You've been logged out by the server\..*)$/);
  assert.equal(account.uid, undefined);
});

test('a logout is answered, ends the login of the connection, and leaves an anonymous connection', async (t) => {
  const person = await newPerson();
  for (let times = 0; times < 10; times += 1) {
    const sdk = await goLive(t, await logIn(person.username));
    const login = withToken(sdk.account);
    await inTime('answer to the logout', sdk.account.logout());
    assert.equal((await refusal(login, 'get', '/v1/me')).httpStatus, 401);
    await record(sdk, 'notify-all', 'public-settings-changed');
    const error = await ofSubscription(sdk, 'stream-notify-logged', 'updateCustomUserStatus', false);
    assert.equal(error.error, 'not-allowed');
  }
  assert.equal((await person.get('/v1/me'))._id, person.id);
});

test('a logout over REST closes the connections of that login and no others', async (t) => {
  const person = await newPerson();
  const other = await logIn(person.username);
  const [closing, staying] = [await goLive(t, person), await goLive(t, other)];
  const closed = new Promise((resolve) => closing.connection.once('disconnected', resolve));
  await person.post('/v1/logout', {});
  await inTime('end of the connection', closed);
  await call(staying, 'getUserStatusText', person.id);
});

test('an anonymous connection can subscribe to public streams only', async (t) => {
  const sdk = await connect(t);
  await record(sdk, 'notify-all', 'public-settings-changed');
  for (const [stream, event] of [
    ['stream-notify-logged', 'updateCustomUserStatus'],
    ['stream-notify-logged', 'user-status'],
    ['stream-notify-user', `${admin.id}/userData`],
    ['stream-user-presence', ''],
    ['stream-roles', 'roles'],
  ]) {
    const error = await ofSubscription(sdk, stream, event, { useCollection: false, args: [] });
    assert.deepEqual([error.error, error.message, error.errorType], ['not-allowed', '[not-allowed]', 'Meteor.Error']);
  }
});

test('a user cannot subscribe to events of another user', async (t) => {
  const [person, other] = [await newPerson(), await newPerson()];
  const sdk = await goLive(t, person);
  await record(sdk, 'notify-user', `${person.id}/userData`);
  const error = await ofSubscription(sdk, 'stream-notify-user', `${other.id}/userData`, false);
  assert.equal(error.error, 'not-allowed');
});

test('an unknown method and an unknown subscription are refused by name', async (t) => {
  const sdk = await goLive(t, await newPerson());
  const method = await ofMethod(sdk, 'noSuchMethod');
  assert.deepEqual(
    [method.error, method.reason, method.message, method.errorType],
    [404, "Method 'noSuchMethod' not found", "Method 'noSuchMethod' not found [404]", 'Meteor.Error'],
  );
  const subscription = await ofSubscription(sdk, 'no-such-subscription');
  assert.deepEqual([subscription.error, subscription.reason], [404, "Subscription 'no-such-subscription' not found"]);
});

test('an unsubscribed event is no longer received', async (t) => {
  const sdk = await goLive(t, await newPerson());
  const changes = await recordStatuses(sdk);
  const deletions = await record(sdk, 'notify-logged', 'deleteCustomUserStatus');
  const { _id } = await createStatus();
  await changes.next('first status', (status) => status._id === _id);
  const ended = await inTime('end of the subscription', sdk.client.unsubscribe(changes.sub.id));
  assert.deepEqual(ended, { msg: 'nosub', id: changes.sub.id });

  const before = changes.all.length;
  await admin.post('/v1/custom-user-status.delete', { customUserStatusId: (await createStatus())._id });
  await deletions.next('deletion');
  assert.equal(changes.all.length, before);
});

test('a broken connection is restored with its login and its subscriptions', async (t) => {
  const person = await newPerson();
  const sdk = await goLive(t, person, { retries: 1 });
  const changes = await recordStatuses(sdk);
  const subscribed = new Promise((resolve) => changes.sub.onChange(resolve));
  const { session, ws } = sdk.connection;
  ws.terminate();
  assert.deepEqual(await inTime('subscription after the cut', subscribed), { msg: 'ready', subs: [changes.sub.id] });
  assert.notEqual(sdk.connection.session, session);

  const { _id } = await createStatus();
  await changes.next('status after the cut', (status) => status._id === _id);
  await call(sdk, 'setUserStatus', 'busy', 'back again');
  assert.equal((await person.get('/v1/me')).statusText, 'back again');
});

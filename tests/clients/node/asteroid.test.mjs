// The older SDK, which bots use. It speaks an older version of the protocol, logs in with the plain password, and stores events in
// collections: it ignores a `changed` without an `added` before it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { driver } from './published.mjs';
import { Received, inTime } from './waiting.mjs';
import { ApiUser, PASSWORD, admin, newPerson, refusal, unused } from './workspace.mjs';

const CREATED = 'updateCustomUserStatus';
const CLOSED = 3;
const silent = () => {};
driver.useLog({ debug: silent, info: silent, warn: silent, warning: silent, error: silent });

/** Connects the single driver, and waits until it has tried to resume its last login. */
async function connect(t) {
  const connected = driver.connect({ host: process.env.CLIENTS_URL, useSsl: false });
  const { asteroid } = driver;
  t.after(() => hangUp(asteroid.ddp));
  await inTime('connection', connected);
  await inTime('last login', asteroid.resumeLoginPromise.catch(silent));
}

/** Closes the connection for good: otherwise the driver reconnects, and may be about to. */
async function hangUp(ddp) {
  ddp._autoreconnect = false;
  ddp.on('reconnected', () => ddp._socket.close());
  if (ddp._socket.readyState === CLOSED) return;
  const ended = new Promise((resolve) => ddp.on('socket_close', resolve));
  ddp._socket.close();
  await inTime('end of the connection', ended);
}

const logIn = ({ username }) => inTime('login', driver.login({ username, password: PASSWORD }));

/** Subscribes to an event, and records every state of the single item in the collection of its stream. */
async function record(stream, event) {
  const received = new Received();
  const items = driver.asteroid.getCollection(stream).reactiveQuery({});
  items.on('change', () => received.add(items.result[0]));
  await inTime('subscription', driver.subscribe(stream, event));
  assert.deepEqual(received.all, [{ _id: 'id', eventName: event }]);
  return received;
}

test('the older SDK logs in with the password and with the address', async (t) => {
  const person = await newPerson();
  await connect(t);
  assert.equal(await logIn(person), person.id);
  assert.equal(await inTime('login', driver.login({ email: person.email, password: PASSWORD })), person.id);
  const error = await inTime('refusal', driver.login({ username: person.username, password: 'wrong' }).catch((refused) => refused));
  assert.deepEqual([error.error, error.reason], [401, 'User not found']);
});

test('the older SDK calls methods', async (t) => {
  const person = await newPerson();
  await connect(t);
  await logIn(person);
  await inTime('result', driver.asyncCall('setUserStatus', ['busy', 'as a bot']));
  assert.equal(await inTime('result', driver.callMethod('getUserStatusText', person.id)), 'as a bot');
});

test('the older SDK receives created statuses', async (t) => {
  await connect(t);
  await logIn(await newPerson());
  const received = await record('stream-notify-logged', CREATED);
  for (const name of [unused('first'), unused('second')]) {
    const { customUserStatus } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' });
    const userStatusData = { _id: customUserStatus._id, name, statusType: 'busy' };
    const item = await received.next(`status ${name}`, ({ args }) => args?.[0].userStatusData.name === name);
    assert.deepEqual(item, { _id: 'id', eventName: CREATED, args: [{ userStatusData }] });
  }
});

test('the older SDK reconnects by itself, with its login and its subscriptions to public streams', async (t) => {
  const person = await newPerson();
  await connect(t);
  await logIn(person);
  const received = await record('stream-notify-all', 'public-settings-changed');
  const reconnected = new Promise((resolve) => driver.events.once('reconnected', resolve));
  const { asteroid } = driver;
  asteroid.ddp._socket._stream.destroy();
  await inTime('connection', reconnected);
  // It subscribes again before it logs in again, so subscriptions that need a login are refused.
  for (const { ready } of Object.values(asteroid.subscriptions)) await inTime('subscription', ready);
  assert.equal(await inTime('login', asteroid.resumeLoginPromise), person.id);

  const { value } = await admin.get('/v1/settings/Site_Name');
  t.after(() => admin.post('/v1/settings/Site_Name', { value }));
  await admin.post('/v1/settings/Site_Name', { value: 'The Lighthouse' });
  await received.next('setting', ({ args }) => args?.[1].value === 'The Lighthouse');
});

test('the older SDK logs out when it disconnects', async (t) => {
  const { id, username } = await newPerson();
  await connect(t);
  const { token } = await inTime('login', driver.asyncCall('login', [{ user: { username }, password: PASSWORD }]));
  await inTime('subscription', driver.subscribe('stream-notify-logged', CREATED));
  await inTime('logout', driver.disconnect());
  const login = new ApiUser({ 'X-User-Id': id, 'X-Auth-Token': token });
  assert.equal((await refusal(login, 'get', '/v1/me')).httpStatus, 401);
});

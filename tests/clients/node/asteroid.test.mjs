// The older SDK, which bots are built with. It speaks an older version of the protocol, logs in with the password as it is, and keeps
// what it hears in collections: without an `added` first, it would not take what has `changed`.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { driver } from './published.mjs';
import { Heard, inTime } from './waiting.mjs';
import { Asker, PASSWORD, admin, newPerson, refusal, unused } from './workspace.mjs';

const CREATED = 'updateCustomUserStatus';
const CLOSED = 3;
const silent = () => {};
driver.useLog({ debug: silent, info: silent, warn: silent, warning: silent, error: silent });

/** Connects the driver, of which there is one. It resumes the login that it had last, which would come in between. */
async function connect(t) {
  const connected = driver.connect({ host: process.env.CLIENTS_URL, useSsl: false });
  const { asteroid } = driver;
  t.after(() => hangUp(asteroid.ddp));
  await inTime('connection', connected);
  await inTime('last login', asteroid.resumeLoginPromise.catch(silent));
}

/** Ends the connection for good: by itself the driver would come back for ever, and may be about to. */
async function hangUp(ddp) {
  ddp._autoreconnect = false;
  ddp.on('reconnected', () => ddp._socket.close());
  if (ddp._socket.readyState === CLOSED) return;
  const ended = new Promise((resolve) => ddp.on('socket_close', resolve));
  ddp._socket.close();
  await inTime('end of the connection', ended);
}

const logIn = ({ username }) => inTime('login', driver.login({ username, password: PASSWORD }));

/** Subscribes to an event, and keeps every state of the one item that its stream's collection has. */
async function hear(stream, event) {
  const heard = new Heard();
  const items = driver.asteroid.getCollection(stream).reactiveQuery({});
  items.on('change', () => heard.add(items.result[0]));
  await inTime('subscription', driver.subscribe(stream, event));
  assert.deepEqual(heard.all, [{ _id: 'id', eventName: event }]);
  return heard;
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

test('the older SDK is told of statuses that are created', async (t) => {
  await connect(t);
  await logIn(await newPerson());
  const heard = await hear('stream-notify-logged', CREATED);
  for (const name of [unused('first'), unused('second')]) {
    const { customUserStatus } = await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' });
    const userStatusData = { _id: customUserStatus._id, name, statusType: 'busy' };
    const told = await heard.next(`status ${name}`, ({ args }) => args?.[0].userStatusData.name === name);
    assert.deepEqual(told, { _id: 'id', eventName: CREATED, args: [{ userStatusData }] });
  }
});

test('the older SDK comes back by itself when it was cut off, with its login and what strangers may hear', async (t) => {
  const person = await newPerson();
  await connect(t);
  await logIn(person);
  const heard = await hear('stream-notify-all', 'public-settings-changed');
  const back = new Promise((resolve) => driver.events.once('reconnected', resolve));
  const { asteroid } = driver;
  asteroid.ddp._socket._stream.destroy();
  await inTime('connection', back);
  // It subscribes anew before it logs in anew, so what is only for those who are logged in is refused.
  for (const { ready } of Object.values(asteroid.subscriptions)) await inTime('subscription', ready);
  assert.equal(await inTime('login', asteroid.resumeLoginPromise), person.id);

  const { value } = await admin.get('/v1/settings/Site_Name');
  t.after(() => admin.post('/v1/settings/Site_Name', { value }));
  await admin.post('/v1/settings/Site_Name', { value: 'The Lighthouse' });
  await heard.next('setting', ({ args }) => args?.[1].value === 'The Lighthouse');
});

test('the older SDK takes its leave', async (t) => {
  const { id, username } = await newPerson();
  await connect(t);
  const { token } = await inTime('login', driver.asyncCall('login', [{ user: { username }, password: PASSWORD }]));
  await inTime('subscription', driver.subscribe('stream-notify-logged', CREATED));
  await inTime('logout', driver.disconnect());
  const login = new Asker({ 'X-User-Id': id, 'X-Auth-Token': token });
  assert.equal((await refusal(login, 'get', '/v1/me')).httpStatus, 401);
});

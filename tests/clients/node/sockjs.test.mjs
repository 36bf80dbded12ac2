// A client with the published SockJS library, as Meteor's old clients and Pidgin's plugin connect.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SockJS } from './published.mjs';
import { Received, inTime } from './waiting.mjs';
import { PASSWORD, newPerson } from './workspace.mjs';

/** Opens a connection over SockJS. It is closed after its test. */
async function open(t) {
  const received = new Received();
  const socket = new SockJS(`${process.env.CLIENTS_URL}/sockjs`, null, { transports: ['websocket'] });
  const closed = new Promise((resolve) => { socket.onclose = resolve; });
  t.after(async () => {
    socket.close();
    await inTime('end of the connection', closed);
  });
  socket.onmessage = ({ data }) => received.add(JSON.parse(data));
  await inTime('connection', new Promise((resolve) => { socket.onopen = resolve; }));
  const send = (message) => socket.send(JSON.stringify(message));
  return { closed, received, send, socket };
}

/** Opens a connection and completes the handshake of the realtime protocol. */
async function connect(t) {
  const client = await open(t);
  client.send({ msg: 'connect', version: '1', support: ['1', 'pre2', 'pre1'] });
  await client.received.next('greeting', ({ msg }) => msg === 'connected');
  return client;
}

const resultOf = (client, sent) => client.received.next(`result ${sent}`, ({ msg, id }) => msg === 'result' && id === sent);

test('a SockJS client logs in and sees a status change', async (t) => {
  const [watcher, person] = [await newPerson(), await newPerson()];
  const client = await connect(t);
  client.send({ msg: 'method', id: '1', method: 'login', params: [{ user: { username: watcher.username }, password: PASSWORD }] });
  const { result } = await resultOf(client, '1');
  assert.equal(result.id, watcher.id);
  client.send({ msg: 'sub', id: '2', name: 'stream-notify-logged', params: ['user-status', false] });
  await client.received.next('subscription', ({ msg, subs }) => msg === 'ready' && subs.includes('2'));
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'über "Mittag" 🍜' });
  const isTheirs = ({ fields }) => fields?.args?.[0]?.[0] === person.id && fields.args[0][3] !== '';
  const { fields } = await client.received.next('status', isTheirs);
  assert.deepEqual([fields.eventName, fields.args[0][3]], ['user-status', 'über "Mittag" 🍜']);
});

test('a SockJS client sets a status', async (t) => {
  const person = await newPerson();
  const client = await connect(t);
  client.send({ msg: 'method', id: '1', method: 'login', params: [{ resume: person.token }] });
  await resultOf(client, '1');
  client.send({ msg: 'method', id: '2', method: 'setUserStatus', params: ['away', 'via SockJS'] });
  assert.equal((await resultOf(client, '2')).error, undefined);
  const { status, statusText } = await person.get('/v1/me');
  assert.deepEqual([status, statusText], ['away', 'via SockJS']);
});

test('the first message is the one that Pidgin waits for', async (t) => {
  const { received } = await open(t);
  assert.deepEqual(await received.next('first message'), { server_id: '0' });
});

test('a SockJS client gets the code and the reason of a close', async (t) => {
  const client = await open(t);
  client.send({ msg: 'connect', version: '2', support: ['2'] });
  await client.received.next('refusal', ({ msg }) => msg === 'failed');
  const { code, wasClean } = await inTime('end of the connection', client.closed);
  assert.deepEqual([code, wasClean], [1000, true]);
});

// Webhooks from the receiver's side: the example in JavaScript, and the reference library of Standard Webhooks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Webhook, WebhookVerificationError } from './published.mjs';
import { Received, inTime } from './waiting.mjs';
import { admin, newPerson, unused } from './workspace.mjs';

const EXAMPLE = fileURLToPath(new URL('../../../plugins/webhook/examples/receiver.mjs', import.meta.url));
const OTHER_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

// Routes of doorsign, for which the published packages have no shapes.
const get = (route, params) => admin.client.get(`/v1/${route}`, params);
const post = (route, params) => admin.client.post(`/v1/${route}`, params);
const create = async (name) => (await admin.post('/v1/custom-user-status.create', { name, statusType: 'busy' })).customUserStatus._id;

/** Adds a webhook with this URL and returns its name and secret. It is removed after the test. */
async function add(context, url) {
  const name = unused('node');
  const { secret } = await post('webhooks.add', { name, url });
  context.after(() => post('webhooks.remove', { name }));
  return { name, secret };
}

/** An address without a listener: the secret is known only after the URL, and the example needs it at its start. No other test uses ports
 * of 127.0.0.2. */
async function freeAddress() {
  const server = createServer().listen(0, '127.0.0.2');
  await once(server, 'listening');
  const { address, port } = server.address();
  server.close();
  await once(server, 'close');
  return `${address}:${port}`;
}

/** Runs the example. `lines` records its output; `end` stops it, and waits for the last line. */
async function example(context, address, secret) {
  const environment = { ...process.env, WEBHOOK_SECRET: secret };
  const child = spawn(process.execPath, [EXAMPLE, address], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill());
  const lines = new Received();
  const printed = createInterface(child.stdout);
  const closed = once(printed, 'close');
  printed.on('line', (line) => lines.add(line));
  assert.equal(await lines.next('greeting'), `listens on http://${address}/`);
  const end = () => {
    child.kill();
    return inTime('end', closed);
  };
  return { lines, end };
}

/** The hook of a webhook, once it passes. */
function hookWhen(what, name, passes) {
  const look = async () => {
    const { hooks } = await get('hooks.list');
    const hook = hooks.find((one) => one.name === `webhook-${name}`);
    return passes(hook) ? hook : look();
  };
  return inTime(`hook that is ${what}`, look());
}

/** A receiver in this process, which accepts everything. */
async function collector(context) {
  const deliveries = new Received();
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    deliveries.add({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, deliveries };
}

test('the example prints each event once and in order', async (context) => {
  const address = await freeAddress();
  const webhook = await add(context, `http://${address}/`);
  const { lines, end } = await example(context, address, webhook.secret);
  const [person, word] = [await newPerson(), unused('Lunch ⏰')];
  const made = await create(`${word}\nbreak`);
  await admin.post('/v1/custom-user-status.update', { _id: made, name: `${word} is late`, statusType: 'away' });
  await admin.post('/v1/custom-user-status.delete', { customUserStatusId: made });
  await person.post('/v1/users.setStatus', { status: 'busy', message: 'Mittag' });
  const printed = [];
  for (const what of [
    `custom_user_status.created ${word} break`,
    `custom_user_status.updated ${word} is late`,
    `custom_user_status.deleted ${word} is late`,
    `presence.changed ${person.username} busy Mittag`,
  ]) {
    const line = await lines.next(what);
    const [, number, at] = line.match(/^evt_(\d+)_(\d+) /);
    assert.equal(line, `evt_${number}_${at} ${what}`);
    printed.push({ number: Number(number), at: Number(at) });
  }
  const numbers = printed.map(({ number }) => number);
  assert.deepEqual(numbers, [0, 1, 2, 3].map((n) => numbers[0] + n));

  // A replay of the same four prints nothing; a new event follows. Only events before the saved cursor are replayed.
  await hookWhen('at the end', webhook.name, ({ lag }) => lag === 0);
  const since = new Date(printed[0].at).toISOString();
  const { count } = await post('hooks.replay', { hook: `webhook-${webhook.name}`, since });
  assert.ok(count >= 4);
  await hookWhen('running', webhook.name, ({ state }) => state === 'running');
  await create(`${word} is over`);
  const last = await lines.next('line after the replay');
  assert.ok(last.endsWith(` custom_user_status.created ${word} is over`), last);
  await end();
  assert.equal(lines.all.length, 6);
});

test('the example refuses a signature with another secret', async (context) => {
  const address = await freeAddress();
  const webhook = await add(context, `http://${address}/`);
  const { lines, end } = await example(context, address, OTHER_SECRET);
  await create(unused('Lunch'));
  const { lastFailure } = await hookWhen('retrying', webhook.name, ({ state }) => state === 'retrying');
  assert.deepEqual([lastFailure.reason, lastFailure.attempts], ['answered 401 Unauthorized', 1]);
  await end();
  assert.equal(lines.all.length, 1, 'only the greeting');
});

test('the reference library verifies each delivery, even during a rotation', async (context) => {
  const { url, deliveries } = await collector(context);
  const { name: webhook, secret: old } = await add(context, url);
  const lunch = unused('Lunch ⏰');
  await create(lunch);
  const first = await deliveries.next('delivery');
  assert.equal(new Webhook(old).verify(first.body, first.headers).data.name, lunch);

  const { secret } = await post('webhooks.rotate', { name: webhook });
  assert.equal((await post('webhooks.test', { name: webhook })).status, 204);
  const tried = await deliveries.next('test');
  for (const each of [old, secret]) assert.equal(new Webhook(each).verify(tried.body, tried.headers).type, 'webhook.test');

  const tea = unused('Tea ☕');
  await create(tea);
  const { body, headers } = await deliveries.next('delivery');
  for (const each of [old, secret]) assert.equal(new Webhook(each).verify(body, headers).data.name, tea);
  const changed = body.replace('"busy"', '"away"');
  assert.notEqual(changed, body);
  for (const [each, text] of [[old, changed], [secret, changed], [OTHER_SECRET, body]]) {
    assert.throws(() => new Webhook(each).verify(text, headers), WebhookVerificationError);
  }
});

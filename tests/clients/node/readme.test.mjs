// Runs the example for browsers in docs/realtime.md, and checks its output.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import vm from 'node:vm';

import { WebSocket } from './published.mjs';
import { Received } from './waiting.mjs';
import { newPerson } from './workspace.mjs';

const page = await readFile(new URL('../../../docs/realtime.md', import.meta.url), 'utf8');
const example = page.split('```js\n').map((block) => block.split('```')[0]).find((block) => block.includes('new WebSocket'));

test('the example for browsers shows statuses as they change', async (t) => {
  const [ann, bob] = [await newPerson(), await newPerson()];
  const shown = new Received();
  const context = vm.createContext({
    WebSocket,
    location: { origin: process.env.CLIENTS_URL },
    console: { log: (...words) => shown.add(words) },
  });
  const socket = vm.runInContext(`${example.replace('"…"', JSON.stringify(ann.token))}\nsocket`, context);
  t.after(() => socket.close());
  // The page may or may not receive that Ann is online after her login, depending on when it subscribes. It receives later changes.
  await new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => JSON.parse(data).msg === 'ready' && resolve());
  });
  await bob.post('/v1/users.setStatus', { status: 'busy', message: 'at lunch' });
  await ann.post('/v1/users.setStatus', { status: 'busy', message: 'in a meeting' });
  assert.deepEqual(await shown.next('line about ann', ([name, , text]) => name === ann.username && text), [ann.username, 'busy', 'in a meeting']);
  assert.deepEqual(await shown.all.find(([name]) => name === bob.username), [bob.username, 'offline', 'at lunch']);
});

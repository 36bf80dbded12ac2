// Hidden statuses: one person sees another offline, and everyone else sees every change.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AWAY, BUSY, OFFLINE, goLive, nextStatus, recordStatusOf, watch } from './live.mjs';
import { admin, newPerson } from './workspace.mjs';

const hide = (person, ...from) =>
  person.post('/v1/users.setPreferences', { data: { statusVisibilityDenied: from.map(({ username }) => username) } });
const set = (person, status, message) => person.post('/v1/users.setStatus', { status, message });

test('a person who hides from another is offline for that one only, and live again afterwards', async (t) => {
  // The setting stays on: each change of it makes all clients reconnect.
  await admin.post('/v1/settings/Accounts_StatusVisibility_Enabled', { value: true });
  const [ann, bob, carol] = [await newPerson(), await newPerson(), await newPerson()];
  await goLive(t, ann);
  const [byBob, byCarol] = [await goLive(t, bob), await goLive(t, carol)];
  const [seenByBob, seenByCarol] = [await recordStatusOf(byBob, ann), await recordStatusOf(byCarol, ann)];
  const [watchedByBob, watchedByCarol] = [await watch(byBob, ann), await watch(byCarol, ann)];

  await set(ann, 'busy', 'in a meeting');
  await nextStatus(seenByBob, BUSY);
  await nextStatus(seenByCarol, BUSY);
  await hide(ann, bob);
  const [, username, , text, , , ...claim] = await nextStatus(seenByBob, OFFLINE);
  assert.deepEqual([username, text, claim], [ann.username, '', []]);
  assert.equal((await bob.get('/v1/users.getPresence', { userId: ann.id })).presence, 'offline');
  const [before, watchedBefore] = [seenByBob.all.length, watchedByBob.all.length];

  await set(ann, 'away', 'at lunch');
  await nextStatus(seenByCarol, AWAY);
  assert.equal((await carol.get('/v1/users.getPresence', { userId: ann.id })).presence, 'away');
  await set(ann, 'busy', 'back');
  await nextStatus(seenByCarol, BUSY);
  // Bob's connection has received everything up to a change of carol, which comes after those of ann.
  const carolByBob = await recordStatusOf(byBob, carol);
  await set(carol, 'busy', 'now');
  await nextStatus(carolByBob, BUSY);
  assert.deepEqual([seenByBob.all.length, watchedByBob.all.length], [before, watchedBefore]);
  assert.ok(seenByCarol.all.every(([, , code]) => code !== OFFLINE));
  assert.ok(watchedByCarol.all.every(({ fields }) => fields.args[0][1] !== OFFLINE));

  await hide(ann);
  const [, , , shownText] = await nextStatus(seenByBob, BUSY);
  assert.equal(shownText, 'back');
});

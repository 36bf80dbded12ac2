// The ends of a status in time zones with and without clock changes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { VECTORS } from './harness/vectors.mjs';

const PROGRAM = fileURLToPath(new URL('./harness/zone.mjs', import.meta.url));

/** The answers of harness/zone.mjs in a time zone. */
function askAll(zone, questions) {
  const env = { ...process.env, TZ: zone };
  const args = [PROGRAM, ...questions.map((question) => JSON.stringify(question))];
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8' }));
}

const ask = (zone, question) => askAll(zone, [question])[0];

for (const { zone, now, rule, at, local } of VECTORS) {
  test(`${rule} at ${now} in ${zone} is ${local} local time`, () => {
    const { end, again } = ask(zone, { now, rule });
    assert.deepEqual(end, { at, local });
    assert.deepEqual(again, end, 'the same rule, used again');
  });
}

test('a local time that clocks skip is refused with the next real time', () => {
  const { at, gap } = ask('Europe/Berlin', { date: '2027-03-28', time: '02:30' });
  assert.equal(at, null);
  assert.deepEqual(gap, { at: '2027-03-28T01:30:00.000Z', local: '28 03:30' });
});

test('a local time that occurs twice has both instants, the earlier one first', () => {
  const { at, twice } = ask('Europe/Berlin', { date: '2026-10-25', time: '02:30' });
  assert.deepEqual(twice, ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']);
  assert.equal(at.at, twice[0]);
  const half = ask('Australia/Lord_Howe', { date: '2027-04-04', time: '01:45' });
  assert.deepEqual(half.twice, ['2027-04-03T14:45:00.000Z', '2027-04-03T15:15:00.000Z']);
});

test('an ordinary local time is one instant', () => {
  assert.deepEqual(ask('Asia/Kathmandu', { date: '2026-11-30', time: '09:00' }), {
    at: { at: '2026-11-30T03:15:00.000Z', local: '30 09:00' },
    gap: null,
  });
});

test('a whole day that a zone skips is refused', () => {
  const { at, gap } = ask('Pacific/Apia', { date: '2011-12-30', time: '09:00' });
  assert.equal(at, null);
  assert.equal(gap.local, '31 09:00');
});

/** What is offered at an instant in UTC. 25 November 2026 is a Wednesday. */
const OFFERS = [
  ['2026-11-25T10:20:00Z', ['none', '30m', 'hour', '1h', 'noon', 'dayEnd', 'morning']],
  // The next full hour is an hour from now, or noon.
  ['2026-11-25T10:00:00Z', ['none', '30m', '1h', 'noon', 'dayEnd', 'morning']],
  ['2026-11-25T11:10:00Z', ['none', '30m', 'noon', '1h', 'dayEnd', 'morning']],
  // Less than 15 minutes before noon and less than 30 before the end of the day.
  ['2026-11-25T11:46:00Z', ['none', '30m', '1h', 'hour', 'dayEnd', 'morning']],
  ['2026-11-25T17:31:00Z', ['none', 'hour', '30m', '1h', 'midnight', 'morning']],
  // Before four in the morning, the next morning is today's.
  ['2026-11-25T03:59:00Z', ['none', '30m', '1h', 'hour', 'thisMorning', 'noon', 'dayEnd']],
  ['2026-11-25T04:00:00Z', ['none', '30m', '1h', 'noon', 'dayEnd', 'morning']],
  // Monday is offered from Thursday noon to Sunday, when it is not tomorrow.
  ['2026-11-26T11:00:00Z', ['none', '30m', '1h', 'noon', 'dayEnd', 'morning']],
  ['2026-11-26T12:00:00Z', ['none', '30m', '1h', 'dayEnd', 'morning', 'monday']],
  ['2026-11-28T12:00:00Z', ['none', '30m', '1h', 'dayEnd', 'morning', 'monday']],
  ['2026-11-29T12:00:00Z', ['none', '30m', '1h', 'dayEnd', 'morning']],
  ['2026-11-30T12:00:00Z', ['none', '30m', '1h', 'dayEnd', 'morning']],
];

test('each end is offered when it makes sense', () => {
  const answers = askAll('UTC', OFFERS.map(([now]) => ({ now })));
  answers.forEach(({ rules }, index) => assert.deepEqual(rules, OFFERS[index][1], OFFERS[index][0]));
  const { rules } = ask('UTC', { now: '2026-11-25T17:31:00Z', preferences: { dayEnd: '19:00' } });
  assert.ok(rules.includes('dayEnd'), 'the end of the day is a preference');
});

test('elapsed ends are rounded up to the minute', () => {
  const { end } = ask('UTC', { now: '2026-11-25T10:00:00.001Z', rule: '30m' });
  assert.equal(end.at, '2026-11-25T10:31:00.000Z');
});

// The comparison itself, with a fake version of the package and a fake server.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { differences } from './comparison.mjs';
import { Doorsign } from './doorsign.mjs';
import { readTypes } from './types.mjs';
import { requestsOf } from './upstream.mjs';

const folder = mkdtempSync(join(tmpdir(), 'typings-'));
after(() => rmSync(folder, { recursive: true }));
const ts = createRequire(`${process.env.TYPINGS_COMPILER}/`)('typescript');

/** Reads a version of the package with these declarations. */
function typesOf(declarations) {
  const installed = join(folder, 'node_modules/@rocket.chat/rest-typings');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{"name":"@rocket.chat/rest-typings","types":"index.d.ts"}');
  writeFileSync(join(installed, 'index.d.ts'), `type Check<T> = (value: unknown) => value is T;\nexport ${declarations}`);
  return readTypes(ts, folder);
}

const UPSTREAM = new Map([
  ['POST /v1/doors.open', new Set(['name', 'data', 'data.colour'])],
  ['GET /v1/doors.list', new Set(['count'])],
]);
const SERVED = new Set(['POST /v1/doors.open', 'GET /v1/doors.list']);
const everything = (route, properties) => new Set(properties);
const allBut = (...missing) => (route, properties) => new Set([...properties].filter((name) => !missing.includes(name)));
const row = (...properties) => ({ routes: [], properties: [{ route: 'POST /v1/doors.open', properties, reason: 'no paint' }] });
const nothing = { routes: [], properties: [] };

test('nothing differs if every property is accepted', async () => {
  assert.deepEqual(await differences(UPSTREAM, SERVED, everything, nothing), []);
});

test('a property that is neither accepted nor listed is a difference', async () => {
  const found = await differences(UPSTREAM, SERVED, allBut('data.colour'), nothing);
  assert.deepEqual(found, ['POST /v1/doors.open: Rocket.Chat accepts "data.colour", doorsign does not']);
});

test('a listed property is no difference, and covers what is inside it', async () => {
  assert.deepEqual(await differences(UPSTREAM, SERVED, allBut('data.colour'), row('data.colour')), []);
  assert.deepEqual(await differences(UPSTREAM, SERVED, allBut('data', 'data.colour'), row('data')), []);
});

test('a listed property that is accepted by now is a difference', async () => {
  const [found, ...more] = await differences(UPSTREAM, SERVED, everything, row('data.colour'));
  assert.match(found, /"data.colour" of POST \/v1\/doors.open is not needed any more/);
  assert.deepEqual(more, []);
});

test('a route that is not served has to be listed, by its name or with its noun', async () => {
  const served = new Set(['POST /v1/doors.open']);
  const listed = (...routes) => differences(UPSTREAM, served, everything, { routes: [{ routes, reason: 'many' }], properties: [] });
  assert.deepEqual(await listed(), ['GET /v1/doors.list: Rocket.Chat has this route, doorsign does not']);
  for (const pattern of ['GET /v1/doors.list', '/v1/doors.list', '/v1/doors.*']) assert.deepEqual(await listed(pattern), []);
  assert.equal((await listed('/v1/doors.list', '/v1/windows.*')).length, 1);
});

test('properties are read from types: of variants, of objects and of lists', () => {
  const types = typesOf(`type Endpoints = {
    '/v1/doors.open': { POST: (p: { id: string } | { name: string; at: Date; data: { colour?: 'red' }; keys: { no: number }[] }) => void };
    '/v1/doors.list': { GET: (p: { count?: number; near?: { x: number } }) => void; POST: () => void };
  }`);
  const requests = requestsOf(types, {});
  assert.deepEqual([...requests.get('POST /v1/doors.open')], ['id', 'name', 'at', 'data', 'data.colour', 'keys', 'keys[].no']);
  assert.deepEqual([...requests.get('GET /v1/doors.list')], ['count', 'near']);
  assert.deepEqual([...requests.get('POST /v1/doors.list')], []);
});

test('properties are read from validators: of the type of a route, or with its name', () => {
  const types = typesOf(`type Open = { name: string };
    type ValidateFunction<T> = { (value: unknown): value is T };
    type Endpoints = { '/v1/doors.open': { POST: (p: Open) => void }; '/v1/doors.list': { GET: () => void } };
    export declare const isOpenDoorProps: ValidateFunction<Open>;`);
  const validator = (...names) => ({ schema: { anyOf: [{ properties: Object.fromEntries(names.map((name) => [name, {}])) }] } });
  const named = {
    isDoorsListParamsGET: validator('count'),
    isDoorsKnockProps: validator('loud'),
    isDoorsKnockDELETEProps: validator('id'),
  };
  const validators = { isOpenDoorProps: validator('name', 'new'), ...named };
  const requests = requestsOf(types, validators, ['POST /v1/doors.knock', 'DELETE /v1/doors.knock']);
  const properties = [...requests].map(([route, names]) => [route, ...names]).sort();
  assert.deepEqual(properties, [
    ['DELETE /v1/doors.knock', 'id'],
    ['GET /v1/doors.list', 'count'],
    ['POST /v1/doors.knock', 'loud'],
    ['POST /v1/doors.open', 'name', 'new'],
  ]);
});

test('a server accepts what it does not refuse, and documents what it accepts without looking', async () => {
  const object = (properties, ...required) => ({ type: 'object', properties, required });
  const body = (schema) => ({ requestBody: { content: { 'application/json': { schema } } } });
  const open = body(object({ id: {}, data: object({ name: {}, size: {} }), free: {} }, 'id'));
  const list = { parameters: [{ name: 'count', in: 'query' }] };
  const paths = { '/api/v1/doors.open': { post: open }, '/api/v1/doors.list': { get: list } };
  // Refuses unknown fields of `data` only, and every parameter but `count`.
  const answer = (url, { id, data }) => {
    if (url.pathname === '/api/v1/openapi.json') return { paths };
    if (url.pathname === '/api/v1/login') return { data: {} };
    if (url.pathname === '/api/v1/doors.open' && !id) return { error: "must have required property 'id'" };
    const names = [...Object.keys(data ?? {}), ...url.searchParams.keys()];
    return { error: names.every((name) => ['name', 'count'].includes(name)) ? 'not found' : 'must NOT have additional properties' };
  };
  const server = createServer(async (request, response) => {
    let sent = '';
    for await (const part of request) sent += part;
    response.end(JSON.stringify(answer(new URL(request.url, 'http://localhost'), JSON.parse(sent || '{}'))));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const doorsign = await new Doorsign(`http://127.0.0.1:${server.address().port}`, 'admin', 'secret').open();
  const asked = ['id', 'new', 'data', 'data.name', 'data.size', 'free', 'free.any'];
  const accepted = await doorsign.accepted('POST /v1/doors.open', asked);
  assert.deepEqual([...accepted], ['id', 'data', 'data.name', 'free', 'free.any']);
  assert.deepEqual([...(await doorsign.accepted('GET /v1/doors.list', ['count', 'near']))], ['count']);
  server.close();
});

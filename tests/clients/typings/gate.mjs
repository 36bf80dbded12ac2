// Compares what the installed version of @rocket.chat/rest-typings accepts with what a running server accepts. Prints the differences.
import { readFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

import { differences } from './comparison.mjs';
import { Doorsign } from './doorsign.mjs';
import { readTypes } from './types.mjs';
import { requestsOf } from './upstream.mjs';

const { CLIENTS_URL, CLIENTS_USER, CLIENTS_PASSWORD, CLIENTS_NODE, TYPINGS_COMPILER } = process.env;
register('../node/bundled.mjs', import.meta.url);

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const types = readTypes(createRequire(`${TYPINGS_COMPILER}/`)('typescript'), CLIENTS_NODE);
const validators = await import('@rocket.chat/rest-typings');
const doorsign = await new Doorsign(CLIENTS_URL, CLIENTS_USER, CLIENTS_PASSWORD).open();
const served = doorsign.routes;
const upstream = requestsOf(types, validators, [...served.keys()]);
const listed = read(new URL('unserved.json', import.meta.url));
const found = await differences(upstream, served, (...asked) => doorsign.accepted(...asked), listed);

const compared = [...upstream].filter(([route, { size }]) => served.has(route) && size).length;
const { version } = read(`${CLIENTS_NODE}/node_modules/@rocket.chat/rest-typings/package.json`);
for (const line of found) console.error(line);
console.log(`rest-typings ${version}: ${compared} routes compared, ${found.length} differences`);
process.exitCode = found.length ? 1 : 0;

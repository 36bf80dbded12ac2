// The people that the tests are about. Each asks through Rocket.Chat's REST client, and every request and answer is held to its
// shape on the way. Knows nothing of what is tested.
import assert from 'node:assert/strict';

import { RestClient } from './published.mjs';
import { holdAnswer, holdFailure, holdRequest } from './shapes.mjs';

const { CLIENTS_URL, CLIENTS_USER, CLIENTS_PASSWORD, CLIENTS_CONTRACT } = process.env;
let numbers = 0;

export const contract = CLIENTS_CONTRACT;

/** The password of everybody that newPerson makes. */
export const PASSWORD = 'walrus-lantern-orbit';

/** A name that nothing else uses: neither another test nor the Python suite, which asks the same server. */
export const unused = (word) => `${word}-js-${(numbers += 1)}`;

/** The one item with this id. */
export function only(id, items) {
  const found = items.filter((item) => item._id === id);
  assert.equal(found.length, 1, JSON.stringify(items));
  return found[0];
}

/** Somebody who asks the server, logged in or not. */
export class Asker {
  constructor(credentials) {
    this.client = new RestClient({ baseUrl: CLIENTS_URL });
    if (credentials) this.client.setCredentials(credentials);
    this.id = credentials?.['X-User-Id'];
    this.token = credentials?.['X-Auth-Token'];
  }

  async get(route, params) {
    holdRequest(`GET ${route}`, params);
    const body = await this.client.get(route, params);
    holdAnswer(`GET ${route}`, body);
    return body;
  }

  async post(route, params) {
    holdRequest(`POST ${route}`, params);
    const body = await this.client.post(route, params);
    holdAnswer(`POST ${route}`, body);
    return body;
  }
}

/** What the server says when it refuses: `{ status, ...body }`. The request may be as wrong as it likes. */
export async function refusal(asker, method, route, params) {
  const refused = await asker.client[method](route, params).then(
    (body) => assert.fail(`accepted: ${JSON.stringify(body)}`),
    (response) => response,
  );
  if (refused instanceof Error) throw refused;
  const body = await refused.json();
  holdFailure(refused.status, body);
  return { httpStatus: refused.status, ...body };
}

/** Logs in by password. */
export async function logIn(username, password = PASSWORD) {
  const { data } = await new Asker().post('/v1/login', { username, password });
  return new Asker({ 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken });
}

export const admin = await logIn(CLIENTS_USER, CLIENTS_PASSWORD);
export const stranger = new Asker();

/** Makes a user with these fields, and logs in as them. */
export async function newPerson(fields = {}) {
  const username = unused('person');
  const email = `${username}@example.org`;
  const { user } = await admin.post('/v1/users.create', { name: 'Somebody', username, email, password: PASSWORD, ...fields });
  return Object.assign(await logIn(username), { id: user._id, username, email });
}

// Users for the tests, with Rocket.Chat's REST client. The shape of every request and response is validated.
import assert from 'node:assert/strict';

import { RestClient } from './published.mjs';
import { validateAnswer, validateFailure, validateRequest } from './shapes.mjs';

const { CLIENTS_URL, CLIENTS_USER, CLIENTS_PASSWORD, CLIENTS_CONTRACT, CLIENTS_COMPAT } = process.env;
let numbers = 0;

export const contract = CLIENTS_CONTRACT;

/** The response of Rocket.Chat 8, or its counterpart of 9 if the server follows that. */
export const eightOrNine = (eight, nine) => (CLIENTS_COMPAT === '9' ? nine : eight);

/** The password of all users that newPerson creates. */
export const PASSWORD = 'walrus-lantern-orbit';

/** A unique name, which neither another test nor the Python suite on the same server uses. */
export const unused = (word) => `${word}-js-${(numbers += 1)}`;

/** The one item with this id. */
export function only(id, items) {
  const found = items.filter((item) => item._id === id);
  assert.equal(found.length, 1, JSON.stringify(items));
  return found[0];
}

/** A client of the REST API, logged in or not. */
export class ApiUser {
  constructor(credentials) {
    this.client = new RestClient({ baseUrl: CLIENTS_URL });
    if (credentials) this.client.setCredentials(credentials);
    this.id = credentials?.['X-User-Id'];
    this.token = credentials?.['X-Auth-Token'];
  }

  async get(route, params) {
    validateRequest(`GET ${route}`, params);
    const body = await this.client.get(route, params);
    validateAnswer(`GET ${route}`, body);
    return body;
  }

  async post(route, params) {
    validateRequest(`POST ${route}`, params);
    const body = await this.client.post(route, params);
    validateAnswer(`POST ${route}`, body);
    return body;
  }
}

/** The refusal of the server: `{ httpStatus, ...body }`. The request may have any shape. */
export async function refusal(user, method, route, params) {
  const refused = await user.client[method](route, params).then(
    (body) => assert.fail(`accepted: ${JSON.stringify(body)}`),
    (response) => response,
  );
  if (refused instanceof Error) throw refused;
  const body = await refused.json();
  validateFailure(refused.status, body);
  return { httpStatus: refused.status, ...body };
}

/** Logs in by password. */
export async function logIn(username, password = PASSWORD) {
  const { data } = await new ApiUser().post('/v1/login', { username, password });
  return new ApiUser({ 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken });
}

export const admin = await logIn(CLIENTS_USER, CLIENTS_PASSWORD);
export const anonymous = new ApiUser();

/** Creates a user with these fields, and logs in as them. */
export async function newPerson(fields = {}) {
  const username = unused('person');
  const email = `${username}@example.org`;
  const { user } = await admin.post('/v1/users.create', { name: 'A. Person', username, email, password: PASSWORD, ...fields });
  return Object.assign(await logIn(username), { id: user._id, username, email });
}

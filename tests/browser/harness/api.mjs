// Calls of the REST API by Node.js, beside the browser: creates users, changes statuses from elsewhere.
import { ADMIN, PASSWORD } from './server.mjs';

/** The JSON of a call; `user` holds the headers of logIn. Throws unless the call succeeded. */
export async function call(server, user, method, path, body) {
  const headers = { ...user, ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const response = await fetch(`${server.url}/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const result = await response.json();
  if (!response.ok || result.success === false) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(result)}`);
  return result;
}

export const get = (server, user, path) => call(server, user, 'GET', path);

export const post = (server, user, path, body = {}) => call(server, user, 'POST', path, body);

/** Logs in and returns the headers of a client. */
export async function logIn(server, user = ADMIN, password = PASSWORD) {
  const { data } = await post(server, {}, 'login', { user, password });
  return { 'X-User-Id': data.userId, 'X-Auth-Token': data.authToken };
}

/** Creates a user with the role `user`, and returns their client's headers. */
export async function newUser(server, admin, username, name = username, more = {}) {
  const user = { username, name, email: `${username}@example.org`, password: PASSWORD, verified: true, ...more };
  await post(server, admin, 'users.create', user);
  return logIn(server, username);
}

export const setStatus = (server, user, status, message = '', expiresAt = undefined) =>
  post(server, user, 'users.setStatus', { status, message, expiresAt });

/** The time `minutes` from now on a full minute, in RFC 3339. */
export const inMinutes = (minutes) => new Date((Math.floor(Date.now() / 60_000) + minutes) * 60_000).toISOString();

// Live connections of users with Rocket.Chat's ddp-client, which record the events that they receive. Every connection is closed after
// its test.
import { DDPSDK, WebSocket } from './published.mjs';
import { Received, inTime } from './waiting.mjs';

const { CLIENTS_URL } = process.env;

/** The numbers of the statuses in events. */
export const [OFFLINE, ONLINE, AWAY, BUSY] = [0, 1, 2, 3];

/** Connects a client without a login. It reconnects up to `retries` times when the connection breaks. */
export async function connect(t, { Client = DDPSDK, retries = 0 } = {}) {
  const sdk = Client.create(CLIENTS_URL, { retryCount: retries, retryTime: 1 });
  t.after(() => hangUp(sdk));
  await inTime('connection', sdk.connection.connect());
  return sdk;
}

/** Connects, and logs in with the person's token from REST. */
export async function goLive(t, person, options) {
  const sdk = await connect(t, options);
  await inTime('login', sdk.account.loginWithToken(person.token));
  return sdk;
}

/** Closes the connection as a client does. */
export async function hangUp({ connection, timeoutControl }) {
  const { ws } = connection;
  connection.close();
  if (ws.readyState !== WebSocket.CLOSED) {
    await inTime('end of the connection', new Promise((resolve) => ws.once('close', resolve)));
  }
  timeoutControl.stop(); // Its timers outlive the connection.
}

/** Calls a method. Resolves with its result, or rejects with the error of the server. */
export const call = (sdk, method, ...params) => inTime(`result of ${method}`, sdk.call(method, ...params));

/** Subscribes to an event of a stream, and records what `convert` returns for its arguments, unless undefined. `sub` is the subscription. */
export async function record(sdk, stream, event, convert = (...args) => args) {
  const received = new Received();
  received.sub = sdk.stream(stream, event, (...args) => {
    const message = convert(...args);
    if (message !== undefined) received.add(message);
  });
  await inTime(`subscription to ${event}`, received.sub.ready());
  return received;
}

/** Records the `user-status` events of one person: `[uid, username, code, text, name, roles, source, expiresAt]`. */
export const recordStatusOf = (sdk, person) =>
  record(sdk, 'notify-logged', 'user-status', (args) => (args[0] === person.id ? args : undefined));

/** The next event with this status. */
export const nextStatus = (received, code) => received.next(`status ${code}`, ([, , shown]) => shown === code);

/** Watches the presence of these users, and records whole frames. */
export async function watch(sdk, ...people) {
  const received = new Received();
  sdk.client.onCollection('stream-user-presence', (frame) => received.add(frame));
  const sub = sdk.client.subscribe('stream-user-presence', '', { added: people.map(({ id }) => id) });
  await inTime('subscription to users', sub.ready());
  return received;
}

/** The error with which the server rejects a promise. */
export async function refused(promise) {
  const error = await promise.then(
    (result) => new Error(`accepted: ${JSON.stringify(result)}`),
    (reason) => reason,
  );
  if (error instanceof Error) throw error;
  return error;
}

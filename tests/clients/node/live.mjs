// People with a connection: they talk through Rocket.Chat's ddp-client, and what they hear is kept. Every connection ends with its
// test. Knows nothing of what is tested.
import { DDPSDK, WebSocket } from './published.mjs';
import { Heard, inTime } from './waiting.mjs';

const { CLIENTS_URL } = process.env;

/** How a status is told. */
export const [OFFLINE, ONLINE, AWAY, BUSY] = [0, 1, 2, 3];

/** Connects a client that nobody is logged in with. It comes back as often as `retries` says when the connection breaks. */
export async function connect(t, { Client = DDPSDK, retries = 0 } = {}) {
  const sdk = Client.create(CLIENTS_URL, { retryCount: retries, retryTime: 1 });
  t.after(() => hangUp(sdk));
  await inTime('connection', sdk.connection.connect());
  return sdk;
}

/** Connects, and logs in with the token that the person has from REST. */
export async function goLive(t, person, options) {
  const sdk = await connect(t, options);
  await inTime('login', sdk.account.loginWithToken(person.token));
  return sdk;
}

/** Ends the connection as a client does that is closed. */
export async function hangUp({ connection, timeoutControl }) {
  const { ws } = connection;
  connection.close();
  if (ws.readyState !== WebSocket.CLOSED) {
    await inTime('end of the connection', new Promise((resolve) => ws.once('close', resolve)));
  }
  timeoutControl.stop(); // Its timers outlive the connection.
}

/** Calls a method: its result, or what the server refuses it with. */
export const call = (sdk, method, ...params) => inTime(`result of ${method}`, sdk.call(method, ...params));

/** Subscribes to an event of a stream. What `told` makes of its arguments is heard, unless that is nothing; `sub` is the subscription. */
export async function hear(sdk, stream, event, told = (...args) => args) {
  const heard = new Heard();
  heard.sub = sdk.stream(stream, event, (...args) => {
    const message = told(...args);
    if (message !== undefined) heard.add(message);
  });
  await inTime(`subscription to ${event}`, heard.sub.ready());
  return heard;
}

/** What everybody is told of one person's status: `[uid, username, code, text, name, roles, source, expiresAt]`. */
export const hearStatusOf = (sdk, person) =>
  hear(sdk, 'notify-logged', 'user-status', (told) => (told[0] === person.id ? told : undefined));

/** The next time that the person is told to be so. */
export const nextStatus = (heard, code) => heard.next(`status ${code}`, ([, , shown]) => shown === code);

/** Begins to watch the presence of these people: whole frames are heard. */
export async function watch(sdk, ...people) {
  const heard = new Heard();
  sdk.client.onCollection('stream-user-presence', (frame) => heard.add(frame));
  const sub = sdk.client.subscribe('stream-user-presence', '', { added: people.map(({ id }) => id) });
  await inTime('subscription to people', sub.ready());
  return heard;
}

/** What the server refuses a promise with. */
export async function refused(promise) {
  const error = await promise.then(
    (result) => new Error(`accepted: ${JSON.stringify(result)}`),
    (reason) => reason,
  );
  if (error instanceof Error) throw error;
  return error;
}

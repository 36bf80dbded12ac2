#!/usr/bin/env node
// A receiver of doorsign's webhooks: prints a line for each event. It needs Node.js and no packages.
//
//     WEBHOOK_SECRET=whsec_… node receiver.mjs 127.0.0.1:8009
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_S = 5 * 60;
const LONGEST = 20_000; // In bytes; doorsign sends nothing longer.
const KEY = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');

// The ids of events that were dealt with. It is kept in memory for the example's sake, and is empty after a restart: better have
// them in the database that the event changes, and add to both in one transaction.
const seen = new Set();
const SEEN_MOST = 10_000;

/** Returns whether the signature is valid and recent. */
function isSigned(headers, body) {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '', 'webhook-signature': signatures = '' } = headers;
  // Otherwise a recorded request could be sent again forever. Digits alone, so that it is a number.
  if (!/^\d+$/.test(timestamp) || Math.abs(Math.floor(Date.now() / 1000) - Number(timestamp)) > TOLERANCE_S) return false;
  // Verify the body as received: JSON that was parsed and written again may differ.
  const tag = createHmac('sha256', KEY).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const expected = Buffer.from(`v1,${tag}`);
  // During a rotation there is one signature per secret. A plain === would leak by its time how much of one is right;
  // timingSafeEqual requires equal lengths, which are public.
  return signatures.split(' ').some((text) => {
    const signature = Buffer.from(text);
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  });
}

/** What you want webhooks for. Print it, in this example. */
function dealWith({ type, data }) {
  const about =
    type === 'presence.changed'
      ? `${data.user.username} ${data.status} ${data.statusText}`
      : (data.name ?? ''); // Types may be added, and tests have nothing in them.
  return `${type} ${about}`;
}

/** The status to answer with. Nothing in here waits, so that two deliveries of one event cannot get between each other's lines. */
function receive(headers, body) {
  if (!isSigned(headers, body)) return 401;
  const id = headers['webhook-id'];
  // The same event can come again, when our answer was lost for instance. It has the same id then.
  if (seen.has(id)) return 204;
  const line = `${id} ${dealWith(JSON.parse(body))}`;
  // Names and texts may have anything in them, line breaks included.
  console.log(line.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ').trim());
  // Only now: had it failed, it would come again, and be new.
  seen.add(id);
  if (seen.size > SEEN_MOST) seen.delete(seen.values().next().value);
  return 204;
}

const server = createServer(async (request, response) => {
  try {
    const parts = [];
    let length = 0;
    for await (const part of request) {
      length += part.length;
      if (length > LONGEST) return response.writeHead(413, { connection: 'close' }).end();
      parts.push(part);
    }
    response.writeHead(receive(request.headers, Buffer.concat(parts))).end();
  } catch (error) {
    // The sender has gone, or dealing with the event went wrong: anything but 2xx makes it come again.
    console.error(error);
    response.writeHead(500).end();
  }
});

const [, host, port] = process.argv[2].match(/^(.*):(\d+)$/);
server.listen(Number(port), host, () => console.log(`listens on http://${host}:${server.address().port}/`));

// The session's cookie outside of a browser, with the headers that different pages would send.
import { createServer, request } from 'node:http';

/** The cookie of a visitor's session as `NAME=VALUE`, and its token. */
export async function sessionCookie(visitor) {
  const cookies = await visitor.context.cookies();
  const found = cookies.find(({ name }) => /doorsign/.test(name));
  return { ...found, header: `${found.name}=${found.value}`, token: decodeURIComponent(found.value).split('.').at(-1) };
}

/** Sends a request with exactly these headers: `fetch` would refuse some. Resolves to status, headers, and text. */
export function send(server, method, path, headers, body) {
  return new Promise((resolve, reject) => {
    const sent = request(server.url + path, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (bytes) => (text += bytes));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Another site: one page, on a port of its own. Returns the port. */
export async function otherSite(t, html) {
  const site = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>other</title>${html}`);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    site.close();
    site.closeAllConnections();
  });
  return site.address().port;
}

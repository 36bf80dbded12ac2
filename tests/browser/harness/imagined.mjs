// A board of any size without a server's users: the page's stream is replaced in the browser.

const STATUSES = ['online', 'busy', 'away', 'offline'];
const FIRST = ['Ann', 'Björn', 'Chidi', 'Dana', 'Eve', 'François', 'Grażyna', 'Hans-Joachim', 'İpek', 'José'];
const LAST = ['Kowalski', 'Çelik', 'Okonkwo', 'Fuchs', 'Li', 'de la Fontaine', 'Nguyễn', 'O’Hara', 'Zimmermann', 'Sato'];
const TEXTS = ['', 'In a meeting', 'Lunch', 'Pairing with Dana', '', 'Focus until the release is done'];

/** `count` people with names, states and texts of different lengths. */
export const people = (count) =>
  Array.from({ length: count }, (_, index) => {
    const number = index >= 100 ? ` ${index}` : '';
    const text = TEXTS[index % TEXTS.length];
    return {
      _id: `id${index}`,
      username: `user${index}`,
      name: `${FIRST[index % 10]} ${LAST[Math.floor(index / 10) % 10]}${number}`,
      status: STATUSES[index % 4],
      ...(text ? { statusText: text, statusExpiresAt: new Date(Date.now() + 3_600_000).toISOString() } : {}),
      statusSource: 'manual',
      statusSince: new Date(Date.now() - 600_000).toISOString(),
      roles: ['user'],
      type: 'user',
    };
  });

/**
 * Replaces the stream of the board by one with these people. The page gets `pushFrame(name, data)`, `parsedAt`, the time at which it
 * began to read the board, and `drawnAt`, the time at
 * which everyone who is not offline had a card.
 */
export const imagine = (all) => (page) =>
  page.evaluateOnNewDocument((list) => {
    const real = globalThis.fetch;
    const parse = JSON.parse;
    const encoder = new TextEncoder();
    const frame = (name, data) => encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const board = () => ({ version: '0', build: document.documentElement.dataset.build, time: new Date().toISOString(), title: 'Studio North', audience: 'member', people: list });
    const here = list.filter(({ status }) => status !== 'offline').length;
    const isDrawn = () => document.querySelectorAll('li.card').length >= here;
    new MutationObserver(() => isDrawn() && (globalThis.drawnAt ??= performance.now())).observe(document, { subtree: true, childList: true });
    JSON.parse = (text, ...more) => {
      if (text.length > 20 && text.includes('"audience"')) globalThis.parsedAt = performance.now();
      return parse(text, ...more);
    };
    globalThis.fetch = (address, ...more) => {
      if (!String(address).endsWith('/api/v1/board')) return real(address, ...more);
      const body = new ReadableStream({
        start(controller) {
          globalThis.pushFrame = (name, data) => controller.enqueue(frame(name, data));
          controller.enqueue(frame('board', board()));
        },
      });
      return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }));
    };
  }, all);

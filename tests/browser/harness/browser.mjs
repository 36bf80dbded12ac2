// Chromium and Firefox, headless. Every page is watched: errors of scripts, reports of the content security policy and requests to other
// hosts fail the test that opened it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { puppeteer } from './packages.mjs';
import { PASSWORD } from './server.mjs';
import { within } from './waiting.mjs';

/** Names of this machine, for tests of sites and origins. */
export const SITE = 'office.test';
export const SIBLING = 'evil.office.test';
export const STRANGER = 'elsewhere.test';
const NAMES = [SITE, SIBLING, STRANGER];

// Tests run as root in containers, where Chromium's sandbox does not start.
const CHROMIUM = {
  browser: 'chrome',
  executablePath: 'chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=${NAMES.map((name) => `MAP ${name} 127.0.0.1`).join(',')}`],
};
const FIREFOX = { browser: 'firefox', executablePath: 'firefox-esr', extraPrefsFirefox: { 'network.dns.localDomains': NAMES.join(',') } };

/** Whether a message of the console is the browser's own note about an answer that a test provokes: it is not an error of ours. */
const isNote = (text) => /Failed to load resource|the server responded with a status|net::ERR_|NetworkError|Cross-Origin Request/.test(text);

async function start(options) {
  const executablePath = execFileSync('which', [options.executablePath], { encoding: 'utf8' }).trim();
  return puppeteer.launch({ ...options, executablePath, headless: true, acceptInsecureCerts: true });
}

/** Both browsers, by name. */
export const BROWSERS = { Chromium: () => start(CHROMIUM), Firefox: () => start(FIREFOX) };

/** A browser profile of its own, with no cookies. `t.after` checks that its pages had no faults. */
export class Visitor {
  constructor(context, server) {
    this.context = context;
    this.server = server;
    this.faults = [];
    this.requests = [];
    this.streams = new Set(); // Pages that asked for a stream of the board.
  }

  static async arrive(t, browser, server) {
    const visitor = new Visitor(await browser.createBrowserContext(), server);
    t.after(() => visitor.context.close().catch(() => {}));
    t.after(() => assert.deepEqual(visitor.faults, []));
    return visitor;
  }

  /** Opens `path` in a new tab; `prepare(page)` runs before. */
  async open(path, { prepare = async () => {}, size = { width: 1280, height: 800 } } = {}) {
    const page = await this.context.newPage();
    this.watch(page);
    page.setDefaultTimeout(within(30_000));
    await page.setViewport(size);
    await prepare(page);
    await page.goto(this.server.url + path, { waitUntil: 'domcontentloaded' });
    return page;
  }

  watch(page) {
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !isNote(text)) this.faults.push(`${page.url()}: ${text}`);
      if (/Content.Security.Policy/i.test(text)) this.faults.push(`${page.url()}: ${text}`);
    });
    page.on('pageerror', (error) => this.faults.push(`${page.url()}: ${error}`));
    page.on('request', (request) => {
      const url = request.url();
      this.requests.push(url);
      if (url.endsWith('/api/v1/board')) this.streams.add(page);
      if (!/^(data|blob|about):/.test(url) && !url.startsWith(this.server.url)) this.faults.push(`${page.url()}: requests ${url}`);
    });
  }

  /** A tab at `path` in which `username` is logged in, by the call that the login page makes: from a page that does nothing by itself. */
  async logIn(username, path = '/', options = {}) {
    const page = await this.open('/display', options);
    await startSession(page, username, options.password);
    await page.goto(this.server.url + path, { waitUntil: 'domcontentloaded' });
    return page;
  }
}

/** Logs in within the page, which gets the cookie. */
export async function startSession(page, user, password = PASSWORD) {
  const code = await page.evaluate(
    async (body) => {
      const headers = { 'Content-Type': 'application/json' };
      const base = document.documentElement.dataset.base ?? '';
      return (await fetch(`${base}/api/v1/session.start`, { method: 'POST', headers, body })).status;
    },
    JSON.stringify({ user, password }),
  );
  assert.equal(code, 200, `session.start as ${user}`);
}

/** Moves the device's clock by `milliseconds` in every document of the page from then on. */
export async function moveClock(page, milliseconds) {
  await page.evaluateOnNewDocument((shift) => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...parts) {
        if (parts.length) super(...parts);
        else super(Real.now() + shift);
      }

      static now() {
        return Real.now() + shift;
      }
    };
  }, milliseconds);
}

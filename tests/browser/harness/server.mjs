// A real server on a port of its own: starts, freezes, kills and restarts it on the same data, and runs commands against it.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from './waiting.mjs';

const BINARY = process.env.BROWSER_SERVER;

export const ADMIN = 'admin';

/** The password of every user that tests create, the administrator included. */
export const PASSWORD = 'walrus-lantern-orbit';

/** Limits that tests of pages would reach: they have their own tests. */
const SETTINGS = {
  DOORSIGN_ADMIN_USERNAME: ADMIN,
  DOORSIGN_ADMIN_PASSWORD: PASSWORD,
  DOORSIGN_RATE_LIMIT_CALLS: '0',
  DOORSIGN_LOG: 'info',
};

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}

/** Resolves to whether a connection to the port succeeds. */
const isOpen = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

export class Server {
  constructor(port, settings) {
    this.port = port;
    this.folder = mkdtempSync(join(tmpdir(), 'doorsign-browser-'));
    this.settings = settings;
    this.url = `http://127.0.0.1:${port}`;
    this.program = BINARY;
    this.args = ['--listen', `127.0.0.1:${port}`, '--data', join(this.folder, 'data')];
  }

  /** Starts a server with `settings` (environment variables) in addition to those of every test. `t.after` ends it. */
  static async start(t, settings = {}) {
    const server = new Server(await freePort(), { ...SETTINGS, ...settings });
    t.after(() => server.remove());
    await server.up();
    return server;
  }

  /** Starts a server for the first time in a terminal, where it prints a link. */
  static async inTerminal(t) {
    const server = new Server(await freePort(), {});
    const command = [BINARY, ...server.args].join(' ');
    [server.program, server.args] = ['script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null']];
    t.after(() => server.remove());
    await server.up();
    return server;
  }

  /** Starts a server in memory whose clock tests can set. Its users are admin, ann and bob; their passwords are their names. */
  static async dev(t, settings = {}) {
    const { DOORSIGN_LOG } = SETTINGS;
    const server = new Server(await freePort(), { DOORSIGN_LOG, DOORSIGN_CONTRACT: 'documented', ...settings });
    server.args = ['dev', '--listen', `127.0.0.1:${server.port}`];
    t.after(() => server.remove());
    await server.up();
    return server;
  }

  /** Stops the clock of a server in dev mode at an instant. */
  async setClock(now) {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${this.url}/dev/clock`, { method: 'POST', headers, body: JSON.stringify({ now, frozen: true }) });
    if (!response.ok) throw new Error(await response.text());
  }

  get log() {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }

  environment() {
    const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('DOORSIGN_') || name === 'DOORSIGN_WEB_FOLDER');
    return { ...Object.fromEntries(kept), ...this.settings };
  }

  /** Starts the process and waits until it accepts connections. */
  async up() {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.process = spawn(this.program, this.args, { cwd: this.folder, env: this.environment(), stdio: ['ignore', log, log] });
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
    await eventually(`a server on ${this.port}: ${this.log}`, () => isOpen(this.port), 30_000);
  }

  /** Ends the process with `signal` and waits for its end. */
  async down(signal = 'SIGTERM') {
    process.kill(this.pid, signal);
    await this.ended;
  }

  /** The id of the server's process, which is the child of a terminal. */
  get pid() {
    const { pid } = this.process;
    return this.program === BINARY ? pid : Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  freeze() {
    this.process.kill('SIGSTOP');
  }

  thaw() {
    this.process.kill('SIGCONT');
  }

  /** Runs `doorsign ARGS` on the server's data and returns what it prints. */
  command(...args) {
    const all = [...args, '--data', join(this.folder, 'data')];
    return execFileSync(BINARY, all, { cwd: this.folder, env: this.environment(), encoding: 'utf8' });
  }

  async remove() {
    this.thaw();
    if (this.process.exitCode === null && this.process.signalCode === null) await this.down('SIGKILL');
    const panicked = existsSync(join(this.folder, 'log')) && this.log.includes('panicked');
    const { log } = this;
    rmSync(this.folder, { recursive: true, force: true });
    if (panicked) throw new Error(`the server panicked:\n${log}`);
  }
}

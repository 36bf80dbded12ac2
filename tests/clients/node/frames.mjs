// A connection that sends and receives whole frames, as the mobile app does, whose client is in no package. It is closed after its
// test.
import { once } from 'node:events';

import { WebSocket } from './published.mjs';
import { Received, inTime } from './waiting.mjs';

const ADDRESS = `${process.env.CLIENTS_URL.replace(/^http/, 'ws')}/websocket`;

export class Frames extends Received {
  #ids = 0;

  constructor() {
    super();
    this.socket = new WebSocket(ADDRESS);
    this.closed = once(this.socket, 'close');
    this.socket.on('message', (frame) => this.add(JSON.parse(frame)));
  }

  /** Opens a connection without sending a frame. */
  static async open(t) {
    const frames = new Frames();
    t.after(() => frames.close());
    await inTime('connection', once(frames.socket, 'open'));
    return frames;
  }

  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  /** Sends the frame with a new id, and returns the frame that answers it. */
  async ask(frame, answers) {
    const id = `ddp-${(this.#ids += 1)}`;
    this.send({ ...frame, id });
    return this.next(`answer to ${JSON.stringify(frame)}`, (answer) => answers(answer, id));
  }

  async connect() {
    this.send({ msg: 'connect', version: '1', support: ['1', 'pre2', 'pre1'] });
    return this.next('greeting', ({ msg }) => msg === 'connected');
  }

  call(method, ...params) {
    return this.ask({ msg: 'method', method, params }, ({ msg, id }, sent) => msg === 'result' && id === sent);
  }

  subscribe(name, ...params) {
    return this.ask({ msg: 'sub', name, params }, ({ subs, id }, sent) => subs?.[0] === sent || id === sent);
  }

  async close() {
    this.socket.close();
    await inTime('end of the connection', this.closed);
  }
}

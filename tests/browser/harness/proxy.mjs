// A TCP proxy that breaks connections in the ways a network does. A browser's own offline mode does not cut streams that are open.
import { connect, createServer } from 'node:net';

const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

export class Proxy {
  constructor(target) {
    this.target = target;
    this.mode = 'pass';
    this.sockets = new Set();
    this.received = '';
  }

  /** How many clients wait for the end of a response to the path. */
  open(path) {
    return [...this.sockets].filter((socket) => socket.request === path).length;
  }

  /** Starts a proxy in front of the port `target`. It keeps the bytes that clients send in `received`. */
  static async start(t, target, port = 0) {
    const proxy = new Proxy(target);
    proxy.listener = createServer((client) => proxy.accept(client));
    await new Promise((resolve) => proxy.listener.listen(port, '127.0.0.1', resolve));
    proxy.port = proxy.listener.address().port;
    proxy.url = `http://127.0.0.1:${proxy.port}`;
    t.after(() => proxy.close());
    return proxy;
  }

  accept(client) {
    this.add(client);
    if (this.mode === 'reset') return client.resetAndDestroy();
    if (this.mode === 'unavailable') return client.once('data', () => client.end(UNAVAILABLE));
    if (this.mode === 'drop') return client.resume();
    const server = this.add(connect(this.target, '127.0.0.1'));
    this.copy(client, server, (bytes) => this.look(client, bytes.toString('latin1')));
    this.copy(server, client, () => {});
  }

  look(client, text) {
    this.received += text;
    client.request = /^[A-Z]+ (\S+) HTTP/.exec(text)?.[1] ?? client.request;
  }

  add(socket) {
    this.sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket));
    return socket;
  }

  /** Copies bytes until the mode is `drop`: then they disappear, and the other side is not notified. */
  copy(from, to, look) {
    from.on('data', (bytes) => {
      look(bytes);
      if (this.mode !== 'drop') to.write(bytes);
    });
    from.on('close', () => this.mode !== 'drop' && to.destroy());
  }

  /** Passes everything on again. Connections from before a `drop` stay dead. */
  pass() {
    this.mode = 'pass';
    this.end((socket) => socket.destroy());
  }

  /** Loses all packets of open and of new connections, without a reset. */
  drop() {
    this.mode = 'drop';
  }

  /** Resets open and new connections. */
  reset() {
    this.mode = 'reset';
    this.end((socket) => socket.resetAndDestroy());
  }

  /** Resets open connections and answers new ones with 503, like a proxy without a server. */
  unavailable() {
    this.mode = 'unavailable';
    this.end((socket) => socket.resetAndDestroy());
  }

  /** Closes open connections, whose clients may reconnect. */
  cut() {
    this.end((socket) => socket.destroy());
  }

  end(how) {
    for (const socket of this.sockets) how(socket);
  }

  close() {
    this.cut();
    this.listener.close();
  }
}

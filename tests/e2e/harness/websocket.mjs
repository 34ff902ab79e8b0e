// A WebSocket client (RFC 6455) that can also send what no polite client does, and that sees why it was refused.

import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

import { later } from './process.mjs';

/** Kinds of frames, RFC 6455 section 5.2. */
export const TEXT = 1;
export const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** What section 1.3 appends to the key before it is hashed. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class Socket {
  /**
   * Asks for a WebSocket and resolves with the answer: `status` is 101 if it is open, and else that of the refusal,
   * whose text is `body`.
   */
  static open(t, address, { protocols = [], headers = {} } = {}) {
    const { hostname, port, pathname } = new URL(address);
    const key = randomBytes(16).toString('base64');
    const lines = {
      Host: `${hostname}:${port}`,
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': key,
      ...(protocols.length > 0 && { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
      ...headers,
    };
    const request = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    return new Promise((done, failed) => {
      const stream = connect(Number(port), hostname, () => stream.write(`GET ${pathname} HTTP/1.1\r\n${request.join('')}\r\n`));
      const socket = new Socket(stream, { key, done });
      stream.once('error', failed);
      later(t, () => stream.destroy());
    });
  }

  #stream;
  #asked;
  #rest = Buffer.alloc(0);
  #watchers = new Set();

  constructor(stream, asked) {
    this.#stream = stream;
    this.#asked = asked;
    this.messages = [];
    this.closed = new Promise((done) => {
      stream.on('close', () => {
        // As browsers say it when no close frame came.
        this.end ??= { code: 1006 };
        if (!this.status) asked.done(Object.assign(this, { status: 0 }));
        done(this.end);
        this.#look();
      });
    });
    stream.on('error', () => {});
    stream.on('data', (bytes) => {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      if (this.status !== 101) this.#answered();
      if (this.status === 101) this.#frames();
      this.#look();
    });
  }

  /** Reads the answer to the request. A refusal is complete once all of its body is here. */
  #answered() {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [first, ...lines] = this.#rest.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0].toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const status = Number(first.split(' ')[1]);
    const body = this.#rest.subarray(end + 4);
    if (status === 101) {
      const accept = createHash('sha1').update(this.#asked.key + KEY_SUFFIX).digest('base64');
      if (headers['sec-websocket-accept'] !== accept) throw new Error('the answer is to another request');
      this.#rest = body;
    } else if (body.length < Number(headers['content-length'] ?? 0)) {
      return;
    } else {
      this.body = body.toString('utf8');
      this.#stream.destroy();
    }
    Object.assign(this, { status, protocol: headers['sec-websocket-protocol'] });
    this.#asked.done(this);
  }

  /** Takes whole frames off what has come. The server masks nothing, and splits no message. */
  #frames() {
    for (;;) {
      if (this.#rest.length < 2) return;
      const short = this.#rest[1] & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#rest.length < head) return;
      const length = short === 126 ? this.#rest.readUInt16BE(2) : short === 127 ? Number(this.#rest.readBigUInt64BE(2)) : short;
      if (this.#rest.length < head + length) return;
      const opcode = this.#rest[0] & 0x0f;
      const payload = this.#rest.subarray(head, head + length);
      this.#rest = this.#rest.subarray(head + length);
      if (opcode === PING) this.send(payload, { opcode: PONG });
      else if (opcode === CLOSE) this.#closing(payload);
      else if (opcode === TEXT) this.messages.push(payload.toString('utf8'));
      else if (opcode === BINARY) this.messages.push(Buffer.from(payload));
    }
  }

  #closing(payload) {
    this.end ??= { code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.toString('utf8', 2) };
    this.send(payload.subarray(0, 2), { opcode: CLOSE });
    this.#stream.end();
  }

  #look() {
    for (const look of this.#watchers) look();
  }

  /** Sends one frame: a string as text, bytes as binary. `masked: false` is against the rules. */
  send(content, { opcode = typeof content === 'string' ? TEXT : BINARY, masked = true } = {}) {
    const payload = Buffer.from(content);
    const { length } = payload;
    const size = Buffer.alloc(length < 126 ? 1 : length < 65_536 ? 3 : 9);
    if (size.length === 1) size[0] = length;
    else if (size.length === 3) size.writeUInt16BE(length, 1);
    else size.writeBigUInt64BE(BigInt(length), 1);
    if (size.length > 1) size[0] = size.length === 3 ? 126 : 127;
    if (masked) size[0] |= 0x80;
    // A mask of zeros leaves the payload as it is.
    const mask = Buffer.alloc(masked ? 4 : 0);
    if (!this.#stream.destroyed) this.#stream.write(Buffer.concat([Buffer.from([0x80 | opcode]), size, mask, payload]));
    return this;
  }

  /** The next message that no earlier wait has taken and `wanted` accepts. */
  next(wanted = () => true, what = 'message', limitMs = 10_000) {
    return this.#until(() => {
      const at = this.messages.findIndex(wanted);
      return at >= 0 ? this.messages.splice(at, 1)[0] : undefined;
    }, what, limitMs);
  }

  /** Waits for the end, and gives its code: 1006 if the connection broke without one. */
  async closes(limitMs = 15_000) {
    return (await this.#until(() => this.end, 'close', limitMs)).code;
  }

  #until(find, what, limitMs) {
    return new Promise((done, failed) => {
      const finish = (settle, value) => {
        clearTimeout(limit);
        this.#watchers.delete(look);
        settle(value);
      };
      const look = () => {
        const found = find();
        if (found !== undefined) finish(done, found);
        else if (this.end) finish(failed, new Error(`the socket closed with ${this.end.code} before a ${what}`));
      };
      const limit = setTimeout(() => finish(failed, new Error(`no ${what} within ${limitMs} ms`)), limitMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** Closes in order and waits until the server has too. */
  async close() {
    this.send(Buffer.from([1000 >> 8, 1000 & 0xff]), { opcode: CLOSE });
    await this.closed;
  }
}

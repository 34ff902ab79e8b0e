// A SIP client over UDP that notes when each message left and came: what a phone's event log is too coarse for.

import { createSocket } from 'node:dgram';

import { LOOPBACK } from '../e2e/harness/ports.mjs';
import { Call } from './call.mjs';

export class Caller {
  /** Opens a client that calls with an account of the platform's carrier. */
  static async open(platform) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
    await new Promise((done) => socket.bind(0, LOOPBACK, done));
    return new Caller(socket, platform);
  }

  constructor(socket, platform) {
    Object.assign(this, { socket, port: socket.address().port, target: platform.ports.sip, account: platform.account, calls: new Map() });
    socket.on('message', (bytes) => this.#told(bytes.toString('latin1')));
  }

  /** Calls a number. `rtpPort` is where its audio is wanted; nothing listens there if only the signalling counts. */
  call(number, { rtpPort = 9 } = {}) {
    const call = new Call(this, number, rtpPort);
    this.calls.set(call.id, call);
    call.invite();
    return call;
  }

  send(text) {
    this.socket.send(text, this.target, LOOPBACK);
  }

  #told(text) {
    this.calls.get(/^Call-ID: *(\S+)/im.exec(text)?.[1])?.told(text);
  }

  close() {
    for (const call of this.calls.values()) call.forget();
    this.socket.close();
  }
}

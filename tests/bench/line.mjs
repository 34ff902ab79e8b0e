// The audio of one call at the phone's side: a tone sent in G.711 mu-law, and what arrives, packet by packet.

import { createSocket } from 'node:dgram';

import { LOOPBACK } from '../e2e/harness/ports.mjs';
import { powerOf } from '../e2e/harness/tones.mjs';
import { now } from './clock.mjs';

/** Samples and milliseconds of a packet at 8 kHz. */
const SAMPLES = 160;
const PACKET_MS = 20;

/** A tone is there from this power on, 1 being full scale: -40 dB. */
const AUDIBLE = 1e-4;

export class Line {
  static async open({ sends, listens }) {
    const socket = createSocket('udp4');
    await new Promise((done) => socket.bind(0, LOOPBACK, done));
    return new Line(socket, sends, listens);
  }

  constructor(socket, sends, listens) {
    Object.assign(this, { socket, port: socket.address().port, listens, heardAt: undefined, came: 0, audible: 0, sequence: 0 });
    // 1000 Hz and 440 Hz repeat within a second, which is fifty packets.
    this.packets = Array.from({ length: 50 }, (_, i) => tone(sends, i * SAMPLES));
    this.ssrc = Math.floor(Math.random() * 2 ** 32);
    socket.on('message', (packet) => this.#heard(packet));
  }

  /** Sends the tone from now on to where the call's answer says. */
  start(sdp) {
    const port = Number(/^m=audio (\d+)/m.exec(sdp)[1]);
    const began = performance.now();
    const send = () => {
      // What a late timer missed is sent now, so that there are fifty packets in every second.
      while (this.sequence * PACKET_MS <= performance.now() - began) this.socket.send(this.#packet(), port, LOOPBACK);
    };
    this.timer = setInterval(send, PACKET_MS / 2);
    send();
  }

  close() {
    clearInterval(this.timer);
    this.socket.close();
  }

  #packet() {
    const head = Buffer.alloc(12);
    head[0] = 0x80;
    head[1] = this.sequence === 0 ? 0x80 : 0;
    head.writeUInt16BE(this.sequence & 0xffff, 2);
    head.writeUInt32BE((this.sequence * SAMPLES) >>> 0, 4);
    head.writeUInt32BE(this.ssrc, 8);
    const packet = Buffer.concat([head, this.packets[this.sequence % 50]]);
    this.sequence += 1;
    return packet;
  }

  #heard(packet) {
    if (packet.length !== 12 + SAMPLES || (packet[1] & 0x7f) !== 0) return;
    this.came += 1;
    const samples = Float64Array.from(packet.subarray(12), decoded);
    if (powerOf(samples, 8000, this.listens) < AUDIBLE) return;
    this.audible += 1;
    this.heardAt ??= now();
  }
}

function tone(hz, from) {
  const at = (i) => 0.5 * Math.sin((2 * Math.PI * hz * (from + i)) / 8000);
  return Buffer.from(Array.from({ length: SAMPLES }, (_, i) => encoded(Math.round(at(i) * 32_767))));
}

/** ITU-T G.711 mu-law, from 16-bit samples. */
function encoded(sample) {
  const size = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = Math.floor(Math.log2(size)) - 7;
  const mantissa = (size >> (exponent + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff;
}

/** ITU-T G.711 mu-law, to samples between -1 and 1. */
function decoded(byte) {
  const code = ~byte & 0xff;
  const size = ((((code & 0x0f) << 3) + 132) << ((code >> 4) & 0x07)) - 132;
  return (code & 0x80 ? -size : size) / 32_768;
}

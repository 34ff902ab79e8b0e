// Free ports on the loopback address.

import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';

export const LOOPBACK = '127.0.0.1';

/** A port that is free for TCP and UDP, and so is the next one when `pair` is asked for. */
export async function freePort({ pair = false } = {}) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const tcp = await listenTcp(0);
    const { port } = tcp.address();
    const held = [tcp];
    try {
      held.push(await bindUdp(port));
      if (pair) held.push(await listenTcp(port + 1), await bindUdp(port + 1));
      return port;
    } catch {
      // Somebody else has the UDP side or the next port: try another.
    } finally {
      await Promise.all(held.map((socket) => new Promise((done) => socket.close(done))));
    }
  }
  throw new Error('no free port found');
}

function listenTcp(port) {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(port, LOOPBACK, () => done(server));
  });
}

function bindUdp(port) {
  return new Promise((done, failed) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      failed(error);
    });
    socket.bind(port, LOOPBACK, () => done(socket));
  });
}

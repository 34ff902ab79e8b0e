// Free ports on the loopback address.

import { createServer } from 'node:net';
import { createSocket } from 'node:dgram';

export const LOOPBACK = '127.0.0.1';

/** A port that is free for TCP and UDP, and so is the next one when `pair` is asked for. */
export async function freePort({ pair = false } = {}) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = await whenFree(0, { pair });
    if (port) return port;
  }
  throw new Error('no free port found');
}

/** This port, 0 for any, if it is free as `freePort` says. Whatever is found, nothing stays open: it would keep the process from its end. */
export async function whenFree(wanted, { pair = false } = {}) {
  const held = [];
  try {
    const tcp = await listenTcp(wanted);
    held.push(tcp);
    const { port } = tcp.address();
    held.push(await bindUdp(port));
    if (pair) {
      held.push(await listenTcp(port + 1));
      held.push(await bindUdp(port + 1));
    }
    return port;
  } catch {
    // Somebody else has one of them.
    return undefined;
  } finally {
    await Promise.all(held.map((socket) => new Promise((done) => socket.close(done))));
  }
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

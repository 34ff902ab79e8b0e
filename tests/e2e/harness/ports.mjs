// Free ports on the loopback address, each given once: to one test, of one process.

import { createSocket } from 'node:dgram';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const LOOPBACK = '127.0.0.1';

/**
 * The ports to choose from, the last one not among them: beside those that the system gives to connections that go out, for a
 * port of a platform that was killed must still be free when it comes back, and above the few that browsers do not open.
 */
export const [FROM, TO] = besideOutgoing();

/** Files of this name hold a port for the process that is written in them. */
const claims = join(tmpdir(), 'strowger-ports');
const claimed = new Set();
process.on('exit', () => claimed.forEach((port) => rmSync(claimOf(port), { force: true })));

/** A port that is free for TCP and UDP and was given to nobody else, and so is the next one when `pair` is asked for. */
export async function freePort({ pair = false } = {}) {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM - 1));
    const wanted = pair ? [port, port + 1] : [port];
    const mine = wanted.filter(claim);
    if (mine.length === wanted.length && (await isFree(wanted))) return port;
    mine.forEach(letGo);
  }
  throw new Error('no free port found');
}

/** Whether these ports are free for TCP and UDP. Whatever is found, nothing stays open: it would keep the process from its end. */
export async function isFree(ports) {
  const held = [];
  try {
    for (const port of ports) {
      held.push(await listenTcp(port));
      held.push(await bindUdp(port));
    }
    return true;
  } catch {
    // Somebody else has one of them.
    return false;
  } finally {
    await Promise.all(held.map((socket) => new Promise((done) => socket.close(done))));
  }
}

/** Takes a port for this process, until it ends; false if it is somebody's. */
export function claim(port) {
  mkdirSync(claims, { recursive: true });
  try {
    const file = openSync(claimOf(port), 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    claimed.add(port);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    // Whose process was killed has no use for it; the next look finds it free.
    if (isGone(port)) rmSync(claimOf(port), { force: true });
    return false;
  }
}

function letGo(port) {
  rmSync(claimOf(port), { force: true });
  claimed.delete(port);
}

/** Whether the process that claimed a port has ended. One that has yet to write its name lives. */
function isGone(port) {
  try {
    const pid = Number(readFileSync(claimOf(port), 'utf8'));
    if (pid > 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function claimOf(port) {
  return join(claims, String(port));
}

function besideOutgoing() {
  const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  return low > 16_000 ? [12_000, low] : [high + 1, 65_536];
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

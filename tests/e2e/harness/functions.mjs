// The functions of a platform, each a process of its own: which it is, its end alone, and a carrier that keeps it waiting.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { bootstrap } from './platform.mjs';
import { LOOPBACK } from './ports.mjs';
import { eventually, folder, later } from './process.mjs';

/** Headers that belong to one connection, and not to what is passed on. */
const OF_A_CONNECTION = ['connection', 'content-encoding', 'content-length', 'host', 'keep-alive', 'transfer-encoding'];

/** The file of a process; nothing once the process is gone. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The processes of a platform's functions, by the function's name. */
export function processes(platform) {
  const parent = new RegExp(`^PPid:\\s+${platform.program.child.pid}$`, 'm');
  const found = {};
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parent.test(read(name, 'status')))) {
    const handler = read(pid, 'environ').split('\0').find((each) => each.startsWith('_HANDLER='));
    if (handler) found[handler.slice('_HANDLER='.length)] = Number(pid);
  }
  return found;
}

/** Kills the process of one function, and sees that another one stands in for it and no other function noticed. */
export async function killAlone(platform, name) {
  const { [name]: killed, ...others } = processes(platform);
  assert.ok(killed, `${name} runs`);
  process.kill(killed, 'SIGKILL');
  const after = await eventually(() => {
    const now = processes(platform);
    return now[name] && now[name] !== killed && now;
  }, `${name} is started again`);
  delete after[name];
  assert.deepEqual(after, others, 'the others run on');
}

/** A way to the carrier, on which answers can be kept back. */
export class SlowCarrier {
  #keeping;

  /** Passes on what functions of these names ask; `bootstrap` is the program to start the platform's functions with. */
  static async start(t, names) {
    const slow = new SlowCarrier();
    slow.server.listen(0, LOOPBACK);
    await once(slow.server, 'listening');
    later(t, () => {
      slow.server.close();
      slow.server.closeAllConnections();
    });
    slow.bootstrap = join(folder(t, 'functions'), 'bootstrap');
    const url = `http://${LOOPBACK}:${slow.server.address().port}`;
    const script = `case "$_HANDLER" in ${names.join('|')}) export CARRIER_TELNYX_ENDPOINT=${url};; esac\nexec '${bootstrap}'\n`;
    writeFileSync(slow.bootstrap, `#!/bin/sh\n${script}`, { mode: 0o755 });
    return slow;
  }

  constructor() {
    /** Methods and paths of what the carrier was asked, in order. */
    this.heard = [];
    this.server = createServer((request, response) => {
      // Whoever asked is gone, or the carrier is.
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async #serve(request, response) {
    const body = Buffer.concat(await request.toArray());
    const kept = this.#keeps(request);
    if (!kept || kept.heard) {
      const answer = await this.#pass(request, body);
      if (!kept) response.writeHead(answer.status, answer.headers).end(answer.body);
    }
    kept?.reached();
  }

  /** Passes on to the carrier of this platform. */
  leadsTo(platform) {
    this.carrier = platform.ready.carrier.endpoint;
  }

  /**
   * Lets whoever sends the next request like this wait for ever: the carrier has heard it and its answer is kept, or it never hears it.
   * Gives when that is so.
   */
  keep(method, path, { heard }) {
    return new Promise((reached) => {
      this.#keeping = { method, path, heard, reached };
    });
  }

  #keeps({ method, url }) {
    const keeping = this.#keeping;
    if (method !== keeping?.method || !url.startsWith(keeping.path)) return undefined;
    this.#keeping = undefined;
    return keeping;
  }

  async #pass({ method, url, headers }, body) {
    this.heard.push(`${method} ${url}`);
    const answer = await fetch(new URL(url, this.carrier), {
      method,
      headers: without(Object.entries(headers)),
      body: body.length > 0 ? body : undefined,
    });
    return { status: answer.status, headers: without(answer.headers), body: Buffer.from(await answer.arrayBuffer()) };
  }
}

const without = (headers) => Object.fromEntries([...headers].filter(([name]) => !OF_A_CONNECTION.includes(name)));

// Programs that a test starts: their output is kept, and they end with the test.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const started = new Set();
process.on('exit', () => started.forEach((child) => child.kill('SIGKILL')));

const cleanups = new WeakMap();

/** Does something after the test, the last thing first: what uses a folder ends before the folder goes. */
export function later(t, clean) {
  if (!cleanups.has(t)) {
    cleanups.set(t, []);
    t.after(() => inTurn(cleanups.get(t).reverse()));
  }
  cleanups.get(t).push(clean);
}

/** Does all of it, whatever fails, and fails with the first that did: a browser that is left open keeps this process from its end. */
export async function inTurn(steps) {
  const failed = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length > 0) throw failed[0];
}

/** A new folder that is removed after the test. */
export function folder(t, name) {
  const path = mkdtempSync(join(tmpdir(), `strowger-${name}-`));
  later(t, () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** Kills every program with this text, the name of a folder of its own, in its command line. */
export function killAll(text) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** A running program: lines of its output, its end. */
export class Program {
  constructor(command, args, options = {}) {
    this.name = command.split('/').pop();
    // All of it, and its standard output alone: lines of the two may be cut by each other.
    this.text = '';
    this.out = '';
    this.watchers = new Set();
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    started.add(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.out += text;
      this.#told(text);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => this.#told(text));
    this.exited = new Promise((done) => {
      this.child.once('exit', done);
    });
    this.ended = new Promise((done) => {
      this.child.once('error', (error) => done({ error }));
      this.child.once('close', (code, signal) => done({ code, signal }));
    }).then((end) => {
      started.delete(this.child);
      this.end = end;
      this.#told('');
      return end;
    });
  }

  #told(text) {
    this.text += text;
    for (const look of this.watchers) look();
  }

  /** The first value that `find` gives for the output so far, as soon as there is one. */
  until(find, what, limitMs = 20_000) {
    return new Promise((done, failed) => {
      const finish = (settle, value) => {
        clearTimeout(limit);
        this.watchers.delete(look);
        settle(value);
      };
      const look = () => {
        const found = find(this.text, this.out);
        if (found !== undefined && found !== null && found !== false) finish(done, found);
        else if (this.end) finish(failed, new Error(`${this.name} ended before ${what}: ${this.last()}`));
      };
      const limit = setTimeout(() => finish(failed, new Error(`${this.name}: no ${what} in ${limitMs} ms: ${this.last()}`)), limitMs);
      this.watchers.add(look);
      look();
    });
  }

  /** The last lines of the output, for messages. */
  last(lines = 25) {
    return `\n${this.text.trimEnd().split('\n').slice(-lines).join('\n')}`;
  }

  /** Sends a signal and waits for the end. */
  async stop(signal = 'SIGTERM', limitMs = 15_000) {
    if (!this.end) this.child.kill(signal);
    let limit;
    const late = new Promise((done) => {
      limit = setTimeout(() => done('late'), limitMs);
    });
    const how = await Promise.race([this.ended, late]);
    clearTimeout(limit);
    if (how !== 'late') return how;
    this.child.kill('SIGKILL');
    // Not for its end: something that it started may hold its output open.
    await this.exited;
    throw new Error(`${this.name} did not end within ${limitMs} ms of ${signal}: ${this.last()}`);
  }
}

/** Asks until the answer is there; for what offers no event. The pause is between questions, never instead of one. */
export async function eventually(ask, what, { limitMs = 15_000, everyMs = 50 } = {}) {
  const end = performance.now() + limitMs;
  let last;
  for (;;) {
    try {
      const found = await ask();
      if (found !== undefined && found !== null && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`, { cause: last });
    await new Promise((done) => setTimeout(done, everyMs));
  }
}

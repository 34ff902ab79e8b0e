// sipp: SIP word by word, for what no polite phone does, and for load.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

import { LOOPBACK, freePort } from './ports.mjs';
import { Program, folder, later } from './process.mjs';

const scenarios = fileURLToPath(new URL('../scenarios/', import.meta.url));

/** A started scenario. */
export class Sipp {
  /**
   * Starts a scenario of the folder `scenarios`, or `uas`/`uac` of sipp itself.
   * `values` replace `{{name}}` in it; `users` become the lines of its CSV file, `[field0]` and on.
   */
  static async start(t, { scenario, target, transport = 'udp', calls = 1, values = {}, users = [], more = [] }) {
    const place = folder(t, 'sipp');
    const port = await freePort();
    const stats = join(place, 'stats.csv');
    const args = ['-i', LOOPBACK, '-p', port, '-t', transport === 'tcp' ? 't1' : 'u1', '-m', calls, '-nostdin'];
    args.push('-trace_stat', '-stf', stats, '-fd', 1, '-trace_err', '-error_file', join(place, 'errors.log'));
    args.push('-trace_msg', '-message_file', join(place, 'messages.log'), '-timeout', 60, '-timeout_error', '-max_retrans', 7);
    args.push(...own(place, scenario, values));
    if (users.length > 0) {
      const path = join(place, 'users.csv');
      writeFileSync(path, ['SEQUENTIAL', ...users.map((fields) => fields.join(';'))].join('\n') + '\n');
      args.push('-inf', path);
    }
    args.push(...more);
    if (target) args.push(target);
    const program = new Program('sipp', args.map(String), { cwd: place, env: { ...process.env, TERM: 'dumb' } });
    const sipp = new Sipp(place, port, program);
    later(t, () => program.end ?? program.stop('SIGKILL'));
    return sipp;
  }

  constructor(place, port, program) {
    Object.assign(this, { place, port, program });
  }

  /** Waits for the end: `code` is 0 when every call went as the scenario says. */
  async done() {
    const { code } = await this.program.ended;
    return { code, stats: this.stats(), errors: this.#file('errors.log'), messages: this.messages() };
  }

  /** Every message sent and received so far. */
  messages() {
    return this.#file('messages.log');
  }

  /** The last line of the statistics, by the names of its columns. */
  stats() {
    const [names = '', ...lines] = this.#file('stats.csv').trim().split('\n');
    const last = lines.at(-1)?.split(';') ?? [];
    return Object.fromEntries(names.split(';').map((name, i) => [name, last[i]]).filter(([name]) => name));
  }

  #file(name) {
    try {
      return readFileSync(join(this.place, name), 'latin1');
    } catch {
      return '';
    }
  }
}

function own(place, scenario, values) {
  if (['uac', 'uas'].includes(scenario)) return ['-sn', scenario];
  const text = readFileSync(join(scenarios, `${scenario}.xml`), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_, name) => {
    if (!(name in values)) throw new Error(`${scenario} needs a value for ${name}`);
    return String(values[name]);
  });
  const path = join(place, `${scenario}.xml`);
  writeFileSync(path, text);
  return ['-sf', path];
}

// The platform under test: the very program that people run, on free ports and a folder of its own.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LOOPBACK, freePort } from './ports.mjs';
import { Program, eventually, folder, later } from './process.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const strowger = process.env.STROWGER ?? resolve(root, 'target/debug/strowger');
/** The program that holds the functions. */
export const bootstrap = process.env.BOOTSTRAP ?? resolve(root, 'target/debug/bootstrap');
const web = process.env.WEB_DIST ?? resolve(root, 'web/dist');
const definitions = process.env.DEFINITIONS ?? resolve(root, 'workflows/definitions');

export class Platform {
  /**
   * Starts a platform with sample data; it is stopped after the test. `network` goes into the carrier's file: `routes`, `allow`;
   * `functions` is a program to start functions with.
   */
  static async start(t, { data = folder(t, 'data'), network, more = [], functions = bootstrap } = {}) {
    for (const path of [strowger, bootstrap, web, definitions]) {
      if (!existsSync(path)) throw new Error(`${path} is missing: run \`cargo xtask test --only e2e\``);
    }
    // Chosen here and not by the platform, so that it comes back on the same ports after a crash.
    const ports = { web: await freePort(), aws: await freePort(), sip: await freePort() };
    const platform = new Platform(data, ports, more, functions);
    later(t, () => platform.stop());
    await platform.run();
    if (network) {
      await platform.stop();
      platform.#wire(network);
      await platform.run();
    }
    return platform;
  }

  constructor(data, ports, more, functions = bootstrap) {
    Object.assign(this, { data, ports, more, functions });
  }

  async run() {
    const { web: port, aws, sip } = this.ports;
    const args = ['--json', '--data', this.data, '--port', port, '--aws-port', aws, '--sip-port', sip];
    args.push('--bootstrap', this.functions, '--web', web, '--definitions', definitions, ...this.more);
    this.program = new Program(strowger, args.map(String), { cwd: root });
    const ready = await this.program.until(readyLine, 'line of JSON', 60_000);
    // Passwords are told by the first start only.
    this.ready = { ...ready, people: this.ready?.people ?? ready.people, sip: { ...this.ready?.sip, ...ready.sip } };
    return this;
  }

  /** Changes the carrier's file, as the person who runs an exchange does. */
  #wire(network) {
    const [path] = readdirSync(this.data, { recursive: true }).filter((file) => file.endsWith('carrier.json'));
    const carrier = JSON.parse(readFileSync(join(this.data, path), 'utf8'));
    writeFileSync(join(this.data, path), JSON.stringify({ ...carrier, ...network }));
  }

  /** The web client's address. */
  get web() {
    return this.ready.web;
  }

  /** The host and port that phones call. */
  get sip() {
    return `${LOOPBACK}:${this.ports.sip}`;
  }

  /** The SIP account of a phone outside: user name, password, numbers. */
  get account() {
    const [account] = this.ready.sip.accounts;
    return account;
  }

  /** The sample people, with e-mail, password and number. */
  get anna() {
    return this.#called('Anna');
  }

  get tan() {
    return this.#called('Tan');
  }

  /** The administrator. */
  get lucia() {
    return this.#called('Luc');
  }

  /** One of the phone company's own people. */
  get ruth() {
    return this.#called('Ruth');
  }

  #called(begins) {
    return this.ready.people.find((person) => person.name.startsWith(begins));
  }

  /** Calls one function of the platform through its AWS address, as an operator's script would. */
  async invoke(name, input) {
    const answer = await fetch(`${this.ready.aws.lambda}/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      body: JSON.stringify(input),
    });
    const body = await answer.json();
    if (!answer.ok || answer.headers.has('x-amz-function-error')) throw new Error(`${name}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Lets the sample people ring for so many seconds. */
  ringFor(seconds) {
    return this.invoke('seed', { ringLimitS: seconds });
  }

  /** A call to Step Functions. */
  async states(action, input = {}) {
    const answer = await fetch(this.ready.aws.sfn, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AWSStepFunctions.${action}` },
      body: JSON.stringify(input),
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${action}: ${JSON.stringify(body)}`);
    return body;
  }

  /** All executions in a status, newest first. */
  async executions(status) {
    const { stateMachines } = await this.states('ListStateMachines');
    const lists = await Promise.all(
      stateMachines.map(({ stateMachineArn }) =>
        this.states('ListExecutions', { stateMachineArn, ...(status && { statusFilter: status }) }),
      ),
    );
    return lists.flatMap((list) => list.executions).sort((a, b) => b.startDate - a.startDate);
  }

  /** Waits until no call runs: whatever happened, nothing was left behind. */
  quiet() {
    return eventually(async () => (await this.executions('RUNNING')).length === 0, 'every workflow ends');
  }

  /** The names of the states that an execution has entered, in order. */
  async path(executionArn) {
    const { events } = await this.states('GetExecutionHistory', { executionArn, maxResults: 1000 });
    return events.flatMap((event) => event.stateEnteredEventDetails?.name ?? []);
  }

  /** An orderly stop. */
  async stop() {
    if (this.program && !this.program.end) await this.program.stop('SIGTERM');
  }

  /** The machine's power is gone. */
  kill() {
    return this.program.stop('SIGKILL');
  }

  /** The power goes while others ask, and comes back. */
  async powerCut() {
    this.back = this.kill().then(() => this.run());
    await this.back;
  }

  /** Does something again that a power cut was in the way of, once the power is back. */
  async despiteCuts(work) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (why) {
        if (!this.back || tries === 3) throw why;
        await this.back;
      }
    }
  }
}

function readyLine(_, out) {
  const line = out.split('\n').slice(0, -1).find((candidate) => candidate.startsWith('{') && candidate.includes('"web"'));
  return line && JSON.parse(line);
}

// A customer's program that hears webhooks.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';

import { LOOPBACK } from './ports.mjs';
import { eventually, later } from './process.mjs';

/** Never answers. */
export const SILENT = 'silent';
/** Closes the connection without a word. */
export const HANGS_UP = 'hangs up';
/** Answers 204 when the next post has come, so after whoever posted has given up. */
export const LATE = 'late';

export class Receiver {
  #late = [];

  /** Starts a receiver that does these things in order, a status or one of the above; the last one stays. */
  static async start(t, answers) {
    const receiver = new Receiver(answers);
    receiver.server.listen(0, LOOPBACK);
    await once(receiver.server, 'listening');
    later(t, () => {
      receiver.server.close();
      receiver.server.closeAllConnections();
    });
    return receiver;
  }

  constructor(answers) {
    this.heard = [];
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const count = this.heard.push({ headers: request.headers, body });
      for (const late of this.#late.splice(0)) late.writeHead(204).end();
      this.#answer(response, answers[Math.min(count, answers.length) - 1]);
    });
  }

  #answer(response, answer) {
    if (answer === SILENT) return;
    if (answer === LATE) this.#late.push(response);
    else if (answer === HANGS_UP) response.destroy();
    else response.writeHead(answer).end();
  }

  get url() {
    return `http://${LOOPBACK}:${this.server.address().port}/hooks`;
  }

  /** Waits until so many posts have come. */
  async hears(count, limitMs = 30_000) {
    await eventually(async () => this.heard.length >= count, `${count} posts come`, { limitMs });
    return this.heard;
  }
}

/** The signature that Standard Webhooks asks for. */
export function signed(secret, { headers, body }) {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}

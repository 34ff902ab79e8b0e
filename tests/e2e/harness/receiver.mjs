// A customer's program that hears webhooks.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';

import { LOOPBACK } from './ports.mjs';
import { eventually, later } from './process.mjs';

export class Receiver {
  /** Starts a receiver that answers with these statuses in order; the last one stays. */
  static async start(t, statuses) {
    const receiver = new Receiver(statuses);
    receiver.server.listen(0, LOOPBACK);
    await once(receiver.server, 'listening');
    later(t, () => receiver.server.close());
    return receiver;
  }

  constructor(statuses) {
    this.heard = [];
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      this.heard.push({ headers: request.headers, body });
      response.writeHead(statuses[Math.min(this.heard.length, statuses.length) - 1]).end();
    });
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

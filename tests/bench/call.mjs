// One call of the SIP client: its messages, and when the first of each kind left or came.

import { randomBytes } from 'node:crypto';

import { LOOPBACK } from '../e2e/harness/ports.mjs';
import { now } from './clock.mjs';
import { challenge, credentials } from './digest.mjs';

/** Timer T1 of RFC 3261, in milliseconds: an unanswered request is sent again, at doubling pauses. */
const T1_MS = 500;

const id = () => randomBytes(8).toString('hex');

/** One call. `times` holds when the first of each came or left: `invite`, `credentials`, 180, 200, ... */
export class Call {
  constructor(caller, number, rtpPort) {
    const at = `${LOOPBACK}:${caller.port}`;
    const uri = `sip:${number}@${LOOPBACK}:${caller.target}`;
    Object.assign(this, { caller, uri, at, rtpPort, id: `${id()}@${LOOPBACK}`, tag: id(), times: {}, watchers: new Set(), resends: new Map() });
    Object.assign(this, { cseq: 0, to: `<${uri}>`, remote: uri, sdp: '' });
  }

  invite(authorization) {
    this.cseq += 1;
    this.branch = `z9hG4bK${id()}`;
    const user = this.caller.account.numbers[0];
    this.from = `<sip:${user}@${this.at}>;tag=${this.tag}`;
    const offer = `v=0\r\no=- 1 1 IN IP4 ${LOOPBACK}\r\ns=-\r\nc=IN IP4 ${LOOPBACK}\r\nt=0 0\r\nm=audio ${this.rtpPort} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n`;
    const more = [`Contact: <sip:${user}@${this.at}>`, ...(authorization ? [`Authorization: ${authorization}`] : [])];
    this.#note(authorization ? 'credentials' : 'invite');
    this.#again('INVITE', this.#request('INVITE', this.uri, this.branch, [...more, 'Content-Type: application/sdp'], offer));
  }

  /** Gives up while it rings. */
  cancel() {
    this.#again('CANCEL', this.#request('CANCEL', this.uri, this.branch));
  }

  /** Hangs up after the answer. */
  hangUp() {
    this.cseq += 1;
    this.#again('BYE', this.#request('BYE', this.remote, `z9hG4bK${id()}`));
  }

  /** When this status or word was first noted; an error if a refusal or `limitMs` comes before. */
  reached(what, limitMs = 10_000) {
    return new Promise((done, failed) => {
      const finish = (settle, value) => {
        clearTimeout(limit);
        this.watchers.delete(look);
        settle(value);
      };
      const look = () => {
        if (what in this.times) finish(done, this.times[what]);
        else if (this.refused) finish(failed, new Error(`the call got ${this.refused} instead of ${what}`));
      };
      const limit = setTimeout(() => finish(failed, new Error(`no ${what} in ${limitMs} ms`)), limitMs);
      this.watchers.add(look);
      look();
    });
  }

  told(text) {
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
    if (!status) return this.#asked(text);
    const [, number, method] = /^CSeq: *(\d+) +(\w+)/im.exec(text) ?? [];
    this.#settle(method);
    if (method !== 'INVITE') return this.#note(`${status} ${method}`);
    if (status === 200) this.#answered(text);
    else if (status >= 300) this.#over(status, Number(number), text);
    if (status !== 401) this.#note(status);
  }

  forget() {
    for (const method of this.resends.keys()) this.#settle(method);
    this.caller.calls.delete(this.id);
  }

  #answered(text) {
    this.to = /^To: *(.+)$/im.exec(text)[1].trim();
    this.remote = /^Contact: *<([^>]+)>/im.exec(text)?.[1] ?? this.uri;
    this.sdp ||= text.slice(text.indexOf('\r\n\r\n') + 4);
    this.caller.send(this.#request('ACK', this.remote, `z9hG4bK${id()}`));
  }

  #over(status, number, text) {
    const to = /^To: *(.+)$/im.exec(text)[1].trim();
    // A repetition of the first refusal is acknowledged in its own transaction.
    if (status === 401 && number < this.cseq) return;
    this.caller.send(this.#request('ACK', this.uri, this.branch, [], '', to));
    if (status === 401) this.invite(credentials(challenge(/^WWW-Authenticate: *(.+)$/im.exec(text)[1]), this.caller.account, 'INVITE', this.uri));
    else this.refused = status;
  }

  #asked(request) {
    const [method] = request.split(' ');
    if (method === 'ACK') return;
    const kept = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
    this.caller.send(['SIP/2.0 200 OK', ...kept, 'Content-Length: 0', '', ''].join('\r\n'));
    this.#note(method);
  }

  #note(what) {
    this.times[what] ??= now();
    for (const look of this.watchers) look();
  }

  #again(method, text, pause = T1_MS) {
    this.caller.send(text);
    this.resends.set(method, setTimeout(() => (pause < 16 * T1_MS ? this.#again(method, text, 2 * pause) : undefined), pause));
  }

  #settle(method) {
    clearTimeout(this.resends.get(method));
    this.resends.delete(method);
  }

  #request(method, uri, branch, more = [], body = '', to = this.to) {
    const head = [`${method} ${uri} SIP/2.0`, `Via: SIP/2.0/UDP ${this.at};branch=${branch};rport`, `From: ${this.from}`, `To: ${to}`];
    head.push(`Call-ID: ${this.id}`, `CSeq: ${this.cseq} ${method}`, 'Max-Forwards: 70', ...more, `Content-Length: ${body.length}`);
    return [...head, '', body].join('\r\n');
  }
}

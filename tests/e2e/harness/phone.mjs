// A real SIP phone: baresip without a sound card. It plays a tone and records both directions.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

import { LOOPBACK, freePort } from './ports.mjs';
import { Program, eventually, folder, later } from './process.mjs';
import { readWav, writeTone } from './tones.mjs';

const MODULES = '/usr/lib/baresip/modules';

/** The phone hangs up at the end of its file, so the tone outlasts every test. */
const TONE_SECONDS = 180;

export class Phone {
  /**
   * Starts a phone. `server` is `host:port` of its proxy, `user` what it calls itself (its number),
   * `login` and `password` its digest credentials; with `register` it signs in and waits for that.
   */
  static async start(t, { user, server, login = user, password = '', hz = 1000, transport = 'udp', register = false }) {
    const place = folder(t, 'phone');
    // baresip also takes the port after its own, for TLS.
    const phone = new Phone({ place, user, hz, port: await freePort({ pair: true }), control: await freePort() });
    const recordings = join(place, 'recordings');
    mkdirSync(recordings);
    writeTone(join(place, 'tone.wav'), { hz, seconds: TONE_SECONDS, rate: 8000, peak: 0.5 });
    writeFileSync(join(place, 'config'), config(phone, recordings));
    writeFileSync(join(place, 'contacts'), '');
    const host = server ?? `${LOOPBACK}:${phone.port}`;
    const words = [
      `<sip:${user}@${host};transport=${transport}>`,
      `auth_user=${login}`,
      `auth_pass=${password}`,
      'answermode=manual',
      'audio_codecs=pcmu/8000/1,pcma/8000/1',
      `regint=${register ? 300 : 0}`,
    ];
    writeFileSync(join(place, 'accounts'), `${words.join(';')}\n`);
    phone.program = new Program('baresip', ['-f', place], { cwd: place });
    later(t, () => phone.close());
    await phone.program.until((text) => text.includes('baresip is ready'), 'readiness');
    await phone.#open();
    // The event may come before the control connection does; the line it prints cannot be missed.
    if (register) await phone.program.until((text) => /200 OK.*\[\d+ binding/.test(text), 'registration');
    return phone;
  }

  constructor(own) {
    Object.assign(this, own, { events: [], answers: new Map(), watchers: new Set(), tokens: 0 });
  }

  /** The address at which others reach this phone directly. */
  get uri() {
    return `sip:${this.user}@${LOOPBACK}:${this.port}`;
  }

  /** Calls a SIP address. */
  dial(uri) {
    return this.command('dial', uri);
  }

  /** Answers the call that rings. */
  answer() {
    return this.command('accept');
  }

  hangUp() {
    return this.command('hangup');
  }

  hold() {
    return this.command('hold');
  }

  resume() {
    return this.command('resume');
  }

  /** Sends digits as telephone events. A digit lasts until it is released. */
  async press(digits) {
    for (const digit of digits) {
      await this.command('sndcode', digit);
      await this.command('sndcode', '\x04');
    }
  }

  /** The digits that were received as telephone events. */
  digits() {
    const keys = this.events.filter((event) => event.type === 'CALL_DTMF_START');
    return keys.map((event) => event.param).join('');
  }

  /** Sends a command and gives what the phone prints. */
  command(command, params = '') {
    this.tokens += 1;
    const token = String(this.tokens);
    const text = JSON.stringify({ command, params, token });
    return new Promise((done, failed) => {
      this.answers.set(token, { done, failed, command });
      this.socket.write(`${Buffer.byteLength(text)}:${text},`);
    });
  }

  /**
   * The next event of a kind that no earlier wait has taken, such as `CALL_INCOMING`, `CALL_RINGING`,
   * `CALL_ESTABLISHED`, `CALL_CLOSED` (its `param` is the reason).
   */
  event(type, limitMs = 15_000) {
    return new Promise((done, failed) => {
      const finish = (settle, value) => {
        clearTimeout(limit);
        this.watchers.delete(look);
        settle(value);
      };
      const look = () => {
        const at = this.events.findIndex((event) => event.type === type);
        if (at >= 0) finish(done, this.events.splice(at, 1)[0]);
      };
      const limit = setTimeout(() => {
        const seen = this.events.map((event) => event.type).join(', ');
        finish(failed, new Error(`phone: no ${type} in ${limitMs} ms; seen: ${seen}${this.program.last()}`));
      }, limitMs);
      this.watchers.add(look);
      look();
    });
  }

  /** What was heard from the other side so far, or sent to it with `enc`. */
  recording(direction = 'dec') {
    const place = join(this.place, 'recordings');
    const [name] = readdirSync(place).filter((file) => file.endsWith(`-${direction}.wav`)).sort().slice(-1);
    return name ? readWav(join(place, name)) : { rate: 8000, samples: new Float64Array(0) };
  }

  /** Waits until the last `seconds` of the recording satisfy a condition. */
  hears(condition, what, { seconds = 0.75, limitMs = 20_000 } = {}) {
    return eventually(
      () => {
        const { rate, samples } = this.recording();
        const size = Math.floor(rate * seconds);
        return samples.length >= size && condition({ rate, samples: samples.subarray(samples.length - size) });
      },
      `phone hears ${what}`,
      { limitMs, everyMs: 200 },
    );
  }

  /** The phone is gone without a word: no BYE. */
  vanish() {
    return this.program.stop('SIGKILL');
  }

  async close() {
    this.socket?.destroy();
    // On SIGTERM it signs off, so that no later call rings a phone that is not there.
    if (!this.program.end) await this.program.stop('SIGTERM');
  }

  async #open() {
    this.socket = await eventually(() => dialled(this.control), 'the phone takes commands');
    let rest = Buffer.alloc(0);
    this.socket.on('error', () => {});
    this.socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let text; ([text, rest] = netstring(rest)), text !== undefined; ) this.#told(JSON.parse(text));
    });
  }

  #told(message) {
    if (message.response) {
      const waiting = this.answers.get(message.token);
      this.answers.delete(message.token);
      if (message.ok) waiting?.done(message.data);
      else waiting?.failed(new Error(`phone: ${waiting.command}: ${message.data}`));
    } else if (message.event) {
      this.events.push(message);
      for (const look of this.watchers) look();
    }
  }
}

/** The first whole netstring of a buffer, and the rest. */
function netstring(bytes) {
  const colon = bytes.indexOf(':');
  if (colon < 0) return [undefined, bytes];
  const end = colon + 1 + Number(bytes.toString('latin1', 0, colon));
  if (bytes.length <= end) return [undefined, bytes];
  return [bytes.toString('utf8', colon + 1, end), bytes.subarray(end + 1)];
}

function dialled(port) {
  return new Promise((done, failed) => {
    const socket = connect(port, LOOPBACK, () => done(socket));
    socket.once('error', failed);
  });
}

function config({ place, port, control }, recordings) {
  return `poll_method epoll
sip_listen ${LOOPBACK}:${port}
net_interface ${LOOPBACK}
call_local_timeout 120
call_max_calls 4
audio_path ${place}
audio_source aufile,${place}/tone.wav
audio_player aubridge,phone
audio_alert aubridge,alert
audio_level no
rtp_tos 184
rtp_timeout 0
jitter_buffer_delay 1-5
module_path ${MODULES}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
snd_path ${recordings}
ctrl_tcp_listen ${LOOPBACK}:${control}
`;
}

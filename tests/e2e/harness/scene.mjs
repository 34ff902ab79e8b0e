// What most tests begin with: one platform for a file, and people and phones for a test.

import { after } from 'node:test';

import { Person } from './browser.mjs';
import { Phone } from './phone.mjs';
import { Platform } from './platform.mjs';
import { inTurn } from './process.mjs';

/** Tones far enough apart to be told from each other, and none of them a harmonic of another. */
export const TONES = { anna: 440, tan: 620, phone: 1000, second: 1350 };

/** A platform that the tests of one file share: `const stage = await scene();`. `with` are cleanups of what stands beside it. */
export async function scene({ with: cleanups = [], ...options } = {}) {
  after(() => inTurn(cleanups));
  return new Scene(await Platform.start({ after: (clean) => cleanups.push(clean) }, options));
}

class Scene {
  constructor(platform) {
    this.platform = platform;
  }

  /** Anna in a browser of her own, signed in. */
  anna(t, options) {
    return Person.signedIn(t, this.platform, this.platform.anna, { hz: TONES.anna, ...options });
  }

  tan(t, options) {
    return Person.signedIn(t, this.platform, this.platform.tan, { hz: TONES.tan, ...options });
  }

  lucia(t, options) {
    return Person.signedIn(t, this.platform, this.platform.lucia, options);
  }

  ruth(t, options) {
    return Person.signedIn(t, this.platform, this.platform.ruth, options);
  }

  /** The phone outside, registered with the sample account. */
  phone(t, { transport = 'udp', ...options } = {}) {
    const { username, password } = this.platform.account;
    return Phone.start(t, {
      user: username,
      server: this.platform.sip,
      password,
      hz: TONES.phone,
      transport,
      register: true,
      ...options,
    });
  }

  /** The SIP address of a number on this platform. */
  uri(number, transport = 'udp') {
    return `sip:${number}@${this.platform.sip};transport=${transport}`;
  }

  /** The number of the phone outside. */
  get outside() {
    return this.platform.account.numbers[0];
  }
}

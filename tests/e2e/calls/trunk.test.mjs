// A trunk: another exchange, known by its address, that brings calls and takes calls to its prefixes.

import { test } from 'node:test';

import { Phone } from '../harness/phone.mjs';
import { LOOPBACK } from '../harness/ports.mjs';
import { scene, TONES } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';

/** A Swiss mobile number behind the trunk. */
const MOBILE = '+41791234567';

const standing = [];
const trunk = await Phone.start({ after: (clean) => standing.push(clean) }, { user: MOBILE, hz: TONES.phone });
const network = {
  allow: [`${LOOPBACK}/32`],
  routes: [{ prefix: '+4179', host: LOOPBACK, port: trunk.port, transport: 'udp' }],
};
const stage = await scene({ network, with: standing });

test('a call from an allowed address needs no password and shows the number it brings', async (t) => {
  const anna = await stage.anna(t);
  await trunk.dial(stage.uri(stage.platform.anna.number));
  await anna.rings(/79 123 45 67/);
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  await trunk.hears((recording) => secondsOf(recording, TONES.anna) > 0.5, "Anna's tone");
  await anna.press('Hang up');
  await trunk.event('CALL_CLOSED');
  await stage.platform.quiet();
});

test('a call to a prefix of the trunk goes there', async (t) => {
  const anna = await stage.anna(t);
  await anna.dial('079 123 45 67');
  await trunk.event('CALL_INCOMING');
  await trunk.answer();
  await anna.isIn('talking');
  await anna.hears(TONES.phone);
  await trunk.hangUp();
  await anna.ended(/^Call ended/);
  await stage.platform.quiet();
});

// The platform is killed and started again: workflows go on, and what lost its media ends cleanly.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { Phone } from '../harness/phone.mjs';
import { Platform } from '../harness/platform.mjs';
import { TONES } from '../harness/scene.mjs';

async function called(t) {
  const platform = await Platform.start(t);
  const anna = await Person.signedIn(t, platform, platform.anna, { hz: TONES.anna });
  const { username, password } = platform.account;
  const phone = await Phone.start(t, { user: username, server: platform.sip, password, hz: TONES.phone, register: true });
  await phone.dial(`sip:${platform.anna.number}@${platform.sip}`);
  await anna.rings();
  return { platform, anna, phone };
}

/** Starts again on the same data and checks that the same executions come to an end. */
async function comesBack(platform, anna) {
  const [before] = await platform.executions('RUNNING');
  await platform.kill();
  await platform.run();
  await platform.quiet();
  const after = await platform.states('DescribeExecution', { executionArn: before.executionArn });
  assert.equal(after.status, 'SUCCEEDED', 'the very execution went on and ended');
  await anna.connected();
  await anna.ringsNoLonger();
  assert.equal(await anna.page.getByTestId('call').count(), 0, 'no call is left on the screen');
}

test('killed while it rings: nothing rings for ever, and the call is in the log', { timeout: 180_000 }, async (t) => {
  const { platform, anna } = await called(t);
  await comesBack(platform, anna);
  await anna.logged(/^Missed/);
});

test('killed while they talk: the call ends on the screen and in the log', { timeout: 180_000 }, async (t) => {
  const { platform, anna } = await called(t);
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  await comesBack(platform, anna);
  await anna.logged(/^Lost/);
});

test('after a crash the same people sign in and the next call works', { timeout: 180_000 }, async (t) => {
  const { platform, anna } = await called(t);
  await platform.kill();
  await platform.run();
  await platform.quiet();
  const { username, password } = platform.account;
  const phone = await Phone.start(t, { user: username, server: platform.sip, password, hz: TONES.phone, register: true });
  await anna.connected();
  await phone.dial(`sip:${platform.anna.number}@${platform.sip}`);
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await platform.quiet();
});

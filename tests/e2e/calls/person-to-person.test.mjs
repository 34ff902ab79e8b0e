// A person calls a person: the client-call workflow, browser to browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scene, TONES } from '../harness/scene.mjs';

const stage = await scene();

async function both(t) {
  const [anna, tan] = await Promise.all([stage.anna(t), stage.tan(t)]);
  await anna.callPerson('Tan Wei Ming');
  return { anna, tan, ringing: await tan.rings('Anna Keller') };
}

test('answered: both hear each other, and either end ends it', async (t) => {
  const { anna, tan } = await both(t);
  await anna.isIn('ringing');
  await tan.press('Answer');
  await Promise.all([anna.isIn('talking'), tan.isIn('talking')]);
  await Promise.all([anna.hears(TONES.tan), tan.hears(TONES.anna)]);
  await tan.press('Hang up');
  await anna.ended(/^Call ended/);
  await anna.logged(/^Outgoing, \d+ s$/);
  await tan.logged(/^Incoming, \d+ s$/);
  await stage.platform.quiet();
});

test('declined: the caller reads it at once', async (t) => {
  const { anna, tan } = await both(t);
  await tan.press('Decline');
  await anna.ended(/^Declined$/);
  await tan.logged(/^You declined$/);
  await stage.platform.quiet();
});

test('the caller gives up: the other screen stops ringing', async (t) => {
  const { anna, tan } = await both(t);
  await anna.press('Hang up');
  await tan.ringsNoLonger();
  await tan.logged(/^Missed, rang/);
  await stage.platform.quiet();
});

test("the caller's browser dies while it rings: the other screen stops ringing", async (t) => {
  // Longer than a lost browser is waited for, so that it is not the ringing's own limit that ends it.
  await stage.platform.ringFor(60);
  t.after(() => stage.platform.ringFor(25));
  const { anna, tan } = await both(t);
  await anna.die();
  await tan.ringsNoLonger(tan.page, 40_000);
  await tan.logged(/^Missed, the caller was lost$/);
  await stage.platform.quiet();
});

test('a person who is not signed in cannot be rung, and the caller reads why', async (t) => {
  const anna = await stage.anna(t);
  await anna.callPerson('Tan Wei Ming');
  await anna.ended(/^Not signed in$/);
  await stage.platform.quiet();
});

test('a browser without a microphone says so and does not leave the other waiting', async (t) => {
  const anna = await stage.anna(t, { hz: 0 });
  const tan = await stage.tan(t);
  await anna.callPerson('Tan Wei Ming');
  await anna.sees(/The microphone is blocked|No microphone found/);
  await stage.platform.quiet();
  assert.equal(await tan.page.getByRole('alertdialog', { name: /^Incoming/ }).count(), 0);
});

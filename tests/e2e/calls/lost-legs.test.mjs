// A side that goes without a word: the other side is told, and nothing is left behind.

import { test } from 'node:test';

import { scene, TONES } from '../harness/scene.mjs';

const stage = await scene();

async function talking(t) {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await phone.event('CALL_ESTABLISHED');
  await anna.hears(TONES.phone);
  return { anna, phone };
}

test('a browser that is closed in the middle of a call ends it for the phone', async (t) => {
  const { anna, phone } = await talking(t);
  await anna.page.close();
  await phone.event('CALL_CLOSED', 30_000);
  await stage.platform.quiet();
  const again = await stage.anna(t);
  await again.logged(/^(Lost|Incoming)/);
});

test('a phone that vanishes without BYE ends the call for the browser', async (t) => {
  const { anna, phone } = await talking(t);
  await phone.vanish();
  await anna.page.getByTestId('ended').waitFor({ timeout: 60_000 });
  await anna.ended(/^Connection lost after/);
  await anna.logged(/^Lost after/);
  await stage.platform.quiet();
});

test('a browser that is reloaded in the middle of a call comes back into it', async (t) => {
  const { anna, phone } = await talking(t);
  await anna.page.reload();
  await anna.connected();
  await anna.isIn('talking');
  await anna.hears(TONES.phone);
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await stage.platform.quiet();
});

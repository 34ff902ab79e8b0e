// Dial-pad digits as telephone events (RFC 4733), in both directions.

import { test } from 'node:test';

import { eventually } from '../harness/process.mjs';
import { scene, TONES } from '../harness/scene.mjs';

const stage = await scene();

test('digits of the phone are shown, and digits of the browser reach the phone', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);

  await phone.press('159#');
  await eventually(async () => (await anna.page.getByTestId('digits-heard').innerText()).includes('159#'), 'the digits are shown');

  await anna.keys('2580*');
  let heard = '';
  await eventually(() => {
    heard = phone.digits();
    return heard.includes('2580*');
  }, 'the phone hears the digits').catch((error) => {
    throw new Error(`${error.message}; it heard ${heard}`);
  });
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await stage.platform.quiet();
});

// A meeting carries more than two: a third comes into a call, and each hears the others and not itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createAttendee, everPresent, meetings, watchMeeting } from '../harness/chime.mjs';
import { scene, TONES } from '../harness/scene.mjs';
import { playsExactly, recordsExactly } from '../harness/spectrum.mjs';

const stage = await scene();

/** Enters a meeting from a page with the web client's own media module; resolves once it is connected. */
function enter(page, joining) {
  return page.evaluate(async (json) => {
    const { content } = document.querySelector('meta[name="strowger-media"]');
    window.media = await import(content);
    await window.media.join(json, () => {});
  }, JSON.stringify(joining));
}

test('two people and a phone each hear exactly the other two; when one leaves, the others go on', { timeout: 120_000 }, async (t) => {
  const { platform } = stage;
  const [anna, tan, phone] = await Promise.all([stage.anna(t), stage.tan(t), stage.phone(t)]);
  const { entered, frames } = watchMeeting(anna.page);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  const meeting = await entered;
  await Promise.all([playsExactly(anna, [TONES.phone]), recordsExactly(phone, [TONES.anna])]);

  const { Meeting } = await meetings(platform, `/meetings/${meeting}`);
  await enter(tan.page, { Meeting, Attendee: await createAttendee(platform, meeting, 'guest-1') });
  await Promise.all([
    playsExactly(anna, [TONES.tan, TONES.phone]),
    playsExactly(tan, [TONES.anna, TONES.phone]),
    recordsExactly(phone, [TONES.anna, TONES.tan]),
  ]);

  assert.deepEqual(everPresent(frames), new Set(['caller', 'callee', 'guest-1']));

  await anna.press('Mute');
  await Promise.all([
    playsExactly(anna, [TONES.tan, TONES.phone]),
    playsExactly(tan, [TONES.phone]),
    recordsExactly(phone, [TONES.tan]),
  ]);
  await anna.press('Mute');
  await playsExactly(tan, [TONES.anna, TONES.phone]);

  await tan.page.evaluate(() => window.media.leave());
  await Promise.all([playsExactly(anna, [TONES.phone]), recordsExactly(phone, [TONES.anna])]);
  await anna.isIn('talking');
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await platform.quiet();
});

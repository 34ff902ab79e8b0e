// A person calls a phone: the outbound-call workflow, through the trunk or refused by policy.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scene, TONES } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';

const stage = await scene();

/** The same number as people write it: international, with 00, national with the caller's country. */
function formats(number) {
  const digits = number.slice(1);
  return [number, `00${digits}`, number.startsWith('+41') ? `0${digits.slice(2)}` : `+${digits.slice(0, 2)} (${digits.slice(2, 5)}) ${digits.slice(5)}`];
}

test('the phone rings, answers, and both hear each other', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await anna.dial(stage.outside);
  const { peeruri } = await phone.event('CALL_INCOMING');
  assert.match(peeruri, new RegExp(`sip:\\${stage.platform.anna.number}@`), 'it shows her number');
  await anna.isIn('ringing');
  await phone.answer();
  await anna.isIn('talking');
  await anna.hears(TONES.phone);
  await phone.hears((recording) => secondsOf(recording, TONES.anna) > 0.5, "Anna's tone");
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await anna.logged(/^Outgoing, \d+ s$/);
  await stage.platform.quiet();
});

test('a number may be typed as people write it', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  for (const text of formats(stage.outside)) {
    await anna.dial(text);
    await phone.event('CALL_INCOMING');
    await anna.press('Hang up');
    await phone.event('CALL_CLOSED');
    await anna.ended(/^Call cancelled/);
    await anna.press('Close');
  }
  await stage.platform.quiet();
});

test('hung up before the answer: the phone stops ringing', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await anna.dial(stage.outside);
  await phone.event('CALL_INCOMING');
  await anna.isIn('ringing');
  await anna.press('Hang up');
  await phone.event('CALL_CLOSED');
  await anna.ended(/^Call cancelled$/);
  await anna.logged(/^You hung up before an answer$/);
  await stage.platform.quiet();
});

test('busy: the screen says so and offers to call again', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await anna.dial(stage.outside);
  await phone.event('CALL_INCOMING');
  // Refusing while it rings is 486 Busy Here.
  await phone.hangUp();
  await anna.ended(/^Busy$/);
  await anna.logged(/^Busy$/);
  await anna.page.getByRole('button', { name: 'Call again' }).waitFor();
  await stage.platform.quiet();
});

test('no answer: the ringing ends at the limit', { timeout: 180_000 }, async (t) => {
  const { platform } = stage;
  await platform.ringFor(5);
  t.after(() => platform.ringFor(25));
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await anna.dial(stage.outside);
  await phone.event('CALL_INCOMING');
  await phone.event('CALL_CLOSED', 90_000);
  await anna.ended(/^No answer$/);
  await anna.logged(/^No answer, rang/);
  await platform.quiet();
});

test('nobody registered has the number: it could not be reached', async (t) => {
  const anna = await stage.anna(t);
  await anna.dial(stage.outside);
  await anna.ended(/^Could not be reached$/);
  await stage.platform.quiet();
});

for (const [what, number, title] of [
  ['an emergency number', '112', /^Emergency calls do not work here$/],
  ['an emergency number in international form', '+41117', /^Emergency calls do not work here$|^Not a telephone number$/],
  ['a premium number', '+41900123456', /^Premium numbers are not allowed$/],
  ['a country that the tenant does not call', '+355672123456', /^This country is not allowed$/],
]) {
  test(`${what} is refused in words, and no phone rings`, async (t) => {
    const anna = await stage.anna(t);
    const phone = await stage.phone(t);
    await anna.dial(number);
    await anna.ended(title);
    await anna.logged(/^Not (allowed|a telephone number)/);
    assert.equal(phone.events.filter((event) => event.type === 'CALL_INCOMING').length, 0);
    await stage.platform.quiet();
  });
}

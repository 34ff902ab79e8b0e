// The instruments themselves: a tone is found where it is, and a real phone records what it hears.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { Phone } from './phone.mjs';
import { LOOPBACK, freePort } from './ports.mjs';
import { Program, eventually, folder, later } from './process.mjs';
import { Sipp } from './sipp.mjs';
import { heard, readWav, secondsOf, spectralPeak, writeTone, writeWav } from './tones.mjs';

test('a tone is found at its frequency, at telephone and at studio rate', (t) => {
  const place = folder(t, 'tones');
  for (const [hz, rate] of [[440, 8000], [1000, 8000], [425, 48_000], [2000, 48_000]]) {
    const path = join(place, `${hz}-${rate}.wav`);
    writeTone(path, { hz, rate, seconds: 1 });
    const { samples } = readWav(path);
    const peak = spectralPeak(samples, rate, { size: rate / 4 });
    assert.ok(Math.abs(peak.hz - hz) <= 4, `${hz} Hz read as ${peak.hz} Hz`);
    assert.ok(Math.abs(10 * Math.log10(peak.power)) < 12 && peak.above > 20, JSON.stringify(peak));
  }
});

test('of two tones the louder one is the peak, and silence has none', (t) => {
  const samples = Int16Array.from({ length: 8000 }, (_, i) => {
    const at = (hz) => Math.sin((2 * Math.PI * hz * i) / 8000);
    return 3000 * at(440) + 9000 * at(1000);
  });
  const path = join(folder(t, 'tones'), 'two.wav');
  writeWav(path, samples, 8000);
  assert.ok(secondsOf(readWav(path), 1000) > 0.7);
  assert.equal(secondsOf(readWav(path), 440), 0);
  const silence = { rate: 8000, samples: new Float64Array(8000) };
  assert.deepEqual(heard(silence), { peaks: [], silent: 3 });
});

test('a program that ends before it is ready says what it printed', async () => {
  const program = new Program('node', ['-e', 'console.log("no luck")']);
  await assert.rejects(program.until((text) => text.includes('ready'), 'readiness'), /no luck/);
});

for (const transport of ['udp', 'tcp']) {
  test(`a phone calls over ${transport}, talks, and hears its echo`, { timeout: 60_000 }, async (t) => {
    const media = await freePort({ pair: true });
    const other = await Sipp.start(t, { scenario: 'uas', transport, more: ['-rtp_echo', '-mi', LOOPBACK, '-mp', media] });
    const phone = await Phone.start(t, { user: 'ann', server: `${LOOPBACK}:${other.port}`, hz: 700, transport });
    await phone.dial(`sip:service@${LOOPBACK}:${other.port};transport=${transport}`);
    await phone.event('CALL_ESTABLISHED');
    await phone.hears((recording) => secondsOf(recording, 700) > 0.5, '700 Hz');
    await phone.hangUp();
    const { code, messages } = await other.done();
    assert.equal(code, 0);
    assert.match(messages, /^BYE sip:/m);
    assert.ok(secondsOf(phone.recording('enc'), 700) > 0.5, 'what was sent is recorded too');
  });
}

test('a phone that is called rings, answers, and is hung up on', { timeout: 60_000 }, async (t) => {
  const phone = await Phone.start(t, { user: 'bob', hz: 900 });
  const caller = await Sipp.start(t, {
    scenario: 'caller-talks',
    target: `${LOOPBACK}:${phone.port}`,
    values: { talk_ms: 500 },
    users: [['bob', 'ann', '-']],
  });
  await phone.event('CALL_INCOMING');
  await phone.answer();
  await phone.event('CALL_ESTABLISHED');
  const closed = await phone.event('CALL_CLOSED');
  assert.ok(closed);
  assert.equal((await caller.done()).code, 0);
});

test('two phones hear each other, and digits of one are seen by the other', { timeout: 60_000 }, async (t) => {
  const [ann, bob] = [await Phone.start(t, { user: 'ann', hz: 500 }), await Phone.start(t, { user: 'bob', hz: 900 })];
  await ann.dial(bob.uri);
  await bob.event('CALL_INCOMING');
  await ann.event('CALL_RINGING');
  await bob.answer();
  await Promise.all([ann.event('CALL_ESTABLISHED'), bob.event('CALL_ESTABLISHED')]);
  await bob.hears((recording) => secondsOf(recording, 500) > 0.5, '500 Hz');
  await ann.hears((recording) => secondsOf(recording, 900) > 0.5, '900 Hz');
  await ann.press('159#');
  await eventually(() => bob.digits() === '159#', 'the digits arrive').catch((error) => {
    throw new Error(`${error.message}: ${bob.digits()}`);
  });
  await bob.hangUp();
  await ann.event('CALL_CLOSED');
});

test('a phone that refuses is busy', { timeout: 60_000 }, async (t) => {
  const [ann, bob] = [await Phone.start(t, { user: 'ann' }), await Phone.start(t, { user: 'bob' })];
  await ann.dial(bob.uri);
  await bob.event('CALL_INCOMING');
  await bob.hangUp();
  assert.match((await ann.event('CALL_CLOSED')).param, /486/);
});

test('a phone that vanishes says nothing', { timeout: 60_000 }, async (t) => {
  const other = await Sipp.start(t, { scenario: 'uas', more: ['-timeout', 5] });
  const phone = await Phone.start(t, { user: 'ann', server: `${LOOPBACK}:${other.port}` });
  await phone.dial(`sip:service@${LOOPBACK}:${other.port}`);
  await phone.event('CALL_ESTABLISHED');
  await phone.vanish();
  const { code, messages } = await other.done();
  assert.notEqual(code, 0);
  assert.doesNotMatch(messages, /^BYE sip:/m);
});

test('a question that is never answered ends in time and says which', async () => {
  await assert.rejects(eventually(() => false, 'the moon', { limitMs: 120 }), /the moon: not within 120 ms/);
});

test('what is done after a test is all done, the last thing first, and the first failure is told', async () => {
  const [told, hooks] = [[], []];
  const t = { after: (hook) => hooks.push(hook) };
  later(t, () => told.push('folder'));
  later(t, async () => told.push('browser'));
  later(t, () => Promise.reject(new Error('the phone did not end')));
  assert.equal(hooks.length, 1);
  await assert.rejects(hooks[0](), /the phone did not end/);
  assert.deepEqual(told, ['browser', 'folder']);
});

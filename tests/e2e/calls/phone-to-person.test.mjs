// A phone calls a person: the inbound-call workflow, each way it can go before and at the answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scene, TONES } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';

const stage = await scene();
const hearsAnna = (recording) => secondsOf(recording, TONES.anna) > 0.5;

for (const transport of ['udp', 'tcp']) {
  test(`a call over ${transport} is answered, both hear each other, and either side hangs up`, async (t) => {
    const { platform } = stage;
    const anna = await stage.anna(t);
    const phone = await stage.phone(t, { transport });
    await phone.dial(stage.uri(platform.anna.number, transport));
    await phone.event('CALL_RINGING');
    const ringing = await anna.rings();
    assert.match(await ringing.getByTestId('incoming-line').innerText(), /to your number \+41 44 555 01 00/);

    await anna.press('Answer');
    await phone.event('CALL_ESTABLISHED');
    await anna.isIn('talking');
    await anna.hears(TONES.phone);
    await phone.hears(hearsAnna, "Anna's tone");

    if (transport === 'udp') {
      await anna.press('Hang up');
      await phone.event('CALL_CLOSED');
      await anna.ended(/^Call ended/);
    } else {
      await phone.hangUp();
      await anna.ended(/^Call ended/);
      await anna.sees(/hung up\./);
    }
    await anna.logged(/^Incoming, \d+ s$/);
    await platform.quiet();
  });
}

test('every tab and device rings; the one that answers has the call, the others say so', async (t) => {
  const { platform } = stage;
  const [desk, laptop] = [await stage.anna(t), await stage.anna(t, { hz: TONES.second })];
  const tab = await desk.tab(platform.web);
  await desk.connected(tab);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await Promise.all([desk.rings(), desk.rings(undefined, tab), laptop.rings()]);

  await laptop.press('Answer');
  await phone.event('CALL_ESTABLISHED');
  await laptop.hears(TONES.phone);
  await phone.hears((recording) => secondsOf(recording, TONES.second) > 0.5, 'the laptop');
  for (const page of [desk.page, tab]) {
    await desk.ringsNoLonger(page);
    await desk.sees('Answered elsewhere', page);
  }
  await phone.hangUp();
  await laptop.ended(/^Call ended/);
  await desk.logged(/^Answered elsewhere/);
  await platform.quiet();
});

test('muted is silent for the other side, and unmuted is heard again', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await phone.hears(hearsAnna, "Anna's tone");
  await anna.press('Mute');
  await phone.hears((recording) => secondsOf(recording, TONES.anna) === 0, 'silence');
  await anna.press('Mute');
  await phone.hears(hearsAnna, "Anna's tone again");
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await stage.platform.quiet();
});

test('declined: the phone hears busy at once, and the log says who declined', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  await anna.press('Decline');
  assert.match((await phone.event('CALL_CLOSED')).param, /486/);
  await anna.ringsNoLonger();
  await anna.logged(/^You declined$/);
  await stage.platform.quiet();
});

test('not answered in time: 480, and a missed call that says how long it rang', async (t) => {
  const { platform } = stage;
  await platform.ringFor(5);
  t.after(() => platform.ringFor(25));
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  assert.match((await phone.event('CALL_CLOSED', 20_000)).param, /480/);
  await anna.ringsNoLonger();
  await anna.logged(/^Missed, rang [56] s/);
  await platform.quiet();
});

test('busy: a second caller gets 486 while the first goes on talking', async (t) => {
  const { platform } = stage;
  const anna = await stage.anna(t);
  const first = await stage.phone(t);
  const second = await stage.phone(t, { register: false, hz: TONES.second });
  await first.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);

  await second.dial(stage.uri(platform.anna.number));
  assert.match((await second.event('CALL_CLOSED')).param, /486/);
  await anna.hears(TONES.phone);
  await first.hangUp();
  await anna.ended(/^Call ended/);
  await anna.sees('Missed, you were in another call');
  await platform.quiet();
});

test('the caller gives up while it rings: every screen stops at once', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  await phone.hangUp();
  await anna.ringsNoLonger();
  await anna.logged(/^Missed, rang \d+ s/);
  await stage.platform.quiet();
});

test('nobody has the number: the caller is told at once', async (t) => {
  const phone = await stage.phone(t);
  await phone.dial(stage.uri('+41445550177'));
  assert.match((await phone.event('CALL_CLOSED')).param, /404/);
  await stage.platform.quiet();
});

test('not signed in: 480, and the missed call waits in the log', async (t) => {
  const { platform } = stage;
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.tan.number));
  assert.match((await phone.event('CALL_CLOSED')).param, /480/);
  await platform.quiet();
  const tan = await stage.tan(t);
  await tan.logged(/^Missed, you were not signed in$/);
});

test('a caller with the wrong password never reaches a workflow', async (t) => {
  const before = (await stage.platform.executions()).length;
  const phone = await stage.phone(t, { register: false, password: 'wrong' });
  await phone.dial(stage.uri(stage.platform.anna.number));
  assert.match((await phone.event('CALL_CLOSED')).param, /401|403/);
  assert.equal((await stage.platform.executions()).length, before);
});

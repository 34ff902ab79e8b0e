// Numbers that ring several people: all at once, in turn, by the hour; and a crash while they ring.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { signIn } from '../harness/office.mjs';
import { Phone } from '../harness/phone.mjs';
import { Platform } from '../harness/platform.mjs';
import { scene, TONES } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';

const stage = await scene();
const ANNA = 'p-anna-keller';
const TAN = 'p-tan-wei-ming';
const hears = (hz) => (recording) => secondsOf(recording, hz) > 0.5;
let made = 0;

/** Something of the tenant's, made by its administrator. */
async function make(platform, path, body) {
  const ask = await signIn(platform, platform.lucia);
  const answer = await ask('POST', path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

/** Lets Anna's number ring something else. */
async function lead(platform, target) {
  const ask = await signIn(platform, platform.lucia);
  const answer = await ask('PATCH', `/v1/numbers/${platform.anna.number}`, target);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

async function group(platform, strategy, ringS, members = [ANNA, TAN]) {
  made += 1;
  return (await make(platform, '/v1/groups', { name: `Group ${made}`, strategy, ringS, members })).group;
}

test('a group rings two browsers; one answers, both hear each other, the other stops and says who has it', async (t) => {
  const { platform } = stage;
  await lead(platform, { group: await group(platform, 'all_at_once', 40) });
  const [anna, tan] = [await stage.anna(t), await stage.tan(t)];
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await phone.event('CALL_RINGING');
  await Promise.all([anna.rings(), tan.rings()]);
  await tan.press('Answer');
  await phone.event('CALL_ESTABLISHED');
  await anna.ringsNoLonger();
  await anna.sees('Answered by Tan Wei Ming');
  await tan.isIn('talking');
  await tan.hears(TONES.phone);
  await phone.hears(hears(TONES.tan), "Tan's tone");
  await phone.hangUp();
  await tan.ended(/^Call ended/);
  await tan.logged(/^Incoming, \d+ s$/);
  await anna.logged(/^Answered by Tan Wei Ming$/);
  await platform.quiet();
});

test('of those who ring one declines, the other rings on and answers', async (t) => {
  const { platform } = stage;
  await lead(platform, { group: await group(platform, 'all_at_once', 40) });
  const [anna, tan] = [await stage.anna(t), await stage.tan(t)];
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await Promise.all([anna.rings(), tan.rings()]);
  await anna.press('Decline');
  await anna.ringsNoLonger();
  await tan.press('Answer');
  await phone.event('CALL_ESTABLISHED');
  await tan.hears(TONES.phone);
  await phone.hangUp();
  await tan.ended(/^Call ended/);
  await platform.quiet();
});

test('in turn: the second rings when the first did not answer; then nobody is left', async (t) => {
  const { platform } = stage;
  await lead(platform, { group: await group(platform, 'in_turn', 5, [TAN, ANNA]) });
  const [anna, tan] = [await stage.anna(t), await stage.tan(t)];
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await tan.rings();
  assert.equal(await anna.page.getByTestId('incoming').count(), 0, 'it is not her turn yet');
  await anna.rings();
  await tan.ringsNoLonger();
  assert.match((await phone.event('CALL_CLOSED', 20_000)).param, /480/);
  await anna.logged(/^Missed, rang/);
  await tan.logged(/^Missed, rang/);
  await platform.quiet();
});

test('a number that is closed refuses and says why; unanswered, it rings somebody else', async (t) => {
  const { platform } = stage;
  const never = { name: 'Never open', timeZone: 'Europe/Zurich', hours: [], open: { person: ANNA } };
  const shut = await make(platform, '/v1/flows', { ...never, closed: { refuse: 'Open again in spring' } });
  const passed = await make(platform, '/v1/flows', {
    ...never,
    name: 'Passed on',
    closed: { ring: { person: ANNA, ringS: 5 } },
    unanswered: { person: TAN },
  });
  const [anna, tan] = [await stage.anna(t), await stage.tan(t)];
  const phone = await stage.phone(t);
  await lead(platform, { flow: shut.flow });
  await phone.dial(stage.uri(platform.anna.number));
  assert.match((await phone.event('CALL_CLOSED')).param, /480/);
  await platform.quiet();
  const ask = await signIn(platform, platform.lucia);
  const [last] = (await ask('GET', '/v1/calls?limit=1')).body.calls;
  assert.deepEqual([last.outcome, last.reason], ['closed', 'Open again in spring']);

  await lead(platform, { flow: passed.flow });
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await tan.rings();
  await anna.ringsNoLonger();
  await tan.press('Answer');
  await tan.hears(TONES.phone);
  await phone.hears(hears(TONES.tan), "Tan's tone");
  await phone.hangUp();
  await tan.ended(/^Call ended/);
  await platform.quiet();
});

test('killed while a group rings: nothing rings for ever, nobody stays busy, and the next call rings both', { timeout: 180_000 }, async (t) => {
  const platform = await Platform.start(t);
  await lead(platform, { group: await group(platform, 'all_at_once', 40) });
  const anna = await Person.signedIn(t, platform, platform.anna, { hz: TONES.anna });
  const tan = await Person.signedIn(t, platform, platform.tan, { hz: TONES.tan });
  const { username, password } = platform.account;
  const start = () => Phone.start(t, { user: username, server: platform.sip, password, hz: TONES.phone, register: true });
  const dial = async (phone) => {
    await phone.dial(`sip:${platform.anna.number}@${platform.sip}`);
    await Promise.all([anna.rings(), tan.rings()]);
  };
  await dial(await start());
  const [before] = await platform.executions('RUNNING');
  await platform.kill();
  await platform.run();
  await platform.quiet();
  const after = await platform.states('DescribeExecution', { executionArn: before.executionArn });
  assert.equal(after.status, 'SUCCEEDED', 'the very execution went on and ended');
  for (const person of [anna, tan]) {
    await person.connected();
    await person.ringsNoLonger();
    await person.logged(/^Missed/);
  }
  const phone = await start();
  await dial(phone);
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await platform.quiet();
});

// Numbers that Amazon Chime SDK gives by support case alone: an operator hands the order in, support is played by the test, and what came is
// looked up before it is taken in. The power goes once in each state that the orders are seen in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, PowerCuts, doTask, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { CUSTOMERS, dossierApproved, dossierOf, numbersFrom } from './office.mjs';

const at = (id) => `/v1/number-orders/${id}`;
/** Numbers that support has for us. */
const [FIRST, SECOND, THIRD] = numbersFrom(CUSTOMERS.CH.first + 40n, 3);

/** A platform whose tenant has a dossier that is good for Swiss numbers. */
async function office(t) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const purposes = [{ country: 'CH', numberType: 'local', action: 'order', numbers: 2 }];
  await expect(202, lucia('POST', `/v1/dossiers/${dossier}/submit`, { purposes }));
  await dossierApproved({ ruth }, { details: { form: { dossier: { id: dossier } } } });
  platform.cuts = new PowerCuts(t, platform);
  return { platform, lucia, ruth, dossier };
}

/** AWS Support puts a number into the account: its orders are made here as those of ports are. */
async function support(platform, numbers) {
  const ask = async (method, path, body) => {
    const url = new URL(`/practice/porting-orders${path}`, platform.ready.aws.chime_sdk_voice);
    const answer = await fetch(url, { method, body: JSON.stringify(body) });
    const told = await answer.json();
    assert.ok(answer.ok, JSON.stringify(told));
    return told.PhoneNumberOrder;
  };
  const { PhoneNumberOrderId: order } = await ask('POST', '', { E164PhoneNumbers: numbers });
  await ask('PUT', `/${order}`, { Status: 'Successful', Country: 'CH' });
}

/** The operator answers the order's task by this form; one that is late is asked again as the same task. */
async function says(ruth, id, form, answer) {
  const order = await until(ruth, at(id), (one) => one.task?.form === form, `it waits for ${form}`);
  await doTask(ruth, order, answer);
  return order;
}

/** An order of two numbers, handed in. */
async function handedIn({ lucia, ruth, dossier }) {
  const wish = { carrier: 'chime', country: 'CH', numberType: 'local', count: 2, area: '44', purpose: 'A hotline', dossier, person: 'p-anna-keller' };
  const { id, title } = await expect(202, lucia('POST', '/v1/number-orders', wish));
  assert.equal(title, '2 local numbers in CH');
  const order = await says(ruth, id, 'order-handin', { caseId: 'case-4711' });
  return { id, order };
}

/** Whether Chime has a number still. */
async function atChime(platform, number) {
  const { status } = await fetch(new URL(`/phone-numbers/${encodeURIComponent(number)}`, platform.ready.aws.chime_sdk_voice));
  return status === 200;
}

test('numbers that Chime does not list are handed in as a support case, looked up, and ring', { timeout: 300_000 }, async (t) => {
  const stage = await office(t);
  const { platform, lucia, ruth } = stage;
  const { body: found } = await lucia('GET', '/v1/numbers/available?country=CH&type=local&carrier=chime');
  assert.deepEqual(found.numbers, []);
  assert.match(found.carriers[0].problem, /support case/);
  const refused = await lucia('POST', '/v1/number-orders', { carrier: 'chime', country: 'CH', numberType: 'mobile', count: 1 });
  assert.deepEqual([refused.status, refused.body.field], [422, 'country']);
  assert.match(refused.body.message, /has there local/);

  const { id, order } = await handedIn(stage);
  const { subject, body, attach } = order.details.prepared;
  assert.match(subject, /^Order 2 local numbers of CH/);
  for (const words of ['Count: 2', 'Area: 44', 'Use: A hotline', 'End user: Muster AG', 'CHE-123.456.788', 'register extract']) {
    assert.ok(body.includes(words), `${words}: ${body}`);
  }
  assert.ok(attach.includes('register_extract.pdf'), attach.join(', '));

  // One of them is not there yet, and one is of another country.
  await support(platform, [FIRST]);
  await says(ruth, id, 'order-case', { decision: 'numbers', numbers: [FIRST, SECOND] });
  const isTold = (words) => (one) => one.task?.form === 'order-case' && one.timeline.some(({ text }) => text.includes(words));
  await until(ruth, at(id), isTold(`${SECOND}: it is not in the account's inventory`), 'it is not taken in');
  await says(ruth, id, 'order-case', { decision: 'numbers', numbers: [FIRST, '+6565552000'] });
  const asked = await until(ruth, at(id), isTold('+6565552000: a number of SG, not of CH'), 'it is not taken in');
  assert.deepEqual([asked.details.caseId, asked.details.prepared], ['case-4711', undefined]);
  assert.deepEqual(asked.numbers, []);

  // One comes, and the other by the same case later.
  await says(ruth, id, 'order-case', { decision: 'numbers', numbers: [FIRST], moreToCome: true });
  const half = await until(ruth, at(id), isTold('1 of 2 numbers have come'), 'more are to come');
  assert.deepEqual(half.numbers.map(({ number, status }) => [number, status]), [[FIRST, 'acquired']]);
  await support(platform, [SECOND]);
  await says(ruth, id, 'order-case', { decision: 'numbers', numbers: [SECOND] });
  const done = await until(lucia, at(id), (one) => one.outcome, 'the order ends', 150_000);
  assert.equal(done.outcome, 'done', JSON.stringify({ steps: done.steps.map((step) => step.state), timeline: done.timeline }));
  const { body: owned } = await lucia('GET', '/v1/numbers?limit=100');
  for (const number of [FIRST, SECOND]) {
    const row = owned.numbers.find((one) => one.number === number);
    assert.deepEqual([row?.status, row?.person, row?.carrier, row?.request], ['active', 'p-anna-keller', 'chime', id]);
  }
});

test('an order by support case is refused there, or withdrawn, and what comes nevertheless goes back', { timeout: 300_000 }, async (t) => {
  const stage = await office(t);
  const { platform, lucia, ruth } = stage;

  const refused = await handedIn(stage);
  await says(ruth, refused.id, 'order-case', { decision: 'refused', reason: 'no numbers in this area' });
  const over = await until(lucia, at(refused.id), (one) => one.outcome, 'it is refused');
  assert.equal(over.outcome, 'rejected');
  assert.match(over.timeline.at(-1).text, /no numbers in this area/);

  const { id } = await handedIn(stage);
  await until(lucia, at(id), (one) => one.status === 'with_support' && one.actions.includes('request.cancel'), 'it is with support');
  await expect(202, lucia('POST', `${at(id)}/cancel`));
  await support(platform, [THIRD]);
  const asked = await says(ruth, id, 'order-withdrawal', { decision: 'came', numbers: [THIRD] });
  assert.equal(asked.status, 'cancel_pending');
  assert.match(asked.details.prepared.body, /Case: case-4711/);
  const cancelled = await until(lucia, at(id), (one) => one.outcome, 'it is cancelled', 150_000);
  assert.equal(cancelled.outcome, 'cancelled', JSON.stringify(cancelled.timeline));
  assert.equal(await atChime(platform, THIRD), false, 'it is charged for no more');
});

// Port-outs of Amazon Chime SDK, which AWS Support tells of by case: an operator writes them down, tells the answer, and says what is heard.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, approvedDossier, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { PIN, owned } from './leaving.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
const inDays = (days) => new Date(Date.now() + days * DAY_MS).toISOString();
const NUMBERS = ['+12125550142', '+12125550143'];
const at = (id) => `/v1/port-outs/${id}`;

/** A platform whose tenant has two numbers of Chime, and a PIN. */
async function office(t) {
  const available = NUMBERS.map((number) => ({ number, country: 'US' }));
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS, network: { available } });
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  const wish = { carrier: 'chime', country: 'US', numberType: 'local', numbers: NUMBERS, dossier: 'd-isthmus-1', person: 'p-anna-keller' };
  const { id } = await expect(202, lucia('POST', '/v1/number-orders', wish));
  await until(lucia, `/v1/number-orders/${id}`, (order) => order.outcome === 'done', 'the numbers are here');
  await expect(204, lucia('PUT', '/v1/port-outs/pin', { pin: PIN }));
  return { platform, lucia, ruth };
}

/** Whether Chime has a number still, and leads its calls. */
async function atChime(platform, number) {
  const ask = (path) => fetch(new URL(path, platform.ready.aws.chime_sdk_voice));
  const { status } = await ask(`/phone-numbers/${encodeURIComponent(number)}`);
  const { SipRules: rules } = await (await ask('/sip-rules')).json();
  return [status === 200, rules.some(({ TriggerValue: led }) => led === number)];
}

/** What the case says; its customer has a while to answer. */
const told = (numbers, externalId, pin) => ({
  numbers, externalId, pin, gaining: 'Other Telecom', endUser: 'Isthmus Trading', answerBy: inDays(60), requestedFoc: inDays(90),
});

/** An operator writes it down; gives the request as its customer is asked. */
async function writtenDown({ lucia, ruth }, body) {
  const { requests: [begun, ...more] } = await expect(202, ruth('POST', '/v1/port-outs', body));
  assert.equal(more.length, 0);
  return until(lucia, at(begun.id), (one) => one.task?.form === 'port-out-answer', 'the customer is asked');
}

/** An operator does the task of this form; gives the request as it was asked. The task before may be shown for a moment still. */
async function does(ruth, id, form, answer) {
  let asked;
  await eventually(async () => {
    asked = await until(ruth, at(id), (one) => one.task?.form === form, `it waits for ${form}`);
    const done = await ruth('POST', `/v1/tasks/${asked.task.id}`, { answer });
    assert.ok([202, 404, 409].includes(done.status), JSON.stringify(done.body));
    return done.status === 202;
  }, `${form} is answered`);
  assert.equal(asked.owner, 'operator');
  return asked;
}

test('a port-out by support case is written down, authorised, told, and goes', { timeout: 180_000 }, async (t) => {
  const stage = await office(t);
  const { platform, lucia, ruth } = stage;
  const [gone, stays] = NUMBERS;
  const { status, body } = await ruth('POST', '/v1/port-outs', told([gone, '+12125550199'], 'case-1', PIN));
  assert.deepEqual([status, body.field], [422, 'numbers[1]']);
  assert.equal((await lucia('POST', '/v1/port-outs', told([gone], 'case-1', PIN))).status, 403);

  const asked = await writtenDown(stage, told([gone], 'case-1', PIN));
  assert.deepEqual([asked.owner, asked.details.faults, asked.details.byHand], ['customer', [], true]);
  assert.ok(!JSON.stringify(asked).includes(PIN), 'the PIN is shown nowhere');
  const again = await ruth('POST', '/v1/port-outs', told([gone], 'case-1', PIN));
  assert.deepEqual([again.status, again.body.error], [409, 'PortOut.Known']);

  await expect(202, lucia('POST', `${at(asked.id)}/authorise`));
  const tell = await does(ruth, asked.id, 'port-out-tell', { outcome: 'told' });
  for (const words of ['We authorise', 'Case: case-1', 'Other Telecom', gone]) assert.ok(tell.details.prepared.body.includes(words), words);
  const named = inDays(80);
  await does(ruth, asked.id, 'port-out-standing', { status: 'authorised', foc: named });
  const dated = await until(lucia, at(asked.id), (one) => one.details.foc, 'the date is known');
  assert.equal(Date.parse(dated.details.foc), Date.parse(named));
  assert.ok((await owned(lucia)).includes(gone), 'it is here until it goes');
  await does(ruth, asked.id, 'port-out-standing', { status: 'ported' });
  const done = await until(lucia, at(asked.id), (one) => one.outcome, 'it is over', 90_000);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  const left = await owned(lucia);
  assert.ok(!left.includes(gone) && left.includes(stays));
  assert.deepEqual(await atChime(platform, gone), [false, false], 'it costs nothing more');
  assert.deepEqual(await atChime(platform, stays), [true, true]);
});

test('a port-out by support case with a wrong PIN is refused there, or taken back', { timeout: 180_000 }, async (t) => {
  const stage = await office(t);
  const { lucia, ruth } = stage;
  const refused = await writtenDown(stage, told([NUMBERS[0]], 'case-2', '0000'));
  assert.deepEqual(refused.details.faults, ['wrong_pin']);
  await expect(202, lucia('POST', `${at(refused.id)}/reject`, { reason: 'wrong_pin' }));
  const tell = await does(ruth, refused.id, 'port-out-tell', { outcome: 'told' });
  assert.ok(tell.details.prepared.body.includes('the PIN that was named is wrong'));
  await does(ruth, refused.id, 'port-out-standing', { status: 'rejected' });
  const over = await until(lucia, at(refused.id), (one) => one.outcome, 'it is over');
  assert.equal(over.outcome, 'rejected', JSON.stringify(over.timeline));

  // It is taken back while its customer still thinks about it.
  const overtaken = await writtenDown(stage, told([NUMBERS[1]], 'case-3', PIN));
  await expect(202, ruth('POST', `${at(overtaken.id)}/standing`, { status: 'cancelled', note: 'withdrawn by Other Telecom' }));
  const back = await until(lucia, at(overtaken.id), (one) => one.outcome, 'it is taken back');
  assert.equal(back.outcome, 'cancelled', JSON.stringify(back.timeline));
  const left = await owned(lucia);
  assert.ok(NUMBERS.every((number) => left.includes(number)), 'both stay');
});

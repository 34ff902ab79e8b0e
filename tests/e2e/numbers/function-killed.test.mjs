// One function's process is killed while it waits for the carrier: the request goes on by itself, and nothing is done twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SlowCarrier, killAlone } from '../harness/functions.mjs';
import { DAYS_ARE_SECONDS, approvedDossier, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';

/** A platform whose orders and returns go a way on which the carrier's answers can be kept. */
async function office(t) {
  const slow = await SlowCarrier.start(t, ['number-order-place', 'number-release']);
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS, functions: slow.bootstrap });
  slow.leadsTo(platform);
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  return { slow, platform, lucia: await signIn(platform, platform.lucia) };
}

/** The errors of a state's task in an execution, in order. */
async function errorsIn(platform, id, state) {
  const { executionArn } = (await platform.executions()).find(({ name }) => name === id);
  const { events } = await platform.states('GetExecutionHistory', { executionArn, maxResults: 1000 });
  const errors = [];
  let at;
  for (const event of events) {
    at = event.stateEnteredEventDetails?.name ?? at;
    const { error } = event.taskFailedEventDetails ?? event.taskTimedOutEventDetails ?? {};
    if (error && at === state) errors.push(error);
  }
  return errors;
}

/** The carrier's orders of a request. */
async function ordersOf({ ready }, id) {
  const { endpoint, api_key: key } = ready.carrier;
  const path = `/v2/number_orders?${new URLSearchParams({ 'filter[customer_reference]': id })}`;
  const answer = await fetch(new URL(path, endpoint), { headers: { authorization: `Bearer ${key}` } });
  assert.equal(answer.status, 200);
  return (await answer.json()).data;
}

/** Orders one number; gives it and the request. */
async function order(lucia) {
  const found = await expect(200, lucia('GET', '/v1/numbers/available?country=US&type=local&carrier=telnyx&limit=1'));
  const [{ number }] = found.numbers;
  const { id } = await expect(202, lucia('POST', '/v1/number-orders', {
    carrier: 'telnyx', country: 'US', numberType: 'local', numbers: [number], dossier: 'd-isthmus-1', person: 'p-anna-keller',
  }));
  return { number, id };
}

const done = async (lucia, id) => {
  const over = await until(lucia, `/v1/number-orders/${id}`, ({ outcome }) => outcome, 'it ends');
  assert.equal(over.outcome, 'done', JSON.stringify(over.timeline));
};

for (const heard of [false, true]) {
  const when = heard ? 'after the carrier has taken the order' : 'before the carrier has heard of the order';
  test(`a function that is killed alone, ${when}, is run again, and there is one order`, { timeout: 180_000 }, async (t) => {
    const { slow, platform, lucia } = await office(t);
    const waits = slow.keep('POST', '/v2/number_orders', { heard });
    const { id, number } = await order(lucia);
    await waits;
    assert.equal((await ordersOf(platform, id)).length, heard ? 1 : 0);
    await killAlone(platform, 'number-order-place');
    await done(lucia, id);
    assert.deepEqual(await errorsIn(platform, id, 'Place order'), ['Runtime.ExitError']);
    assert.equal((await ordersOf(platform, id)).length, 1);
    assert.equal(slow.heard.filter((one) => one === 'POST /v2/number_orders').length, 1);
    const { numbers } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
    assert.equal(numbers.find((row) => row.number === number)?.status, 'active');
  });
}

test('a function that is killed alone after the carrier took a number back does not give it back twice', { timeout: 180_000 }, async (t) => {
  const { slow, platform, lucia } = await office(t);
  const { id, number } = await order(lucia);
  await done(lucia, id);
  const waits = slow.keep('DELETE', '/v2/phone_numbers/', { heard: true });
  const leaving = await expect(202, lucia('POST', `/v1/numbers/${encodeURIComponent(number)}/release`));
  await waits;
  await killAlone(platform, 'number-release');
  await done(lucia, leaving.id);
  assert.deepEqual(await errorsIn(platform, leaving.id, 'Release'), ['Runtime.ExitError']);
  assert.equal(slow.heard.filter((one) => one.startsWith('DELETE ')).length, 1);
  const { numbers } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
  assert.ok(!numbers.some((row) => row.number === number), 'it is given back');
});

// A workflow that is over before its order is: the request waits for an operator, and ending it leaves nothing alive at the carrier.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, approvedDossier, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, dossierOf, numbersFrom } from './office.mjs';

async function office(t) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  return { platform, lucia: await signIn(platform, platform.lucia), ruth: await signIn(platform, platform.ruth) };
}

/** Something of the carrier's, as it is there. */
async function atTheCarrier(platform, path) {
  const { endpoint, api_key: key } = platform.ready.carrier;
  const answer = await fetch(`${endpoint}/v2${path}`, { headers: { authorization: `Bearer ${key}` } });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return (await answer.json()).data;
}

/** Stops a request's workflow, and waits until the request is seen to be stalled. */
async function stopped({ platform, ruth }, id) {
  const { executionArn } = (await platform.executions('RUNNING')).find(({ name }) => name === id);
  await platform.states('StopExecution', { executionArn });
  // Younger than half a minute, it may be on its way.
  return eventually(async () => {
    await platform.invoke('sweep', {});
    const { body: now } = await ruth('GET', `/v1/requests/${id}`);
    return now.status === 'stalled' && now;
  }, 'the request is stalled', { limitMs: 90_000, everyMs: 2_000 });
}

test('a port that is ended when its workflow was stopped is withdrawn at the carrier first', { timeout: 240_000 }, async (t) => {
  const desk = await office(t);
  const { platform, lucia, ruth } = desk;
  // The donor of this account does not answer.
  const customer = structuredClone(CUSTOMERS.CH);
  customer.form.previousService.accountNumber = 'CH-1004';
  const dossier = await dossierOf(lucia, customer);
  const numbers = numbersFrom(customer.first + 40n, 10);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'full' }));
  await asFarAsTheDonor(desk, id);
  const port = await until(ruth, at(id), (now) => now.status === 'donor_review', 'the donor has it');
  const stalled = await stopped(desk, id);
  assert.equal(stalled.owner, 'operator');
  const queue = await expect(200, ruth('GET', '/v1/tasks?limit=100'));
  assert.ok(queue.stalled?.some((one) => one.id === id), 'it is in the operators\' queue');
  assert.equal((await lucia('POST', `/v1/requests/${id}/cancel`)).status, 409);
  await expect(202, ruth('POST', `/v1/requests/${id}/cancel`));
  const over = await until(lucia, at(id), (now) => now.outcome, 'the port ends');
  assert.equal(over.outcome, 'cancelled', JSON.stringify(over.timeline));
  const order = await atTheCarrier(platform, `/porting_orders/${port.details.externalId}`);
  assert.equal(order.status.value, 'cancelled');
  assert.ok((await platform.executions('SUCCEEDED')).some(({ name }) => name === `${id}_2`), 'another execution ended it');
});

test('a return of numbers that is ended when its workflow was stopped gives them back after all', { timeout: 240_000 }, async (t) => {
  const desk = await office(t);
  const { platform, lucia, ruth } = desk;
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const found = await expect(200, lucia('GET', '/v1/numbers/available?country=US&type=local&carrier=telnyx&limit=1'));
  const [number] = found.numbers.map((each) => each.number);
  const wish = { carrier: 'telnyx', country: 'US', numberType: 'local', numbers: [number], person: 'p-anna-keller', dossier: 'd-isthmus-1' };
  const order = await expect(202, lucia('POST', '/v1/number-orders', wish));
  const bought = await until(lucia, `/v1/number-orders/${order.id}`, (now) => now.outcome, 'the number comes');
  assert.equal(bought.outcome, 'done', JSON.stringify(bought.timeline));
  const leaving = await expect(202, lucia('POST', `/v1/numbers/${encodeURIComponent(number)}/release`));
  await until(lucia, `/v1/number-orders/${leaving.id}`, (now) => now.status === 'quarantined', 'it waits to be given back');
  await stopped(desk, leaving.id);
  const owned = () => atTheCarrier(platform, `/phone_numbers?${new URLSearchParams({ 'filter[phone_number]': number })}`);
  assert.equal((await owned()).length, 1);
  await expect(202, ruth('POST', `/v1/requests/${leaving.id}/cancel`));
  const left = await until(lucia, `/v1/number-orders/${leaving.id}`, (now) => now.outcome, 'it is given back');
  assert.equal(left.outcome, 'done', JSON.stringify(left.timeline));
  assert.deepEqual(await owned(), []);
});

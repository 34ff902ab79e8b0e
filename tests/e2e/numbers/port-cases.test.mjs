// Ports to Amazon Chime SDK, which are support cases: an operator tells the carrier, its order is read, and support is played by the test.
// The power goes once in each state that they are seen in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, PowerCuts, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, numbersFrom } from './office.mjs';
import { handedIn, says, support, toHandIn } from './support.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
const inDays = (days) => new Date(Date.now() + days * DAY_MS).toISOString();

async function office(t) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  platform.cuts = new PowerCuts(t, platform);
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  return { platform, people: { lucia, ruth }, lucia, ruth };
}

test('a port by support case is corrected, moved to another date, and comes', { timeout: 300_000 }, async (t) => {
  const stage = await office(t);
  const { platform, people, lucia, ruth } = stage;
  const numbers = numbersFrom(CUSTOMERS.CH.first, 2);
  const { id, dossier } = await toHandIn(stage, numbers, { pin: '8642' });
  const first = await until(ruth, at(id), (port) => port.task?.form === 'port-handin', 'it is to be handed in');
  const { toHandIn: what, prepared } = first.details;
  assert.equal(what, 'submission');
  for (const words of ['Account number: CH-1000', 'Country: CH', numbers[1], 'PUT IN HERE']) assert.ok(prepared.body.includes(words), words);
  assert.ok(!JSON.stringify(first).includes('8642'));
  assert.equal((await lucia('GET', `${at(id)}/pin`)).status, 403);
  assert.equal((await expect(200, ruth('GET', `${at(id)}/pin`))).pin, '8642');
  const order = await handedIn(stage, id, numbers);

  await support(platform, 'PUT', `/${order}`, { Status: 'Exception' });
  await says(ruth, id, 'port-resolve', { action: 'ask_customer', codes: ['ACCOUNT_NUMBER_MISMATCH'] });
  const told = await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'the customer is asked');
  assert.deepEqual(told.details.rejections.map((one) => [one.code, one.fields]), [
    ['ACCOUNT_NUMBER_MISMATCH', ['/previousService/accountNumber']],
  ]);
  const { dossier: now } = await expect(200, lucia('GET', `/v1/dossiers/${dossier}`));
  const { kind, endUser, addresses, authorisedPerson, previousService } = CUSTOMERS.CH.form;
  await expect(200, lucia('PUT', `/v1/dossiers/${dossier}`, {
    version: now.version,
    form: { kind, endUser, addresses, authorisedPerson, previousService: { ...previousService, accountNumber: 'CH-2000' } },
  }));
  await asFarAsTheDonor(people, id);
  const again = await says(ruth, id, 'port-handin', { caseId: 'case-4711' });
  assert.equal(again.details.toHandIn, 'correction');
  for (const words of ['Account number: CH-2000', 'Refused before: ACCOUNT_NUMBER_MISMATCH']) {
    assert.ok(again.details.prepared.body.includes(words), words);
  }
  // The order stands as it stood for two more looks: that is no second refusal.
  const since = (await expect(200, ruth('GET', at(id)))).steps.length;
  const waits = await until(ruth, at(id), (port) => port.steps.length > since + 1, 'it is looked at again');
  assert.equal(waits.details.rejections.length, 1, JSON.stringify(waits.timeline));

  const named = inDays(80);
  await support(platform, 'PUT', `/${order}`, { Status: 'FOC', FocDate: named });
  await until(lucia, at(id), (port) => port.actions.includes('request.change@date'), 'a date is agreed');
  const wished = inDays(90);
  await expect(202, lucia('POST', `${at(id)}/change-date`, { foc: wished }));
  const moved = await says(ruth, id, 'port-handin', { caseId: 'case-4712' });
  assert.equal(moved.details.toHandIn, 'new_date');
  await until(ruth, at(id), (port) => port.status === 'donor_review' && port.task?.form === 'port-donor', 'the losing side is asked');
  await support(platform, 'PUT', `/${order}`, { Status: 'FOC', FocDate: wished });
  const agreed = await until(lucia, at(id), (port) => port.actions.includes('request.change@date'), 'the other date is agreed');
  assert.equal(Date.parse(agreed.details.moments.foc), Date.parse(wished));

  await support(platform, 'PUT', `/${order}`, { Status: 'Successful', Country: 'CH' });
  const done = await until(ruth, at(id), (port) => port.outcome, 'the port ends', 150_000);
  assert.equal(done.outcome, 'done', JSON.stringify({ steps: done.steps.map((step) => step.state), timeline: done.timeline }));
  const { body: owned } = await lucia('GET', '/v1/numbers?limit=100');
  for (const number of numbers) assert.ok(owned.numbers.some((one) => one.number === number && one.status === 'active'), number);
});

test('a port by support case is taken back there, by its customer or by silence', { timeout: 300_000 }, async (t) => {
  const stage = await office(t);
  const { platform, lucia, ruth } = stage;
  const [one, other] = [numbersFrom(CUSTOMERS.CH.first, 1), numbersFrom(CUSTOMERS.CH.first + 1n, 1)];

  const { id } = await toHandIn(stage, one);
  const order = await handedIn(stage, id, one);
  await expect(202, lucia('POST', `${at(id)}/cancel`));
  const asked = await says(ruth, id, 'port-handin', { caseId: 'case-4713' });
  assert.deepEqual([asked.status, asked.details.toHandIn], ['cancel_pending', 'withdrawal']);
  await until(ruth, at(id), (port) => port.task?.form === 'port-donor' && port.status === 'cancel_pending', 'support looks at it');
  await support(platform, 'PUT', `/${order}`, { Status: 'Cancelled' });
  const cancelled = await until(lucia, at(id), (port) => port.outcome, 'it is cancelled');
  assert.equal(cancelled.outcome, 'cancelled');

  const silent = await toHandIn(stage, other);
  const second = await handedIn(stage, silent.id, other);
  await support(platform, 'PUT', `/${second}`, { Status: 'Exception' });
  await says(ruth, silent.id, 'port-resolve', { action: 'ask_customer', codes: ['LOCATION_MISMATCH'] });
  const lapsed = await says(ruth, silent.id, 'port-handin', { caseId: 'case-4714' });
  assert.deepEqual([lapsed.status, lapsed.details.toHandIn], ['expired', 'withdrawal']);
  const over = await until(lucia, at(silent.id), (port) => port.outcome, 'it is over');
  assert.equal(over.outcome, 'expired');
});

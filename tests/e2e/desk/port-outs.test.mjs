// Port-outs on their pages: an operator writes down what a support case says, the customer answers by the form, the operator tells the
// carrier and writes down what it says.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { approvedDossier, expect, signIn, until } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { PIN, owned } from '../numbers/leaving.mjs';
import { inDays, sent, taskOpened, typedMoment } from './office.mjs';

const NUMBERS = ['+12125550142', '+12125550143'];
// A day takes four seconds; the answer is due in two months.
const stage = await scene({
  more: ['--time-scale', '21600'], network: { available: NUMBERS.map((number) => ({ number, country: 'US' })) },
});
const { platform } = stage;
const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
const on = (path) => new URL(path, platform.web).href;
const at = (id) => `/v1/port-outs/${id}`;

await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
const wish = { carrier: 'chime', country: 'US', numberType: 'local', numbers: NUMBERS, dossier: 'd-isthmus-1', person: 'p-anna-keller' };
const { id: ordered } = await expect(202, lucia('POST', '/v1/number-orders', wish));
await until(lucia, `/v1/number-orders/${ordered}`, (order) => order.outcome === 'done', 'the numbers are here');
await expect(204, lucia('PUT', '/v1/port-outs/pin', { pin: PIN }));

/** An operator writes down what a support case says; gives the request's id, once its customer is asked. */
async function writtenDown(page, number, externalId, pin) {
  await page.goto(on('/port-outs'));
  await page.getByRole('link', { name: 'New port-out' }).click();
  const form = page.getByTestId('record-port-out').getByTestId('form');
  await form.getByLabel('Numbers', { exact: true }).fill(number);
  await form.getByLabel('Who asks for them').fill('Other Telecom');
  await form.getByLabel('The carrier\'s id').fill(externalId);
  await form.getByLabel('Customer there').fill('Isthmus Trading');
  await form.getByLabel('PIN').fill(pin);
  await form.getByLabel('Date asked for').fill(typedMoment(inDays(90)));
  await form.getByLabel('To be answered until').fill(typedMoment(inDays(60)));
  await form.getByRole('button', { name: 'Write it down' }).click();
  await page.getByTestId('request').waitFor();
  const id = await page.getByTestId('request').getAttribute('data-request');
  await until(lucia, at(id), (one) => one.task?.form === 'port-out-answer', 'the customer is asked');
  return id;
}

/** The operator does the task of this form on its page, once it is open. */
async function told(page, id, form, fill) {
  await until(ruth, at(id), (one) => one.task?.form === form, `it waits for ${form}`);
  await fill(await taskOpened(page, id));
  await sent(page);
}

test('a port-out is written down, authorised by its customer\'s form, told, and goes', { timeout: 200_000 }, async (t) => {
  const [operator, customer] = [await stage.ruth(t, { hz: 0 }), await stage.lucia(t, { hz: 0 })];
  const [gone, stays] = NUMBERS;

  // Nobody's number is said beside the field, and what was typed stays.
  const { page } = operator;
  await page.goto(on('/port-outs'));
  await page.getByRole('link', { name: 'New port-out' }).click();
  const form = page.getByTestId('record-port-out').getByTestId('form');
  await form.getByRole('button', { name: 'Write it down' }).click();
  for (const place of ['/numbers', '/gaining', '/externalId']) {
    await form.locator(`[data-place="${place}"] [data-testid="form-wrong"]`).waitFor();
  }
  await form.getByLabel('Numbers', { exact: true }).fill(`${gone}\n+12125550199`);
  await form.getByLabel('Who asks for them').fill('Other Telecom');
  await form.getByLabel('The carrier\'s id').fill('case-1');
  await form.getByRole('button', { name: 'Write it down' }).click();
  await form.locator('[data-place="/numbers"] [data-testid="form-wrong"]').waitFor();
  assert.equal(await form.getByLabel('The carrier\'s id').inputValue(), 'case-1');

  const id = await writtenDown(page, gone, 'case-1', PIN);
  assert.equal(await page.getByText(PIN, { exact: true }).count(), 0, 'the PIN is shown nowhere');
  await customer.page.goto(on('/port-outs'));
  await customer.page.locator(`[data-testid="request-row"][data-request="${id}"]`).getByRole('link').click();
  await customer.page.getByTestId('request-actions').getByRole('link').first().click();
  const answer = customer.page.getByTestId('form');
  await answer.getByRole('button', { name: 'Done' }).click();
  await answer.locator('[data-place="/decision"] [data-testid="form-wrong"]').waitFor();
  await answer.getByLabel('Authorise', { exact: true }).check();
  await sent(customer.page);

  await page.getByTestId('prepared').getByText('We authorise').waitFor();
  await told(page, id, 'port-out-tell', (task) => task.getByLabel('Told', { exact: true }).check());
  const date = inDays(20);
  await told(page, id, 'port-out-standing', async (task) => {
    await task.getByLabel('Authorised', { exact: true }).check();
    await task.getByLabel('The date').fill(typedMoment(date));
  });
  const dated = await until(lucia, at(id), (one) => one.details.foc, 'the date is known');
  assert.equal(Date.parse(dated.details.foc), date.getTime());
  await told(page, id, 'port-out-standing', (task) => task.getByLabel('Ported', { exact: true }).check());
  await customer.page.goto(on(`/requests/${id}`));
  await customer.page.getByTestId('request-chip').filter({ hasText: 'Done' }).waitFor({ timeout: 90_000 });
  const left = await owned(lucia);
  assert.ok(!left.includes(gone) && left.includes(stays), left.join());
});

test('a wrong PIN is refused by the form; what is taken back meanwhile is written down', { timeout: 200_000 }, async (t) => {
  const [operator, customer] = [await stage.ruth(t, { hz: 0 }), await stage.lucia(t, { hz: 0 })];
  const { page } = operator;
  const [, stays] = NUMBERS;
  const refused = await writtenDown(page, stays, 'case-2', '0000');
  const form = await taskOpened(customer.page, refused);
  await form.getByLabel('Reject', { exact: true }).check();
  await form.getByRole('button', { name: 'Done' }).click();
  await form.locator('[data-place="/reason"] [data-testid="form-wrong"]').waitFor();
  await form.getByLabel('Wrong PIN', { exact: true }).check();
  await sent(customer.page);
  await page.getByTestId('prepared').getByText('the PIN that was named is wrong').waitFor();
  await told(page, refused, 'port-out-tell', (task) => task.getByLabel('Told', { exact: true }).check());
  await told(page, refused, 'port-out-standing', (task) => task.getByLabel('Rejected', { exact: true }).check());
  const over = await until(lucia, at(refused), (one) => one.outcome, 'it is over');
  assert.equal(over.outcome, 'rejected', JSON.stringify(over.timeline));

  // It is taken back while its customer still thinks about it: no task asks the operator, who writes it down all the same.
  const overtaken = await writtenDown(page, stays, 'case-3', PIN);
  const card = page.getByTestId('carrier-says');
  await card.getByRole('button', { name: 'Write it down' }).click();
  await card.getByLabel('Authorised', { exact: true }).check();
  await card.getByRole('button', { name: 'Write it down' }).click();
  await card.locator('[data-place="/foc"] [data-testid="form-wrong"]').waitFor();
  await card.getByLabel('Cancelled', { exact: true }).check();
  await card.getByLabel('Note').fill('withdrawn by Other Telecom');
  await card.getByRole('button', { name: 'Write it down' }).click();
  await page.getByTestId('request-chip').filter({ hasText: 'Cancelled' }).waitFor({ timeout: 60_000 });
  const back = await expect(200, lucia('GET', at(overtaken)));
  assert.equal(back.outcome, 'cancelled', JSON.stringify(back.timeline));
  assert.ok((await owned(lucia)).includes(stays), 'it stays');
});

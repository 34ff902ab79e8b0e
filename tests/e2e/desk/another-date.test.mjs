// Another date for a port, asked for on its page: by whom the numbers are brought, told to the losing side by an operator, and there.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, signIn, until } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { CUSTOMERS, at, numbersFrom } from '../numbers/office.mjs';
import { handedIn, support, toHandIn } from '../numbers/support.mjs';
import { inDays, sent, taskOpened, typedMoment } from './office.mjs';

// A day takes four seconds; the date is two months away.
const stage = await scene({ more: ['--time-scale', '21600'] });
const { platform } = stage;
const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
const on = (path) => new URL(path, platform.web).href;
const isAgreed = (port) => port.actions.includes('request.change@date');

test('another date is asked for on the port\'s page, told to the carrier, and agreed', { timeout: 240_000 }, async (t) => {
  const numbers = numbersFrom(CUSTOMERS.CH.first, 2);
  const { id } = await toHandIn({ people: { lucia, ruth }, lucia }, numbers);
  const order = await handedIn({ platform, ruth }, id, numbers);
  const { page } = await stage.lucia(t, { hz: 0 });
  await page.goto(on(`/ports/${id}`));
  const other = page.getByRole('region', { name: 'Another date' });
  await page.getByTestId('port-dates').waitFor();
  assert.equal(await other.count(), 0, 'there is no date yet that could be moved');
  const named = inDays(60);
  await support(platform, 'PUT', `/${order}`, { Status: 'FOC', FocDate: named.toISOString() });
  await other.waitFor();

  // What cannot be asked for is said beside the field, and nothing is asked of anybody.
  const ask = other.getByRole('button', { name: 'Ask for this date' });
  await ask.click();
  await other.getByRole('alert').filter({ hasText: 'Choose a day and a time.' }).waitFor();
  await other.getByLabel('Another date').fill(typedMoment(inDays(3)));
  await ask.click();
  await other.getByRole('alert').filter({ hasText: 'the numbers cannot come before' }).waitFor();
  const still = await until(lucia, at(id), isAgreed, 'the date stands');
  assert.equal(Date.parse(still.details.moments.foc), named.getTime());

  const wished = inDays(70);
  await other.getByLabel('Another date').fill(typedMoment(wished));
  await ask.click();
  await other.waitFor({ state: 'detached' });
  const { details } = await until(ruth, at(id), (port) => port.task?.form === 'port-handin', 'the carrier is to be told');
  assert.deepEqual([details.toHandIn, Date.parse(details.form.requestedFoc)], ['new_date', wished.getTime()]);

  // The operator sends the text to the carrier, and says in which case.
  const operator = await stage.ruth(t, { hz: 0 });
  await operator.page.goto(on(`/ports/${id}`));
  await operator.page.getByTestId('prepared').getByText('case-4711').first().waitFor();
  const form = await taskOpened(operator.page, id);
  await form.getByLabel('The support case').fill('case-4712');
  await sent(operator.page);
  await until(ruth, at(id), (port) => port.task?.form === 'port-donor', 'the losing side is asked');
  await support(platform, 'PUT', `/${order}`, { Status: 'FOC', FocDate: wished.toISOString() });
  const agreed = await until(lucia, at(id), isAgreed, 'the other date is agreed');
  assert.equal(Date.parse(agreed.details.moments.foc), wished.getTime());
  await page.getByTestId('port-dates').getByText('Confirmed date (FOC)').waitFor();
  await other.waitFor();

  // And it is taken back on its page, as long as that is possible.
  await page.getByRole('button', { name: 'Cancel the request' }).click();
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await until(ruth, at(id), (port) => port.status === 'cancel_pending', 'it is to be taken back there');
  assert.equal((await expect(200, lucia('GET', at(id)))).details.moments.foc, agreed.details.moments.foc);
});

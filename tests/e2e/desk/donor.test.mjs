// The donor's desk in a browser: a person of the losing provider refuses a port and its customer mends it on the pages; then the donor
// names a date, and the numbers come. Another says nothing first, and then accepts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, signIn, until } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, dossierApproved, dossierOf, numbersFrom } from '../numbers/office.mjs';
import { approvedInQueue, inDays, signedOnScreen } from './office.mjs';
import { atDesk, pressed, saidDone, waiting } from './practice.mjs';

// A day takes four seconds: a donor that says nothing for four days has not answered.
const stage = await scene({ more: ['--time-scale', '21600'] });
const { platform } = stage;
const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
const on = (path) => new URL(path, platform.web).href;

/** From now on a person answers for the donors of the desk. */
async function answeredByHand(desk) {
  const change = desk.getByRole('button', { name: 'Change: Donors wait for a person' });
  if ((await change.count()) > 0) await pressed(desk, change);
  await desk.getByRole('button', { name: 'Change: Donors answer by their records' }).waitFor();
}

/** The customer reads what was refused, and writes the right account number into the dossier. */
async function mended(page, port) {
  await page.getByRole('link', { name: 'Dossiers' }).click();
  await page.getByTestId('dossier-row').filter({ hasText: 'Muster AG' }).click();
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: /^People/ }).click();
  const account = page.getByLabel('Account number', { exact: true });
  assert.equal(await account.inputValue(), 'CH-1999');
  await account.fill('CH-1000');
  await page.locator('[data-testid="saved"][data-state="saved"]').waitFor();
  await page.goto(on(`/ports/${port}`));
}

test('a donor refuses on its desk, the customer mends it on the pages, and the numbers come', { timeout: 240_000 }, async (t) => {
  const desk = await atDesk(t, platform);
  await answeredByHand(desk);

  const wrong = structuredClone(CUSTOMERS.CH);
  wrong.form.previousService.accountNumber = 'CH-1999';
  const dossier = await dossierOf(lucia, wrong);
  const numbers = numbersFrom(wrong.first, 10);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'full' }));
  const [customer, operator] = [await stage.lucia(t, { hz: 0 }), await stage.ruth(t, { hz: 0 })];
  const { page } = customer;
  await page.goto(on(`/ports/${id}`));
  await asFarAsTheDonor({ lucia, ruth }, id);

  const order = await waiting(desk, 'Muster AG');
  assert.match(await order.innerText(), /reject.*ACCOUNT_NUMBER_MISMATCH/s, 'the desk says what its records say');
  await order.getByLabel('Reason').selectOption('ACCOUNT_NUMBER_MISMATCH');
  await order.getByRole('textbox', { name: 'Comment' }).fill('It is on the invoice');
  await order.getByRole('button', { name: 'Reject' }).click();
  await saidDone(desk);

  // Nobody reloads: the customer sees what was refused, in words, and what to do about it.
  const refused = page.getByTestId('rejection');
  await refused.getByRole('heading', { name: 'Refused: account number mismatch' }).waitFor();
  await refused.getByText('Copy it from the latest invoice').waitFor();
  await refused.getByText('ACCOUNT_NUMBER_MISMATCH of telnyx, submission 1').waitFor();
  await page.getByTestId('entry').filter({ hasText: 'It is on the invoice' }).waitFor();
  await page.getByTestId('port-editor').waitFor();
  await mended(page, id);
  await page.getByTestId('port-editor').getByRole('button', { name: 'Submit the port' }).click();
  const isAhead = (port) => port.task?.form === 'port-letter' || port.status === 'internal_review';
  const { task } = await until(lucia, at(id), isAhead, 'it is submitted again');
  if (task?.form === 'port-letter') await signedOnScreen(page, 'Anna Muster');
  await dossierApproved({ ruth }, await until(lucia, at(id), (port) => port.status === 'internal_review', 'it is signed'));
  await until(ruth, at(id), (port) => port.task?.form === 'port-review', 'it waits for a review');
  await approvedInQueue(operator.page, id);

  // The donor names the date by the clock of UTC.
  const again = await waiting(desk, 'Muster AG');
  assert.match(await again.innerText(), /accept/);
  const date = inDays(9);
  await again.getByLabel('Date (UTC)').fill(date.toISOString().slice(0, 16));
  await again.getByRole('button', { name: 'Propose' }).click();
  await saidDone(desk);
  await page.getByTestId('port-dates').getByText('Confirmed date (FOC)').waitFor();
  const { details } = await expect(200, lucia('GET', at(id)));
  assert.deepEqual([details.moments.foc.slice(0, 10), details.submissions], [date.toISOString().slice(0, 10), 2]);
  await page.getByTestId('number-line').filter({ hasText: 'Verified' }).nth(9).waitFor({ timeout: 120_000 });
});

test('a donor says nothing, names a date that is over, and accepts', { timeout: 180_000 }, async (t) => {
  const desk = await atDesk(t, platform);
  await answeredByHand(desk);
  const { first } = CUSTOMERS.SG;
  const dossier = await dossierOf(lucia, CUSTOMERS.SG);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: numbersFrom(first, 10), dossier, portType: 'full' }));
  await asFarAsTheDonor({ lucia, ruth }, id);

  const order = await waiting(desk, 'Orchard Trading');
  await pressed(desk, order.getByRole('button', { name: 'Say nothing' }));
  assert.equal(await order.count(), 1, 'it waits still');
  await order.getByLabel('Date (UTC)').fill('2020-01-31T09:00');
  await order.getByRole('button', { name: 'Propose' }).click();
  await desk.getByRole('alert').filter({ hasText: 'Date (UTC): the date must be in the future' }).waitFor();
  const date = order.getByLabel('Date (UTC)');
  assert.deepEqual([await date.inputValue(), await date.getAttribute('aria-invalid')], ['2020-01-31T09:00', 'true']);
  await pressed(desk, order.getByRole('button', { name: 'Accept' }));
  assert.equal(await order.count(), 0, 'it is answered');
  await until(lucia, at(id), (port) => port.details.moments?.foc, 'the donor\'s date is known');
});

// An order of numbers that an operator hands in as a support case, on the page: the text to send, the form, and who sees what.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, signIn, until } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { CUSTOMERS, dossierApproved, dossierOf } from '../numbers/office.mjs';

const stage = await scene();
const { platform } = stage;
const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
const at = (id) => `/v1/number-orders/${id}`;

test('an operator reads what to send and says which case it is', { timeout: 200_000 }, async (t) => {
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const purposes = [{ country: 'CH', numberType: 'local', action: 'order', numbers: 2 }];
  await expect(202, lucia('POST', `/v1/dossiers/${dossier}/submit`, { purposes }));
  await dossierApproved({ ruth }, { details: { form: { dossier: { id: dossier } } } });
  const wish = { carrier: 'chime', country: 'CH', numberType: 'local', count: 2, dossier };
  const { id } = await expect(202, lucia('POST', '/v1/number-orders', wish));
  await until(ruth, at(id), (order) => order.task?.form === 'order-handin', 'it is to be handed in');

  const { page } = await stage.ruth(t, { hz: 0 });
  await page.goto(new URL(`/requests/${id}`, platform.web).href);
  const text = page.getByTestId('prepared');
  await text.getByText(/Count: 2/).waitFor();
  assert.match(await text.innerText(), /End user: Muster AG/);
  assert.equal(await page.getByTestId('losing-pin').count(), 0, 'no PIN goes with an order');
  await page.getByTestId('request-actions').getByRole('link').first().click();
  await text.getByText(/Count: 2/).waitFor();
  const form = page.getByTestId('form');
  await form.getByLabel('The support case').fill('case-4711');
  await form.getByRole('button', { name: 'Done' }).click();
  await page.getByTestId('task-done').filter({ hasText: 'The workflow goes on' }).waitFor();
  const told = await until(ruth, at(id), (order) => order.status === 'with_support', 'it is with support');
  assert.deepEqual([told.details.caseId, told.details.prepared, told.task?.form], ['case-4711', undefined, 'order-case']);
});

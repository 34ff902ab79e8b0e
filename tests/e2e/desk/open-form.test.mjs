// Forms that stay open on the page while their workflow looks at the carrier, at the pace of a laptop.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, signIn, until } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, dossierOf, numbersFrom } from '../numbers/office.mjs';

const stage = await scene();
const { platform } = stage;
const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
const on = (path) => new URL(path, platform.web).href;

/** The port has been looked at twice since, and asks for this form still. */
async function lookedAtTwice(port, form) {
  const isAgain = (now) => now.task?.form === form && now.steps.length >= port.steps.length + 2;
  return until(ruth, at(port.id), isAgain, `${form} is asked for after two looks`);
}

test('a form is filled in on the page while the port is looked at, and its answer counts', { timeout: 200_000 }, async (t) => {
  const numbers = numbersFrom(CUSTOMERS.CH.first, 1);
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, carrier: 'chime', portType: 'full' }));
  await asFarAsTheDonor({ lucia, ruth }, id);
  const asked = await until(ruth, at(id), (port) => port.task?.form === 'port-handin', 'it is to be handed in');

  const { page } = await stage.ruth(t, { hz: 0 });
  await page.goto(on(`/requests/${id}`));
  await page.getByTestId('request-actions').getByRole('link').first().click();
  const [form, done] = [page.getByTestId('form'), page.getByTestId('task-done')];
  const field = form.getByLabel('The support case');
  await field.fill('case-4711');
  const again = await lookedAtTwice(asked, 'port-handin');
  assert.deepEqual([again.task.id, again.task.since], [asked.task.id, asked.task.since], 'it is the same task');
  assert.equal(await done.count(), 0, 'it is still to be done');
  assert.equal(await field.inputValue(), 'case-4711');

  // Its link leads to it still, and what was typed is there.
  await page.reload();
  await field.waitFor();
  assert.equal(await field.inputValue(), 'case-4711');
  await lookedAtTwice(again, 'port-handin');
  await form.getByRole('button', { name: 'Done' }).click();
  await done.filter({ hasText: 'The workflow goes on' }).waitFor();
  const told = await until(ruth, at(id), (port) => port.details.caseId === 'case-4711', 'it is handed in');
  assert.ok(!told.details.toHandIn, JSON.stringify(told.details.toHandIn));
});

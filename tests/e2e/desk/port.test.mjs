// A port on its pages: begun with its numbers, filled in step by step, submitted, told what is missing, signed on the screen.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addDocument, signIn, today } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { dossierApproved } from '../numbers/office.mjs';
import { signedOnScreen } from './office.mjs';

const stage = await scene({ more: ['--time-scale', '1'] });
const { platform } = stage;
const customer = await signIn(platform, platform.lucia);
const at = (path) => new URL(path, platform.web).href;

/** The practice carrier's US-1000: everything is as its donor has it on record. */
const HOLDER = {
  kind: 'business',
  endUser: {
    businessName: 'Example Corp', legalForm: 'Inc', registerIds: [{ scheme: 'us-ein', country: 'US', number: '12-3456789' }],
  },
  addresses: [{
    uses: ['service', 'emergency'], street: '600 Congress Avenue', city: 'New York', region: 'NY', postalCode: '10001', country: 'US',
  }],
  authorisedPerson: { name: 'Jane Roe', email: 'jane.roe@example.com' },
  previousService: {
    provider: 'Liberty Telecom', accountNumber: 'US-1000', billingNumber: '+16465552000', accountName: 'Example Corp',
  },
  declares: ['us.port.pin'],
};

test('a port is filled in step by step, mended, and its letter signed on the screen', async (t) => {
  const { body: made } = await customer('POST', '/v1/dossiers', HOLDER);
  const lucia = await stage.lucia(t, { hz: 0 });
  const { page } = lucia;
  await page.getByRole('link', { name: 'Ports' }).click();
  await page.getByRole('link', { name: 'New port' }).click();
  const editor = page.getByTestId('port-editor');

  await editor.getByLabel('Numbers', { exact: true }).fill('646 555 2000');
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await editor.getByTestId('form-wrong').filter({ hasText: 'country code' }).waitFor();
  await editor.getByLabel('Numbers', { exact: true }).fill('+1 646 555 2000\n+1 646 555 2001');
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByTestId('request').waitFor();
  const id = await page.getByTestId('request').getAttribute('data-request');

  // What was saved is there after a reload.
  await editor.waitFor();
  await page.reload();
  await page.getByTestId('number-line').nth(1).waitFor();
  await editor.getByLabel('Example Corp').check();
  await editor.getByLabel('PIN or passcode').fill('4711');
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await editor.getByLabel('Every number of the account; it ends').check();
  await editor.getByRole('button', { name: 'Save', exact: true }).click();
  await editor.getByRole('button', { name: 'Submit the port' }).click();

  // The invoice is missing: it is said, and mended.
  await page.getByTestId('port-missing').getByText('Latest invoice', { exact: true }).waitFor();
  await addDocument(customer, made.dossier.id, 'invoice', { issued: today() });
  await page.reload();
  await editor.getByLabel('Example Corp').waitFor();
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await editor.getByRole('button', { name: 'Submit the port' }).click();

  await signedOnScreen(page, 'Jane Roe');

  const { body: port } = await customer('GET', `/v1/ports/${id}`);
  assert.equal(port.details.letter.signed.name, 'Jane Roe');
  assert.ok(!JSON.stringify(port).includes('4711'), 'the PIN is shown nowhere');

  // Its dossier was handed in meanwhile. When that is approved, the port waits for a review, in the operator's queue.
  await dossierApproved({ ruth: await signIn(platform, platform.ruth) }, port);
  const ruth = await stage.ruth(t, { hz: 0, width: 390 });
  await ruth.page.goto(at('/requests'));
  await ruth.page.locator(`[data-testid="request-row"][data-request="${id}"]`).waitFor();
  await ruth.page.goto(at(`/ports/${id}`));
  await ruth.page.getByTestId('letter').waitFor();
  const wide = await ruth.page.evaluate(() => document.querySelector('main').scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `the port's page is ${wide} px too wide`);
});

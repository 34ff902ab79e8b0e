// A port on its pages: begun with its numbers, filled in step by step, submitted, told what is missing, signed on the screen.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { scene } from '../harness/scene.mjs';
import { program } from './office.mjs';

const stage = await scene({ more: ['--time-scale', '1'] });
const { platform } = stage;
const customer = await program(platform, platform.lucia);
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

function pdf() {
  const head = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n';
  const table = `xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n${head.length}\n%%EOF\n`;
  return Buffer.from(head + table, 'latin1');
}

/** Puts this month's invoice into a dossier, as a program does. */
async function invoice(dossier) {
  const bytes = pdf();
  const today = new Date().toISOString().slice(0, 10);
  const announced = await customer('POST', `/v1/dossiers/${dossier}/documents`, {
    kind: 'invoice', fileName: 'invoice.pdf', mediaType: 'application/pdf', bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'), issued: today,
  });
  assert.equal(announced.status, 201, JSON.stringify(announced.body));
  const { url, headers, document } = announced.body;
  const put = await fetch(url, { method: 'PUT', headers, body: bytes });
  assert.ok(put.ok, await put.text());
  const there = await customer('POST', `/v1/dossiers/${dossier}/documents/${document}/uploaded`);
  assert.ok(there.status < 300, JSON.stringify(there.body));
}

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
  await invoice(made.dossier.id);
  await page.reload();
  await editor.getByLabel('Example Corp').waitFor();
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await editor.getByRole('button', { name: 'Submit the port' }).click();

  const sheet = page.getByTestId('sign-pad');
  await sheet.waitFor();
  await page.locator('iframe.letter-page').waitFor();
  await sheet.scrollIntoViewIfNeeded();
  const area = await sheet.boundingBox();
  await page.mouse.move(area.x + 40, area.y + 80);
  await page.mouse.down();
  for (let step = 0; step <= 20; step += 1) {
    await page.mouse.move(area.x + 40 + step * 12, area.y + 60 + 30 * Math.sin(step));
  }
  await page.mouse.up();
  await page.getByLabel('Name of who signs').fill('Jane Roe');
  await page.getByRole('button', { name: 'Sign the letter' }).click();
  await page.getByTestId('letter').getByText('Signed by').waitFor();

  const { body: port } = await customer('GET', `/v1/ports/${id}`);
  assert.equal(port.details.letter.signed.name, 'Jane Roe');
  assert.ok(!JSON.stringify(port).includes('4711'), 'the PIN is shown nowhere');

  // It waits for a review now, in the operator's queue.
  const ruth = await stage.ruth(t, { hz: 0, width: 390 });
  await ruth.page.goto(at('/requests'));
  await ruth.page.locator(`[data-testid="request-row"][data-request="${id}"]`).waitFor();
  await ruth.page.goto(at(`/ports/${id}`));
  await ruth.page.getByTestId('letter').waitFor();
  const wide = await ruth.page.evaluate(() => document.querySelector('main').scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `the port's page is ${wide} px too wide`);
});

// API keys through the page: made, shown once and copied, used by a program, revoked.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { ask } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { fits, shown } from './office.mjs';

const stage = await scene();
const { platform } = stage;

async function keys(t) {
  const lucia = await stage.lucia(t);
  await lucia.page.getByTestId('open-you').click();
  await lucia.page.getByTestId('you').getByRole('link', { name: 'API keys' }).click();
  await lucia.page.getByTestId('keys-page').waitFor();
  await lucia.page.getByTestId('you').waitFor({ state: 'detached' });
  return lucia;
}

test('an administrator makes a key, copies its secret once, and revokes it', async (t) => {
  const { page, context } = await keys(t);
  await page.getByTestId('keys-empty').waitFor();
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByText('Say what the key is for.').waitFor();
  await page.getByLabel('What it is for').fill('Orders out of the CRM');
  assert.equal(await page.getByLabel('May', { exact: true }).getByRole('option', { name: /phone company/ }).count(), 0, 'no more than she may');
  await page.getByLabel('Ends').selectOption({ label: 'After 30 days' });
  await shown(page, 'keys-new');
  await page.getByRole('button', { name: 'Make a key' }).click();

  const made = page.getByTestId('key-made');
  const secret = await made.getByTestId('secret').innerText();
  assert.match(secret, /^sk_[A-Za-z0-9_-]{43}$/);
  await shown(page, 'keys-made');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await made.getByRole('button', { name: 'Copy' }).click();
  await made.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  await made.getByRole('button', { name: 'Done' }).click();

  const row = page.getByTestId('key-row').filter({ hasText: 'Orders out of the CRM' });
  await row.getByText('never used').waitFor();
  await row.getByText('made by Lucía Méndez').waitFor();
  assert.equal(await page.getByText(secret).count(), 0, 'it is shown no more');

  const dossier = { kind: 'business', endUser: { businessName: 'Isthmus Trading', legalForm: 'AG' } };
  const order = await ask(platform, 'POST', '/v1/dossiers', dossier, randomUUID(), secret);
  assert.equal(order.status, 201, JSON.stringify(order.body));
  await page.reload();
  await row.getByText(/last used on/).waitFor();
  await shown(page, 'keys');

  await row.getByRole('button', { name: 'Revoke Orders out of the CRM' }).click();
  await page.getByTestId('revoke-key').getByRole('button', { name: 'Keep it' }).click();
  await row.getByRole('button', { name: 'Revoke Orders out of the CRM' }).click();
  await page.getByTestId('revoke-key').getByRole('button', { name: 'Revoke it' }).click();
  await row.getByTestId('key-state').filter({ hasText: 'Revoked' }).waitFor();
  const refused = await ask(platform, 'GET', '/v1/me', undefined, undefined, secret);
  assert.deepEqual([refused.status, refused.body.error], [401, 'ApiKey.Revoked']);
});

test('what a program asked for says by which key', async (t) => {
  const { accessToken } = (await ask(platform, 'POST', '/v1/session', { email: platform.lucia.email, password: platform.lucia.password })).body;
  const wish = { name: 'People out of the directory', role: 'administrator' };
  const { secret } = (await ask(platform, 'POST', '/v1/api-keys', wish, randomUUID(), accessToken)).body;
  const person = { name: 'Mia Frei', email: 'mia.frei@isthmus.example' };
  const begun = await ask(platform, 'POST', '/v1/onboardings', { kind: 'user', person }, randomUUID(), secret);
  assert.equal(begun.status, 202, JSON.stringify(begun.body));
  const { page } = await stage.lucia(t);
  await page.goto(new URL(`/requests/${begun.body.request.id}`, platform.web).href);
  await page.getByTestId('entry-key').filter({ hasText: 'by key People out of the directory' }).first().waitFor();
});

test('on a phone nothing is wider than the screen', async (t) => {
  const { page } = await keys(t);
  await page.setViewportSize({ width: 390, height: 800 });
  await page.getByLabel('What it is for').fill('x'.repeat(80));
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByTestId('secret').waitFor();
  await shown(page, 'narrow-keys');
  await fits(page, 'the page of a new key');
});

// Webhooks through the page: made, their secret shown once, what they were told read and told again, rotated, switched, removed.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, expect, signIn } from '../harness/office.mjs';
import { Receiver, signed } from '../harness/receiver.mjs';
import { scene } from '../harness/scene.mjs';
import { fits, shown } from './office.mjs';

const stage = await scene({ more: DAYS_ARE_SECONDS });
const { platform } = stage;

async function webhooks(t) {
  const lucia = await stage.lucia(t);
  await lucia.page.getByTestId('open-you').click();
  await lucia.page.getByTestId('you').getByRole('link', { name: 'Webhooks' }).click();
  await lucia.page.getByTestId('webhooks-page').waitFor();
  await lucia.page.getByTestId('you').waitFor({ state: 'detached' });
  return lucia;
}

/** The secret that is shown, until it is left. */
async function secretOf(page) {
  const made = page.getByTestId('webhook-made');
  const secret = await made.getByTestId('secret').innerText();
  assert.match(secret, /^whsec_[A-Za-z0-9+/]+=*$/);
  return { secret, leave: () => made.getByRole('button', { name: 'Done' }).click() };
}

const deliveries = (page, state) => page.locator(`[data-testid="delivery"][data-state="${state}"]`);

test('an administrator makes a webhook, reads its log, has it told again, and removes it', { timeout: 120_000 }, async (t) => {
  const { page } = await webhooks(t);
  const receiver = await Receiver.start(t, [500, 204]);
  await page.getByTestId('webhooks-empty').waitFor();
  const make = page.getByRole('button', { name: 'Make a webhook' });
  await make.click();
  await page.getByText('Say where events are posted.').waitFor();
  await page.getByLabel('Address').fill('ftp://events.example/hooks');
  await make.click();
  await page.locator('#webhook-url-said').waitFor();
  await page.getByLabel('Address').fill(receiver.url);
  await page.getByLabel('Number order').check();
  await shown(page, 'webhooks-new');
  await make.click();
  const { secret, leave } = await secretOf(page);
  await shown(page, 'webhooks-made');
  await leave();
  assert.equal(await page.getByText(secret).count(), 0, 'it is shown no more');

  const row = page.getByTestId('webhook-row').filter({ hasText: receiver.url });
  await row.getByText('Number order').waitFor();
  await row.getByTestId('webhook-state').filter({ hasText: 'On' }).waitFor();
  await shown(page, 'webhooks');
  await row.getByRole('link').click();
  await page.getByTestId('deliveries-empty').waitFor();

  // Refused once, then taken: the log has both, and it is told again as it was.
  await page.getByRole('button', { name: 'Send a test' }).click();
  await deliveries(page, 'delivered').waitFor();
  const first = page.getByTestId('delivery');
  await first.getByText('2 attempts, answered 204').waitFor();
  await first.getByText('What was posted and answered').click();
  const attempts = await first.getByTestId('attempt').allInnerTexts();
  assert.match(attempts[0], /answered 500 after .+, it failed$/);
  assert.match(attempts[1], /answered 204 after \S+ ?\w*$/);
  await first.getByText('"type": "webhook.test"').waitFor();
  await shown(page, 'webhook-log');
  await first.getByRole('button', { name: 'Replay A test' }).click();
  await page.getByTestId('delivery').nth(1).waitFor();
  const [, second, third] = await receiver.hears(3);
  assert.equal(third.headers['webhook-id'], second.headers['webhook-id']);
  assert.equal(third.body, second.body);
  for (const post of [second, third]) assert.equal(post.headers['webhook-signature'], signed(secret, post));
  await deliveries(page, 'delivered').nth(1).waitFor();

  await page.getByRole('button', { name: 'Make a new secret' }).click();
  const rotated = await secretOf(page);
  assert.notEqual(rotated.secret, secret);
  await rotated.leave();

  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByTestId('webhook-state').filter({ hasText: 'Off' }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Replay A test' }).first().isDisabled());
  assert.equal(await page.getByRole('button', { name: 'Send a test' }).count(), 0);
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByTestId('webhook-state').filter({ hasText: 'On' }).waitFor();

  const remove = page.getByRole('button', { name: 'Remove', exact: true });
  await remove.click();
  await page.getByTestId('remove-webhook').getByRole('button', { name: 'Keep it' }).click();
  await remove.click();
  await page.getByTestId('remove-webhook').getByRole('button', { name: 'Remove it' }).click();
  await page.getByTestId('webhooks-empty').waitFor();
});

test('who asked for an onboarding reads on its page what its webhook was told, and has no secret of it', { timeout: 120_000 }, async (t) => {
  const receiver = await Receiver.start(t, [204]);
  const asks = await signIn(platform, platform.ruth);
  const begun = await expect(202, asks('POST', '/v1/onboardings', {
    kind: 'tenant',
    tenant: { name: 'Alpenblick AG', slug: 'alpenblick', country: 'CH' },
    person: { name: 'Reto Caduff', email: 'reto@alpenblick.example' },
    numbers: [{ country: 'CH', numberType: 'local', count: 1, area: '44' }],
    webhook: { url: receiver.url },
  }, randomUUID()));
  await receiver.hears(1);
  const { page } = await stage.ruth(t);
  await page.goto(new URL(`/onboarding/${begun.request.id}`, platform.web).href);
  await page.getByTestId('time-runs').getByText('Time runs 86,400 times faster here').waitFor();
  await page.getByRole('link', { name: 'See what its webhook was told' }).click();
  await page.getByTestId('webhook-page').getByText('its secret is the customer').waitFor();
  await deliveries(page, 'delivered').first().waitFor();
  await page.getByTestId('delivery').first().locator('strong').filter({ hasText: 'Onboarding of Alpenblick AG' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Make a new secret' }).count(), 0);
  const heard = receiver.heard.length;
  await page.getByRole('button', { name: /^Replay/ }).first().click();
  await receiver.hears(heard + 1);
});

test('on a phone nothing is wider than the screen', async (t) => {
  const { page } = await webhooks(t);
  await page.setViewportSize({ width: 390, height: 800 });
  const receiver = await Receiver.start(t, [204]);
  await page.getByLabel('Address').fill(`${receiver.url}/${'x'.repeat(120)}`);
  await page.getByRole('button', { name: 'Make a webhook' }).click();
  const { leave } = await secretOf(page);
  await shown(page, 'narrow-webhooks-made');
  await fits(page, 'the page of a new webhook');
  await leave();
  await fits(page, 'the page of webhooks');
  await page.getByTestId('webhook-row').getByRole('link').click();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await deliveries(page, 'delivered').first().waitFor();
  await page.getByText('What was posted and answered').first().click();
  await shown(page, 'narrow-webhook');
  await fits(page, 'the log of a webhook');
});

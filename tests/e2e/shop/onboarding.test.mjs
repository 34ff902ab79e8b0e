// Onboarding on the page: begun by the phone company's people, accepted from the mail, followed without a reload.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { signIn } from '../harness/office.mjs';
import { eventually } from '../harness/process.mjs';
import { Receiver, signed } from '../harness/receiver.mjs';
import { scene } from '../harness/scene.mjs';
import { fits, shown } from './office.mjs';

const stage = await scene({ more: ['--time-scale', '1'] });
const { platform } = stage;

/** The link of the newest mail to an address. */
function invitation(to) {
  return eventually(async () => {
    const answer = await fetch(`${platform.ready.outbox}/messages?to=${encodeURIComponent(to)}`);
    const { messages } = await answer.json();
    return /\/invitations\/[\w.-]+/.exec(messages[0]?.text ?? '')?.[0];
  }, 'a mail with a link');
}

test('a customer is onboarded on the page, as far as the dossier', async (t) => {
  const ruth = await stage.ruth(t, { hz: 0 });
  const { page } = ruth;
  await page.getByRole('link', { name: 'Onboarding' }).click();
  await page.goto(new URL('/onboarding/new', platform.web).href);
  const form = page.getByTestId('onboard-page');
  await form.getByLabel('Name of the customer').fill('Alpenblick AG');
  await form.getByLabel('Home country').selectOption({ label: 'Switzerland' });
  await form.getByLabel('Name', { exact: true }).fill('Reto Caduff');
  await form.getByLabel('E-mail').fill('reto@alpenblick');
  await form.getByRole('button', { name: 'Add' }).waitFor();
  await form.getByLabel('Country', { exact: true }).selectOption({ label: 'Switzerland' });
  await form.getByRole('button', { name: 'Add' }).click();
  await form.getByTestId('want').filter({ hasText: 'Switzerland' }).waitFor();
  // What most leave out is folded away: an area, the very number, numbers that are brought, an emergency address, a webhook.
  await form.getByLabel('Area').fill('44');
  await form.getByRole('button', { name: 'Add' }).click();
  await form.getByTestId('want').filter({ hasText: 'Switzerland, 44' }).waitFor();
  await form.getByText('Choose the very number').click();
  await form.getByRole('button', { name: 'Search' }).click();
  const offer = form.getByTestId('found').getByTestId('offer').first();
  const number = await offer.getAttribute('data-number');
  await offer.getByRole('button').click();
  await form.getByTestId('want').nth(2).waitFor();
  await form.getByText('Numbers that the customer brings').click();
  await form.getByLabel('Where they are').selectOption({ label: 'Switzerland' });
  await form.getByLabel('Their numbers').fill('044 555 20 00');
  await form.getByRole('button', { name: 'Bring these' }).click();
  await form.getByRole('alert').filter({ hasText: 'is not a number with its country code' }).waitFor();
  await form.getByLabel('Their numbers').fill('+41 44 555 20 00\n+41 44 555 20 01');
  await form.getByRole('button', { name: 'Bring these' }).click();
  await form.getByTestId('brought').filter({ hasText: '2 numbers' }).waitFor();
  await form.getByText('Emergency address', { exact: true }).click();
  await form.getByLabel('Street and number').fill('Bahnhofstrasse 1');
  await form.getByLabel('Place').fill('Zürich');
  const receiver = await Receiver.start(t, [204]);
  await form.getByText('Webhook', { exact: true }).click();
  await form.getByLabel('Address', { exact: true }).fill(receiver.url);
  await shown(page, 'onboard');
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 800 });
  await fits(page, 'the form of an onboarding');
  await page.setViewportSize(wide);
  // Whoever closes the page, or signs out, finds it as it was left.
  await page.reload();
  await form.getByTestId('want').nth(2).waitFor();
  await ruth.signOut();
  await ruth.signIn(platform.ruth);
  await page.goto(new URL('/onboarding/new', platform.web).href);
  await form.getByTestId('want').nth(2).waitFor();
  await form.getByTestId('brought').waitFor();
  assert.equal(await form.getByLabel('Address', { exact: true }).inputValue(), receiver.url);
  // Two addresses are none: it is said beside the fields, though one is folded away; the first has the focus, and nothing that was typed is lost.
  const hook = form.getByLabel('Address', { exact: true });
  await hook.fill('example.com/hooks');
  await form.getByText('Webhook', { exact: true }).click();
  await hook.waitFor({ state: 'hidden' });
  await form.getByRole('button', { name: 'Begin' }).click();
  await form.getByRole('alert').filter({ hasText: 'An address such as https://example.com/hooks.' }).waitFor();
  await page.locator('#person-email:focus').waitFor();
  assert.equal(await form.getByLabel('Name of the customer').inputValue(), 'Alpenblick AG');
  await hook.fill(receiver.url);
  await form.getByLabel('E-mail').fill('reto@alpenblick.example');
  await form.getByRole('button', { name: 'Begin' }).click();

  // The webhook's secret is told this once.
  const made = page.getByTestId('webhook-made');
  const secret = await made.getByTestId('secret').innerText();
  assert.match(secret, /^whsec_/);
  await shown(page, 'onboard-secret');
  await made.getByRole('button', { name: 'Go on' }).click();

  const stages = page.getByTestId('stages');
  await stages.waitFor();
  assert.equal(await page.getByText(secret).count(), 0, 'it is shown no more');
  const desk = await signIn(platform, platform.ruth);
  const { body } = await desk('GET', `/v1/onboardings/${new URL(page.url()).pathname.split('/').at(-1)}`);
  const { wishes, portWishes, purposes } = body.request.details;
  assert.deepEqual([wishes.length, wishes[1].area, wishes[2].number], [3, '44', number]);
  assert.deepEqual(portWishes, [{ country: 'CH', numbers: 2 }]);
  assert.ok(purposes.some(({ action }) => action === 'port_in'), JSON.stringify(purposes));
  const [post] = await receiver.hears(1);
  assert.equal(post.headers['webhook-signature'], signed(secret, post));
  await stages.locator('[data-stage="email"][data-state="running"]').waitFor();
  await page.getByRole('button', { name: 'Send the invitation again' }).waitFor();
  await shown(page, 'onboarding');

  // The list tells the stage, too. When the onboarding moves, its row does, and nothing is read for it.
  const list = await ruth.tab(new URL('/onboarding', platform.web).href);
  const row = (words) => list.getByTestId('onboardings').locator('li').filter({ hasText: 'Alpenblick AG' }).filter({ hasText: words });
  await row('E-mail verified').waitFor();
  await list.getByTestId('onboardings-running').filter({ hasText: '1 under way' }).waitFor();
  await list.waitForLoadState('networkidle');
  const read = [];
  list.on('request', (request) => read.push(new URL(request.url()).pathname));

  const reto = await Person.open(t, { hz: 0 });
  reto.page = await reto.tab(new URL(await invitation('reto@alpenblick.example'), platform.web).href);
  await reto.page.getByRole('heading', { name: 'Welcome, Reto Caduff' }).waitFor();
  await shown(reto.page, 'invitation');
  const accept = reto.page.getByRole('button', { name: 'Accept and sign in' });
  await reto.page.getByLabel('Choose a password').fill('short');
  assert.ok(await accept.isDisabled(), 'too short');
  await reto.page.getByLabel('Choose a password').fill('correct horse battery');
  await reto.page.getByLabel('Once more').fill('correct horse battery');
  await accept.click();
  // He comes to his onboarding, and from there to what it waits for.
  await reto.page.getByRole('link', { name: 'Dossiers' }).waitFor();
  await reto.page.getByTestId('stages').getByRole('link', { name: 'Dossier filled in' }).click();
  await reto.page.getByTestId('dossier-page').waitFor();
  await reto.page.getByTestId('want').first().waitFor();

  // Nobody reloads: the change comes to the page of whoever watches.
  await stages.locator('[data-stage="email"][data-state="done"]').waitFor();
  await stages.locator('[data-stage="dossier"][data-state="running"]').waitFor();
  await row('Dossier filled in').waitFor();
  assert.deepEqual(read.filter((path) => /^\/v1\/(onboardings|requests)/.test(path)), []);

  // It is taken back where it is followed.
  await page.getByRole('button', { name: 'Cancel the request' }).click();
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await page.getByTestId('onboarding-status').filter({ hasText: 'Cancelled' }).waitFor();
  await row('Cancelled').waitFor();
});

test('a link that is not one says so', async (t) => {
  const anybody = await Person.open(t, { hz: 0 });
  const page = await anybody.tab(new URL('/invitations/on-0.nothing', platform.web).href);
  await page.getByTestId('invitation-error').waitFor();
});

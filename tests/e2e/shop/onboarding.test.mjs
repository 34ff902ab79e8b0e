// Onboarding on the page: begun by the phone company's people, accepted from the mail, followed without a reload.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { eventually } from '../harness/process.mjs';
import { scene } from '../harness/scene.mjs';
import { shown } from './office.mjs';

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
  // Whoever closes the page finds it as it was left.
  await page.reload();
  await form.getByTestId('want').filter({ hasText: 'Switzerland' }).waitFor();
  await form.getByRole('button', { name: 'Begin' }).click();
  // The address is no address: it is said beside the field, and nothing that was typed is lost.
  await form.getByRole('alert').first().waitFor();
  assert.equal(await form.getByLabel('Name of the customer').inputValue(), 'Alpenblick AG');
  await form.getByLabel('E-mail').fill('reto@alpenblick.example');
  await form.getByRole('button', { name: 'Begin' }).click();

  const stages = page.getByTestId('stages');
  await stages.locator('[data-stage="email"][data-state="running"]').waitFor();
  await page.getByRole('button', { name: 'Send the invitation again' }).waitFor();
  await shown(page, 'onboarding');

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
  await reto.page.getByRole('link', { name: 'Dossiers' }).waitFor();

  // Nobody reloads: the change comes to the page of whoever watches.
  await stages.locator('[data-stage="email"][data-state="done"]').waitFor();
  await stages.locator('[data-stage="dossier"][data-state="running"]').waitFor();
});

test('a link that is not one says so', async (t) => {
  const anybody = await Person.open(t, { hz: 0 });
  const page = await anybody.tab(new URL('/invitations/on-0.nothing', platform.web).href);
  await page.getByTestId('invitation-error').waitFor();
});

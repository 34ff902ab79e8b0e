// A person is onboarded by an administrator on the pages: given a number that is free, or one that is ordered for them, and reached on it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { approvedDossier, expect, signIn } from '../harness/office.mjs';
import { TONES, scene } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';
import { PASSWORD } from '../onboarding/office.mjs';
import { accepted, fits, shown } from './office.mjs';

// An hour of a request takes a second.
const stage = await scene({ more: ['--time-scale', '3600'] });
const { platform } = stage;
const ask = await signIn(platform, platform.lucia);
const at = (path) => new URL(path, platform.web).href;

/** Opens the form as the administrator does. */
async function opened(page) {
  await page.getByRole('link', { name: 'Onboarding' }).click();
  await page.getByRole('link', { name: 'Onboard', exact: true }).click();
  const form = page.getByTestId('onboard-page');
  await form.getByRole('heading', { name: 'Onboard a person' }).waitFor();
  assert.equal(await form.getByLabel('Name of the customer').count(), 0, 'customers are for the phone company\'s people');
  return form;
}

/** A phone calls a number, and the person answers it. */
async function reached(t, person, number) {
  await person.page.getByRole('link', { name: 'Phone' }).click();
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(number));
  await person.rings();
  await person.press('Answer');
  await person.hears(TONES.phone);
  await phone.hears((recording) => secondsOf(recording, TONES.anna) > 0.5, 'the new person');
  await phone.hangUp();
  await person.ended(/^Call ended/);
}

test('a person is onboarded with a number that is free, and answers on it', { timeout: 200_000 }, async (t) => {
  const number = '+41445550100';
  await expect(200, ask('PATCH', `/v1/numbers/${encodeURIComponent(number)}`, { person: null }));
  const { page } = await stage.lucia(t, { hz: 0 });
  const form = await opened(page);
  await form.getByRole('button', { name: 'Begin' }).click();
  await page.locator('#person-name:focus').waitFor();
  await form.getByLabel('Name', { exact: true }).fill('Mia Roth');
  await form.getByLabel('E-mail').fill('mia.roth@isthmus.example');
  await form.getByLabel('May', { exact: true }).selectOption('operator');
  await form.getByLabel('Free number').selectOption(number);
  // Where help is sent is not known of a free number: it can be said.
  await form.getByText('Emergency address', { exact: true }).click();
  await form.getByLabel('Street and number').fill('Bahnhofstrasse 1');
  await form.getByLabel('Place').fill('Zürich');
  await form.getByLabel('In', { exact: true }).selectOption('CH');
  await fits(page, 'the form of a person');
  await shown(page, 'onboard-person');
  await form.getByRole('button', { name: 'Begin' }).click();
  const stages = page.getByTestId('stages');
  await stages.locator('[data-stage="email"][data-state="running"]').waitFor();
  assert.equal(await page.locator('[data-stage="dossier"]').count(), 0, 'a person has no dossier');

  const mia = await accepted(t, platform, 'mia.roth@isthmus.example', PASSWORD, { hz: TONES.anna });
  await page.getByTestId('onboarding-status').filter({ hasText: 'Done' }).waitFor({ timeout: 90_000 });
  const states = await page.getByTestId('stage').evaluateAll((rows) => rows.map(({ dataset }) => dataset.state));
  assert.ok(states.every((state) => ['done', 'skipped'].includes(state)), states.join());
  await reached(t, mia, number);
  const { people } = await expect(200, ask('GET', '/v1/people'));
  assert.ok(people.some(({ name }) => name === 'Mia Roth'));
  await platform.quiet();
});

test('a person is onboarded with a number that is ordered for them', { timeout: 200_000 }, async (t) => {
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const { page } = await stage.lucia(t, { hz: 0 });
  const form = await opened(page);
  await form.getByLabel('Name', { exact: true }).fill('Leo Roth');
  await form.getByLabel('E-mail').fill('leo.roth@isthmus.example');
  const wished = form.getByTestId('want');
  for (const country of ['CH', 'US']) {
    await form.getByLabel('Country', { exact: true }).selectOption(country);
    await form.getByLabel('Type', { exact: true }).selectOption('local');
    await form.getByRole('button', { name: 'Add' }).click();
    await wished.filter({ hasText: country === 'US' ? 'United States' : 'Switzerland' }).waitFor();
  }
  assert.equal(await wished.count(), 1, 'a person has one number');
  await form.getByLabel('Ordered with the dossier').selectOption('d-isthmus-1');
  await form.getByText('Emergency address', { exact: true }).click();
  await form.getByLabel('Street and number').fill('350 Fifth Avenue');
  await form.getByLabel('Postal code').fill('10118');
  await form.getByLabel('Place').fill('New York');
  await form.getByLabel('Canton, state or province').fill('NY');
  await form.getByLabel('In', { exact: true }).selectOption('US');
  // Whoever closes the page finds it as it was left.
  await page.reload();
  await wished.filter({ hasText: 'United States' }).waitFor();
  assert.equal(await form.getByLabel('Ordered with the dossier').inputValue(), 'd-isthmus-1');
  assert.equal(await form.getByLabel('Place').inputValue(), 'New York');
  await form.getByRole('button', { name: 'Begin' }).click();
  await page.locator('[data-stage="email"][data-state="running"]').waitFor();

  const leo = await accepted(t, platform, 'leo.roth@isthmus.example', PASSWORD, { hz: TONES.anna });
  await page.getByTestId('onboarding-status').filter({ hasText: 'Done' }).waitFor({ timeout: 90_000 });
  const { numbers } = await expect(200, ask('GET', '/v1/numbers?limit=100'));
  const { people } = await expect(200, ask('GET', '/v1/people'));
  const { person: id } = people.find(({ name }) => name === 'Leo Roth');
  const [his] = numbers.filter(({ person }) => person === id);
  assert.match(his.number, /^\+1\d{10}$/);
  await page.goto(at('/numbers'));
  const rings = page.locator(`[data-testid="number-row"][data-number="${his.number}"]`).getByRole('combobox');
  // People are read after the numbers are there.
  await rings.locator('option:checked', { hasText: 'Leo Roth' }).waitFor({ state: 'attached' });
  await reached(t, leo, his.number);
  await platform.quiet();
});

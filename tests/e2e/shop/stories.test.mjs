// Customers of three countries on the pages alone: onboarded, checked, given a number, and reached on it by a phone.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TONES, scene } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';
import { COUNTRIES, PASSWORD, form } from '../onboarding/office.mjs';
import { accepted, filledInParts, shown } from './office.mjs';

// An hour of a request takes a second: long enough to type, short enough to wait for a carrier.
const stage = await scene({ more: ['--time-scale', '3600'] });
const { platform } = stage;
const at = (path) => new URL(path, platform.web).href;

/** Everything that the country and the carrier ask for: nobody of the phone company has to add anything. */
const PAPERS = {
  CH: ['register_extract', 'proof_of_address'],
  SG: ['register_extract', 'proof_of_identity'],
  PA: ['register_extract', 'trade_licence', 'proof_of_identity', 'proof_of_address'],
};
const NAMES = { CH: 'Switzerland', SG: 'Singapore', PA: 'Panama' };

/** The phone company's people begin it; gives the page that follows it. */
async function begun(t, country, email) {
  const { page } = await stage.ruth(t, { hz: 0 });
  await page.goto(at('/onboarding/new'));
  const wish = page.getByTestId('onboard-page');
  await wish.getByLabel('Name of the customer').fill(COUNTRIES[country].name);
  await wish.getByLabel('Home country').selectOption({ label: NAMES[country] });
  await wish.getByLabel('Name', { exact: true }).fill('Ana Pérez');
  await wish.getByLabel('E-mail').fill(email);
  await wish.getByLabel('Country', { exact: true }).selectOption(country);
  await wish.getByRole('button', { name: 'Add' }).click();
  await wish.getByTestId('want').waitFor();
  await wish.getByRole('button', { name: 'Begin' }).click();
  await page.locator('[data-stage="email"][data-state="running"]').waitFor();
  return page;
}

/** She fills in the dossier that was begun for her, and hands it in. */
async function filledIn(page, country, email) {
  await page.getByRole('link', { name: 'Dossiers' }).click();
  await page.getByTestId('dossier-row').first().click();
  // What is wanted is known from the onboarding.
  await page.getByTestId('want').filter({ hasText: NAMES[country] }).waitFor();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await filledInParts(page, form(country, email), PAPERS[country]);
  await shown(page, `story-${country}-dossier`);
  await page.getByRole('button', { name: 'Hand in', exact: true }).click();
  await page.getByTestId('dossier-status').getByText('Being checked').waitFor();
}

/** An operator looks at it in the queue and approves. */
async function approved(page) {
  await page.getByRole('link', { name: 'Requests' }).click();
  const row = page.getByTestId('request-row').filter({ hasText: 'In review' }).filter({ hasText: 'Dossier of' });
  await row.getByRole('link').first().click();
  await page.getByTestId('request-actions').getByRole('link').first().click();
  const review = page.getByTestId('form');
  await review.getByLabel('Approve', { exact: true }).check();
  await review.getByRole('button', { name: 'Done' }).click();
  await page.getByTestId('task-done').waitFor();
}

for (const country of Object.keys(PAPERS)) {
  test(`on the pages: a business in ${NAMES[country]} is onboarded, and a phone reaches it on its number`, { timeout: 290_000 }, async (t) => {
    const email = `ana@${COUNTRIES[country].slug}.example`;
    const desk = await begun(t, country, email);
    const onboarding = desk.url();
    const ana = await accepted(t, platform, email, PASSWORD, { hz: TONES.anna });
    await filledIn(ana.page, country, email);
    await desk.locator('[data-stage="review"][data-state="running"]').waitFor();
    await approved(desk);
    await desk.goto(onboarding);
    await desk.getByTestId('onboarding-status').filter({ hasText: 'Done' }).waitFor({ timeout: 120_000 });
    await shown(desk, `story-${country}-done`);
    const states = await desk.getByTestId('stage').evaluateAll((rows) => rows.map(({ dataset }) => dataset.state));
    assert.ok(states.every((state) => state === 'done'), states.join());

    await ana.page.getByRole('link', { name: 'Numbers' }).click();
    const row = ana.page.getByTestId('number-row');
    await row.waitFor();
    assert.equal(await row.count(), 1);
    const number = await row.getAttribute('data-number');
    await shown(ana.page, `story-${country}-number`);
    await ana.page.getByRole('link', { name: 'Phone' }).click();
    const phone = await stage.phone(t);
    await phone.dial(stage.uri(number));
    await ana.rings();
    await ana.press('Answer');
    await ana.hears(TONES.phone);
    await phone.hears((recording) => secondsOf(recording, TONES.anna) > 0.5, 'the customer');
    await phone.hangUp();
    await ana.ended(/^Call ended/);
    await platform.quiet();
  });
}

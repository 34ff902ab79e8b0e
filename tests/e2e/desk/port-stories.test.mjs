// Ports of three countries on the pages alone, side by side: who holds the numbers, what is asked for, signed on the screen, looked at in
// the queue, here, and ringing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, signIn, until } from '../harness/office.mjs';
import { eventually } from '../harness/process.mjs';
import { TONES, scene } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';
import { CUSTOMERS, at as port, numbersFrom } from '../numbers/office.mjs';
import { filledInParts, shown } from '../shop/office.mjs';
import { approvedInQueue, signedOnScreen } from './office.mjs';

// A day takes four seconds: time enough to fill in and to sign before anything lapses.
const stage = await scene({ more: ['--time-scale', '21600'] });
const { platform } = stage;
// It reads how far each is, and asks for nothing.
const ask = await signIn(platform, platform.lucia);
const at = (path) => new URL(path, platform.web).href;

/** The customer writes down who holds the numbers, as the losing provider's invoice says; the port hands it in. */
async function dossierWritten(page, country) {
  const { form, papers } = CUSTOMERS[country];
  await page.goto(at('/dossiers/new'));
  await page.getByRole('button', { name: /An organisation/ }).click();
  await page.getByTestId('part-wanted').waitFor();
  await page.getByLabel('Country', { exact: true }).selectOption(country);
  await page.getByLabel('Type', { exact: true }).selectOption('local');
  await page.getByLabel('What to do').selectOption('port_in');
  await page.getByLabel('How many', { exact: true }).fill('10');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByTestId('want').filter({ hasText: '10 numbers' }).waitFor();
  await page.getByRole('button', { name: 'Next', exact: true }).click();
  await filledInParts(page, form, papers);
  await page.getByTestId('part-check').waitFor();
  for (const one of await page.getByRole('group', { name: 'To declare' }).getByRole('checkbox').all()) await one.check();
  const met = page.getByTestId('met');
  await eventually(async () => (await met.getAttribute('data-met')) === (await met.getAttribute('data-all')), 'nothing is missing');
}

/** Asks for ten numbers of a donor's customer, that are to ring somebody as soon as they are here. */
async function begun(page, country, rings) {
  const { first, form } = CUSTOMERS[country];
  await page.goto(at('/ports/new'));
  const editor = page.getByTestId('port-editor');
  await editor.getByLabel('Numbers', { exact: true }).fill(numbersFrom(first, 10).join('\n'));
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByTestId('number-line').nth(9).waitFor();
  await editor.getByLabel(form.endUser.businessName).check();
  await editor.getByRole('button', { name: 'Save and go on' }).click();
  await editor.getByLabel('Every number of the account; it ends').check();
  await editor.getByLabel(rings, { exact: true }).check();
  await editor.getByRole('button', { name: 'Save', exact: true }).click();
  await editor.getByRole('button', { name: 'Submit the port' }).click();
}

test('ten numbers of each country come on the pages, and the first of each rings', { timeout: 290_000 }, async (t) => {
  const [lucia, ruth, anna] = [await stage.lucia(t, { hz: 0 }), await stage.ruth(t, { hz: 0 }), await stage.anna(t)];
  const ports = [];
  for (const country of Object.keys(CUSTOMERS)) {
    const page = await lucia.context.newPage();
    await dossierWritten(page, country);
    await begun(page, country, country === 'CH' ? 'Anna Keller' : 'Nobody yet');
    await signedOnScreen(page, CUSTOMERS[country].form.authorisedPerson.name);
    const id = await page.getByTestId('request').getAttribute('data-request');
    const { details } = await until(ask, port(id), (one) => one.status === 'internal_review', 'it is signed');
    const checked = await until(ask, `/v1/dossiers/${details.form.dossier.id}`, (one) => one.status === 'in_review', 'its dossier is handed in');
    assert.equal(checked.dossier.previousService.accountNumber, `${country}-1000`);
    await approvedInQueue(ruth.page, checked.request);
    await until(ask, port(id), (one) => one.task?.form === 'port-review', 'it waits for a review');
    await approvedInQueue(ruth.page, id);
    ports.push({ country, page });
  }
  for (const { country, page } of ports) {
    await page.bringToFront();
    await page.getByTestId('request-chip').filter({ hasText: 'Done' }).waitFor({ timeout: 150_000 });
    await shown(page, `port-${country}-done`);
    const lines = await page.getByTestId('number-line').allInnerTexts();
    assert.ok(lines.length === 10 && lines.every((line) => /Verified/.test(line)), lines.join());
  }
  const { page } = lucia;
  await page.bringToFront();
  await page.goto(at('/numbers'));
  const { numbers: here } = await expect(200, ask('GET', '/v1/numbers?limit=100'));
  for (const { country } of ports) {
    const [number] = numbersFrom(CUSTOMERS[country].first, 1);
    const row = page.locator(`[data-testid="number-row"][data-number="${number}"]`);
    const came = here.find((one) => one.number === number);
    assert.equal(came.person, country === 'CH' ? 'p-anna-keller' : undefined, `${number} came with what was asked for`);
    await row.getByRole('combobox').selectOption({ label: 'Anna Keller' });
    await row.getByText('In use').waitFor();
    const phone = await stage.phone(t);
    await phone.dial(stage.uri(number));
    await anna.rings();
    await anna.press('Answer');
    await phone.hears((recording) => secondsOf(recording, TONES.anna) > 0.5, 'Anna');
    await phone.hangUp();
    await anna.ended(/^Call ended/);
    await anna.press('Close');
  }
  await platform.quiet();
});

// What becomes of a dossier on the pages: approved until something follows, which is handed in again by its form; and a customer who
// does not wait for the numbers that are on their way.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { expect, pdf, signIn, until } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';
import { CUSTOMERS, at as port, numbersFrom } from '../numbers/office.mjs';
import { Office, PASSWORD, bringing, broughtAsFarAsTheLetter } from '../onboarding/office.mjs';
import { approvedInQueue, sent, taskOpened } from '../desk/office.mjs';
import { shown } from './office.mjs';

// An hour of a request takes a second; a day less than half a minute.
const stage = await scene({ more: ['--time-scale', '3600'] });
const { platform } = stage;
const desk = new Office(platform, await signIn(platform, platform.ruth));
const on = (path) => new URL(path, platform.web).href;
const DAY_MS = 24 * 60 * 60 * 1000;
const day = (ahead) => new Date(Date.now() + ahead * DAY_MS).toISOString().slice(0, 10);

/** The customer puts a paper into the dossier on its page. */
async function paperAdded(page, dossier, kind) {
  await page.goto(on(`/dossiers/${dossier}`));
  await page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: /^Documents/ }).click();
  await page.getByLabel('What it is').selectOption(kind);
  await page.getByLabel('Date on it').fill(day(-1));
  const before = await page.getByTestId('document').count();
  await page.getByTestId('file').setInputFiles({ name: `${kind}-${before}.pdf`, mimeType: 'application/pdf', buffer: pdf(`${kind} ${before}`) });
  await page.getByTestId('document').nth(before).waitFor();
}

test('approved until something follows; it follows by the form, and the dossier is approved for good', { timeout: 240_000 }, async (t) => {
  const wish = desk.wish('CH');
  const { id, details } = (await desk.begin(wish)).request;
  const ask = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  const ana = await Person.open(t, { hz: 0 });
  ana.page = await ana.tab(platform.web);
  await ana.signIn({ email: wish.person.email, password: PASSWORD });
  await paperAdded(ana.page, details.dossier, 'register_extract');
  await ana.page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: /^Check/ }).click();
  await ana.page.getByRole('button', { name: 'Hand in', exact: true }).click();
  await ana.page.getByTestId('dossier-status').getByText('Being checked').waitFor();
  const { request } = await expect(200, ask('GET', `/v1/dossiers/${details.dossier}`));
  const asks = (form) => until(ask, `/v1/requests/${request}`, (check) => check.task?.form === form, `it waits for ${form}`);

  // A provisional approval has a day, which is ahead.
  const ruth = await stage.ruth(t, { hz: 0 });
  await asks('review');
  const form = await taskOpened(ruth.page, request);
  await form.getByLabel('Approve provisionally', { exact: true }).check();
  await form.getByRole('button', { name: 'Done' }).click();
  const wrong = form.locator('[data-place="/until"] [data-testid="form-wrong"]');
  await wrong.waitFor();
  await form.getByLabel('Provisional until').fill(day(-3));
  await form.getByRole('button', { name: 'Done' }).click();
  await wrong.waitFor();
  await form.getByLabel('Provisional until').fill(day(40));
  await form.getByRole('button', { name: 'Add' }).click();
  await form.getByLabel('Document or field').fill('Register extract');
  await form.getByLabel('Reason', { exact: true }).fill('A certified copy must follow');
  await shown(ruth.page, 'review-provisional');
  await sent(ruth.page);

  // The customer sees that it holds until then and what must follow; hands it in, and says so by the form.
  await asks('resubmit');
  await ana.page.goto(on(`/dossiers/${details.dossier}`));
  await ana.page.getByTestId('dossier-status').getByText('Approved for now').waitFor();
  await paperAdded(ana.page, details.dossier, 'register_extract');
  const again = await taskOpened(ana.page, request);
  await ana.page.getByText('A certified copy must follow').first().waitFor();
  await again.getByLabel('Note').fill('Certified on Monday');
  await shown(ana.page, 'review-resubmit');
  await sent(ana.page);
  await asks('review');
  await approvedInQueue(ruth.page, request);
  await ana.page.goto(on(`/dossiers/${details.dossier}`));
  await ana.page.getByTestId('dossier-status').getByText('Approved', { exact: true }).waitFor();
  await desk.tellCarrier((await desk.look(id)).request.tenant, 'CH');
  assert.equal((await desk.ended(id)).outcome, 'done');
});

test('a customer goes live without waiting for the numbers that are on their way', { timeout: 200_000 }, async (t) => {
  const numbers = numbersFrom(CUSTOMERS.CH.first, 2);
  const wish = bringing(numbers);
  const { id, anna: ask, port: begun } = await broughtAsFarAsTheLetter(desk, wish);
  const anna = await Person.open(t, { hz: 0 });
  anna.page = await anna.tab(platform.web);
  await anna.signIn({ email: wish.person.email, password: PASSWORD });
  await anna.page.getByRole('link', { name: 'Onboarding' }).click();
  await anna.page.getByTestId('onboarding-row').click();
  const under = anna.page.getByTestId('begun-ports').getByRole('link');
  await under.filter({ hasText: 'Under way' }).waitFor();
  await anna.page.locator('[data-stage="ports"][data-state="running"]').waitFor();
  await shown(anna.page, 'onboarding-ports');
  await anna.page.getByRole('button', { name: 'Go live without waiting' }).click();
  await anna.page.getByTestId('onboarding-status').filter({ hasText: 'Done' }).waitFor({ timeout: 60_000 });
  assert.equal((await desk.look(id)).request.outcome, 'done');
  // The port goes on without it, and is where the page leads.
  assert.equal((await expect(200, ask('GET', port(begun.id)))).endedAt, undefined);
  await under.click();
  await anna.page.getByTestId('sign-pad').waitFor();
});

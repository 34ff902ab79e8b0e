// Numbers through the page: found, ordered, seen to become active without a reload, assigned and given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { approvedDossier, signIn } from '../harness/office.mjs';
import { fits, shown } from './office.mjs';
import { eventually } from '../harness/process.mjs';
import { scene } from '../harness/scene.mjs';

// A day of an order is a second: the carrier answers soon, and a quarantine takes half a minute.
// Chime sells in a country whose rules nobody has written here.
const network = { available: [{ number: '+493023125000', country: 'DE' }] };
const stage = await scene({ more: ['--time-scale', '86400'], network });
const TENANT = 't-isthmus-trading';

async function market(t, options) {
  const lucia = await stage.lucia(t, options);
  await lucia.page.goto(new URL('/numbers/buy', stage.platform.web).href);
  await lucia.page.getByTestId('asked').waitFor();
  return lucia.page;
}

async function search(page, { country, kind = 'local', digits = '' }) {
  await page.getByLabel('Country', { exact: true }).selectOption(country);
  await page.getByLabel('Type', { exact: true }).selectOption(kind);
  await page.getByLabel('Digits', { exact: true }).fill(digits);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
}

test('an administrator buys a number, assigns it, gives it back and thinks better of it', async (t) => {
  await approvedDossier(stage.platform, TENANT, 'd-isthmus-1');
  const page = await market(t);
  await search(page, { country: 'US', digits: '*01' });
  const offer = page.getByTestId('offer').first();
  await offer.waitFor();
  assert.match(await offer.innerText(), /\d+\.\d+ [A-Z]{3} a month/);
  assert.match(await offer.innerText(), /\d+\.\d+ [A-Z]{3} a minute/);
  await page.locator('[data-testid="asked"] [data-requirement="us.register"]').waitFor();
  await page.locator('[data-testid="dossier-option"][data-fits="true"]').getByRole('radio').check();
  const number = await offer.getAttribute('data-number');
  await offer.getByRole('checkbox').check();
  await page.getByTestId('till').getByText(/1 number, \d+\.\d+ [A-Z]{3} a month/).waitFor();
  await shown(page, 'buy');
  await page.getByRole('button', { name: 'Order', exact: true }).click();
  const line = page.locator(`[data-testid="order-line"][data-number="${number}"]`);
  await line.waitFor();
  await shown(page, 'buy-ordered');
  await page.locator(`[data-testid="order-line"][data-number="${number}"][data-status="active"]`).waitFor({ timeout: 60_000 });

  await page.getByRole('link', { name: 'Numbers' }).first().click();
  const row = page.locator(`[data-testid="number-row"][data-number="${number}"]`);
  await row.waitFor();
  assert.match(await row.innerText(), /United States, Local/);
  assert.match(await row.innerText(), /\d+\.\d+ [A-Z]{3} a month/);
  await row.getByRole('combobox').selectOption('person:p-anna-keller');
  const ask = await signIn(stage.platform, stage.platform.lucia);
  const owned = async () => (await ask('GET', '/v1/numbers?limit=100')).body.numbers.find((each) => each.number === number);
  await eventually(async () => (await owned()).person === 'p-anna-keller', 'it rings Anna');
  await page.locator('[data-outcome="done"]').first().waitFor();
  await shown(page, 'numbers');

  // Where help is sent came with the dossier, and is said anew.
  await row.getByRole('button', { name: /^Emergency address/ }).click();
  const help = page.getByTestId('help-address');
  assert.equal(await help.getByLabel(/^Street and number/).inputValue(), '350 Fifth Avenue');
  await help.getByLabel(/^Street and number/).fill('11 Broadway');
  await help.getByLabel(/^Country/).fill('CH');
  await shown(page, 'numbers-help');
  await help.getByRole('button', { name: 'Send it there' }).click();
  await help.getByText(/within the number's country/).waitFor();
  await help.getByLabel(/^Country/).fill('US');
  await help.getByRole('button', { name: 'Send it there' }).click();
  await help.waitFor({ state: 'detached' });
  await eventually(async () => (await owned()).emergency.address.street === '11 Broadway', 'help is sent there');

  await row.getByRole('button', { name: /back$/ }).click();
  const question = page.getByTestId('give-back');
  await question.getByText(/does not ring Anna Keller/).waitFor();
  await question.getByText(/quarantine/).waitFor();
  await shown(page, 'numbers-give-back');
  await question.getByRole('button', { name: 'Give it back' }).click();
  await page.locator(`[data-testid="number-row"][data-number="${number}"][data-status="quarantined"]`).waitFor();
  await shown(page, 'numbers-quarantine');
  assert.equal((await owned()).person, undefined);
  await row.getByRole('button', { name: /^Keep/ }).click();
  await page.locator(`[data-testid="number-row"][data-number="${number}"][data-status="active"]`).waitFor({ timeout: 40_000 });
});

test('without a dossier the order waits, and takes one on the page; of two numbers one fails', async (t) => {
  await approvedDossier(stage.platform, TENANT, 'd-isthmus-2');
  const page = await market(t);
  await search(page, { country: 'US', digits: '019' });
  const bad = page.locator('[data-testid="offer"][data-number$="99"]').first();
  await bad.waitFor();
  await bad.getByRole('checkbox').check();
  const good = page.locator('[data-testid="offer"]:not([data-number$="99"])').first();
  await good.getByRole('checkbox').check();
  await page.getByTestId('till').getByText(/^2 numbers/).waitFor();
  await page.getByRole('button', { name: 'Order', exact: true }).click();
  const order = page.locator('[data-testid="order"][data-status="dossier_wanted"]').first();
  await order.waitFor();
  await shown(page, 'order-waits');
  await order.getByRole('button', { name: 'Use this dossier' }).click();
  const ended = page.locator('[data-testid="order"][data-outcome="partial"]').first();
  await ended.waitFor({ timeout: 60_000 });
  await ended.locator('[data-testid="order-line"][data-status="failed"]').waitFor();
  await ended.locator('[data-testid="order-line"][data-status="active"]').waitFor();
  await shown(page, 'order-partial');
});

test('a search that finds nothing or says nonsense is answered in words, on a narrow screen too', async (t) => {
  const page = await market(t, { width: 390, height: 844 });
  await search(page, { country: 'CH', digits: 'abc' });
  await page.getByText(/1 to 15 digits/).waitFor();
  await shown(page, 'buy-narrow');
  await fits(page, 'buying');
  await page.goto(new URL('/numbers', stage.platform.web).href);
  await page.getByTestId('number-row').first().waitFor();
  await shown(page, 'numbers-narrow');
  await fits(page, 'numbers');
  const cells = page.getByTestId('number-row').first().locator('td');
  const indents = await cells.evaluateAll((all) => all.map((cell) => getComputedStyle(cell).paddingInlineStart));
  assert.equal(new Set(indents).size, 1, `labels stand below each other: ${indents.join(', ')}`);
});

test('a country that carriers sell in and nobody orders for here cannot be picked, and says why', async (t) => {
  const page = await market(t);
  const picked = await page.getByLabel('Country', { exact: true }).locator('option').evaluateAll((all) => all.map(({ value }) => value));
  assert.ok(picked.includes('CH') && !picked.includes('DE'), picked.join(', '));
  const closed = page.getByTestId('not-orderable');
  await closed.locator('summary').click();
  assert.match(await closed.innerText(), /Germany.*: no rules are known here for this country/);
});

test('numbers that a carrier does not list are ordered by their count', async (t) => {
  const page = await market(t);
  await search(page, { country: 'CH' });
  await page.getByText(/Chime lists no numbers of CH/).first().waitFor();
  const form = page.getByTestId('by-case');
  const order = form.getByRole('button', { name: 'Order by support case' });
  await form.getByLabel('How many').fill('51');
  await form.getByText('1 to 50').waitFor();
  assert.equal(await order.isDisabled(), true);
  await form.getByLabel('How many').fill('2');
  await form.getByLabel('What they are for').fill('A hotline');
  await shown(page, 'buy-by-case');
  await order.click();
  await page.getByTestId('order').filter({ hasText: '2 local numbers in CH' }).first().waitFor();
});

// A thousand requests are open, and more than are read by themselves: the nearest deadline is first however old it is, and counts are true.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { attribute, dynamodb } from '../harness/office.mjs';
import { scene } from '../harness/scene.mjs';

const stage = await scene({ more: ['--time-scale', '1'] });
const { platform } = stage;
const at = (path) => new URL(path, platform.web).href;

const TENANT = 't-isthmus-trading';
const DAY_MS = 86_400_000;
/** As many as DynamoDB takes at once. */
const AT_ONCE = 25;
const PORT = 'pi-old';
/** Nobody has looked at them since, so that nothing moves them while the test counts. */
const CHANGED = new Date(Date.now() + 365 * DAY_MS).toISOString();

/** A request as the table has it: a task of an operator's waits in it, without which nothing is in the list of what waits. */
function open(id, kind, form, { title, begunMs, deadlineMs }) {
  const begunAt = new Date(begunMs).toISOString();
  const deadline = new Date(deadlineMs).toISOString();
  const task = { id: `${id}.1`, form, title: 'Review it', owner: 'operator', since: begunAt, deadline };
  const view = {
    id, kind, tenant: TENANT, rev: 1, title, status: 'in_review', owner: 'operator', nextAction: 'Review it', deadline, begunAt, task,
    changedAt: CHANGED,
  };
  const keys = {
    pk: `R#${id}`, gpk: `T#${TENANT}`, gsk: `LIVE#${kind}#${begunAt}#${id}`, spk: 'LIVE', ssk: `${begunAt}#${id}`,
    qpk: 'Q#operator', qsk: `${deadline}#${id}`,
  };
  return attribute({ view, rev: 1, ...keys }).M;
}

/** Checks of dossiers, each asked for after all the others and with more time than they have. */
const checks = (from, to) => Array.from({ length: to - from }, (_, n) => {
  const number = String(from + n).padStart(4, '0');
  const [begunMs, deadlineMs] = [Date.now() + n, Date.now() + DAY_MS + (from + n) * 60_000];
  return open(`vd-${number}`, 'verify-dossier', 'review', { title: `Check ${number}`, begunMs, deadlineMs });
});

async function written(items) {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const requests = items.slice(from, from + AT_ONCE).map((Item) => ({ PutRequest: { Item } }));
    await dynamodb(platform, 'BatchWriteItem', { RequestItems: { requests } });
  }
}

const rows = (page) => page.getByTestId('request-row');
const first = (page) => rows(page).first().getAttribute('data-request');
const button = (page, name) => page.getByRole('button', { name, exact: true });

test('of a thousand that are open the nearest deadline is first, and all are counted and found', { timeout: 180_000 }, async (t) => {
  const [begunMs, deadlineMs] = [Date.now() - 30 * DAY_MS, Date.now() - DAY_MS];
  const late = open(PORT, 'port-in', 'port-review', { title: 'The oldest port', begunMs, deadlineMs });
  await written([late, ...checks(0, 1_000)]);
  const { page } = await stage.ruth(t, { hz: 0 });
  await page.goto(at('/requests'));
  await page.getByText('1001 wait for you, 1 late.', { exact: true }).waitFor();
  await page.getByTestId('nav-count').filter({ hasText: /^1001$/ }).waitFor();
  assert.equal(await first(page), PORT);
  await page.getByTestId('pages').filter({ hasText: '1 of 41, 1001 in all' }).waitFor();
  await page.getByLabel('Search requests').fill('check 0999');
  await rows(page).filter({ hasText: 'Check 0999' }).waitFor();
  assert.equal(await rows(page).count(), 1);
  await page.getByLabel('Search requests').fill('');
  await page.getByRole('button', { name: /^Open / }).click();
  await button(page, 'Open 1001').waitFor();
  assert.equal(await first(page), PORT);
  await page.getByLabel('Order', { exact: true }).selectOption('age');
  assert.equal(await first(page), PORT, 'the oldest, too');
  await page.getByLabel('Kind', { exact: true }).selectOption('port-in');
  await page.getByTestId('pages').waitFor({ state: 'hidden' });
  assert.equal(await rows(page).count(), 1);

  await page.goto(at('/ports'));
  await button(page, 'Open 1').waitFor();
  assert.equal(await first(page), PORT);

  // Its customer finds it as well.
  const lucia = await stage.lucia(t, { hz: 0 });
  await lucia.page.goto(at('/ports'));
  await button(lucia.page, 'Open 1').waitFor();
  assert.equal(await first(lucia.page), PORT);
  await lucia.page.goto(at('/requests'));
  await lucia.page.getByRole('button', { name: /^Open/ }).click();
  await button(lucia.page, 'Open 1001').waitFor();
  assert.equal(await first(lucia.page), PORT);
});

test('of more than are read by themselves the nearest are shown, and it is said that there are more', { timeout: 180_000 }, async (t) => {
  await written(checks(1_000, 2_200));
  const { page } = await stage.ruth(t, { hz: 0 });
  await page.goto(at('/requests'));
  await button(page, 'For me 2000+').waitFor();
  await page.getByText('2000+ wait for you, 1 late.', { exact: true }).waitFor();
  assert.equal(await first(page), PORT);
  await page.getByLabel('Search requests').fill('check 2199');
  await page.getByTestId('requests-empty').filter({ hasText: 'There are more' }).waitFor();
  for (const known of ['2100+', '2200+', '2201']) {
    await button(page, 'More requests').click();
    await button(page, `For me ${known}`).waitFor();
  }
  await rows(page).filter({ hasText: 'Check 2199' }).waitFor();

  await page.goto(at('/ports'));
  await button(page, 'Open 1').waitFor();
  assert.equal(await first(page), PORT);
});

// Groups and flows through the page: made, changed, used by a number, deleted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { signIn } from '../harness/office.mjs';
import { fits, shown } from './office.mjs';
import { eventually } from '../harness/process.mjs';
import { scene } from '../harness/scene.mjs';

const stage = await scene();

async function routing(t, options) {
  const lucia = await stage.lucia(t, options);
  await lucia.page.goto(new URL('/routing', stage.platform.web).href);
  await lucia.page.getByTestId('routing-page').waitFor();
  return lucia.page;
}

test('an administrator makes a group and a flow, lets a number ring the flow, and deletes what is free again', async (t) => {
  const page = await routing(t);
  await page.getByRole('link', { name: 'New group' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Add at least one person').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Front desk');
  for (const name of ['Anna Keller', 'Tan Wei Ming']) {
    await page.getByLabel('Add somebody').selectOption({ label: name });
    await page.getByTestId('member').getByText(name).waitFor();
  }
  await page.getByRole('button', { name: 'Further up: Tan Wei Ming' }).click();
  await page.getByLabel('How it rings').selectOption('in_turn');
  await shown(page, 'routing-group');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('In turn, 20 s: Tan Wei Ming, Anna Keller').waitFor();

  await page.getByRole('link', { name: 'New flow' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Office hours');
  await page.getByLabel('Time zone').fill('Europe/Bern');
  await page.getByLabel('In the opening hours').selectOption({ label: 'Front desk (group)' });
  await page.getByLabel('Saturday').fill('9-12');
  await page.getByLabel('Closed', { exact: true }).selectOption('CH');
  await page.getByLabel('When nobody of them answers').selectOption({ label: 'Lucía Méndez' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/IANA time zone database/).waitFor();
  await page.getByLabel('Time zone').fill('Europe/Zurich');
  await shown(page, 'routing-flow');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Open on 6 days, Europe/Zurich').waitFor();
  await shown(page, 'routing');

  const ask = await signIn(stage.platform, stage.platform.lucia);
  const [flow] = (await ask('GET', '/v1/flows')).body.flows;
  assert.deepEqual(flow.hours.filter((one) => one.day === 'saturday'), [{ day: 'saturday', from: '09:00', to: '12:00' }]);
  await page.goto(new URL('/numbers', stage.platform.web).href);
  const row = page.locator(`[data-testid="number-row"][data-number="${stage.platform.anna.number}"]`);
  await row.getByRole('combobox').selectOption({ label: 'Office hours (flow)' });
  await eventually(async () => (await ask('GET', `/v1/flows/${flow.flow}`)).body.usedBy.length === 1, 'the flow is used');

  await page.goto(new URL(`/routing/${flow.flow}`, stage.platform.web).href);
  await page.getByTestId('in-use').waitFor();
  await page.goto(new URL('/numbers', stage.platform.web).href);
  await row.getByRole('combobox').selectOption({ label: 'Anna Keller' });
  await eventually(async () => (await ask('GET', `/v1/flows/${flow.flow}`)).body.usedBy.length === 0, 'the flow is free');
  await page.goto(new URL(`/routing/${flow.flow}`, stage.platform.web).href);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('flows-empty').waitFor();
});

test('on a phone nothing is wider than the screen', async (t) => {
  const page = await routing(t);
  await page.setViewportSize({ width: 390, height: 800 });
  for (const at of ['/routing', '/routing/new-group', '/routing/new-flow']) {
    await page.goto(new URL(at, stage.platform.web).href);
    await page.locator('main h1').waitFor();
    await shown(page, `narrow${at.replaceAll('/', '-')}`);
    await fits(page, at);
  }
});

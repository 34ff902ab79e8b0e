// Watching: the call's page draws the workflow that runs, live; an operator sees the tenant's calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from '../harness/process.mjs';
import { scene, TONES } from '../harness/scene.mjs';

const stage = await scene();

test('the graph follows the call from ringing to the end', async (t) => {
  const { platform } = stage;
  const anna = await stage.anna(t);
  const lucia = await stage.lucia(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();

  await lucia.page.getByRole('link', { name: 'Workflows' }).click();
  await lucia.page.getByTestId('workflow-row').first().getByRole('link', { name: 'inbound-call' }).click();
  const graph = lucia.page.getByTestId('graph');
  await graph.waitFor();
  const now = (state) => graph.locator(`[data-state="${state}"][data-stand="is-now"]`).waitFor();
  await now('Ring');
  await anna.press('Answer');
  await now('Talking');
  await anna.hears(TONES.phone);
  await phone.hangUp();
  await eventually(async () => (await graph.locator('[data-stand="is-now"]').count()) === 0, 'nothing runs any more');

  const [execution] = await platform.executions('SUCCEEDED');
  for (const state of await platform.path(execution.executionArn)) {
    await graph.locator(`[data-state="${state}"][data-stand="is-taken"]`).waitFor();
  }
  const turns = lucia.page.getByTestId('turn');
  await turns.filter({ hasText: /answer/i }).first().waitFor();
  await turns.filter({ hasText: /hung ?up/i }).first().waitFor();
});

test("a person sees no call of others, by its address or by the API's", async (t) => {
  const { platform } = stage;
  const anna = await stage.anna(t);
  const tan = await stage.tan(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.isIn('talking');
  const strip = anna.page.getByTestId('strip').getByRole('link');
  const address = await strip.getAttribute('href');
  await tan.page.goto(new URL(address, platform.web).href);
  await tan.page.getByTestId('watch-error').waitFor();
  assert.equal(await tan.page.getByTestId('graph').count(), 0);
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await platform.quiet();
});

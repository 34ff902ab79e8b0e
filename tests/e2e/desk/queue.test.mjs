// The work queue: what waits is seen without a reload, done by its form, and moves on for everybody who looks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { eventually } from '../harness/process.mjs';
import { scene } from '../harness/scene.mjs';
import { signIn } from '../harness/office.mjs';
import { submitted } from './office.mjs';

// A day of a request is a day of the test: nothing lapses while somebody reads.
const stage = await scene({ more: ['--time-scale', '1'] });
const { platform } = stage;
const customer = await signIn(platform, platform.lucia);

const at = (path) => new URL(path, platform.web).href;
const row = (person, id) => person.page.locator(`[data-testid="request-row"][data-request="${id}"]`);

/** Ends what a test has left in the queue. */
async function cancelled(id) {
  await customer('POST', `/v1/requests/${id}/cancel`);
  await eventually(async () => (await customer('GET', `/v1/requests/${id}`)).body.endedAt, 'the request ends');
}

test('staff reviews a dossier through its form, and its customer sees it move without a reload', async (t) => {
  const ruth = await stage.ruth(t, { hz: 0 });
  await ruth.page.getByRole('link', { name: 'Requests' }).click();
  await ruth.page.getByTestId('requests-empty').waitFor();

  const request = await submitted(customer);
  const lucia = await stage.lucia(t, { hz: 0 });
  await lucia.page.goto(at(`/requests/${request.id}`));
  await lucia.page.locator('[data-testid="request-chip"]', { hasText: 'In review' }).waitFor();
  assert.equal(await lucia.page.getByTestId('request-actions').getByRole('link').count(), 0, 'the review is not hers');

  await row(ruth, request.id).waitFor();
  await ruth.page.getByTestId('nav-count').filter({ hasText: '1' }).waitFor();
  await row(ruth, request.id).getByRole('link').click();
  await ruth.page.getByTestId('request-actions').getByRole('link').first().click();

  // Nothing is sent that the form does not allow, and what is wrong gets the focus.
  const form = ruth.page.getByTestId('form');
  await form.getByRole('button', { name: 'Done' }).click();
  await form.locator('[data-place="/decision"] [data-testid="form-wrong"]').waitFor();
  assert.equal(await ruth.page.evaluate(() => document.activeElement?.getAttribute('type')), 'radio');
  await form.getByLabel('Reject', { exact: true }).check();
  await form.getByRole('button', { name: 'Done' }).click();
  await form.locator('[data-place="/reasons"] [data-testid="form-wrong"]').waitFor();
  await form.getByRole('button', { name: 'Add' }).click();
  await form.getByLabel('Document or field').fill('Register extract');
  await form.getByLabel('Reason', { exact: true }).fill('Older than three months');

  // What was typed is still there after a reload.
  await ruth.page.reload();
  assert.equal(await form.getByLabel('Document or field').inputValue(), 'Register extract');
  await form.getByRole('button', { name: 'Done' }).click();
  await ruth.page.getByTestId('task-done').waitFor();

  await lucia.page.locator('[data-testid="request-chip"]', { hasNotText: 'In review' }).waitFor();
  await lucia.page.getByTestId('request-actions').getByRole('link').first().waitFor();
  const graph = lucia.page.getByTestId('graph');
  await graph.locator('[data-state="Correct"][data-stand="is-now"]').waitFor();
  await cancelled(request.id);
});

test('a request is talked about and cancelled, after a question, on its page', async (t) => {
  const request = await submitted(customer);
  const ruth = await stage.ruth(t, { hz: 0 });
  const lucia = await stage.lucia(t, { hz: 0 });
  for (const person of [ruth, lucia]) await person.page.goto(at(`/requests/${request.id}`));
  await ruth.page.getByLabel('Comment').fill('Which office is it?');
  await ruth.page.getByRole('button', { name: 'Comment' }).click();
  await lucia.page.getByTestId('entry').filter({ hasText: 'Which office is it?' }).waitFor();

  await lucia.page.getByRole('button', { name: 'Cancel the request' }).click();
  await lucia.page.getByRole('button', { name: 'Keep it' }).click();
  await lucia.page.getByRole('button', { name: 'Cancel the request' }).click();
  await lucia.page.getByRole('button', { name: 'Cancel it' }).click();
  for (const person of [ruth, lucia]) {
    await person.page.locator('[data-testid="request-chip"]', { hasText: 'Cancelled' }).waitFor();
  }
  assert.equal(await lucia.page.getByRole('button', { name: 'Cancel the request' }).count(), 0);
});

test('the queue is searched and gone through by the keyboard', async (t) => {
  const [first, second] = [await submitted(customer, 'Alpine Dairy'), await submitted(customer, 'Canal Freight')];
  const ruth = await stage.ruth(t, { hz: 0 });
  await ruth.page.goto(at('/requests'));
  await row(ruth, first.id).waitFor();
  await row(ruth, second.id).waitFor();
  await ruth.page.keyboard.press('Control+k');
  await ruth.page.keyboard.type('canal');
  await row(ruth, first.id).waitFor({ state: 'hidden' });
  assert.equal(await ruth.page.getByTestId('request-row').count(), 1);
  await ruth.page.getByLabel('Search requests').fill('');
  await row(ruth, first.id).getByRole('link').focus();
  const focused = () => ruth.page.evaluate(() => document.activeElement?.closest('[data-request]')?.dataset.request);
  const order = await ruth.page.getByTestId('request-row').evaluateAll((rows) => rows.map((one) => one.dataset.request));
  const here = order.indexOf(first.id);
  await ruth.page.keyboard.press(here === 0 ? 'ArrowDown' : 'ArrowUp');
  assert.equal(await focused(), order[here === 0 ? 1 : here - 1]);
  await ruth.page.keyboard.press('Enter');
  await ruth.page.getByTestId('request').waitFor();
  for (const one of [first, second]) await cancelled(one.id);
});

test('nobody of another role or tenant finds a request', async (t) => {
  const request = await submitted(customer);
  const anna = await stage.anna(t, { hz: 0 });
  assert.equal(await anna.page.getByRole('link', { name: 'Requests' }).count(), 0);
  await anna.page.goto(at(`/requests/${request.id}`));
  await anna.page.getByTestId('request-error').waitFor();
  await cancelled(request.id);
});

test('a request whose workflow was stopped goes on where it failed, by the operator\'s button', { timeout: 150_000 }, async (t) => {
  const { body: port } = await customer('POST', '/v1/ports', { numbers: ['+41445552000'] });
  await eventually(async () => (await customer('GET', `/v1/requests/${port.id}`)).body.task, 'it is a draft');
  const ruth = await stage.ruth(t, { hz: 0 });
  const { page } = ruth;
  await page.goto(at(`/requests/${port.id}`));
  await page.locator('[data-testid="graph"] [data-state="Draft"][data-stand="is-now"]').waitFor();
  const goesOn = page.getByRole('button', { name: 'Go on where it failed' });
  assert.equal(await goesOn.count(), 0, 'it runs');
  const { executionArn } = (await platform.executions('RUNNING')).find(({ name }) => name === port.id);
  await platform.states('StopExecution', { executionArn });
  // What changed less than half a minute ago may be on its way: the sweep leaves it.
  const swept = async () => {
    await platform.invoke('sweep', {});
    return (await customer('GET', `/v1/requests/${port.id}`)).body.status === 'stalled';
  };
  await eventually(swept, 'it is seen to be stalled', { limitMs: 60_000, everyMs: 2_000 });

  const lucia = await stage.lucia(t, { hz: 0 });
  await lucia.page.goto(at(`/requests/${port.id}`));
  await lucia.page.getByTestId('request-chip').waitFor();
  assert.equal(await lucia.page.getByRole('button', { name: 'Go on where it failed' }).count(), 0, 'it is the operator\'s');
  await page.goto(at('/requests'));
  await row(ruth, port.id).getByRole('link').click();
  await goesOn.click();
  await page.getByTestId('entry').filter({ hasText: 'The workflow goes on from where it failed' }).waitFor();
  await goesOn.waitFor({ state: 'detached' });
  const again = async () => {
    const { body } = await customer('GET', `/v1/requests/${port.id}`);
    return body.status === 'draft' && body.task;
  };
  assert.equal((await eventually(again, 'the draft is asked for again')).form, 'port-order');
  assert.ok((await platform.executions('RUNNING')).some((one) => one.executionArn === executionArn), 'by the same execution');
  await cancelled(port.id);
});

test('every page fits a narrow screen, and every control has a name', async (t) => {
  const request = await submitted(customer, 'A company with quite a long name that goes on and on');
  const ruth = await stage.ruth(t, { hz: 0, width: 390, height: 800 });
  const { body: tasks } = await (await signIn(platform, platform.ruth))('GET', '/v1/tasks');
  const task = await eventually(async () => tasks.tasks.find((each) => each.request.id === request.id), 'the task').catch(() => undefined);
  for (const path of ['/requests', `/requests/${request.id}`, ...(task ? [`/tasks/${task.task.id.replace('.', '~')}`] : []), '/ports', '/ports/new']) {
    await ruth.page.goto(at(path));
    await ruth.page.locator('main h1').waitFor();
    await ruth.page.waitForLoadState('networkidle');
    const { wide, nameless } = await ruth.page.evaluate(() => {
      const main = document.querySelector('main');
      const named = (element) =>
        element.getAttribute('aria-label') || element.labels?.length || element.textContent.trim() || element.title;
      const controls = [...document.querySelectorAll('button, a[href], input, select, textarea')];
      return {
        wide: Math.max(document.documentElement.scrollWidth, main.scrollWidth) - window.innerWidth,
        nameless: controls.filter((element) => !named(element)).map((element) => element.outerHTML),
      };
    });
    assert.ok(wide <= 0, `${path} is ${wide} px too wide`);
    assert.deepEqual(nameless, [], path);
  }
  await cancelled(request.id);
});

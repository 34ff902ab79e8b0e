// Sign in: the right password and nothing else opens the phone, and a session lasts over a reload.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { scene } from '../harness/scene.mjs';

const stage = await scene();

/** Something that waits until it is opened. */
function gate() {
  let open;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('each sample person and the operator sign in with what the platform printed', async (t) => {
  for (const who of [stage.platform.anna, stage.platform.tan, stage.platform.lucia]) {
    const person = await Person.signedIn(t, stage.platform, who);
    await person.sees(who.name);
    assert.deepEqual(person.console.filter((line) => line.startsWith('error')), []);
    await person.close();
  }
});

test('a wrong password is refused without a word about whether the address exists', async (t) => {
  const person = await Person.open(t);
  person.page = await person.tab(stage.platform.web);
  const refusals = [];
  for (const email of [stage.platform.anna.email, 'nobody@isthmus.example']) {
    await person.page.getByLabel('E-mail').fill(email);
    await person.page.getByLabel('Password').fill('not-the-password');
    await person.page.getByRole('button', { name: 'Sign in' }).click();
    const alert = person.page.getByTestId('sign-in-error');
    await alert.waitFor();
    refusals.push(await alert.innerText());
    await person.page.reload();
  }
  assert.equal(refusals[0], refusals[1]);
});

test('a reload keeps the session, and signing out ends it in every tab', async (t) => {
  const anna = await stage.anna(t);
  await anna.page.reload();
  await anna.connected();
  const other = await anna.tab(stage.platform.web);
  await anna.connected(other);
  await anna.signOut();
  await anna.page.getByLabel('Password').waitFor();
  await other.getByLabel('Password').waitFor();
});

test('whoever signs in again before signing out was answered stays signed in, whatever was still on its way', async (t) => {
  const anna = await stage.anna(t);
  const { page } = anna;
  const [people, end] = [gate(), gate()];
  // The last thing that was asked in the old session is refused, and the end of that session is answered, both as late as we say.
  await page.route('**/v1/people', async (route) => {
    await people.opened;
    await route.fulfill({ status: 401, json: { error: 'Token.Expired', message: 'the token is over' } });
  }, { times: 1 });
  await page.route('**/v1/session', async (route) => {
    if (route.request().method() === 'DELETE') await end.opened;
    await route.continue();
  });
  const asked = page.waitForRequest('**/v1/people');
  await page.reload();
  await asked;
  await anna.connected();
  await anna.signOut();
  await page.getByLabel('E-mail').fill(stage.platform.anna.email);
  await page.getByLabel('Password').fill(stage.platform.anna.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  end.open();
  await anna.connected();
  const refused = page.waitForResponse((answer) => answer.url().endsWith('/v1/people') && answer.status() === 401);
  people.open();
  await refused;
  await page.reload();
  await anna.connected();
});

test('the sample credentials are not the same on another machine', async (t) => {
  const { Platform } = await import('../harness/platform.mjs');
  const other = await Platform.start(t);
  assert.notEqual(other.anna.password, stage.platform.anna.password);
  assert.ok(other.anna.password.length >= 12);
  assert.notEqual(other.account.password, stage.platform.account.password);
});

// Sign in: the right password and nothing else opens the phone, and a session lasts over a reload.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { scene } from '../harness/scene.mjs';

const stage = await scene();

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

test('the sample credentials are not the same on another machine', async (t) => {
  const { Platform } = await import('../harness/platform.mjs');
  const other = await Platform.start(t);
  assert.notEqual(other.anna.password, stage.platform.anna.password);
  assert.ok(other.anna.password.length >= 12);
  assert.notEqual(other.account.password, stage.platform.account.password);
});

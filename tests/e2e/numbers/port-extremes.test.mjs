// A port on a machine whose power goes in every state that waits, and one of five hundred numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, expect, killedInEach, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { CUSTOMERS, actOn, asFarAsTheDonor, at, dossierOf, numbersFrom } from './office.mjs';

async function office(t, more) {
  const platform = await Platform.start(t, { more });
  return { platform, lucia: await signIn(platform, platform.lucia), ruth: await signIn(platform, platform.ruth) };
}

test('killed in every state that waits, a port goes on to its end', async (t) => {
  // Six hours a second: what is waited for is longer than a restart.
  const people = await office(t, ['--time-scale', '21600']);
  const { platform, ruth, lucia } = people;
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const numbers = numbersFrom(CUSTOMERS.CH.first, 10);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'full' }));
  const { request, killed } = await killedInEach({ platform, ask: ruth, path: at(id), act: (port) => actOn(people, port) });
  assert.equal(request.outcome, 'done', JSON.stringify(request.timeline));
  for (const name of ['Draft', 'Sign', 'Dossier check', 'Review', 'Donor review', 'Date agreed', 'Test call', 'Snapback window']) {
    assert.ok(killed.includes(name), `${name} is one of them: ${killed.join(', ')}`);
  }
});

test('five hundred numbers come in mixed outcomes', async (t) => {
  const people = await office(t, DAYS_ARE_SECONDS);
  const { lucia, ruth } = people;
  const holder = structuredClone(CUSTOMERS.CH);
  holder.form.previousService.accountNumber = 'CH-3000';
  const dossier = await dossierOf(lucia, holder);
  const numbers = numbersFrom(41445553000n, 500);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'partial', remaining: 'disconnect' }));
  await asFarAsTheDonor(people, id);
  const done = await until(ruth, at(id), (port) => port.outcome, 'the port ends', 200_000);
  assert.equal(done.outcome, 'partial', JSON.stringify(done.timeline));
  const count = (status) => done.numbers.filter((line) => line.status === status).length;
  assert.deepEqual([count('active') + count('verified'), count('failed')], [450, 50], JSON.stringify(done.numbers.slice(0, 12)));
  // Those that came are the tenant's; those that failed are nobody's here.
  const here = new Map();
  for (let next = ''; next !== undefined;) {
    const page = await expect(200, lucia('GET', `/v1/numbers?limit=100${next && `&next=${encodeURIComponent(next)}`}`));
    for (const row of page.numbers) here.set(row.number, row.status);
    next = page.next;
  }
  const owned = numbers.filter((number) => here.get(number) === 'active');
  assert.equal(owned.length, 450);
  assert.ok(owned.every((number) => !number.endsWith('9')));
});

// A port on a machine whose power goes in every state that waits, and one of five hundred numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, expect, signIn, until } from '../harness/office.mjs';
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
  const killed = new Set();
  const state = (port) => port.steps.at(-1)?.state;
  for (;;) {
    const isNext = (port) => port.outcome || port.task || (port.steps.length > 0 && !killed.has(state(port)));
    const port = await until(ruth, at(id), isNext, `it goes on after ${[...killed].at(-1)}`, 120_000);
    if (port.outcome) {
      assert.equal(port.outcome, 'done', JSON.stringify(port.timeline));
      break;
    }
    if (!killed.has(state(port))) {
      killed.add(state(port));
      await platform.kill();
      await platform.run();
    } else if (await actOn(people, port)) {
      await until(ruth, at(id), (now) => now.outcome || now.steps.length > port.steps.length, 'it goes on');
    }
  }
  t.diagnostic(`killed in ${[...killed].join(', ')}`);
  for (const name of ['Draft', 'Sign', 'Review', 'Donor review', 'Date agreed', 'Test call', 'Snapback window']) {
    assert.ok(killed.has(name), `${name} is one of them: ${[...killed].join(', ')}`);
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

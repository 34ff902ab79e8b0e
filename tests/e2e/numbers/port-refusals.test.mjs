// What donors say no to, each in its own words: what is mended comes, what cannot be mended is refused for good.
// All are under way at once, and the power goes in each state that one of them is seen in.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, PowerCuts, addDocument, doTask, expect, signIn, today, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { CUSTOMERS, actOn, asFarAsTheDonor, at, dossierOf, numbersFrom } from './office.mjs';

async function office(t, { cuts = false } = {}) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  if (cuts) platform.cuts = new PowerCuts(t, platform);
  return { platform, lucia: await signIn(platform, platform.lucia), ruth: await signIn(platform, platform.ruth) };
}

/** Accounts of the donor in Switzerland, what it says about each, and how the port ends. */
const ACCOUNTS = [
  ['CH-1001', 'PHONE_NUMBER_NOT_PORTABLE', 'rejected'],
  // Its customer has the feature taken off, or gives up.
  ['CH-1002', 'PHONE_NUMBER_HAS_SPECIAL_FEATURE', 'cancelled'],
  ['CH-1003', 'LSR_PENDING', 'done'],
  ['CH-1004', 'OSP_IRRESPONSIVE', 'done'],
  ['CH-1005', 'FOC_EXPIRED', 'done'],
  ['CH-1006', 'SV_CONFLICT', 'done'],
  ['CH-1007', 'SV_UNKNOWN_FAILURE', 'done'],
  ['CH-1008', 'RATE_CENTER_NOT_PORTABLE', 'rejected'],
  ['CH-1009', 'OTHER', 'done'],
];

/** Says of a port what its people say: it is submitted again, looked at, asked again. */
async function goesOn(people, port) {
  switch (port.task?.form) {
    case 'port-resolve':
      return doTask(people.ruth, port, { action: 'resubmit' });
    case 'port-date':
      return doTask(people.lucia, port, { decision: 'agree' });
    default:
      return actOn(people, port);
  }
}

test('what each account of a donor provokes', { timeout: 290_000 }, async (t) => {
  const people = await office(t, { cuts: true });
  const { lucia, ruth } = people;
  const ports = [];
  for (const [at, [account, code, outcome]] of ACCOUNTS.entries()) {
    const customer = structuredClone(CUSTOMERS.CH);
    customer.form.previousService.accountNumber = account;
    const numbers = numbersFrom(customer.first + BigInt(10 * (at + 1)), 10);
    const dossier = await dossierOf(lucia, customer);
    const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'full' }));
    ports.push({ account, code, outcome, id, heard: new Set() });
  }
  const live = new Set(ports);
  await eventually(async () => {
    for (const port of live) {
      const { body: now } = await ruth('GET', at(port.id));
      for (const { code } of now.details.rejections ?? []) port.heard.add(code);
      if (now.outcome) {
        live.delete(port);
        Object.assign(port, { now });
      } else if (port.outcome === 'cancelled' && port.heard.size > 0 && now.task?.form === 'port-order') {
        await expect(202, lucia('POST', `${at(port.id)}/cancel`));
      } else {
        await goesOn(people, now);
      }
    }
    return live.size === 0;
  }, 'all have ended', { limitMs: 250_000, everyMs: 100 }).catch(() => {});
  const tale = ({ account, heard, now }) => JSON.stringify({
    account, heard: [...heard], outcome: now?.outcome, steps: now?.steps.map((step) => step.state), timeline: now?.timeline.map(({ text }) => text),
  });
  for (const port of ports) {
    assert.equal(port.now?.outcome, port.outcome, tale(port));
    assert.ok(port.heard.has(port.code), tale(port));
  }
});

test('a wrong PIN is named, kept secret, and the right one brings the numbers', async (t) => {
  const { lucia, ruth } = await office(t);
  const { dossier: { id: dossier } } = await expect(201, lucia('POST', '/v1/dossiers', {
    kind: 'business',
    endUser: { businessName: 'Example Corp', legalForm: 'Inc', registerIds: [{ scheme: 'us-ein', country: 'US', number: '12-3456789' }] },
    addresses: [{
      uses: ['service', 'emergency'], street: '600 Congress Avenue', city: 'New York', region: 'NY', postalCode: '10001', country: 'US',
    }],
    authorisedPerson: { name: 'Jane Roe', email: 'jane.roe@example.com' },
    previousService: { provider: 'Liberty Telecom', accountNumber: 'US-1000', billingNumber: '+16465552000', accountName: 'Example Corp' },
    declares: ['us.port.pin'],
  }));
  await addDocument(lucia, dossier, 'invoice', { issued: today() });
  const wish = { numbers: numbersFrom(16465552000n, 10), dossier, portType: 'full', pin: '9753' };
  const { id } = await expect(202, lucia('POST', '/v1/ports', wish));
  await asFarAsTheDonor({ lucia, ruth }, id);
  const refused = await until(lucia, at(id), (port) => port.details.rejections?.length, 'the donor refuses');
  assert.deepEqual(refused.details.rejections.map((one) => one.code), ['PASSCODE_PIN_INVALID']);
  assert.ok(!JSON.stringify(refused).includes('9753'));
  await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it can be mended');
  await expect(200, lucia('PATCH', at(id), { pin: '4711' }));
  // What was signed is still what is asked for: it is looked at again, and not signed again.
  for (const form of ['port-order', 'port-review']) {
    await actOn({ lucia, ruth }, await until(ruth, at(id), (port) => port.task?.form === form, `it waits for ${form}`));
  }
  const done = await until(ruth, at(id), (port) => port.outcome, 'the port ends');
  assert.equal(done.outcome, 'done', JSON.stringify({ steps: done.steps.map((step) => step.state), timeline: done.timeline }));
});

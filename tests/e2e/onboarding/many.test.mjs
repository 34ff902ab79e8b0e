// Many customers at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { office } from './office.mjs';

const MANY = 100;
/** How many are led through at the same time: people are not faster, and the machine has two cores. */
const LANES = 10;

test('a hundred customers at once all end right', { timeout: 900_000 }, async (t) => {
  const desk = await office(t);
  const wishes = Array.from({ length: MANY }, (_, at) => {
    const wish = desk.wish('CH', { tag: `-${at}` });
    // A tenth brings papers and has its carrier ask for some; for the others the United States ask a carrier for nothing.
    if (isSwiss(at)) return wish;
    return { ...wish, numbers: [{ country: 'US', numberType: 'local', count: 1 }], dossier: american(wish) };
  });
  const begun = [];
  await lanes(wishes, async (wish, at) => begun.push({ wish, at, id: (await desk.begin(wish)).request.id }));
  const ended = [];
  await lanes(begun, async ({ wish, at, id }) => {
    const ana = await desk.accept(wish.person.email);
    const { request } = await desk.look(id);
    if (at % 10 === 9) {
      assert.equal((await ana('POST', `/v1/onboardings/${id}/cancel`)).status, 202);
      const over = await desk.ended(id, 300_000);
      assert.equal(over.outcome, 'cancelled', JSON.stringify(over.timeline));
      return;
    }
    if (isSwiss(at)) {
      ended.push(await desk.finish(id, 'CH', ana));
      return;
    }
    await desk.review(request.tenant, { decision: 'approve' });
    ended.push(await desk.ended(id, 300_000));
  });
  for (const request of ended) assert.equal(request.outcome, 'done', JSON.stringify(request.timeline));
  const numbers = ended.flatMap((request) => request.numbers.filter(({ status }) => status === 'active').map(({ number }) => number));
  assert.equal(new Set(numbers).size, numbers.length, 'nobody has another one\'s number');
  assert.equal(numbers.length, ended.length);
  assert.equal(numbers.filter((number) => number.startsWith('+41')).length, MANY / 10);
});

function isSwiss(at) {
  return at % 10 === 4;
}

function american({ tenant, person }) {
  return {
    kind: 'business',
    endUser: { businessName: tenant.name, legalForm: 'LLC', registerIds: [{ scheme: 'us-ein', country: 'US', number: '12-3456789' }] },
    addresses: [
      { uses: ['service', 'emergency'], street: '350 Fifth Avenue', city: 'New York', region: 'NY', postalCode: '10118', country: 'US' },
    ],
    authorisedPerson: { name: person.name, email: person.email, nationality: 'US' },
  };
}

async function lanes(items, work) {
  const queue = items.map((item, at) => [item, at]);
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(...next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

// A machine whose power goes while an onboarding waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { doTask, expect, killedInEach, signIn } from '../harness/office.mjs';
import { office } from './office.mjs';

test('killed five times on its way, and once while it is taken back, it goes on', async (t) => {
  const desk = await office(t);
  const { platform } = desk;
  const killed = async () => {
    await platform.kill();
    await platform.run();
  };
  const wish = desk.wish('CH');
  const { id, tenant, details } = (await desk.begin(wish)).request;
  await desk.status(id, 'email_wanted');
  await killed();
  const ana = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  await killed();
  await desk.paper(ana, details.dossier, 'register_extract');
  const { body } = await ana('GET', `/v1/onboardings/${id}`);
  await desk.answer(ana, { task: body.request.task }, {});
  await desk.status(id, 'in_review');
  await killed();
  await desk.review(tenant, { decision: 'approve' });
  await desk.status(id, 'numbers_ordered');
  await killed();
  await desk.tellCarrier(tenant, 'CH');
  await killed();
  const done = await desk.ended(id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));

  // And in the middle of being taken back.
  const second = desk.wish('SG');
  const other = (await desk.begin(second)).request.id;
  await desk.status(other, 'email_wanted');
  assert.equal((await desk.ruth('POST', `/v1/onboardings/${other}/cancel`)).status, 202);
  await killed();
  assert.equal((await desk.ended(other)).outcome, 'cancelled');
});

test('a person of a tenant comes in, whenever the power goes', async (t) => {
  const desk = await office(t);
  const { platform, ruth } = desk;
  const lucia = await signIn(platform, platform.lucia);
  const number = '+41445550100';
  await expect(200, lucia('PATCH', `/v1/numbers/${encodeURIComponent(number)}`, { person: null }));
  const mia = { name: 'Mia Roth', email: 'mia.roth@isthmus.example' };
  const { request: { id } } = await expect(202, lucia('POST', '/v1/onboardings', { kind: 'user', person: mia, number }));
  let her;
  const act = async (now) => {
    if (now.status === 'email_wanted' && !her) {
      her = await desk.accept(mia.email);
      return true;
    }
    if (now.task?.form !== 'emergency-address') return false;
    await doTask(lucia, now, { street: 'Bahnhofstrasse 1', city: 'Zürich', postalCode: '8001', country: 'CH' });
    return true;
  };
  const { request, killed } = await killedInEach({ platform, ask: ruth, path: `/v1/requests/${id}`, act });
  t.diagnostic(`killed in ${killed.join(', ')}`);
  assert.equal(request.outcome, 'done', JSON.stringify(request.timeline));
  for (const state of ['Verify address', 'Emergency address']) assert.ok(killed.includes(state), killed.join(', '));
  assert.deepEqual((await her('GET', '/v1/me')).body.numbers, [number]);
});

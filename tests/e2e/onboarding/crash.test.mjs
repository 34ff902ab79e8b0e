// A machine whose power goes while an onboarding waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

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
  // The power may go before the carrier has the answer: then the operator is asked again, and answers again.
  let over = false;
  const ended = desk.ended(id).finally(() => { over = true; });
  ended.catch(() => {});
  while (!over) await Promise.race([ended.catch(() => {}), desk.tellCarrier(tenant, 'CH').catch(() => {})]);
  const done = await ended;
  assert.ok(['done', 'partial'].includes(done.outcome), JSON.stringify(done.timeline));

  // And in the middle of being taken back.
  const second = desk.wish('SG');
  const other = (await desk.begin(second)).request.id;
  await desk.status(other, 'email_wanted');
  assert.equal((await desk.ruth('POST', `/v1/onboardings/${other}/cancel`)).status, 202);
  await killed();
  assert.equal((await desk.ended(other)).outcome, 'cancelled');
});

// Port-outs on a machine whose power goes in every state that waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, killedInEach } from '../harness/office.mjs';
import { PIN, asked, leaving, owned } from './leaving.mjs';

test('a number that leaves is gone once, whenever the power goes', async (t) => {
  const desk = await leaving(t);
  const { platform, lucia, numbers: [gone, stays] } = desk;
  const { id } = await asked(desk, [gone], PIN);
  const act = async (now) => {
    if (now.task?.form !== 'port-out-answer') return false;
    await expect(202, lucia('POST', `/v1/port-outs/${id}/authorise`));
    return true;
  };
  const { request, killed } = await killedInEach({ platform, ask: lucia, path: `/v1/port-outs/${id}`, act });
  t.diagnostic(`killed in ${killed.join(', ')}`);
  assert.equal(request.outcome, 'done', JSON.stringify(request.timeline));
  for (const state of ['Decide', 'Snapback window']) assert.ok(killed.includes(state), killed.join(', '));
  const left = await owned(lucia);
  assert.ok(!left.includes(gone) && left.includes(stays));
});

test('a refusal reaches the other carrier, whenever the power goes', async (t) => {
  // An hour a second: an answer may take longer than a restart, and silence is consent.
  const desk = await leaving(t, ['--time-scale', '3600']);
  const { platform, lucia, numbers } = desk;
  const { id } = await asked(desk, numbers, '0000');
  const act = async (now) => {
    if (now.task?.form !== 'port-out-answer') return false;
    await expect(202, lucia('POST', `/v1/port-outs/${id}/reject`, { reason: 'wrong_pin' }));
    return true;
  };
  const { request, killed } = await killedInEach({ platform, ask: lucia, path: `/v1/port-outs/${id}`, act });
  t.diagnostic(`killed in ${killed.join(', ')}`);
  assert.equal(request.outcome, 'rejected', JSON.stringify(request.timeline));
  assert.ok(killed.includes('Decide'), killed.join(', '));
  const left = await owned(lucia);
  assert.ok(numbers.every((number) => left.includes(number)), 'they stay');
});

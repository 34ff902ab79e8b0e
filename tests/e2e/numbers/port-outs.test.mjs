// Port-outs by the API alone: another carrier asks for numbers of ours, and gets them or a lawful refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { expect, until } from '../harness/office.mjs';
import { PIN, asked, leaving, owned } from './leaving.mjs';

test('numbers go to another carrier once the administrator has authorised it', async (t) => {
  const desk = await leaving(t);
  const { lucia, numbers: [gone, stays] } = desk;
  const port = await asked(desk, [gone], PIN);
  assert.deepEqual([port.owner, port.task.form, port.details.faults ?? []], ['customer', 'port-out-answer', []]);
  await expect(202, lucia('POST', `/v1/port-outs/${port.id}/authorise`));
  const done = await until(lucia, `/v1/port-outs/${port.id}`, (request) => request.outcome, 'it is over');
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  const left = await owned(lucia);
  assert.ok(!left.includes(gone) && left.includes(stays));
});

test('a wrong PIN is shown, and refused for it', async (t) => {
  const desk = await leaving(t);
  const { lucia, numbers } = desk;
  const port = await asked(desk, numbers, '0000');
  assert.deepEqual(port.details.faults, ['wrong_pin']);
  await expect(202, lucia('POST', `/v1/port-outs/${port.id}/reject`, { reason: 'wrong_pin' }));
  const done = await until(lucia, `/v1/port-outs/${port.id}`, (request) => request.outcome, 'it is over');
  assert.equal(done.outcome, 'rejected', JSON.stringify(done.timeline));
  const left = await owned(lucia);
  assert.ok(numbers.every((number) => left.includes(number)), 'they stay');
});

// Port-outs by the API alone: another carrier asks for numbers of ours, and gets them or a lawful refusal.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { attribute, dynamodb, expect, signIn, until } from '../harness/office.mjs';
import { PIN, asked, leaving, owned } from './leaving.mjs';

test('numbers go to another carrier once the administrator has authorised it', async (t) => {
  const desk = await leaving(t);
  const { lucia, numbers: [gone, stays] } = desk;
  const port = await asked(desk, [gone], PIN);
  assert.deepEqual([port.owner, port.task.form, port.details.faults ?? []], ['customer', 'port-out-answer', []]);
  assert.deepEqual(port.details.compared, { pin: 'fits', name: 'fits', account: 'not_told' });
  assert.equal(port.details.silence, 'authorises');
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

test('numbers of two customers go nowhere, and each sees its own', async (t) => {
  const desk = await leaving(t);
  const { platform, lucia, numbers: [mine, theirs] } = desk;
  const ruth = await signIn(platform, platform.ruth);
  await dynamodb(platform, 'UpdateItem', {
    TableName: 'directory',
    Key: { pk: attribute(`N#${theirs}`), sk: attribute('NUMBER') },
    UpdateExpression: 'SET #tenant = :tenant, gpk = :of REMOVE person',
    ExpressionAttributeNames: { '#tenant': 'tenant' },
    ExpressionAttributeValues: { ':tenant': attribute('t-other'), ':of': attribute('T#t-other#N') },
  });
  const port = await asked(desk, [mine, theirs], PIN);
  assert.deepEqual(port.details.faults, ['not_their_number']);
  assert.deepEqual(port.numbers.map((line) => line.number), [mine]);
  assert.ok(!JSON.stringify(port).includes(theirs), 'the other number is shown nowhere');
  const { status, body } = await lucia('POST', `/v1/port-outs/${port.id}/authorise`);
  assert.deepEqual([status, body.error], [409, 'PortOut.NotTheirs']);
  await expect(202, lucia('POST', `/v1/port-outs/${port.id}/reject`, { reason: 'not_their_number' }));
  for (const [ask, id] of [[lucia, port.id], [ruth, `${port.id}-2`]]) {
    const done = await until(ask, `/v1/port-outs/${id}`, (request) => request.outcome, 'it is over');
    assert.equal(done.outcome, 'rejected', JSON.stringify(done.timeline));
  }
  assert.ok((await owned(lucia)).includes(mine), 'it stays');
});

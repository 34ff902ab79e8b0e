// Mails about what waits for somebody, by the API alone: a check of a dossier lies at the operators', then at its customer's.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { submitted } from '../desk/office.mjs';
import { doTask, dynamodb, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';

const ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString();

/** Lets a request's task have waited since `since`, without a change meanwhile; `due` says until when operators had time. */
const waited = (platform, id, since, due) => dynamodb(platform, 'UpdateItem', {
  TableName: 'requests',
  Key: { pk: { S: `R#${id}` } },
  UpdateExpression: `SET #view.#changed = :since, #view.#task.#since = :since${due ? ', #due = :due' : ''}`,
  ExpressionAttributeNames: {
    '#view': 'view', '#changed': 'changedAt', '#task': 'task', '#since': 'since', ...(due && { '#due': 'due' }),
  },
  ExpressionAttributeValues: { ':since': { S: since }, ...(due && { ':due': { S: due } }) },
});

/** What somebody was told of a request. */
async function told(platform, { email }, id) {
  const answer = await fetch(`${platform.ready.outbox}/messages?to=${encodeURIComponent(email)}`);
  const { messages } = await answer.json();
  return messages.map(({ text }) => text).filter((text) => text.includes(`/requests/${id}\n`));
}

test('operators hear once of a task that is late, and administrators once before theirs lapses', async (t) => {
  // A day of a request is a day: nothing lapses by itself.
  const platform = await Platform.start(t, { more: ['--time-scale', '1'] });
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  const { id } = await submitted(lucia);
  const at = `/v1/requests/${id}`;
  const first = await until(ruth, at, (request) => request.task?.form === 'review', 'it waits for a review');
  await waited(platform, id, ago(3));
  await platform.invoke('sweep', {});
  assert.deepEqual(await told(platform, platform.ruth, id), [], 'it has two working days');

  for (let sweeps = 0; sweeps < 3; sweeps += 1) {
    await waited(platform, id, ago(4), ago(1));
    await platform.invoke('sweep', {});
    const [mail, ...more] = await told(platform, platform.ruth, id);
    assert.ok(mail?.includes(first.title) && mail.includes('Review the dossier'), mail);
    assert.deepEqual(more, [], `sweep ${sweeps}`);
  }
  const late = await expect(200, ruth('GET', at));
  assert.ok(late.escalated, 'its request says so');
  const { tasks } = await expect(200, ruth('GET', '/v1/tasks'));
  assert.equal(tasks[0].task.id, late.task.id, 'it comes first');
  assert.deepEqual(await told(platform, platform.lucia, id), [], 'it is not hers');

  const reasons = [{ about: 'Register extract', reason: 'Older than three months' }];
  await doTask(ruth, late, { decision: 'reject', reasons });
  const asked = await until(lucia, at, (request) => request.task?.form === 'resubmit', 'the customer is asked');
  assert.ok(!asked.escalated);
  for (let sweeps = 0; sweeps < 3; sweeps += 1) {
    await waited(platform, id, ago(100));
    await platform.invoke('sweep', {});
    const [mail, ...more] = await told(platform, platform.lucia, id);
    assert.ok(mail?.includes('Mend what was refused'), mail);
    assert.deepEqual(more, [], `sweep ${sweeps}`);
  }
  assert.equal((await told(platform, platform.ruth, id)).length, 1, 'what waits for others is not the operators\'');
});

// A request changes, and a customer's program hears of it: through the table's stream, an execution per delivery, and real HTTP.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { Receiver, signed } from '../harness/receiver.mjs';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const AT = '2026-11-21T10:00:00.000Z';

/** Plain JSON as DynamoDB writes it. */
function attribute(value) {
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(attribute) };
  if (typeof value === 'object') return { M: fields(value) };
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : { BOOL: value };
}

function fields(value) {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, attribute(field)]));
}

async function put(platform, table, item) {
  const answer = await fetch(platform.ready.aws.dynamodb, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.PutItem' },
    body: JSON.stringify({ TableName: table, Item: fields(item) }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** A webhook of the sample tenant, made by its administrator. */
async function webhook(platform, url) {
  const tenant = 't-isthmus-trading';
  const item = { id: 'wh-1', tenant, rev: 1, url, kinds: ['port-in'], enabled: true, madeBy: 'p-lucia-mendez', madeAt: AT, secret: SECRET };
  await put(platform, 'webhooks', { pk: `T#${tenant}`, sk: 'W#wh-1', ...item });
  return tenant;
}

/** A port of the tenant, as a turn writes it. */
async function port(platform, tenant, rev, status) {
  const view = {
    id: 'r-1', kind: 'port-in', tenant, rev, title: 'Port of 1 number', status, owner: 'carrier', nextAction: 'Answers',
    begunAt: AT, changedAt: AT.replace('00.000', `0${rev}.000`), numbers: [], steps: [], timeline: [],
  };
  await put(platform, 'requests', { pk: 'R#r-1', gpk: `T#${tenant}`, gsk: `LIVE#port-in#${AT}#r-1`, rev, view });
}

async function delivery(platform) {
  const all = await platform.executions();
  return all.find(({ executionArn }) => executionArn.includes(':webhook-delivery:'));
}

test('a change is posted, signed, with the same bytes until it is taken, also over a kill', { timeout: 120_000 }, async (t) => {
  // Waits as long as they are, so that there is one to kill it in.
  const platform = await Platform.start(t, { more: ['--time-scale', '1'] });
  const receiver = await Receiver.start(t, [500, 204]);
  const tenant = await webhook(platform, receiver.url);
  await port(platform, tenant, 1, 'submitted');
  await receiver.hears(1);
  await eventually(async () => {
    const execution = await delivery(platform);
    return execution && (await platform.path(execution.executionArn)).at(-1) === 'Wait';
  }, 'the delivery waits for its second attempt');
  await platform.kill();
  await platform.run();

  const [first, second] = await receiver.hears(2);
  assert.equal(second.body, first.body);
  assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
  for (const post of [first, second]) assert.equal(post.headers['webhook-signature'], signed(SECRET, post));
  const event = JSON.parse(first.body);
  assert.equal(event.type, 'request.changed');
  assert.deepEqual([event.data.request, event.data.status, event.data.rev], ['r-1', 'submitted', 1]);
  const { executionArn } = await delivery(platform);
  await eventually(
    async () => (await platform.states('DescribeExecution', { executionArn })).status === 'SUCCEEDED',
    'the delivery ends',
  );
  assert.deepEqual(await platform.path(executionArn), ['Begin', 'Send', 'Sent', 'Wait', 'Send', 'Sent', 'Delivered']);
});

test('a program that is gone is told nothing more, and who made the webhook gets a mail', { timeout: 120_000 }, async (t) => {
  const platform = await Platform.start(t);
  const receiver = await Receiver.start(t, [410]);
  const tenant = await webhook(platform, receiver.url);
  await port(platform, tenant, 1, 'submitted');
  await receiver.hears(1);
  const outbox = `${platform.ready.outbox}/messages?to=${encodeURIComponent(platform.lucia.email)}`;
  const mails = async () => (await (await fetch(outbox)).json()).messages;
  await eventually(async () => (await mails()).length === 1, 'a mail is sent');
  const [mail] = await mails();
  assert.match(mail.subject, /^A webhook of .+ was switched off$/);
  assert.ok(mail.text.includes(receiver.url), mail.text);
  await port(platform, tenant, 2, 'in_review');
  await platform.quiet();
  assert.equal(receiver.heard.length, 1);
  assert.equal((await mails()).length, 1);
});

// Customers' programs that fail, fall silent, hang up or answer too late; and the log that tells of it, to their own tenant alone, and of what
// came with an onboarding to whoever asked for it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, ask, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { HANGS_UP, LATE, Receiver, SILENT, signed } from '../harness/receiver.mjs';
import { office } from '../onboarding/office.mjs';

/** How old a post may be when it is heard, in seconds: what libraries for Standard Webhooks allow. */
const TOLERANCE_S = 300;
/** How long the platform waits for an answer, in milliseconds. */
const PATIENCE_MS = 15_000;

const TOO_LATE = [undefined, 'it did not answer in time'];
const TAKEN = [204, undefined];

/** What programs do, and how the log tells of it: the status and the problem of each attempt. */
const PROGRAMS = [
  { what: 'fails, then recovers', does: [500, 503, 204], log: [[500, 'it failed'], [503, 'it failed'], TAKEN] },
  { what: 'never answers, then does', does: [SILENT, 204], log: [TOO_LATE, TAKEN] },
  { what: 'answers when nobody waits any more', does: [LATE, 204], log: [TOO_LATE, TAKEN] },
  { what: 'closes the connection, then answers', does: [HANGS_UP, 204], log: [[undefined, 'it cannot be reached'], TAKEN] },
];

/** A webhook that leads to a program which does this. */
async function hook(t, who, does, kinds = []) {
  const receiver = await Receiver.start(t, does);
  const { webhook, secret } = await expect(201, who('POST', '/v1/webhooks', { url: receiver.url, kinds }));
  return { receiver, secret, id: webhook.id, path: `/v1/webhooks/${webhook.id}` };
}

const logOf = async (who, { path }) => (await expect(200, who('GET', `${path}/deliveries`))).deliveries;

/** Waits until a delivery is in this state, and gives it as the log has it. */
function delivery(who, hook, id, state, limitMs = 60_000) {
  const found = async () => (await logOf(who, hook)).find((one) => one.id === id && one.state === state);
  return eventually(found, `${id} is ${state}`, { limitMs });
}

/** Holds each post of a delivery against the delivery, as README has it. */
function check({ secret }, posts, { message, body }) {
  for (const post of posts) {
    assert.equal(post.headers['webhook-id'], message, 'the same id each time');
    assert.equal(post.body, body, 'the same bytes each time');
    assert.equal(post.headers['webhook-signature'], signed(secret, post));
    const age = Date.now() / 1000 - Number(post.headers['webhook-timestamp']);
    assert.ok(Math.abs(age) < TOLERANCE_S, `${age} s old`);
  }
}

test('whatever a program does, it is told until it takes it, and the log has each attempt', { timeout: 180_000 }, async (t) => {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  const lucia = await signIn(platform, platform.lucia);
  const hooks = [];
  for (const { does } of PROGRAMS) hooks.push(await hook(t, lucia, does));
  const begun = [];
  for (const { path } of hooks) begun.push(await expect(202, lucia('POST', `${path}/test`)));

  for (const [at, { what, log }] of PROGRAMS.entries()) {
    const [to, { id, message }] = [hooks[at], begun[at]];
    const posts = await to.receiver.hears(log.length, 60_000);
    const taken = await delivery(lucia, to, id, 'delivered');
    assert.equal(taken.message, message);
    const told = taken.attempts.map(({ status, problem }) => [status, problem?.replace(/: .*/, '')]);
    assert.deepEqual(told, log, `${what}: ${JSON.stringify(taken.attempts)}`);
    for (const { status, tookMs, problem } of taken.attempts) {
      if (problem === TOO_LATE[1]) assert.ok(status === undefined && tookMs > 0.99 * PATIENCE_MS, `${what}: ${tookMs} ms`);
    }
    check(to, posts, taken);
    // Written after the log.
    const isWell = ({ failingSince, enabled }) => enabled && failingSince === undefined;
    await eventually(async () => isWell(await expect(200, lucia('GET', to.path))), `what ${what} is well again`);
  }

  // Delivered again: the same message as another delivery, once however often it is asked for.
  const [to, first] = [hooks[2], begun[2]];
  const [again, key] = [`${to.path}/deliveries/${first.id}/replay`, randomUUID()];
  const replayed = await expect(202, lucia('POST', again, undefined, key));
  assert.equal((await expect(202, lucia('POST', again, undefined, key))).id, replayed.id);
  await delivery(lucia, to, replayed.id, 'delivered');
  await platform.quiet();
  const posts = to.receiver.heard;
  assert.equal(posts.length, 3);
  const [newest, oldest, ...more] = await logOf(lucia, to);
  assert.deepEqual([newest.id, oldest.id, more], [replayed.id, first.id, []], 'newest first');
  assert.deepEqual([newest.message, newest.body], [oldest.message, oldest.body]);
  check(to, posts, newest);
  for (const [at, { log }] of PROGRAMS.entries()) {
    if (at !== 2) assert.equal(hooks[at].receiver.heard.length, log.length, 'the others heard nothing more');
  }
});

test('a program that fails for days is switched off and its maker told; what it missed can be had again', { timeout: 120_000 }, async (t) => {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  const lucia = await signIn(platform, platform.lucia);
  const to = await hook(t, lucia, [...Array(8).fill(500), 204]);
  const { id } = await expect(202, lucia('POST', `${to.path}/test`));
  const failed = await delivery(lucia, to, id, 'failed');
  assert.deepEqual(failed.attempts.map(({ status }) => status), Array(8).fill(500));
  const off = await eventually(async () => {
    const now = await expect(200, lucia('GET', to.path));
    return !now.enabled && now;
  }, 'it is switched off');
  assert.match(off.disabledBecause, /^it failed/);
  const outbox = `${platform.ready.outbox}/messages?to=${encodeURIComponent(platform.lucia.email)}`;
  const mails = async () => (await (await fetch(outbox)).json()).messages;
  await eventually(async () => (await mails()).some(({ text }) => text.includes(to.receiver.url)), 'a mail is sent');

  const again = `${to.path}/deliveries/${id}/replay`;
  assert.equal((await expect(409, lucia('POST', again))).error, 'Webhook.Disabled');
  await expect(200, lucia('PATCH', to.path, { enabled: true }));
  const replayed = await expect(202, lucia('POST', again));
  const taken = await delivery(lucia, to, replayed.id, 'delivered');
  check(to, await to.receiver.hears(9), taken);
  assert.equal(taken.message, failed.message);
});

test('events of a request are heard by its own tenant alone, and so are their log and their replay', { timeout: 180_000 }, async (t) => {
  const desk = await office(t);
  const { platform } = desk;
  const lucia = await signIn(platform, platform.lucia);
  const anna = await signIn(platform, platform.anna);
  const to = await hook(t, lucia, [204]);
  // Another company, whose administrator has webhooks too.
  const wish = desk.wish('CH');
  const { tenant } = (await desk.begin(wish)).request;
  const ana = await desk.accept(wish.person.email);
  const hers = await hook(t, ana, [204], ['number-order']);

  const order = await expect(202, lucia('POST', '/v1/number-orders', {
    carrier: 'telnyx', country: 'SG', numberType: 'local', numbers: ['+6565551000'],
  }));
  const path = `/v1/number-orders/${order.id}`;
  await until(lucia, path, ({ status }) => status === 'dossier_wanted', 'a dossier is wanted');
  await expect(202, lucia('POST', `${path}/cancel`));
  await until(lucia, path, ({ outcome }) => outcome === 'cancelled', 'it is cancelled');
  const log = await eventually(async () => {
    const all = await logOf(lucia, to);
    return all.some(({ type }) => type === 'request.ended') && all.every(({ state }) => state === 'delivered') && all;
  }, 'its end is delivered', { limitMs: 30_000 });

  // The newest first, each change once, all of it the order's: what was heard is what the log has.
  const events = log.map(({ body }) => JSON.parse(body));
  const revs = events.map(({ data }) => data.rev);
  assert.deepEqual(revs, [...new Set(revs)].sort((a, b) => b - a));
  assert.equal(events[0].type, 'request.ended');
  assert.ok(events.some(({ data }) => data.status === 'dossier_wanted'), JSON.stringify(revs));
  for (const { tenant: whose, data } of events) assert.deepEqual([whose, data.request], ['t-isthmus-trading', order.id]);
  const messages = log.map(({ message }) => message);
  assert.equal(new Set(messages).size, messages.length);
  assert.deepEqual(new Set(to.receiver.heard.map(({ headers }) => headers['webhook-id'])), new Set(messages));
  for (const one of log) check(to, to.receiver.heard.filter(({ headers }) => headers['webhook-id'] === one.message), one);

  // The other company has heard nothing of it, sees nothing of it, and has nothing sent again.
  assert.notEqual(tenant, 't-isthmus-trading');
  assert.deepEqual([await logOf(ana, hers), hers.receiver.heard], [[], []]);
  const replay = `deliveries/${log[0].id}/replay`;
  for (const [who, error] of [[ana, 'Webhook.NotFound'], [desk.ruth, 'Webhook.NotFound'], [anna, 'Webhook.NotAllowed']]) {
    const status = error === 'Webhook.NotFound' ? 404 : 403;
    assert.equal((await expect(status, who('GET', `${to.path}/deliveries`))).error, error);
    assert.equal((await expect(status, who('POST', `${to.path}/${replay}`))).error, error);
  }
  assert.equal((await expect(404, ana('POST', `${hers.path}/${replay}`))).error, 'Webhook.NoSuchDelivery');
  assert.equal((await logOf(lucia, to)).length, log.length);
});

test('a program that onboards hears of all by one webhook, and looks after those that came with them when they are taken back', { timeout: 180_000 }, async (t) => {
  const desk = await office(t);
  const { platform, ruth } = desk;
  const all = await hook(t, ruth, [204], ['onboard-tenant']);
  const { secret: token } = await expect(201, ruth('POST', '/v1/api-keys', { name: 'The CRM', role: 'staff' }));
  const crm = (method, path, body) => ask(platform, method, path, body, method === 'POST' ? randomUUID() : undefined, token);
  const theirs = await Receiver.start(t, [204]);
  const wish = desk.wish('CH', { webhook: { url: theirs.url } });
  const first = await expect(202, crm('POST', '/v1/onboardings', wish));
  const second = await expect(202, crm('POST', '/v1/onboardings', desk.wish('SG')));
  const { id, tenant } = first.request;
  const ana = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  const hers = await hook(t, ana, [204]);
  await expect(202, crm('POST', `/v1/onboardings/${id}/cancel`));
  assert.equal((await desk.ended(id)).outcome, 'cancelled');

  // Both onboardings by the one webhook, each change once.
  const events = async (to) => (await logOf(crm, to)).map((one) => ({ ...one, event: JSON.parse(one.body) }));
  const end = ({ event, state }) => event.type === 'request.ended' && event.data.request === id && state === 'delivered';
  const told = await eventually(async () => {
    const log = await events(all);
    const begun = log.some(({ event }) => event.data.request === second.request.id);
    return begun && log.some(end) && log.every(({ state }) => state === 'delivered') && log;
  }, 'both are heard of', { limitMs: 60_000 });
  const cancelled = told.find(end).event;
  assert.deepEqual([cancelled.tenant, cancelled.data.kind, cancelled.data.outcome], [tenant, 'onboard-tenant', 'cancelled']);
  const changes = told.map(({ event: { data } }) => `${data.request} ${data.rev}`);
  assert.equal(new Set(changes).size, changes.length, 'each change once');
  for (const one of told) check(all, all.receiver.heard.filter(({ headers }) => headers['webhook-id'] === one.message), one);

  // Nobody is left in the customer's tenant: who asked for it reads its log, has its end delivered again, and removes it.
  const { webhooks: [came, ...more] } = await expect(200, crm('GET', `/v1/webhooks?onboarding=${id}`));
  assert.deepEqual([came.id, more], [first.webhook, []]);
  const own = await expect(200, crm('GET', '/v1/webhooks'));
  assert.deepEqual(own.webhooks.map((one) => one.id), [all.id]);
  const path = `/v1/webhooks/${came.id}`;
  const missed = await eventually(async () => (await events({ path })).find(end), 'its end is in the log', { limitMs: 60_000 });
  const lucia = await signIn(platform, platform.lucia);
  assert.equal((await expect(404, lucia('GET', `${path}/deliveries`))).error, 'Webhook.NotFound');
  const again = await expect(202, crm('POST', `${path}/deliveries/${missed.id}/replay`));
  const replayed = await delivery(crm, { path }, again.id, 'delivered');
  assert.deepEqual([replayed.message, replayed.body], [missed.message, missed.body]);
  const posts = theirs.heard.filter(({ headers }) => headers['webhook-id'] === missed.message);
  check({ secret: first.webhookSecret }, posts, replayed);
  assert.equal(posts.length, 2);

  // Its secret is not theirs, nor is what the customer made since.
  assert.equal((await expect(403, crm('POST', `${path}/secret`))).error, 'Webhook.NotAllowed');
  assert.equal((await expect(404, crm('GET', hers.path))).error, 'Webhook.NotFound');
  await expect(204, crm('DELETE', path));
  assert.equal((await expect(404, crm('GET', path))).error, 'Webhook.NotFound');
});

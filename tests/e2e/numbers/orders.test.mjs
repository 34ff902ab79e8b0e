// Numbers by the API alone: found at the practice carrier, ordered, tried by a call, given back.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, approvedDossier, signIn, until as untilSo } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';

/** A platform with its administrator and somebody else. */
async function office(t) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  const lucia = await signIn(platform, platform.lucia);
  const anna = await signIn(platform, platform.anna);
  return { platform, tenant: 't-isthmus-trading', lucia, anna };
}

/** Waits until an order is so. */
const until = (lucia, id, is, what) => untilSo(lucia, `/v1/number-orders/${id}`, is, what);

const statusOf = (order, number) => order.numbers.find((line) => line.number === number)?.status;

test('numbers are found, ordered, tried by a call, assigned, and given back', async (t) => {
  const { platform, tenant, lucia, anna } = await office(t);

  const { body: sold } = await lucia('GET', '/v1/numbers/countries');
  for (const country of ['PA', 'SG', 'CH', 'US']) {
    assert.ok(sold.countries.some((each) => each.country === country && each.carrier === 'telnyx'), `${country} is sold`);
  }
  const found = await lucia('GET', '/v1/numbers/available?country=US&type=local&carrier=telnyx&limit=2');
  assert.equal(found.status, 200, JSON.stringify(found.body));
  const numbers = found.body.numbers.map((each) => each.number);
  assert.equal(numbers.length, 2);
  assert.ok(found.body.numbers.every((each) => Number(each.price.monthly) > 0 && Number(each.price.perMinute) > 0));

  // The dossier is missing: the order says so, and waits.
  const wish = { carrier: 'telnyx', country: 'US', numberType: 'local', numbers, person: 'p-anna-keller' };
  const key = randomUUID();
  const begun = await lucia('POST', '/v1/number-orders', wish, key);
  assert.equal(begun.status, 202, JSON.stringify(begun.body));
  const { id } = begun.body;
  const again = await lucia('POST', '/v1/number-orders', wish, key);
  assert.equal(again.body.id, id, 'the same key is the same order');
  const wanting = await until(lucia, id, (order) => order.status === 'dossier_wanted', 'a dossier is wanted');
  assert.equal(wanting.owner, 'customer');
  assert.match(wanting.timeline.at(-1).text, /US asks for/);

  await approvedDossier(platform, tenant, 'd-isthmus-1');
  assert.equal((await lucia('PATCH', `/v1/number-orders/${id}`, { dossier: 'd-isthmus-1' })).status, 202);
  const done = await until(lucia, id, (order) => order.outcome, 'the order ends');
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  for (const number of numbers) assert.equal(statusOf(done, number), 'active');

  const { body: owned } = await lucia('GET', '/v1/numbers?limit=100');
  for (const number of numbers) {
    const row = owned.numbers.find((each) => each.number === number);
    assert.deepEqual([row.status, row.person, row.carrier, row.request], ['active', 'p-anna-keller', 'telnyx', id]);
    const { wanted, address, problem } = row.emergency;
    assert.deepEqual([wanted, address?.street, problem], [true, '350 Fifth Avenue', undefined], 'help is sent where the dossier says');
  }
  const helped = `/v1/numbers/${encodeURIComponent(numbers[0])}/emergency-address`;
  const moving = { street: '11 Broadway', city: 'New York', region: 'NY', postalCode: '10004', country: 'US' };
  const told = await lucia('PUT', helped, moving);
  assert.deepEqual([told.status, told.body.emergency?.address], [200, moving], JSON.stringify(told.body));
  const abroad = await lucia('PUT', helped, { ...moving, country: 'CH' });
  assert.deepEqual([abroad.status, abroad.body.field], [422, 'country']);
  const { body: me } = await anna('GET', '/v1/me');
  assert.ok(numbers.every((number) => me.numbers.includes(number)), 'they ring her');

  // Somebody else gets one of them; the other one goes back.
  const moved = await lucia('PATCH', `/v1/numbers/${encodeURIComponent(numbers[0])}`, { person: 'p-tan-wei-ming' });
  assert.deepEqual([moved.status, moved.body.person], [200, 'p-tan-wei-ming']);
  const leaving = await lucia('POST', `/v1/numbers/${encodeURIComponent(numbers[1])}/release`);
  assert.equal(leaving.status, 202, JSON.stringify(leaving.body));
  await until(lucia, leaving.body.id, (order) => order.status === 'quarantined', 'it waits');
  const withdrawn = (await anna('GET', '/v1/me')).body.numbers;
  assert.ok(!numbers.some((number) => withdrawn.includes(number)), 'neither rings her any more');
  const released = await until(lucia, leaving.body.id, (order) => order.outcome, 'it is given back');
  assert.equal(released.outcome, 'done', JSON.stringify(released.timeline));
  const left = (await lucia('GET', '/v1/numbers?limit=100')).body.numbers.map((each) => each.number);
  assert.ok(left.includes(numbers[0]) && !left.includes(numbers[1]));
});

test('of two numbers one fails at the carrier; the other is used', async (t) => {
  const { platform, tenant, lucia } = await office(t);
  await approvedDossier(platform, tenant, 'd-isthmus-1');
  const search = (pattern) => lucia('GET', `/v1/numbers/available?country=US&carrier=telnyx&limit=1&pattern=${pattern}`);
  const numbers = [(await search('*01')).body.numbers[0].number, (await search('*99')).body.numbers[0].number];
  const wish = { carrier: 'telnyx', country: 'US', numberType: 'local', numbers, dossier: 'd-isthmus-1' };
  const { body } = await lucia('POST', '/v1/number-orders', wish);
  const done = await until(lucia, body.id, (order) => order.outcome, 'the order ends');
  assert.equal(done.outcome, 'partial', JSON.stringify(done.timeline));
  assert.deepEqual(numbers.map((number) => statusOf(done, number)), ['active', 'failed']);
});

test('an order is cancelled while a dossier is wanted, and nobody else sees or makes one', async (t) => {
  const { lucia, anna } = await office(t);
  const wish = { carrier: 'telnyx', country: 'SG', numberType: 'local', numbers: ['+6565551000'] };
  for (const [method, path, body] of [
    ['GET', '/v1/numbers'],
    ['GET', '/v1/numbers/available?country=SG'],
    ['POST', '/v1/number-orders', wish],
    ['GET', '/v1/number-orders'],
  ]) {
    assert.equal((await anna(method, path, body)).body.error, 'Role.NotAllowed', `${method} ${path}`);
  }
  const { body } = await lucia('POST', '/v1/number-orders', wish);
  await until(lucia, body.id, (order) => order.status === 'dossier_wanted', 'a dossier is wanted');
  assert.equal((await anna('GET', `/v1/number-orders/${body.id}`)).body.error, 'Request.NotFound');
  assert.equal((await lucia('POST', `/v1/number-orders/${body.id}/cancel`)).status, 202);
  const done = await until(lucia, body.id, (order) => order.outcome, 'the order ends');
  assert.equal(done.outcome, 'cancelled');
  assert.equal((await lucia('POST', `/v1/number-orders/${body.id}/cancel`)).body.error, 'Request.Ended');
});

test('each field that does not fit is named', async (t) => {
  const { lucia } = await office(t);
  const good = { carrier: 'telnyx', country: 'CH', numberType: 'local', numbers: ['+41445551000'] };
  for (const [more, field] of [
    [{ carrier: 'nobody' }, 'carrier'],
    [{ country: 'XX' }, 'country'],
    [{ country: 'ch' }, 'country'],
    [{ numberType: 'fax' }, 'numberType'],
    [{ numbers: [] }, 'numbers'],
    [{ numbers: ['0445551000'] }, 'numbers[0]'],
    [{ numbers: ['+41445551000', '+41445551000'] }, 'numbers[1]'],
    [{ numbers: ['+6565551000'] }, 'numbers[0]'],
    [{ numbers: ['+4144'] }, 'numbers[0]'],
    [{ dossier: '!' }, 'dossier'],
    [{ dossier: 'd-that-never-was' }, 'dossier'],
    [{ person: 'p-nobody' }, 'person'],
    [{ surprise: 1 }, 'surprise'],
  ]) {
    const { status, body } = await lucia('POST', '/v1/number-orders', { ...good, ...more });
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(more)}: ${status}`);
    assert.equal(body.field, field, JSON.stringify(body));
  }
});

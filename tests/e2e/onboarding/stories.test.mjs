// Customers of three countries, from one request to the first call, by the API alone. Where it goes wrong, the power goes, too.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Receiver } from '../harness/receiver.mjs';
import { eventually } from '../harness/process.mjs';
import { approvedDossier, ask, expect, signIn, until } from '../harness/office.mjs';
import { CUSTOMERS, actOn, at, dossierApproved, numbersFrom } from '../numbers/office.mjs';
import { COUNTRIES, PASSWORD, bringing, broughtAsFarAsTheLetter, office } from './office.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;

for (const country of Object.keys(COUNTRIES)) {
  test(`a business in ${country}: invited, checked, given a number that rings`, { timeout: 300_000 }, async (t) => {
    const desk = await office(t);
    const receiver = await Receiver.start(t, [204]);
    const wish = desk.wish(country, { webhook: { url: receiver.url } });
    const begun = await desk.begin(wish);
    const { id, tenant } = begun.request;
    assert.match(begun.webhookSecret, /^whsec_/);

    const waiting = await desk.status(id, 'email_wanted');
    assert.equal(waiting.owner, 'customer');
    assert.equal(begun.progress.length, 8);
    const ana = await desk.accept(wish.person.email);

    const wanted = await desk.status(id, 'dossier_wanted');
    assert.ok(wanted.details.failures.length >= 1, 'what is missing is told before anybody hands in');
    assert.ok(wanted.details.failures.every(({ field, words }) => field.startsWith('/') && words));
    const done = await desk.finish(id, country, ana);
    assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));

    const { body: owned } = await ana('GET', '/v1/numbers');
    assert.equal(owned.numbers.length, 1);
    assert.equal(owned.numbers[0].country, country);
    const { body: me } = await ana('GET', '/v1/me');
    assert.deepEqual(me.numbers, [owned.numbers[0].number], 'it rings her');
    const states = done.steps.map(({ state }) => state);
    assert.ok(states.includes('Testing'), 'a test call was made');
    const { progress } = await desk.look(id);
    assert.ok(progress.every(({ state }) => state === 'done'), JSON.stringify(progress));

    const mails = await desk.mails(wish.person.email);
    assert.ok(mails.some(({ text }) => text.includes(owned.numbers[0].number)), 'a welcome names the number');
    const told = await eventually(
      async () => receiver.heard.map(({ body }) => JSON.parse(body).data).some((data) => data.request === id && data.outcome === 'done'),
      'the webhook hears of the end',
      { limitMs: 30_000 },
    );
    assert.ok(told);
    const { events } = await desk.platform.states('GetExecutionHistory', {
      executionArn: done.execution, maxResults: 1000,
    });
    assert.ok(!JSON.stringify(events).includes(wish.person.email), 'no address in the history');
    assert.equal(tenant, me.tenant);
  });
}

test('a customer who only brings numbers is live when they are here', { timeout: 300_000 }, async (t) => {
  const desk = await office(t, { scale: 86400 });
  const numbers = numbersFrom(CUSTOMERS.CH.first, 10);
  const wish = bringing(numbers);
  const { id, anna, port } = await broughtAsFarAsTheLetter(desk, wish);
  const waiting = await desk.until(id, ({ owner }) => owner === 'customer', 'it says whose turn it is');
  assert.match(waiting.nextAction, /^In the port: /);
  assert.ok(waiting.deadline);
  const people = { lucia: anna, ruth: desk.ruth };
  await actOn(people, port);
  await dossierApproved(people, await until(anna, at(port.id), (now) => now.status === 'internal_review', 'it is signed'));
  await actOn(people, await until(desk.ruth, at(port.id), (now) => now.task?.form === 'port-review', 'it waits for a review'));
  const done = await desk.ended(id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  const { progress } = await desk.look(id);
  assert.ok(progress.some(({ stage, state }) => stage === 'ports' && state === 'done'), JSON.stringify(progress));
  const { body: me } = await anna('GET', '/v1/me');
  for (const number of numbers) assert.ok(me.numbers.includes(number), `${number} rings her`);
  const mails = await desk.mails(wish.person.email);
  assert.ok(mails.some(({ text }) => text.includes(numbers[0])), 'a welcome names the numbers');
});

test('live before its numbers came: the port goes on; taken back instead, it is cancelled', { timeout: 300_000 }, async (t) => {
  const desk = await office(t, { scale: 86400 });
  const { id, anna, port } = await broughtAsFarAsTheLetter(desk, bringing(numbersFrom(CUSTOMERS.CH.first, 2)));
  await expect(202, anna('POST', `/v1/onboardings/${id}/go-live`));
  const live = await desk.ended(id);
  assert.equal(live.outcome, 'done', JSON.stringify(live.timeline));
  const going = await expect(200, anna('GET', at(port.id)));
  assert.equal(going.endedAt, undefined, 'the port goes on');
  await expect(202, anna('POST', `${at(port.id)}/cancel`));
  await until(anna, at(port.id), (now) => now.outcome, 'the port ends');

  const other = bringing(numbersFrom(CUSTOMERS.CH.first, 2));
  const again = { ...other, tenant: { ...other.tenant, slug: 'muster-two' }, person: { ...other.person, email: 'two@muster.example' } };
  const second = await broughtAsFarAsTheLetter(desk, again);
  await expect(202, second.anna('POST', `/v1/onboardings/${second.id}/cancel`));
  assert.equal((await desk.ended(second.id)).outcome, 'cancelled');
  const gone = await expect(200, desk.ruth('GET', at(second.port.id)));
  assert.equal(gone.outcome, 'cancelled');
});

test('a rejected paper is handed in again; an invitation is sent again; it closes', { timeout: 300_000 }, async (t) => {
  const desk = await office(t, { cuts: true });
  const wish = desk.wish('CH');
  const { id, tenant, details } = (await desk.begin(wish)).request;
  await desk.status(id, 'email_wanted');
  const [old] = await desk.invitation(wish.person.email);
  assert.equal((await desk.ruth('POST', `/v1/onboardings/${id}/invitation`)).status, 202);
  await desk.invitation(wish.person.email, 2);
  const links = await desk.invitation(wish.person.email, 2);
  const fresh = links.find((link) => link !== old);
  assert.equal((await ask(desk.platform, 'POST', `/v1/invitations/${old}`, { password: PASSWORD })).status, 404);
  assert.equal((await ask(desk.platform, 'POST', `/v1/invitations/${fresh}`, { password: PASSWORD })).status, 204);
  const ana = await signIn(desk.platform, { email: wish.person.email, password: PASSWORD });

  await desk.status(id, 'dossier_wanted');
  const paper = await desk.paper(ana, details.dossier, 'register_extract');
  const { body } = await ana('GET', `/v1/onboardings/${id}`);
  await desk.answer(ana, { task: body.request.task }, {});
  await desk.review(tenant, { decision: 'reject', reasons: [{ about: paper, reason: 'Cut off at the bottom' }] });
  const mend = await eventually(
    async () => (await ana('GET', '/v1/tasks')).body.tasks.find(({ task }) => task.form === 'resubmit'),
    'she is asked to mend it',
  );
  assert.equal(mend.task.about.reasons[0].about, paper);
  await desk.until(id, ({ owner, status }) => status === 'in_review' && owner === 'customer', 'the onboarding says that she has to act');
  await desk.paper(ana, details.dossier, 'register_extract');
  await desk.answer(ana, mend, {});
  await desk.review(tenant, { decision: 'approve' });
  await desk.tellCarrier(tenant, 'CH');
  const done = await desk.ended(id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
});

test('taken back in the middle: the number goes back, the tenant is closed, its names are free', { timeout: 300_000 }, async (t) => {
  const desk = await office(t, { cuts: true });
  const wish = desk.wish('CH');
  const { id, tenant, details } = (await desk.begin(wish)).request;
  const ana = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  await desk.paper(ana, details.dossier, 'register_extract');
  const { body } = await ana('GET', `/v1/onboardings/${id}`);
  await desk.answer(ana, { task: body.request.task }, {});
  await desk.review(tenant, { decision: 'approve' });
  await desk.status(id, 'numbers_ordered');
  assert.equal((await ana('POST', `/v1/onboardings/${id}/cancel`)).status, 202);
  const over = await desk.ended(id);
  assert.equal(over.outcome, 'cancelled', JSON.stringify(over.timeline));
  const session = await ask(desk.platform, 'POST', '/v1/session', { email: wish.person.email, password: PASSWORD });
  assert.equal(session.status, 401);
  const orders = await desk.ruth('GET', `/v1/requests/${over.details.order}`);
  assert.ok(orders.body.endedAt, 'its order has ended');
  assert.ok(!orders.body.numbers.some(({ status }) => status === 'active'), JSON.stringify(orders.body.numbers));
  const { progress } = await desk.look(id);
  assert.deepEqual(progress.find(({ stage }) => stage === 'numbers').state, 'failed');
  // The same names again are a new customer.
  const again = await desk.begin(desk.wish('CH'));
  await desk.status(again.request.id, 'email_wanted');
  assert.equal((await desk.ruth('POST', `/v1/onboardings/${again.request.id}/cancel`)).status, 202);
  assert.equal((await desk.ended(again.request.id)).outcome, 'cancelled');
});

test('a person of a tenant: invited, given a free number, reached by a test call, signs in', { timeout: 240_000 }, async (t) => {
  const desk = await office(t);
  const lucia = await signIn(desk.platform, desk.platform.lucia);
  const number = '+41445550100';
  assert.equal((await lucia('PATCH', `/v1/numbers/${encodeURIComponent(number)}`, { person: null })).status, 200);
  const mia = { name: 'Mia Roth', email: 'mia.roth@isthmus.example' };
  const wish = { kind: 'user', person: mia, number, emergencyAddress: { uses: ['emergency'], street: 'Bahnhofstrasse 1', city: 'Zürich', country: 'CH' } };
  const { status, body } = await lucia('POST', '/v1/onboardings', wish);
  assert.equal(status, 202, JSON.stringify(body));
  const her = await desk.accept(mia.email);
  const done = await desk.ended(body.request.id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  assert.deepEqual((await her('GET', '/v1/me')).body.numbers, [number]);

  // Taken back, a person is gone and the number is free again.
  assert.equal((await lucia('PATCH', `/v1/numbers/${encodeURIComponent(number)}`, { person: null })).status, 200);
  const leo = { name: 'Leo Roth', email: 'leo.roth@isthmus.example' };
  const second = await lucia('POST', '/v1/onboardings', { kind: 'user', person: leo });
  await desk.status(second.body.request.id, 'email_wanted');
  assert.equal((await lucia('POST', `/v1/onboardings/${second.body.request.id}/cancel`)).status, 202);
  assert.equal((await desk.ended(second.body.request.id)).outcome, 'cancelled');
  const { body: people } = await lucia('GET', '/v1/people');
  assert.ok(!people.people.some(({ name }) => name === leo.name));
});

test('a person of a tenant is given a number that is ordered for them', { timeout: 240_000 }, async (t) => {
  const desk = await office(t, { cuts: true });
  const lucia = await signIn(desk.platform, desk.platform.lucia);
  await approvedDossier(desk.platform, 't-isthmus-trading', 'd-isthmus-1');
  const mia = { name: 'Mia Roth', email: 'mia.roth@isthmus.example' };
  const emergencyAddress = { uses: ['emergency'], street: '350 Fifth Avenue', city: 'New York', region: 'NY', postalCode: '10118', country: 'US' };
  const numbers = [{ country: 'US', numberType: 'local', count: 1 }];
  const { status, body } = await lucia('POST', '/v1/onboardings', { kind: 'user', person: mia, numbers, withDossier: 'd-isthmus-1', emergencyAddress });
  assert.equal(status, 202, JSON.stringify(body));
  const her = await desk.accept(mia.email);
  const done = await desk.ended(body.request.id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  const { body: { numbers: rings } } = await her('GET', '/v1/me');
  assert.equal(rings.length, 1);
  assert.match(rings[0], /^\+1\d{10}$/);
});

test('an invitation that nobody opens lapses: the tenant is closed, its names are free', { timeout: 240_000 }, async (t) => {
  const desk = await office(t, { scale: 86400, cuts: true });
  const { id } = (await desk.begin(desk.wish('CH'))).request;
  assert.equal((await desk.ended(id)).outcome, 'expired');
  const again = await desk.begin(desk.wish('CH'));
  assert.notEqual(again.request.id, id);
});

test('approved provisionally, its numbers come; what was missing follows', { timeout: 240_000 }, async (t) => {
  const desk = await office(t, { cuts: true });
  const wish = desk.wish('CH');
  const { id, tenant, details } = (await desk.begin(wish)).request;
  const ana = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  const paper = await desk.paper(ana, details.dossier, 'register_extract');
  const { body } = await ana('GET', `/v1/onboardings/${id}`);
  await desk.answer(ana, { task: body.request.task }, {});
  const past = new Date(Date.now() - 3 * DAY_MS).toISOString().slice(0, 10);
  const reviewing = await desk.task(tenant, 'review');
  const reasons = [{ about: paper, reason: 'A certified copy must follow' }];
  const refused = await desk.ruth('POST', `/v1/tasks/${reviewing.task.id}`, { answer: { decision: 'approve_provisionally', until: past, reasons } });
  assert.deepEqual([refused.status, refused.body.field], [422, 'answer.until']);
  const until = new Date(Date.now() + 30 * DAY_MS).toISOString().slice(0, 10);
  await desk.review(tenant, { decision: 'approve_provisionally', until, reasons });
  const follow = await eventually(
    async () => (await ana('GET', '/v1/tasks')).body.tasks.find(({ task }) => task.form === 'resubmit'),
    'she is asked for what must follow',
  );
  await desk.tellCarrier(tenant, 'CH');
  const done = await desk.ended(id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  const { body: now } = await ana('GET', `/v1/dossiers/${details.dossier}`);
  assert.deepEqual([now.status, now.provisionalUntil], ['provisionally_approved', until]);
  await desk.paper(ana, details.dossier, 'register_extract');
  await desk.answer(ana, follow, {});
  await desk.review(tenant, { decision: 'approve' });
  await eventually(async () => (await ana('GET', `/v1/dossiers/${details.dossier}`)).body.status === 'approved', 'it is approved for good');
});

test('what the dossier answers, the carrier asks nobody for', { timeout: 240_000 }, async (t) => {
  const desk = await office(t);
  const wish = desk.wish('SG');
  const { id, tenant, details } = (await desk.begin(wish)).request;
  const ana = await desk.accept(wish.person.email);
  await desk.status(id, 'dossier_wanted');
  for (const kind of ['register_extract', 'proof_of_identity']) await desk.paper(ana, details.dossier, kind);
  const { body } = await ana('GET', `/v1/onboardings/${id}`);
  await desk.answer(ana, { task: body.request.task }, {});
  await desk.review(tenant, { decision: 'approve' });
  const done = await desk.ended(id);
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
  const { body: { orders: [order] } } = await ana('GET', '/v1/number-orders?live=false');
  const { body: { timeline } } = await ana('GET', `/v1/number-orders/${order.id}`);
  const told = timeline.map(({ text }) => text);
  assert.ok(told.includes('The carrier has what the dossier answers'), JSON.stringify(told));
});

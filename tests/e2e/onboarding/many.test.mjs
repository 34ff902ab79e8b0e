// A hundred customers of four countries, all at once. The power goes while they are written down, and when half of them have handed in; each
// customer's own program hears how it ended, once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { eventually, later } from '../harness/process.mjs';
import { Receiver, signed } from '../harness/receiver.mjs';
import { HOMES, office } from './office.mjs';

const MANY = 100;
/** Customers who are at their keyboards at the same time: people are not faster, and the machine has two cores. */
const LANES = 10;

test('a hundred customers at once all end right, whenever the power goes', { timeout: 590_000 }, async (t) => {
  const desk = await office(t);
  const { platform, ruth } = desk;
  const receiver = await Receiver.start(t, [204]);
  const began = performance.now();
  const soFar = (what) => t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`);

  const customers = Array.from({ length: MANY }, (_, nth) => customer(desk, nth, receiver.url));
  const cut = nthTime(MANY / 2, () => platform.powerCut());
  await Promise.all(customers.map(async (one) => {
    const { request, webhookSecret } = await desk.begin(one.wish);
    Object.assign(one, { id: request.id, tenant: request.tenant, secret: webhookSecret });
    cut();
  }));
  await cut.done;
  assert.equal(new Set(customers.map(({ id }) => id)).size, MANY);
  soFar('all are written down');

  const over = operator(t, desk, new Map(customers.map((one) => [one.tenant, one.home])));
  const again = nthTime(MANY / 2, () => platform.powerCut());
  await inLanes(customers, async (one) => {
    await comesIn(desk, one);
    again();
  });
  await again.done;
  soFar('all have handed in');

  const ended = await eventually(async () => {
    const { body } = await ruth('GET', `/v1/onboardings?limit=${MANY}`);
    const all = body.onboardings.map(({ request }) => request).filter(({ endedAt }) => endedAt);
    return all.length === MANY && all;
  }, 'all end', { limitMs: 300_000, everyMs: 500 });
  await over();
  soFar('all have ended');
  for (const { id, home, gives } of customers) {
    const { outcome, timeline } = ended.find((request) => request.id === id);
    assert.equal(outcome, gives ? 'cancelled' : 'done', `${home}: ${JSON.stringify(timeline)}`);
  }
  const numbers = ended.flatMap((request) => request.numbers.filter(({ status }) => status === 'active').map(({ number }) => number));
  assert.equal(new Set(numbers).size, numbers.length, 'nobody has another one\'s number');
  assert.equal(numbers.length, customers.filter(({ gives }) => !gives).length);

  await heard(receiver, customers);
  soFar(`the program has heard of it, by ${receiver.heard.length} posts`);
  await listed(t, platform);
  soFar('the page lists them');
});

/** Every tenth gives up: before it has opened its link, or with its papers in its hand. */
function customer(desk, nth, url) {
  const home = Object.keys(HOMES)[nth % 4];
  const wish = desk.wish(home, { tag: `-${nth}`, webhook: { url } });
  return { home, wish, gives: { 9: 'unopened', 18: 'unchecked' }[nth % 20] };
}

/** From the mail to the papers, as far as this customer goes. */
async function comesIn(desk, { home, wish, id, gives }) {
  if (gives === 'unopened') {
    await taken(desk.ruth('POST', `/v1/onboardings/${id}/cancel`));
    return;
  }
  const ana = await desk.accept(wish.person.email, 150_000);
  // Its dossier goes to its review by itself.
  if (HOMES[home].papers.length === 0) return;
  const { details } = await desk.status(id, 'dossier_wanted');
  if (gives) {
    await taken(ana('POST', `/v1/onboardings/${id}/cancel`));
    return;
  }
  for (const kind of HOMES[home].papers) await desk.platform.despiteCuts(() => desk.paper(ana, details.dossier, kind));
  await taken(ana('POST', `/v1/dossiers/${details.dossier}/submit`, { purposes: details.purposes }));
}

/** Does what is in the operators' queue until told that it is over. */
function operator(t, desk, homes) {
  let isOver = false;
  const work = async () => {
    while (!isOver) {
      const { body } = await desk.ruth('GET', '/v1/tasks?limit=100');
      for (const entry of body.tasks) {
        const isReview = entry.task.form === 'review';
        const answer = isReview ? { decision: 'approve' } : await desk.carrierAnswers(entry, homes.get(entry.request.tenant));
        const { status, body: told } = await desk.ruth('POST', `/v1/tasks/${entry.task.id}`, { answer });
        // Gone meanwhile: its customer gave up.
        assert.ok([202, 404, 409].includes(status), JSON.stringify(told));
      }
      // The pace of one who looks at a queue: nothing is waited for here that a test then expects.
      await new Promise((done) => setTimeout(done, 250));
    }
  };
  const working = work();
  const over = () => {
    isOver = true;
    return working;
  };
  later(t, over);
  return over;
}

/** The program hears of each customer's end once, signed with that customer's secret. */
async function heard(receiver, customers) {
  const ends = () => receiver.heard.filter(({ body }) => {
    const { type, data } = JSON.parse(body);
    return type === 'request.ended' && data.kind === 'onboard-tenant';
  });
  const known = () => new Set(ends().map(({ body }) => JSON.parse(body).data.request));
  await eventually(async () => known().size === MANY, 'a hundred ends are heard', { limitMs: 120_000, everyMs: 250 }).catch((why) => {
    const missing = customers.filter(({ id }) => !known().has(id)).map(({ home, gives }) => `${home} ${gives ?? ''}`);
    throw new Error(`${why.message}: ${missing.join(', ')}`);
  });
  const messages = new Map();
  for (const post of ends()) {
    const { data: { request, outcome } } = JSON.parse(post.body);
    const { gives, secret } = customers.find(({ id }) => id === request);
    assert.equal(outcome, gives ? 'cancelled' : 'done');
    assert.equal(post.headers['webhook-signature'], signed(secret, post));
    messages.set(post.headers['webhook-id'], request);
  }
  // A power cut may have let a post come twice; it is the same message then.
  assert.equal(messages.size, MANY);
}

/** The operators' page has a row for each. */
async function listed(t, platform) {
  const person = await Person.signedIn(t, platform, platform.ruth, { hz: 0 });
  await person.page.getByRole('link', { name: 'Onboarding' }).click();
  const rows = person.page.getByTestId('onboarding-row');
  await rows.nth(MANY - 1).waitFor();
  assert.equal(await rows.count(), MANY);
}

async function taken(asked) {
  const { status, body } = await asked;
  assert.equal(status, 202, JSON.stringify(body));
}

/** Calls `act` when it is called for the nth time; `done` is what `act` gives. */
function nthTime(nth, act) {
  let count = 0;
  const counts = () => {
    count += 1;
    if (count === nth) counts.done = act();
  };
  return counts;
}

async function inLanes(items, work) {
  const queue = [...items];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

// What differs from the donor's records is refused, the customer mends that very field, and the numbers come. All are under way at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, dossierOf, numbersFrom, practice } from './office.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;
/** A moment as carriers write them, without a part of a second. */
const inDays = (days) => new Date(1000 * Math.round((Date.now() + days * DAY_MS) / 1000)).toISOString();
/** The first number of an account of six hundred, and the one that it is billed under. */
const MANY = 41445553000n;
const BILLED = `+${MANY}`;
/** Some of them, and the others stay. */
const SOME = { portType: 'partial', remaining: 'keep' };

/**
 * What each customer has wrong: in what it has written of itself (`form`), or of the port (`wish`); which fields it is told, and what it
 * writes instead, of the port, where that is where it was wrong.
 */
const MISTAKES = [
  {
    code: 'ENTITY_NAME_MISMATCH', fields: ['/previousService/accountName', '/endUser/businessName'],
    form: (form) => Object.assign(form.previousService, { accountName: 'Muster Holding AG' }),
  },
  {
    code: 'AUTH_PERSON_MISMATCH', fields: ['/authorisedPerson/name', '/documents/-'],
    form: (form) => Object.assign(form.authorisedPerson, { name: 'Bruno Muster' }),
  },
  {
    code: 'BTN_ATN_MISMATCH', fields: ['/previousService/billingNumber'],
    form: (form) => Object.assign(form.previousService, { billingNumber: '+41445559999' }),
    right: (form) => Object.assign(form.previousService, { billingNumber: BILLED }),
  },
  {
    code: 'POSTAL_CODE_MISMATCH', fields: ['/addresses/-'],
    form: (form) => Object.assign(form.addresses[0], { postalCode: '8002' }),
  },
  {
    code: 'LOCATION_MISMATCH', fields: ['/addresses/-'],
    form: (form) => Object.assign(form.addresses[0], { street: 'Seestrasse 7' }),
  },
  {
    code: 'PORT_TYPE_INCORRECT', fields: ['/order/portType'],
    wish: { portType: 'full' }, mended: SOME,
  },
  {
    code: 'MAIN_BTN_PORTING', fields: ['/order/newBillingNumber', '/order/remainingNumbers'],
    numbers: [BILLED], mended: { newBillingNumber: `+${MANY + 599n}` },
  },
  {
    code: 'PORTING_ORDER_SPLIT_REQUIRED', fields: ['/order/numbers'],
    numbers: (own) => [...own, `+${CUSTOMERS.CH.first}`], mended: (own) => ({ numbers: own }),
  },
];

async function office(t) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  return { platform, lucia: await signIn(platform, platform.lucia), ruth: await signIn(platform, platform.ruth) };
}

/** The papers of a customer, as it writes them with this changed; some of the six hundred are its own. */
function customer(change = () => {}) {
  const { form, papers } = structuredClone(CUSTOMERS.CH);
  form.previousService.accountNumber = 'CH-3000';
  change(form);
  return { form, papers };
}

async function mendedDossier(lucia, dossier, form) {
  const { dossier: now } = await expect(200, lucia('GET', `/v1/dossiers/${dossier}`));
  await expect(200, lucia('PUT', `/v1/dossiers/${dossier}`, { version: now.version, form }));
}

/** Refused for this, told so, mended, and ported. */
async function story({ lucia, ruth }, { code, fields, form, right, wish = SOME, numbers, mended }, own) {
  const wanted = typeof numbers === 'function' ? numbers(own) : numbers ?? own;
  const change = typeof mended === 'function' ? mended(own) : mended;
  const dossier = await dossierOf(lucia, customer(form));
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: wanted, dossier, ...wish }));
  await asFarAsTheDonor({ lucia, ruth }, id);
  const refused = await until(lucia, at(id), (port) => port.details.rejections?.length, `${code}: the donor refuses`);
  assert.deepEqual(refused.details.rejections.map((one) => [one.code, one.fields, one.mend]), [[code, fields, 'correct']]);
  await until(lucia, at(id), (port) => port.task?.form === 'port-order', `${code}: the customer is asked`);
  if (form) await mendedDossier(lucia, dossier, customer(right).form);
  if (change) await expect(200, lucia('PATCH', at(id), change));
  await asFarAsTheDonor({ lucia, ruth }, id);
  const done = await until(lucia, at(id), (port) => port.outcome, `${code}: the port ends`, 150_000);
  const told = JSON.stringify({ code, steps: done.steps.map((step) => step.state), timeline: done.timeline.map(({ text }) => text) });
  assert.equal(done.outcome, 'done', told);
  assert.deepEqual(done.details.rejections.map((one) => one.code), [code], 'it is refused once');
  await areHere(lucia, change?.numbers ?? wanted);
}

async function areHere(lucia, numbers) {
  const { numbers: here } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
  for (const number of numbers) assert.equal(here.find((one) => one.number === number)?.status, 'active', `${number} is here`);
}

test('each field that differs is named, mended, and the numbers come', { timeout: 280_000 }, async (t) => {
  const people = await office(t);
  // Each takes two numbers of a ten: those that end in 7, 8 and 9 are there to fail.
  await all(MISTAKES.map((mistake, nth) => story(people, mistake, numbersFrom(MANY + BigInt(10 * (nth + 1)), 2))));
});

/** Every story is told to its end, then it is said what went wrong. */
async function all(stories) {
  const ended = await Promise.allSettled(stories);
  assert.deepEqual(ended.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message), []);
}

/** What no donor's records say, but its people: what the customer asked for, and what it asks for then. */
const OBJECTIONS = [
  {
    code: 'FOC_REJECTED', fields: ['/order/requestedFoc'], numbers: numbersFrom(CUSTOMERS.CH.first, 10),
    wish: { portType: 'full', requestedFoc: inDays(30) }, mended: { requestedFoc: inDays(35) },
  },
  {
    code: 'PHONE_NUMBER_MISMATCH', fields: ['/order/numbers', '/previousService/accountNumber'], numbers: numbersFrom(MANY + 10n, 3),
    wish: SOME, mended: { numbers: numbersFrom(MANY + 10n, 2) },
  },
];

test('a date that the donor does not take is asked for anew, a number that is not the customer\'s is left out', { timeout: 250_000 }, async (t) => {
  const people = await office(t);
  const { platform, lucia, ruth } = people;
  await practice(platform, '/settings', { manual_donor: true, reliable_notices: true });
  const isAsked = (port) => port.status === 'donor_review';
  await all(OBJECTIONS.map(async ({ code, fields, numbers, wish, mended }) => {
    const dossier = await dossierOf(lucia, code === 'FOC_REJECTED' ? CUSTOMERS.CH : customer());
    const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, ...wish }));
    await asFarAsTheDonor(people, id);
    const first = await until(ruth, at(id), isAsked, `${code}: the donor has it`);
    await practice(platform, `/ports/${first.details.externalId}/reject`, { codes: [code], comment: 'Not so.' });
    const refused = await until(lucia, at(id), (port) => port.details.rejections?.length, `${code}: the donor refuses`);
    assert.deepEqual(refused.details.rejections.map((one) => [one.code, one.fields]), [[code, fields]]);
    await until(lucia, at(id), (port) => port.task?.form === 'port-order', `${code}: the customer is asked`);
    await expect(200, lucia('PATCH', at(id), mended));
    await asFarAsTheDonor(people, id);
    // Without one of its numbers it is another order of the carrier's.
    const again = await until(ruth, at(id), isAsked, `${code}: the donor has it again`);
    await practice(platform, `/ports/${again.details.externalId}/accept`, {});
    const { details: { moments } } = await until(lucia, at(id), (port) => port.details.moments.foc, `${code}: a date is agreed`);
    if (mended.requestedFoc) assert.equal(Date.parse(moments.foc), Date.parse(mended.requestedFoc));
    const done = await until(lucia, at(id), (port) => port.outcome, `${code}: the port ends`, 120_000);
    assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
    await areHere(lucia, mended.numbers ?? numbers);
  }));
});

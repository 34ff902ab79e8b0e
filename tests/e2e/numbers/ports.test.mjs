// Ports by the API alone: numbers come from the donors of the practice carrier, and another carrier asks for some.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, addDocument, doTask, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';

/** A signature as a screen gives it. */
const STROKES = [[[100, 200], [150, 90], [200, 210], [260, 80], [320, 200], [400, 120], [480, 190], [600, 150]]];

/** The customers of the donors, as their own papers say. */
const CUSTOMERS = {
  CH: {
    first: 41445552000n, papers: ['register_extract', 'invoice'],
    form: customer('CH', 'Muster AG', 'AG', 'Anna Muster', 'ch-uid', 'CHE-123.456.788', {
      street: 'Bahnhofstrasse 1', city: 'Zürich', region: 'ZH', postalCode: '8001',
    }),
  },
  PA: {
    first: 5078332000n, papers: ['register_extract', 'trade_licence', 'invoice', 'proof_of_identity'],
    form: customer('PA', 'Comercial Canal S.A.', 'S.A.', 'Rosa Jiménez', 'pa-ruc', '155720753-2-2022 DV 39', {
      street: 'Calle 50, 12', city: 'Panamá', region: 'Panamá', postalCode: '0801',
    }),
  },
  SG: {
    first: 6565552000n, papers: ['register_extract', 'invoice', 'proof_of_identity'],
    form: customer('SG', 'Orchard Trading Pte. Ltd.', 'Pte. Ltd.', 'Tan Wei Ming', 'sg-uen', '196800306E', {
      street: '1 Orchard Road', city: 'Singapore', postalCode: '238801',
    }),
  },
};

function customer(country, businessName, legalForm, signer, scheme, number, place) {
  return {
    kind: 'business',
    endUser: { businessName, legalForm, registerIds: [{ scheme, country, number }] },
    addresses: [{ uses: ['service', 'registered'], country, ...place }],
    authorisedPerson: { name: signer, email: 'signer@example.com', nationality: country },
    previousService: { provider: 'The old one', accountNumber: `${country}-1000`, accountName: businessName },
  };
}

async function office(t) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  return { platform, lucia, ruth };
}

const numbersFrom = (first, count) => Array.from({ length: count }, (_, at) => `+${first + BigInt(at)}`);
const at = (id) => `/v1/ports/${id}`;
const today = () => new Date().toISOString().slice(0, 10);

/** A customer's dossier with its papers; gives its id. */
async function dossierOf(ask, { form, papers }, changes = {}) {
  const declares = form.addresses[0].country === 'SG' ? ['sg.port.block'] : [];
  const { dossier } = await expect(201, ask('POST', '/v1/dossiers', { ...form, declares, ...changes }));
  for (const kind of papers) await addDocument(ask, dossier.id, kind, { issued: today() });
  return dossier.id;
}

/** The port goes on from its draft to the operator's review: submitted, signed, looked at. */
async function asFarAsTheDonor({ lucia, ruth }, id) {
  await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it is a draft');
  await expect(202, lucia('POST', `${at(id)}/submit`));
  const unsigned = await until(lucia, at(id), (port) => port.task?.form === 'port-letter', 'a letter waits to be signed');
  const letter = await lucia('GET', `${at(id)}/letter.pdf`);
  assert.equal(letter.status, 200, JSON.stringify(letter.body));
  assert.equal(letter.bytes.subarray(0, 5).toString(), '%PDF-');
  const { document } = unsigned.details.letter;
  assert.equal(letter.headers.get('etag'), `"${document}"`, 'what is shown is what is signed');
  const name = unsigned.details.form.dossier.authorisedPerson.name;
  await expect(202, lucia('POST', `${at(id)}/sign`, { strokes: STROKES, name, document }));
  const review = await until(ruth, at(id), (port) => port.task?.form === 'port-review', 'an operator looks at it');
  assert.equal(review.owner, 'operator');
  await doTask(ruth, review, { decision: 'approve' });
}

for (const country of ['CH', 'PA', 'SG']) {
  test(`ten numbers come from another carrier: ${country}`, async (t) => {
    const { lucia, ruth } = await office(t);
    const { first } = CUSTOMERS[country];
    const numbers = numbersFrom(first, 10);
    const dossier = await dossierOf(lucia, CUSTOMERS[country]);
    const key = randomUUID();
    const begun = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'full' }, key));
    const again = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, portType: 'full' }, key));
    assert.equal(again.id, begun.id, 'the same key is the same port');
    await asFarAsTheDonor({ lucia, ruth }, begun.id);
    const done = await until(lucia, at(begun.id), (port) => port.outcome, 'the port ends');
    assert.equal(done.outcome, 'done', JSON.stringify({ steps: done.steps.map((step) => step.state), timeline: done.timeline }));
    const { body: owned } = await lucia('GET', '/v1/numbers?limit=100');
    for (const number of numbers) {
      assert.equal(owned.numbers.find((each) => each.number === number)?.status, 'active', `${number} is here`);
    }
  });
}

test('a refusal names the field; what is corrected there goes through', async (t) => {
  const { lucia, ruth } = await office(t);
  const wrong = structuredClone(CUSTOMERS.CH);
  wrong.form.previousService.accountNumber = 'CH-9999';
  const dossier = await dossierOf(lucia, wrong);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: numbersFrom(wrong.first, 10), dossier }));
  await asFarAsTheDonor({ lucia, ruth }, id);
  const refused = await until(lucia, at(id), (port) => port.details.rejections?.length, 'the donor refuses');
  assert.deepEqual(
    [refused.details.rejections[0].code, refused.details.rejections[0].fields],
    ['ACCOUNT_NUMBER_MISMATCH', ['/previousService/accountNumber']],
  );
  const { dossier: now } = await expect(200, lucia('GET', `/v1/dossiers/${dossier}`));
  const { kind, endUser, addresses, authorisedPerson } = CUSTOMERS.CH.form;
  await expect(200, lucia('PUT', `/v1/dossiers/${dossier}`, {
    version: now.version, form: { kind, endUser, addresses, authorisedPerson, previousService: CUSTOMERS.CH.form.previousService },
  }));
  await until(lucia, at(id), (port) => port.status === 'correction' || port.task?.form === 'port-order', 'it waits to be corrected');
  await expect(200, lucia('PATCH', at(id), { dossier }));
  const again = await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it can be submitted again');
  assert.equal(again.owner, 'customer');
  await asFarAsTheDonor({ lucia, ruth }, id);
  const done = await until(lucia, at(id), (port) => port.outcome, 'the port ends');
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
});

test('a port is taken back before the donor has it, and a stranger sees none of it', async (t) => {
  const { platform, lucia } = await office(t);
  const anna = await signIn(platform, platform.anna);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: ['+41445552000'] }));
  assert.equal((await anna('GET', at(id))).body.error, 'Request.NotFound');
  await until(lucia, at(id), (port) => port.actions.includes('request.cancel'), 'it can be taken back');
  await expect(202, lucia('POST', `${at(id)}/cancel`));
  const done = await until(lucia, at(id), (port) => port.outcome, 'the port ends');
  assert.equal(done.outcome, 'cancelled');
});

test('what only the carrier asks for is named by what it is', async (t) => {
  const { lucia, ruth } = await office(t);
  const { form, first } = CUSTOMERS.PA;
  const dossier = await dossierOf(lucia, { form, papers: ['register_extract', 'trade_licence', 'invoice'] });
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: numbersFrom(first, 10), dossier }));
  await asFarAsTheDonor({ lucia, ruth }, id);
  const told = await until(lucia, at(id), (port) => port.details.rejections?.length, 'it comes back');
  assert.deepEqual(told.details.rejections.map(({ code, words }) => [code, words]), [
    ['missing', 'Proof of identity is needed in the dossier'],
  ]);
});

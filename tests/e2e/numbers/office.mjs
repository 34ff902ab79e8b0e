// What the tests of ports share: the customers of the donors, and what people do in a port.

import assert from 'node:assert/strict';

import { addDocument, doTask, expect, today, until } from '../harness/office.mjs';
import { eventually } from '../harness/process.mjs';

/** A signature as a screen gives it. */
const STROKES = [[[100, 200], [150, 90], [200, 210], [260, 80], [320, 200], [400, 120], [480, 190], [600, 150]]];

/** The customers of the donors, as their own papers say. */
export const CUSTOMERS = {
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

export const numbersFrom = (first, count) => Array.from({ length: count }, (_, at) => `+${first + BigInt(at)}`);
export const at = (id) => `/v1/ports/${id}`;

/** Something that happens at the practice carrier's desk. */
export async function practice(platform, path, body) {
  const url = `${platform.ready.carrier.endpoint}/practice${path}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, await answer.text());
}

/** A customer's dossier with its papers; gives its id. */
export async function dossierOf(ask, { form, papers }, changes = {}) {
  const declares = form.addresses[0].country === 'SG' ? ['sg.port.block'] : [];
  const { dossier } = await expect(201, ask('POST', '/v1/dossiers', { ...form, declares, ...changes }));
  for (const kind of papers) await addDocument(ask, dossier.id, kind, { issued: today() });
  return dossier.id;
}

/** Does what a port waits for, as the customer or an operator; says whether it waited for anybody. */
export async function actOn({ lucia, ruth }, port) {
  const path = at(port.id);
  switch (port.task?.form) {
    case 'port-order':
      await expect(202, lucia('POST', `${path}/submit`));
      return true;
    case 'port-letter':
      await signed(lucia, port);
      return true;
    case 'port-review':
      assert.equal(port.owner, 'operator');
      await doTask(ruth, port, { decision: 'approve' });
      return true;
    default:
      if (port.status !== 'internal_review') return false;
      await dossierApproved({ ruth }, port);
      return true;
  }
}

/** An operator approves the dossier of a port, which the port has handed in for its check. */
export async function dossierApproved({ ruth }, port) {
  const path = `/v1/dossiers/${port.details.form.dossier.id}`;
  const isChecked = (dossier) => ['approved', 'provisionally_approved', 'in_review'].includes(dossier.status);
  const { status, request } = await until(ruth, path, isChecked, 'the dossier is handed in');
  if (status !== 'in_review') return;
  await eventually(async () => {
    const { body: check } = await ruth('GET', `/v1/requests/${request}`);
    if (check.task?.form !== 'review') return Boolean(check.outcome);
    // A review that is late is asked for anew, by another task.
    const done = await ruth('POST', `/v1/tasks/${check.task.id}`, { answer: { decision: 'approve' } });
    assert.ok([202, 404, 409].includes(done.status), JSON.stringify(done.body));
    return done.status === 202;
  }, 'the dossier is approved', { limitMs: 60_000, everyMs: 100 });
}

async function signed(lucia, port) {
  const letter = await lucia('GET', `${at(port.id)}/letter.pdf`);
  assert.equal(letter.status, 200, JSON.stringify(letter.body));
  assert.equal(letter.bytes.subarray(0, 5).toString(), '%PDF-');
  const { document } = port.details.letter;
  assert.equal(letter.headers.get('etag'), `"${document}"`, 'what is shown is what is signed');
  const { name } = port.details.form.dossier.authorisedPerson;
  await expect(202, lucia('POST', `${at(port.id)}/sign`, { strokes: STROKES, name, document }));
}

/** The port goes on from its draft to the donor: submitted, signed unless its letter still holds, its dossier approved, looked at. */
export async function asFarAsTheDonor(people, id) {
  const reaches = (is, what) => until(people.ruth, at(id), is, what);
  await actOn(people, await reaches((port) => port.task?.form === 'port-order', 'it waits to be submitted'));
  const isSigned = (port) => port.status === 'internal_review';
  const next = await reaches((port) => port.task?.form === 'port-letter' || isSigned(port), 'it waits for its letter');
  if (!isSigned(next)) await actOn(people, next);
  await dossierApproved(people, await reaches(isSigned, 'it is signed'));
  await actOn(people, await reaches((port) => port.task?.form === 'port-review', 'it waits for a review'));
}

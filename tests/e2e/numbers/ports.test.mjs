// Ports by the API alone: numbers come from the donors of the practice carrier, and another carrier asks for some.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, PowerCuts, addDocument, expect, signIn, today, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, dossierOf, numbersFrom, practice } from './office.mjs';

async function office(t, { cuts = false } = {}) {
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS });
  if (cuts) platform.cuts = new PowerCuts(t, platform);
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  return { platform, lucia, ruth };
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
  const { platform, lucia, ruth } = await office(t, { cuts: true });
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
  // Nobody looks at the carrier while the customer has to act: what its people say is there because they tell of it.
  await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'the customer is asked');
  await practice(platform, '/settings', { reliable_notices: true });
  await practice(platform, `/ports/${refused.details.externalId}/comment`, { body: 'Account numbers have four digits.' });
  const said = (port) => port.timeline.some((line) => line.by === 'carrier' && line.text === 'Account numbers have four digits.');
  const heard = await until(lucia, at(id), said, 'what was said is there');
  assert.equal(heard.task?.form, 'port-order', 'and the customer is asked as before');
  const { dossier: now } = await expect(200, lucia('GET', `/v1/dossiers/${dossier}`));
  const { kind, endUser, addresses, authorisedPerson } = CUSTOMERS.CH.form;
  await expect(200, lucia('PUT', `/v1/dossiers/${dossier}`, {
    version: now.version, form: { kind, endUser, addresses, authorisedPerson, previousService: CUSTOMERS.CH.form.previousService },
  }));
  const again = await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it can be submitted again');
  assert.equal(again.owner, 'customer');
  await asFarAsTheDonor({ lucia, ruth }, id);
  const done = await until(lucia, at(id), (port) => port.outcome, 'the port ends');
  assert.equal(done.outcome, 'done', JSON.stringify(done.timeline));
});

test('a port that lacks something goes on when its dossier has it', async (t) => {
  const { lucia } = await office(t, { cuts: true });
  const { form, first } = CUSTOMERS.CH;
  const dossier = await dossierOf(lucia, { form, papers: [] });
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: numbersFrom(first, 10), dossier }));
  await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it waits to be submitted');
  await expect(202, lucia('POST', `${at(id)}/submit`));
  await until(lucia, at(id), (port) => port.actions.includes('request.change@dossier'), 'something is missing');
  for (const kind of CUSTOMERS.CH.papers) await addDocument(lucia, dossier, kind, { issued: today() });
  const purposes = [{ country: 'CH', numberType: 'local', action: 'port_in', numbers: 10 }];
  await expect(202, lucia('POST', `/v1/dossiers/${dossier}/submit`, { purposes }));
  await until(lucia, at(id), (port) => port.task?.form === 'port-letter', 'it waits for its signature');
});

test('numbers of two countries become two ports, each with its own order at the carrier', async (t) => {
  const { lucia } = await office(t);
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const lots = [CUSTOMERS.CH, CUSTOMERS.SG].map(({ first }) => numbersFrom(first, 2));
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers: lots.flat(), dossier }));
  await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it waits to be submitted');
  await expect(202, lucia('POST', `${at(id)}/submit`));
  const { details } = await until(lucia, at(id), (port) => port.details.order === 'split', 'it is split');
  assert.equal(details.children.length, 2);
  const parts = [];
  for (const child of details.children) {
    const part = await until(lucia, at(child), (port) => port.details.externalId, 'its order is its own');
    parts.push({ order: part.details.externalId, numbers: part.numbers.map((line) => line.number) });
  }
  assert.notEqual(parts[0].order, parts[1].order);
  assert.deepEqual(parts.map(({ numbers }) => numbers).sort(), lots.sort());
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

test('numbers of a port that was taken back unsigned can be ported by another', async (t) => {
  const { lucia } = await office(t);
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const numbers = numbersFrom(CUSTOMERS.CH.first, 10);
  const toTheLetter = async () => {
    const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier }));
    await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it waits to be submitted');
    await expect(202, lucia('POST', `${at(id)}/submit`));
    const port = await until(lucia, at(id), (port) => port.outcome || port.task?.form === 'port-letter', 'the carrier has a draft');
    assert.equal(port.outcome ?? null, null, JSON.stringify(port.numbers[0]));
    return id;
  };
  const first = await toTheLetter();
  await expect(202, lucia('POST', `${at(first)}/cancel`));
  const done = await until(lucia, at(first), (port) => port.outcome, 'the port ends');
  assert.equal(done.outcome, 'cancelled');
  await toTheLetter();
});

test('a number that is here already is refused at once', async (t) => {
  const { lucia } = await office(t);
  const { numbers: [mine] } = await expect(200, lucia('GET', '/v1/numbers?limit=1'));
  const { status, body } = await lucia('POST', '/v1/ports', { numbers: ['+41445552000', mine.number] });
  assert.deepEqual([status, body.error, body.field], [422, 'Request.BadField', 'numbers[1]']);
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

// What can be asked of a port and of a port-out on their pages: a letter signed on paper, another dossier, a word to the carrier,
// numbers that go back, and the PIN that keeps them from being taken away.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { approvedDossier, doTask, expect, pdf, signIn, until } from '../harness/office.mjs';
import { eventually } from '../harness/process.mjs';
import { scene } from '../harness/scene.mjs';
import { CUSTOMERS, actOn, at, dossierApproved, dossierOf, numbersFrom } from '../numbers/office.mjs';

// A day takes four seconds: time enough for a click while a window is open.
const stage = await scene({ more: ['--time-scale', '21600'] });
const { platform } = stage;
const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
const on = (path) => new URL(path, platform.web).href;

/** What the carrier's people read about one of its orders. */
async function readAtCarrier(order) {
  const { endpoint, api_key: key } = platform.ready.carrier;
  const answer = await fetch(`${endpoint}/v2/porting_orders/${order}/comments`, { headers: { authorization: `Bearer ${key}` } });
  assert.ok(answer.ok, `${answer.status}`);
  return (await answer.json()).data.map((comment) => comment.body);
}

test('a port takes another dossier, a letter signed on paper and a word to the carrier, and its numbers go back', async (t) => {
  const { first, form } = CUSTOMERS.CH;
  const numbers = numbersFrom(first, 10);
  // Only Anna Muster may sign, says the donor.
  const old = await dossierOf(lucia, CUSTOMERS.CH, { authorisedPerson: { ...form.authorisedPerson, name: 'Beat Muster' } });
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier: old, portType: 'full' }));
  const people = { lucia, ruth };
  await actOn(people, await until(lucia, at(id), (port) => port.task?.form === 'port-order', 'it waits to be submitted'));
  const shown = await until(lucia, at(id), (port) => port.task?.form === 'port-letter', 'it waits for its letter');

  const { page } = await stage.lucia(t, { hz: 0 });
  await page.goto(on(`/ports/${id}`));
  assert.equal(await page.locator('.back-link').getAttribute('href'), '/ports');
  assert.equal(await page.getByTestId('snapback').count(), 0, 'nothing came yet that could go back');
  assert.equal(await page.getByLabel('people read it too').count(), 0, 'the carrier does not have it yet');
  const other = page.getByTestId('other-dossier');
  await other.getByLabel('Dossier', { exact: true }).selectOption(dossier);
  await other.getByRole('button', { name: 'Use this dossier' }).click();
  const anew = await until(lucia, at(id), (port) => port.details.form.dossier.id === dossier && port.task, 'it has the other one');
  if (anew.task.form === 'port-order') await actOn(people, anew);
  const isAnew = (port) => port.task?.form === 'port-letter' && port.details.letter.document !== shown.details.letter.document;
  await until(lucia, at(id), isAnew, 'the letter is written anew');

  // A scan is a PDF that somebody signed.
  const paper = page.getByTestId('paper-letter');
  await paper.getByTestId('file').setInputFiles({ name: 'letter.png', mimeType: 'image/png', buffer: Buffer.from('png') });
  await paper.getByRole('alert').filter({ hasText: 'PDF' }).waitFor();
  await page.getByLabel('Who signed it').fill('Anna Muster');
  await paper.getByTestId('file').setInputFiles({ name: 'letter.pdf', mimeType: 'application/pdf', buffer: pdf('signed on paper') });
  await page.getByTestId('letter').getByText('Signed by').waitFor();
  await dossierApproved(people, await until(lucia, at(id), (port) => port.status === 'internal_review', 'it is signed'));
  const signed = await until(lucia, at(id), (port) => port.task?.form === 'port-review', 'it waits for a review');
  assert.equal(signed.details.letter.signed.name, 'Anna Muster');
  assert.ok(signed.details.letter.signed.upload);

  // It is read from the store of documents, however large it is, and who reads it is noted.
  const letter = await lucia('GET', `${at(id)}/letter.pdf`);
  assert.equal(letter.status, 200);
  assert.deepEqual(letter.bytes, pdf('signed on paper'));
  await page.getByRole('button', { name: 'Open the signed letter' }).waitFor();
  const { views } = await expect(200, lucia('GET', `/v1/dossiers/${dossier}/views`));
  assert.deepEqual(views.map((view) => [view.document, view.act]), [[signed.details.letter.signed.upload, 'read']]);

  await actOn(people, signed);
  const there = await until(lucia, at(id), (port) => port.details.externalId && port.details.submissions, 'the carrier has it');
  await page.getByLabel('people read it too').check();
  await page.getByLabel('Comment', { exact: true }).fill('The account is under the old name');
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.getByTestId('entry').filter({ hasText: 'The account is under the old name' }).waitFor();
  assert.ok((await readAtCarrier(there.details.externalId)).includes('The account is under the old name'));

  const operator = await stage.ruth(t, { hz: 0 });
  await operator.page.goto(on(`/ports/${id}`));
  const back = operator.page.getByTestId('snapback');
  await back.waitFor({ timeout: 150_000 });
  assert.equal(await page.getByTestId('snapback').count(), 0, 'only the phone company lets numbers go back');
  await back.getByLabel('+41 44 555 20 00').check();
  await back.getByRole('button', { name: 'Let go back' }).click();
  await back.getByRole('button', { name: 'Let go', exact: true }).click();
  const asked = await until(ruth, at(id), (port) => port.task?.form === 'port-snapback', 'an operator is to have it ported back');
  assert.ok(asked.nextAction.includes(numbers[0]), asked.nextAction);
  assert.deepEqual(asked.details.goingBack, [numbers[0]]);
  const here = async () => (await expect(200, lucia('GET', '/v1/numbers?limit=100'))).numbers.some((one) => one.number === numbers[0]);
  assert.ok(await here(), 'it is in service until it has left');
  await doTask(ruth, asked, { result: 'left' });
  const isBack = (port) => port.numbers.some((line) => line.number === numbers[0] && line.status === 'snapped_back');
  const gone = await until(lucia, at(id), isBack, 'one number goes back');
  assert.equal(gone.numbers.filter((line) => line.status === 'snapped_back').length, 1);
  await eventually(async () => !(await here()), 'what has left is nobody\'s number here', { limitMs: 10_000, everyMs: 200 });
});

test('a PIN is set, shown and taken away, and numbers that left in error come back', async (t) => {
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const found = await expect(200, lucia('GET', '/v1/numbers/available?country=US&type=local&carrier=telnyx&limit=1'));
  const numbers = found.numbers.map((each) => each.number);
  const wish = { carrier: 'telnyx', country: 'US', numberType: 'local', numbers, dossier: 'd-isthmus-1', person: 'p-anna-keller' };
  const { id: order } = await expect(202, lucia('POST', '/v1/number-orders', wish));

  const { page } = await stage.lucia(t, { hz: 0 });
  await page.goto(on('/port-outs'));
  const card = page.getByTestId('port-out-pin');
  await card.getByText('None is set').waitFor();
  await card.getByLabel('New PIN').fill('471');
  assert.ok(await card.getByRole('button', { name: 'Set the PIN' }).isDisabled());
  await card.getByLabel('New PIN').fill('4711');
  await card.getByRole('button', { name: 'Set the PIN' }).click();
  await card.getByRole('button', { name: 'Show it' }).click();
  await card.getByTestId('pin').filter({ hasText: '4711' }).waitFor();

  await until(lucia, `/v1/number-orders/${order}`, (one) => one.outcome === 'done', 'the number is here');
  const asked = await fetch(`${platform.ready.carrier.endpoint}/practice/portouts`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone_numbers: numbers, pin: '4711', carrier_name: 'Other Telecom', end_user_name: 'Isthmus Trading' }),
  });
  assert.ok(asked.ok);
  const leaving = await eventually(async () => {
    await platform.invoke('port-out-find', {});
    const { body } = await lucia('GET', '/v1/port-outs?live=true');
    return body.requests.find((request) => request.task);
  }, 'the port-out is found', { limitMs: 20_000, everyMs: 200 });
  await expect(202, lucia('POST', `/v1/port-outs/${leaving.id}/authorise`));

  const operator = await stage.ruth(t, { hz: 0 });
  await operator.page.goto(on(`/requests/${leaving.id}`));
  const back = operator.page.getByTestId('came-back');
  await back.waitFor({ timeout: 90_000 });
  assert.equal(await operator.page.locator('.back-link').getAttribute('href'), '/port-outs');
  await back.getByRole('button', { name: 'The numbers came back' }).click();
  await back.getByRole('button', { name: 'They are back' }).click();
  const over = await until(lucia, `/v1/port-outs/${leaving.id}`, (port) => port.outcome, 'the port-out is over');
  assert.ok(over.numbers.every((line) => line.status === 'restored'), JSON.stringify(over.numbers));
  const { body: here } = await lucia('GET', '/v1/numbers?limit=100');
  const again = here.numbers.filter((one) => numbers.includes(one.number)).map((one) => one.person);
  assert.deepEqual(again, ['p-anna-keller'], 'it rings whom it rang before');

  await card.getByRole('button', { name: 'Take it away' }).click();
  await card.getByText('None is set').waitFor();
  assert.equal((await expect(200, lucia('GET', '/v1/port-outs/pin'))).pin, null);
});

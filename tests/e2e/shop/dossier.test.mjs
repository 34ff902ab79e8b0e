// A dossier through the page: filled in, saved as it goes, documents handed in, held against what a country asks, submitted.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { approvedDossier, pdf, signIn } from '../harness/office.mjs';
import { fits, png, shown } from './office.mjs';
import { scene } from '../harness/scene.mjs';

const stage = await scene();

const fillIn = async (page, label, text) => page.getByLabel(label, { exact: true }).first().fill(text);
const next = (page) => page.getByRole('button', { name: 'Next', exact: true }).click();
const saved = (page) => page.locator('[data-testid="saved"][data-state="saved"]').waitFor();

/** Begins a dossier of an organisation that wants local numbers in Switzerland. */
async function begun(t, options) {
  const lucia = await stage.lucia(t, options);
  const { page } = lucia;
  await page.goto(new URL('/dossiers/new', stage.platform.web).href);
  await page.getByRole('button', { name: /An organisation/ }).click();
  await page.getByTestId('part-wanted').waitFor();
  await page.getByLabel('Country', { exact: true }).selectOption('CH');
  await page.getByLabel('Type', { exact: true }).selectOption('local');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByTestId('want').waitFor();
  return { lucia, page, id: page.url().split('/').at(-1) };
}

test('a Swiss organisation fills in its dossier, hands in its documents and submits it', async (t) => {
  const { page, id } = await begun(t);
  await page.locator('[data-testid="met"]').waitFor();
  await page.locator('[data-requirement="ch.register"][data-met="false"]').waitFor();
  await page.getByText('Unverified').first().waitFor();
  await shown(page, 'dossier-wanted');
  await next(page);

  await fillIn(page, 'Name of the organisation', 'Helvetia Handels AG');
  await fillIn(page, 'Legal form', 'AG');
  await page.getByRole('button', { name: 'Add a register number' }).click();
  await fillIn(page, 'Number', 'CHE-123.456.789');
  await page.getByText(/no UID \(Switzerland\): its check digit is 9, and the rest of it asks for 8/).waitFor();
  await shown(page, 'dossier-identifier');
  await fillIn(page, 'Number', 'CHE-123.456.788');
  await page.getByText('Well-formed').waitFor();
  await page.locator('[data-requirement="ch.register"][data-met="true"]').waitFor();

  // A closed tab loses nothing: what was typed is there again, on the server or in the browser.
  await fillIn(page, 'Website', 'https://helvetia.example');
  await page.reload();
  await page.getByTestId('part-who').waitFor();
  assert.equal(await page.getByLabel('Website', { exact: true }).inputValue(), 'https://helvetia.example');
  await saved(page);
  await next(page);

  await page.getByRole('button', { name: 'Add an address' }).click();
  await fillIn(page, 'Street and number', 'Bahnhofstrasse 1');
  await fillIn(page, 'Postal code', '8001');
  await fillIn(page, 'Town', 'Zürich');
  await fillIn(page, 'Canton, state or province', 'ZH');
  await page.getByLabel('Country', { exact: true }).selectOption('CH');
  await page.locator('[data-requirement="ch.address.area"][data-met="true"]').waitFor();
  await next(page);

  await fillIn(page, 'Name', 'Lucía Méndez');
  await fillIn(page, 'E-mail', 'lucia.mendez@');
  await page.locator('[data-testid="saved"][data-state="failed"]').waitFor();
  await page.getByText(/Allowed: an e-mail address/).waitFor();
  await fillIn(page, 'E-mail', 'lucia.mendez@isthmus.example');
  await saved(page);
  await next(page);

  const choose = (name, mimeType, buffer) => page.getByTestId('file').setInputFiles({ name, mimeType, buffer });
  await choose('film.mp4', 'video/mp4', Buffer.from('not a document'));
  await page.getByText(/film\.mp4.*is not a PDF, JPEG or PNG/).waitFor();
  await choose('huge.pdf', 'application/pdf', Buffer.alloc(22 * 1024 * 1024, 0x20));
  await page.getByText(/huge\.pdf.*has 23\.1 MB; at most 21\.0 MB are taken/).waitFor();
  await choose('scan.pdf', 'application/pdf', png());
  await page.getByText(/scan\.pdf.*calls itself a PDF and is a PNG picture/).waitFor();
  await shown(page, 'dossier-documents');
  assert.equal(await page.getByTestId('document').count(), 0);
  await choose('extract.pdf', 'application/pdf', pdf('Extract of the commercial register'));
  await page.locator('[data-testid="document"][data-kind="register_extract"]').waitFor();
  await page.locator('[data-requirement="ch.register.extract"][data-met="true"]').waitFor();

  // Taken out after a question: it is asked for again, and gone where it lay.
  const kept = await signIn(stage.platform, stage.platform.lucia);
  const { body: before } = await kept('GET', `/v1/dossiers/${id}`);
  const paper = `/v1/dossiers/${id}/documents/${before.dossier.documents[0].id}`;
  const { body: place } = await kept('GET', paper);
  await page.getByRole('button', { name: 'Remove extract.pdf' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Remove extract.pdf' }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.locator('[data-requirement="ch.register.extract"][data-met="false"]').waitFor();
  assert.equal(await page.getByTestId('document').count(), 0);
  assert.equal((await fetch(new URL(place.url, stage.platform.web))).status, 404);
  assert.equal((await kept('GET', paper)).body.error, 'Document.NotFound');
  await choose('extract.pdf', 'application/pdf', pdf('Extract of the commercial register'));
  await page.locator('[data-requirement="ch.register.extract"][data-met="true"]').waitFor();
  // Whoever sees the dossier sees who looked.
  const looks = page.getByTestId('look');
  await looks.nth(1).waitFor();
  assert.match(await looks.first().innerText(), /Lucía Méndez removed a document that is no longer here/);
  assert.match(await looks.nth(1).innerText(), /Lucía Méndez looked at a document that is no longer here/);
  await shown(page, 'dossier-looked');
  await next(page);

  const met = page.getByTestId('met');
  assert.equal(await met.getAttribute('data-met'), await met.getAttribute('data-all'));
  await page.getByRole('button', { name: 'Hand in', exact: true }).click();
  await page.getByTestId('dossier-status').getByText('Being checked').waitFor();
  await shown(page, 'dossier-submitted');
  const address = await page.getByRole('link', { name: 'See its check' }).getAttribute('href');
  const ask = await signIn(stage.platform, stage.platform.lucia);
  const { body: dossier } = await ask('GET', `/v1/dossiers/${id}`);
  assert.equal(address, `/requests/${dossier.request}`);
  const late = await ask('DELETE', `/v1/dossiers/${id}/documents/${dossier.dossier.documents[0].id}`);
  assert.deepEqual([late.status, late.body.error], [409, 'Dossier.NotDraft']);
  assert.equal(await page.getByRole('button', { name: 'Remove extract.pdf' }).count(), 0);
  assert.deepEqual([dossier.dossier.endUser.registerIds[0].number, dossier.dossier.documents.length], ['CHE-123.456.788', 1]);
});

test('somebody else changes the dossier: what was typed is kept until it is decided', async (t) => {
  const { page, id } = await begun(t);
  await next(page);
  await fillIn(page, 'Name of the organisation', 'Mine');
  await saved(page);
  const ask = await signIn(stage.platform, stage.platform.lucia);
  const { body: view } = await ask('GET', `/v1/dossiers/${id}`);
  const form = { kind: 'business', endUser: { businessName: 'Theirs' } };
  assert.equal((await ask('PUT', `/v1/dossiers/${id}`, { version: view.dossier.version, form })).status, 200);

  await fillIn(page, 'Legal form', 'AG');
  await page.getByTestId('conflict').waitFor();
  await shown(page, 'dossier-conflict');
  assert.equal(await page.getByLabel('Legal form', { exact: true }).inputValue(), 'AG');
  await page.getByRole('button', { name: 'Keep what I typed' }).click();
  await saved(page);
  const { body: kept } = await ask('GET', `/v1/dossiers/${id}`);
  assert.deepEqual(kept.dossier.endUser, { businessName: 'Mine', legalForm: 'AG', registerIds: [] });
});

test('while a dossier is renewed its page says until when what is approved holds, and orders go on with it', async (t) => {
  const renewal = { until: '2099-03-03', ends: '2099-03-04T05:00:00Z' };
  await approvedDossier(stage.platform, 't-isthmus-trading', 'd-renewed-1', renewal);
  const { page } = await stage.lucia(t);
  await page.goto(new URL('/dossiers', stage.platform.web).href);
  await page.getByText(/approved until 3 March 2099/).waitFor();
  await page.getByRole('link', { name: /Isthmus Trading & Sons/ }).click();
  const standing = page.getByTestId('dossier-standing');
  await standing.waitFor();
  assert.equal(await standing.innerText(), 'Approved until 3 March 2099; the new edition is being checked.');
  await shown(page, 'dossier-renewed');

  const ask = await signIn(stage.platform, stage.platform.lucia);
  const { body: view } = await ask('GET', '/v1/dossiers/d-renewed-1');
  assert.deepEqual([view.status, view.approvedUntil], ['in_review', '2099-03-03']);
  const purposes = [{ country: 'US', numberType: 'local', action: 'order', numbers: 1 }];
  const held = async (as) => (await ask('POST', `/v1/dossiers/d-renewed-1/evaluation${as}`, { purposes })).body.verdict;
  assert.deepEqual([await held('?as=approved'), await held('')], ['compliant', 'noncompliant']);
});

test('nobody else of the tenant has the pages, and a narrow screen has them without scrolling sideways', async (t) => {
  const anna = await stage.anna(t);
  await anna.page.getByTestId('open-you').waitFor();
  assert.equal(await anna.page.getByRole('link', { name: 'Dossiers' }).count(), 0);
  const { page } = await begun(t, { width: 390, height: 844 });
  for (const part of ['wanted', 'who', 'addresses', 'people', 'documents', 'check']) {
    await page.getByTestId(`part-${part}`).waitFor();
    await shown(page, `dossier-narrow-${part}`);
    await fits(page, `the part ${part}`);
    if (part !== 'check') await next(page);
  }
});

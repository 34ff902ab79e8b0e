// What the tests of these pages share: the API beside the page, an approved dossier, files, and pictures of pages.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** Asks the API as somebody. */
export async function asked(platform, { email, password }) {
  const ask = async (method, path, body, key, token) => {
    const answer = await fetch(new URL(path, platform.web), {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json().catch(() => undefined) };
  };
  const session = await ask('POST', '/v1/session', { email, password });
  assert.equal(session.status, 200, JSON.stringify(session.body));
  return (method, path, body, key = method === 'POST' ? randomUUID() : undefined) =>
    ask(method, path, body, key, session.body.accessToken);
}

/** A dossier that a review has approved, with all that the United States ask for. */
export async function approvedDossier(platform, tenant, id) {
  const dossier = {
    id, tenant, version: 1, kind: 'business',
    endUser: {
      businessName: 'Isthmus Trading', legalForm: 'LLC',
      registerIds: [{ scheme: 'us-ein', country: 'US', number: '12-3456789' }],
    },
    addresses: [{
      uses: ['service', 'emergency'], street: '350 Fifth Avenue', city: 'New York', region: 'NY', postalCode: '10118', country: 'US',
    }],
    authorisedPerson: { name: 'Lucía Méndez', email: 'lucia.mendez@isthmus.example' },
  };
  const record = { view: { status: 'approved', dossier }, begunAt: '2026-11-21T09:00:00.000Z' };
  const keys = { pk: `D#${id}`, sk: 'DOSSIER', gpk: `T#${tenant}`, gsk: `${record.begunAt}#${id}` };
  const answer = await fetch(platform.ready.aws.dynamodb, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.PutItem' },
    body: JSON.stringify({ TableName: 'dossiers', Item: attribute({ ...record, ...keys, version: 1 }).M }),
  });
  assert.ok(answer.ok, await answer.text());
}

function attribute(value) {
  if (Array.isArray(value)) return { L: value.map(attribute) };
  if (typeof value === 'object') return { M: Object.fromEntries(Object.entries(value).map(([k, v]) => [k, attribute(v)])) };
  return typeof value === 'number' ? { N: String(value) } : { S: value };
}

/** A PDF of one page that says this. */
export function pdf(words) {
  const text = `BT /F1 18 Tf 72 720 Td (${words}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let file = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  for (const place of places) file += `${String(place).padStart(10, '0')} 00000 n \n`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

/** The beginning of a PNG picture. */
export function png() {
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(64)]);
}

/** Keeps a picture of the page, light and dark, where `PICTURES` says; nowhere unless it does. */
export async function shown(page, name) {
  const folder = process.env.PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

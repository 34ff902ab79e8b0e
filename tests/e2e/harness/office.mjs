// People who ask the API, and a platform whose days are seconds.

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';

import { eventually } from './process.mjs';

/** A day of a request's deadlines is a second. */
export const DAYS_ARE_SECONDS = ['--time-scale', '86400'];

/** One action of DynamoDB, as the SDKs ask for it. */
export async function dynamodb(platform, action, input) {
  const answer = await fetch(platform.ready.aws.dynamodb, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${action}` },
    body: JSON.stringify(input),
  });
  assert.ok(answer.ok, `${action}: ${await answer.text()}`);
}

/** A value as DynamoDB writes it. */
export function attribute(value) {
  if (Array.isArray(value)) return { L: value.map(attribute) };
  if (typeof value === 'object') return { M: Object.fromEntries(Object.entries(value).map(([k, v]) => [k, attribute(v)])) };
  return typeof value === 'number' ? { N: String(value) } : { S: value };
}

/**
 * One request of the API; gives status, headers, the body if it is JSON, and its bytes. Asked again, the very same, when a power cut was in
 * its way.
 */
export async function ask(platform, method, path, body, key, token) {
  const asked = {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
  const [answer, bytes] = await platform.despiteCuts(async () => {
    const told = await fetch(new URL(path, platform.web), asked);
    return [told, Buffer.from(await told.arrayBuffer())];
  });
  const isJson = answer.headers.get('content-type')?.startsWith('application/json');
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(bytes.toString('utf8')) : undefined, bytes };
}

/** What somebody who has signed in may ask: `ask(method, path, body, key)`. Signs in again when the session has run out. */
export async function signIn(platform, { email, password }) {
  const begin = async () => (await expect(200, ask(platform, 'POST', '/v1/session', { email, password }))).accessToken;
  let token = await begin();
  return async (method, path, body, key = method === 'POST' ? randomUUID() : undefined) => {
    let answer = await ask(platform, method, path, body, key, token);
    if (answer.body?.error === 'Session.Expired') {
      token = await begin();
      answer = await ask(platform, method, path, body, key, token);
    }
    await platform.cuts?.at(answer.body?.request ?? answer.body);
    return answer;
  };
}

/** The power of a platform goes once in each state that somebody sees a request wait in. */
export class PowerCuts {
  #seen = new Set();

  constructor(t, platform) {
    this.platform = platform;
    t.after(() => t.diagnostic(`killed in ${[...this.#seen].join(', ')}`));
  }

  async at(seen) {
    const state = seen?.endedAt ? undefined : seen?.steps?.at(-1)?.state;
    if (!state || this.#seen.has(`${seen.kind}: ${state}`)) return;
    this.#seen.add(`${seen.kind}: ${state}`);
    await this.platform.kill();
    await this.platform.run();
  }
}

/** What was asked, if it was answered with this status. */
export async function expect(status, asked) {
  const answer = await asked;
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer.body;
}

/** Waits until a request is so; fails at once when it has ended otherwise. */
export async function until(ask, path, is, what, limitMs = 90_000) {
  let last;
  const so = async () => {
    last = (await ask('GET', path)).body;
    return is(last) || last.endedAt ? last : undefined;
  };
  const found = await eventually(so, what, { limitMs }).catch(() => undefined);
  if (found && is(found)) return found;
  const steps = last?.steps?.map((step) => step.state);
  throw new Error(`${what}: ${found ? 'it has ended' : `not within ${limitMs} ms`}: ${JSON.stringify({ ...last, steps })}`);
}

/** Kills the platform once in each state of a request, does what it waits for by `act` (true if it did), until it has ended. */
export async function killedInEach({ platform, ask, path, act, limitMs = 120_000 }) {
  const killed = new Set();
  const state = (request) => request.steps.at(-1)?.state;
  for (;;) {
    const isNext = (now) => now.outcome || now.task || (now.steps.length > 0 && !killed.has(state(now)));
    const request = await until(ask, path, isNext, `it goes on after ${[...killed].at(-1)}`, limitMs);
    if (request.outcome) return { request, killed: [...killed] };
    if (!killed.has(state(request))) {
      killed.add(state(request));
      await platform.kill();
      await platform.run();
    }
    if (await act(request)) {
      await until(ask, path, (now) => now.outcome || now.steps.length > request.steps.length, 'it goes on', limitMs);
    }
  }
}

/**
 * A dossier that a review has approved, with all that the United States ask for. With `renewal` (`until`, `ends`) its next edition, which has
 * less, is being checked while what was approved holds.
 */
export async function approvedDossier(platform, tenant, id, renewal) {
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
  if (renewal) {
    const kept = { ...dossier, validUntil: renewal.until };
    record.view = { status: 'in_review', dossier: { ...kept, endUser: { businessName: 'Isthmus Trading & Sons' } } };
    record.renewal = { ...renewal, kept: { dossier: kept, edition: 0 } };
    record.edition = 1;
  }
  const keys = { pk: `D#${id}`, sk: 'DOSSIER', gpk: `T#${tenant}`, gsk: `${record.begunAt}#${id}` };
  await dynamodb(platform, 'PutItem', { TableName: 'dossiers', Item: attribute({ ...record, ...keys, version: 1 }).M });
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

/** Puts a document into a dossier as a browser does: announced, put to the store, and said to be there. Gives its id. */
export async function addDocument(ask, dossier, kind, { bytes = pdf(kind), mediaType = 'application/pdf', ...more } = {}) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const upload = await expect(201, ask('POST', `/v1/dossiers/${dossier}/documents`, {
    kind, fileName: `${kind}.pdf`, mediaType, bytes: bytes.length, sha256, ...more,
  }));
  const put = await fetch(upload.url, { method: 'PUT', headers: upload.headers, body: bytes });
  assert.ok(put.ok, `${kind}: ${put.status} ${await put.text()}`);
  await expect(200, ask('POST', `/v1/dossiers/${dossier}/documents/${upload.document}/uploaded`));
  return upload.document;
}

/** Does the open task of a request; gives the answer's status. */
export async function doTask(ask, request, answer) {
  return expect(202, ask('POST', `/v1/tasks/${request.task.id}`, { answer }));
}

/** A day that has begun everywhere: papers are dated by where their country is. */
export const today = () => new Date(Date.now() - 12 * 3_600_000).toISOString().slice(0, 10);

// A program onboards a customer by a key of its own: nobody's password is in it, and what it may ends when the key is revoked.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ask, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';

const CUSTOMER = {
  kind: 'tenant', tenant: { name: 'Alpenblick AG', slug: 'alpenblick', country: 'CH' },
  person: { name: 'Reto Caduff', email: 'reto@alpenblick.example' }, numbers: [{ country: 'CH', numberType: 'local', count: 1 }],
};

/** What a program asks by a key's secret: `ask(method, path, body)`. */
function program(platform, secret) {
  return (method, path, body) => ask(platform, method, path, body, method === 'POST' ? randomUUID() : undefined, secret);
}

function today() {
  return new Date().toISOString().slice(0, 10);
}

/** The files of a folder that hold a text. */
function holding(folder, text) {
  const files = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  return files.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() && readFileSync(file).includes(text));
}

async function refused(asked, status, error) {
  const { body, status: got } = await asked;
  assert.deepEqual([got, body?.error], [status, error]);
}

test('a program onboards a customer by a key, over a crash, until the key is revoked', { timeout: 120_000 }, async (t) => {
  const platform = await Platform.start(t);
  const ruth = await signIn(platform, platform.ruth);
  const { key, secret } = await expect(201, ruth('POST', '/v1/api-keys', { name: 'Customers out of the CRM', role: 'staff', expiresInDays: 30 }));
  assert.match(secret, /^sk_[A-Za-z0-9_-]{43}$/);
  assert.ok(secret.startsWith(key.prefix));
  const crm = program(platform, secret);
  const first = today();

  const { request } = await expect(202, crm('POST', '/v1/onboardings', CUSTOMER));
  assert.equal(request.timeline[0].person, key.id, 'it is noted who asked');
  await until(crm, `/v1/requests/${request.id}`, ({ status }) => status === 'email_wanted', 'the customer is written to');

  await platform.kill();
  await platform.run();
  const me = await expect(200, crm('GET', '/v1/me'));
  assert.deepEqual([me.person, me.name, me.role], [key.id, 'Customers out of the CRM', 'staff']);
  const { keys: [listed] } = await expect(200, ruth('GET', '/v1/api-keys'));
  assert.ok([first, today()].includes(listed.lastUsed), listed.lastUsed);
  assert.equal(listed.secret, undefined);
  await refused(crm('POST', '/v1/api-keys', { name: 'One more', role: 'staff' }), 403, 'ApiKey.NotAllowed');

  await expect(204, ruth('DELETE', `/v1/api-keys/${key.id}`));
  await refused(crm('GET', '/v1/me'), 401, 'ApiKey.Revoked');
  await refused(crm('POST', '/v1/onboardings', CUSTOMER), 401, 'ApiKey.Revoked');
  await platform.stop();
  assert.deepEqual(holding(platform.data, secret), [], 'the secret is kept nowhere');
});

test("an administrator's key is its tenant's: it asks for people, and for no customer", { timeout: 120_000 }, async (t) => {
  const platform = await Platform.start(t);
  const lucia = await signIn(platform, platform.lucia);
  await refused(lucia('POST', '/v1/api-keys', { name: 'Too much', role: 'staff' }), 403, 'ApiKey.RoleTooHigh');
  const { secret } = await expect(201, lucia('POST', '/v1/api-keys', { name: 'People out of the directory', role: 'administrator' }));
  const directory = program(platform, secret);
  await refused(directory('POST', '/v1/onboardings', CUSTOMER), 403, 'Role.NotAllowed');
  const person = { name: 'Mia Frei', email: 'mia.frei@isthmus.example' };
  const { request } = await expect(202, directory('POST', '/v1/onboardings', { kind: 'user', person }));
  assert.equal(request.tenant, 't-isthmus-trading');
  // Keys are for what is asked, and not for who sits at a phone.
  const device = 'program-1';
  await refused(directory('POST', '/v1/calls', { to: platform.account.numbers[0], device }), 403, 'ApiKey.NotAllowed');
});

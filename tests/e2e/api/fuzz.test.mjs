// The API against its document: whatever schemathesis makes of it, no answer is a server error.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { addDocument, ask, expect, signIn } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { Program, eventually } from '../harness/process.mjs';
import { CUSTOMERS } from '../numbers/office.mjs';

const schemathesis = process.env.SCHEMATHESIS;

/** One of everything that has an id, so that what is asked of it comes further than to a 404. */
async function things(platform) {
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  const made = async (status, who, path, body) => expect(status, who('POST', path, body));
  const { dossier: { id: dossier } } = await made(201, lucia, '/v1/dossiers', CUSTOMERS.CH.form);
  const document = await addDocument(lucia, dossier, 'register_extract');
  const { id: port } = await made(202, lucia, '/v1/ports', { numbers: ['+41445552000'], dossier });
  const { id: order } = await made(202, lucia, '/v1/number-orders', { carrier: 'telnyx', country: 'SG', numberType: 'local', numbers: ['+6565551000'] });
  const { webhook: { id: webhook } } = await made(201, lucia, '/v1/webhooks', { url: 'https://events.example/strowger' });
  const { group } = await made(201, lucia, '/v1/groups', { name: 'Sales', strategy: 'all_at_once', ringS: 20, members: ['p-anna-keller'] });
  const { request: { id: onboarding } } = await made(202, ruth, '/v1/onboardings', {
    kind: 'tenant', tenant: { name: 'Alpenblick AG', slug: 'alpenblick', country: 'CH' },
    person: { name: 'Ana Pérez', email: 'ana@alpenblick.example' }, numbers: [{ country: 'CH', numberType: 'local', count: 1 }],
  });
  const { numbers: [{ number }] } = await expect(200, lucia('GET', '/v1/numbers?limit=1'));
  const task = await eventually(async () => (await expect(200, lucia('GET', `/v1/ports/${port}`))).task?.id, 'the draft is a task');
  return { dossier, document, port, order, webhook, group, onboarding, number, task, request: port };
}

for (const who of ['lucia', 'ruth', 'anna']) {
  test(`no request of ${who} makes the API fail`, async (t) => {
    assert.ok(schemathesis, 'SCHEMATHESIS names the program: run `cargo xtask test --only e2e`');
    const platform = await Platform.start(t, { more: ['--time-scale', '3600'] });
    const { email, password } = platform[who];
    const { accessToken } = await expect(200, ask(platform, 'POST', '/v1/session', { email, password }));
    // Anna's ids are made up.
    const ids = who === 'anna' ? {} : await things(platform);
    const lines = Object.entries(ids).map(([name, id]) => `"path.${name}" = ${JSON.stringify(id)}\n`);
    writeFileSync(join(platform.data, 'schemathesis.toml'), `[parameters]\n${lines.join('')}`);
    const run = new Program(schemathesis, [
      'run', new URL('/openapi.json', platform.web).href, '--url', platform.web,
      '--header', `Authorization: Bearer ${accessToken}`,
      '--checks', 'not_a_server_error', '--phases', 'examples,coverage,fuzzing',
      '--max-examples', '10', '--seed', '20261121', '--generation-deterministic', '--no-color',
      '--suppress-health-check', 'all', '--warnings', 'off',
      // Ends the session that the others need.
      '--exclude-operation-id', 'sign_out',
    ], { cwd: platform.data });
    const { code } = await run.ended;
    assert.equal(code, 0, run.text.slice(-20_000));
  });
}

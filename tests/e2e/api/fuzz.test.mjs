// The API against its document: whatever schemathesis makes of it, no answer is a server error.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { addDocument, approvedDossier, ask, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { Program, eventually } from '../harness/process.mjs';
import { CUSTOMERS } from '../numbers/office.mjs';
import { Office } from '../onboarding/office.mjs';

const schemathesis = process.env.SCHEMATHESIS;
/** A number of Chime, whose port-outs an operator writes down. */
const LEAVING = '+12125550142';
/** Of what there is no one here: a call, a flow, a message to a webhook. */
const MADE_UP = ['call', 'delivery', 'flow'];
const DAY_MS = 24 * 60 * 60 * 1000;

/** A number of Chime that another carrier wants: the request by which its customer is asked. */
async function portOut(platform, lucia, ruth) {
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const wish = { carrier: 'chime', country: 'US', numberType: 'local', numbers: [LEAVING], dossier: 'd-isthmus-1', person: 'p-anna-keller' };
  const { id: order } = await expect(202, lucia('POST', '/v1/number-orders', wish));
  await until(lucia, `/v1/number-orders/${order}`, ({ outcome }) => outcome === 'done', 'the number is here');
  // An hour of it is a second, and nobody is to be too late to answer.
  const answerBy = new Date(Date.now() + 300 * DAY_MS).toISOString();
  const { requests: [{ id }] } = await expect(202, ruth('POST', '/v1/port-outs', {
    numbers: [LEAVING], externalId: 'case-1', gaining: 'Other Telecom', endUser: 'Isthmus Trading', answerBy,
  }));
  await until(lucia, `/v1/port-outs/${id}`, ({ task }) => task?.form === 'port-out-answer', 'the customer is asked');
  return id;
}

/** The link in a mail to somebody whose onboarding nobody else has the id of, so that it stays good. */
async function invitation(platform, ruth) {
  const email = 'tan@merlion.example';
  await expect(202, ruth('POST', '/v1/onboardings', {
    kind: 'tenant', tenant: { name: 'Merlion Trading', slug: 'merlion', country: 'SG' },
    person: { name: 'Tan Wei Ming', email }, numbers: [{ country: 'SG', numberType: 'local', count: 1 }],
  }));
  const [link] = await new Office(platform, ruth).invitation(email);
  const { company } = await expect(200, ask(platform, 'GET', `/v1/invitations/${link}`));
  assert.equal(company, 'Merlion Trading');
  return link;
}

/** Every path's parameters have a thing, so that a new one is not left out. */
async function complete(platform, ids) {
  const { paths } = await expect(200, ask(platform, 'GET', '/openapi.json'));
  const named = Object.keys(paths).flatMap((path) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const missing = new Set(named.filter((name) => !ids[name] && !MADE_UP.includes(name)));
  assert.deepEqual([...missing], [], 'things() has one of each');
}

/** One of everything that has an id, so that what is asked of it comes further than to a 404. */
async function things(platform) {
  const [lucia, ruth] = [await signIn(platform, platform.lucia), await signIn(platform, platform.ruth)];
  const made = async (status, who, path, body) => expect(status, who('POST', path, body));
  const { dossier: { id: dossier } } = await made(201, lucia, '/v1/dossiers', CUSTOMERS.CH.form);
  const document = await addDocument(lucia, dossier, 'register_extract');
  const { id: port } = await made(202, lucia, '/v1/ports', { numbers: ['+41445552000'], dossier });
  const { id: order } = await made(202, lucia, '/v1/number-orders', { carrier: 'telnyx', country: 'SG', numberType: 'local', numbers: ['+6565551000'] });
  const { webhook: { id: webhook } } = await made(201, lucia, '/v1/webhooks', { url: 'https://events.example/strowger' });
  const { key: { id: key } } = await made(201, lucia, '/v1/api-keys', { name: 'Customers out of the CRM', role: 'administrator' });
  const { group } = await made(201, lucia, '/v1/groups', { name: 'Sales', strategy: 'all_at_once', ringS: 20, members: ['p-anna-keller'] });
  const { request: { id: onboarding } } = await made(202, ruth, '/v1/onboardings', {
    kind: 'tenant', tenant: { name: 'Alpenblick AG', slug: 'alpenblick', country: 'CH' },
    person: { name: 'Ana Pérez', email: 'ana@alpenblick.example' }, numbers: [{ country: 'CH', numberType: 'local', count: 1 }],
  });
  const { numbers: [{ number }] } = await expect(200, lucia('GET', '/v1/numbers?limit=1'));
  const task = await eventually(async () => (await expect(200, lucia('GET', `/v1/ports/${port}`))).task?.id, 'the draft is a task');
  const ids = {
    dossier, document, port, order, webhook, key, group, onboarding, number, task, request: port, list: 'UN-SC',
    portOut: await portOut(platform, lucia, ruth), invitation: await invitation(platform, ruth),
  };
  await complete(platform, ids);
  return ids;
}

for (const who of ['lucia', 'ruth', 'anna']) {
  test(`no request of ${who} makes the API fail`, async (t) => {
    assert.ok(schemathesis, 'SCHEMATHESIS names the program: run `cargo xtask test --only e2e`');
    const network = { available: [{ number: LEAVING, country: 'US' }] };
    const platform = await Platform.start(t, { more: ['--time-scale', '3600'], network });
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

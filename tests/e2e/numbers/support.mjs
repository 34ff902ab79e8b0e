// Ports to Amazon Chime SDK, which are support cases: the steps up to the order that support opens, and support itself.

import assert from 'node:assert/strict';

import { doTask, expect, until } from '../harness/office.mjs';
import { CUSTOMERS, asFarAsTheDonor, at, dossierOf } from './office.mjs';

/** What AWS Support does with a porting order. */
export async function support(platform, method, path, body) {
  const url = new URL(`/practice/porting-orders${path}`, platform.ready.aws.chime_sdk_voice);
  const answer = await fetch(url, { method, body: JSON.stringify(body) });
  const told = await answer.json();
  assert.ok(answer.ok, JSON.stringify(told));
  return told.PhoneNumberOrder;
}

/** The operator answers the port's task by this form. It stays the same task however often the order is read. */
export async function says(ruth, id, form, answer) {
  const port = await until(ruth, at(id), (one) => one.task?.form === form, `it waits for ${form}`);
  await doTask(ruth, port, answer);
  return port;
}

/** A port that an operator is to hand in. */
export async function toHandIn({ people, lucia }, numbers, more = {}) {
  const dossier = await dossierOf(lucia, CUSTOMERS.CH);
  const { id } = await expect(202, lucia('POST', '/v1/ports', { numbers, dossier, carrier: 'chime', portType: 'full', ...more }));
  await asFarAsTheDonor(people, id);
  return { id, dossier };
}

/** Handed in: support has opened an order for it; gives its id. */
export async function handedIn({ platform, ruth }, id, numbers) {
  await says(ruth, id, 'port-handin', { caseId: 'case-4711' });
  const { PhoneNumberOrderId: order } = await support(platform, 'POST', '', { E164PhoneNumbers: numbers });
  await says(ruth, id, 'port-donor', { status: 'in_review', externalId: order });
  await until(ruth, at(id), (port) => port.status === 'donor_review', 'support has passed it on');
  return order;
}

// A customer whose numbers another carrier wants.

import assert from 'node:assert/strict';

import { DAYS_ARE_SECONDS, approvedDossier, expect, signIn, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';

/** The customer's PIN. */
export const PIN = '4711';

/** A platform whose tenant has these numbers from the practice carrier, and a PIN. */
export async function leaving(t, more = DAYS_ARE_SECONDS) {
  const platform = await Platform.start(t, { more });
  const lucia = await signIn(platform, platform.lucia);
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const found = await expect(200, lucia('GET', '/v1/numbers/available?country=US&type=local&carrier=telnyx&limit=2'));
  const numbers = found.numbers.map((each) => each.number);
  const wish = { carrier: 'telnyx', country: 'US', numberType: 'local', numbers, dossier: 'd-isthmus-1', person: 'p-anna-keller' };
  const { id } = await expect(202, lucia('POST', '/v1/number-orders', wish));
  await until(lucia, `/v1/number-orders/${id}`, (order) => order.outcome === 'done', 'the numbers are here');
  await expect(204, lucia('PUT', '/v1/port-outs/pin', { pin: PIN }));
  return { platform, lucia, numbers };
}

/** Another carrier asks; gives the request that it becomes. */
export async function asked({ platform, lucia }, numbers, pin) {
  const answer = await fetch(`${platform.ready.carrier.endpoint}/practice/portouts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone_numbers: numbers, pin, carrier_name: 'Other Telecom', end_user_name: 'Isthmus Trading' }),
  });
  assert.ok(answer.ok, await answer.clone().text());
  // What the schedule does each minute.
  const found = async () => {
    await platform.invoke('port-out-find', {});
    const { body } = await lucia('GET', '/v1/port-outs?live=true');
    return body.requests.find((request) => request.numbers.some((line) => line.number === numbers[0]) && request.task);
  };
  return eventually(found, 'the port-out is found', { limitMs: 20_000, everyMs: 200 });
}

/** The numbers that the tenant has. */
export const owned = async (lucia) => (await expect(200, lucia('GET', '/v1/numbers?limit=100'))).numbers.map((row) => row.number);

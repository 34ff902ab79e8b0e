// Numbers of Amazon Chime SDK by the API alone: found, ordered, led here by a SIP rule, reached by a phone, given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { DAYS_ARE_SECONDS, approvedDossier, expect, signIn, until } from '../harness/office.mjs';
import { Phone } from '../harness/phone.mjs';
import { Platform } from '../harness/platform.mjs';
import { TONES } from '../harness/scene.mjs';

const AVAILABLE = ['+12125550142', '+12125550143', '+13105550144'];
/** One of a country whose rules nobody has written here. */
const BERLIN = { number: '+493023125000', country: 'DE' };
const rule = { carrier: 'chime', country: 'US', numberType: 'local', dossier: 'd-isthmus-1', person: 'p-anna-keller' };

async function office(t) {
  const available = [...AVAILABLE.map((number) => ({ number, country: 'US' })), BERLIN];
  const platform = await Platform.start(t, { more: DAYS_ARE_SECONDS, network: { available } });
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  return { platform, lucia: await signIn(platform, platform.lucia) };
}

test('a number of Chime is ordered, rings, and is given back', async (t) => {
  const { platform, lucia } = await office(t);
  const { countries } = await expect(200, lucia('GET', '/v1/numbers/countries'));
  const sold = (code) => countries.find(({ carrier, country }) => carrier === 'chime' && country === code);
  assert.equal(sold('US')?.orderable, true, JSON.stringify(countries));
  // What is sold and cannot be ordered says why, as the refusal does.
  const { orderable, reason } = sold('DE');
  assert.equal(orderable, false);
  const { status, body } = await lucia('POST', '/v1/number-orders', { ...rule, country: 'DE', numbers: [BERLIN.number] });
  assert.deepEqual([status, body.field, body.message], [422, 'country', reason]);
  assert.match(sold('CH')?.byCase, /come by support case/);
  const search = (more) => expect(200, lucia('GET', `/v1/numbers/available?country=US&type=local&carrier=chime${more}`));
  assert.deepEqual((await search('&area=310')).numbers.map(({ number }) => number), [AVAILABLE[2]]);
  assert.deepEqual((await search('&pattern=*43')).numbers.map(({ number }) => number), [AVAILABLE[1]]);

  const { numbers: [{ price }] } = await search('');
  assert.deepEqual([price.monthly, price.currency], ['1.00', 'USD']);

  // One of them is nobody's to sell.
  const numbers = [AVAILABLE[0], '+12125550199'];
  const { id } = await expect(202, lucia('POST', '/v1/number-orders', { ...rule, numbers }));
  const order = await until(lucia, `/v1/number-orders/${id}`, (one) => one.outcome, 'the order ends');
  assert.equal(order.outcome, 'partial', JSON.stringify(order.timeline));
  assert.deepEqual(order.numbers.map(({ status }) => status), ['active', 'failed']);
  assert.ok(!(await search('')).numbers.some(({ number }) => number === AVAILABLE[0]), 'it is sold');
  const { numbers: owned } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
  const { emergency } = owned.find(({ number }) => number === AVAILABLE[0]);
  assert.match(emergency.problem, /Voice Connector/, 'nobody was told where help is sent');

  const anna = await Person.signedIn(t, platform, platform.anna, { hz: TONES.anna });
  const { username, password } = platform.account;
  const phone = await Phone.start(t, { user: username, server: platform.sip, password, hz: TONES.phone, register: true });
  await phone.dial(`sip:${AVAILABLE[0]}@${platform.sip}`);
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  await phone.hangUp();
  await anna.ended(/^Call ended/);

  const leaving = await expect(202, lucia('POST', `/v1/numbers/${AVAILABLE[0]}/release`));
  const gone = await until(lucia, `/v1/number-orders/${leaving.id}`, (one) => one.outcome, 'it is given back');
  assert.equal(gone.outcome, 'done', JSON.stringify(gone.timeline));
  const { numbers: left } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
  assert.ok(!left.some(({ number }) => number === AVAILABLE[0]));
  await platform.quiet();
});

test('killed while it orders from Chime, the platform buys once', { timeout: 180_000 }, async (t) => {
  const { platform, lucia } = await office(t);
  const { id } = await expect(202, lucia('POST', '/v1/number-orders', { ...rule, numbers: [AVAILABLE[1]] }));
  await platform.kill();
  await platform.run();
  const order = await until(lucia, `/v1/number-orders/${id}`, (one) => one.outcome, 'the order ends');
  assert.equal(order.outcome, 'done', JSON.stringify(order.timeline));
  const { numbers } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
  assert.equal(numbers.filter(({ number, status }) => number === AVAILABLE[1] && status === 'active').length, 1);
});

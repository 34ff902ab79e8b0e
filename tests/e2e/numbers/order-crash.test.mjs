// Orders and returns of numbers, and the check of a dossier, on a machine whose power goes in every state that waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DAYS_ARE_SECONDS, approvedDossier, doTask, expect, killedInEach, signIn } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';

async function office(t, more = DAYS_ARE_SECONDS) {
  const platform = await Platform.start(t, { more });
  return { platform, lucia: await signIn(platform, platform.lucia), ruth: await signIn(platform, platform.ruth) };
}

test('an order goes on to its end, and so does the return of its number', async (t) => {
  const { platform, lucia } = await office(t);
  await approvedDossier(platform, 't-isthmus-trading', 'd-isthmus-1');
  const found = await expect(200, lucia('GET', '/v1/numbers/available?country=US&type=local&carrier=telnyx&limit=1'));
  const [number] = found.numbers.map((each) => each.number);
  const wish = { carrier: 'telnyx', country: 'US', numberType: 'local', numbers: [number], person: 'p-anna-keller' };
  const order = await expect(202, lucia('POST', '/v1/number-orders', wish));
  const path = `/v1/number-orders/${order.id}`;
  let named = false;
  const act = async (now) => {
    if (now.status !== 'dossier_wanted' || named) return false;
    named = true;
    await expect(202, lucia('PATCH', path, { dossier: 'd-isthmus-1' }));
    return true;
  };
  const bought = await killedInEach({ platform, ask: lucia, path, act });
  t.diagnostic(`killed in ${bought.killed.join(', ')}`);
  assert.equal(bought.request.outcome, 'done', JSON.stringify(bought.request.timeline));
  assert.ok(bought.killed.length >= 2, bought.killed.join(', '));

  const leaving = await expect(202, lucia('POST', `/v1/numbers/${encodeURIComponent(number)}/release`));
  const left = await killedInEach({ platform, ask: lucia, path: `/v1/number-orders/${leaving.id}`, act: () => false });
  t.diagnostic(`killed in ${left.killed.join(', ')}`);
  assert.equal(left.request.outcome, 'done', JSON.stringify(left.request.timeline));
  const { numbers } = await expect(200, lucia('GET', '/v1/numbers?limit=100'));
  assert.ok(!numbers.some((row) => row.number === number), 'it is given back');
});

test('the check of a dossier goes on to its end', async (t) => {
  // Six hours a second: a review may take longer than a restart.
  const { platform, lucia, ruth } = await office(t, ['--time-scale', '21600']);
  const { dossier } = await expect(201, lucia('POST', '/v1/dossiers', {
    kind: 'business',
    endUser: { businessName: 'Example Corp', legalForm: 'Inc', registerIds: [{ scheme: 'us-ein', country: 'US', number: '12-3456789' }] },
    addresses: [{
      uses: ['service', 'emergency'], street: '600 Congress Avenue', city: 'New York', region: 'NY', postalCode: '10001', country: 'US',
    }],
    authorisedPerson: { name: 'Jane Roe', email: 'jane.roe@example.com' },
  }));
  const purposes = [{ country: 'US', numberType: 'local', action: 'order', numbers: 1 }];
  const { id } = await expect(202, lucia('POST', `/v1/dossiers/${dossier.id}/submit`, { purposes }));
  const act = async (now) => {
    if (now.task?.form !== 'review') return false;
    await doTask(ruth, now, { decision: 'approve' });
    return true;
  };
  const checked = await killedInEach({ platform, ask: ruth, path: `/v1/requests/${id}`, act });
  assert.equal(checked.request.outcome, 'done', JSON.stringify(checked.request.timeline));
  assert.ok(checked.killed.includes('Review'), checked.killed.join(', '));
  const { status } = await expect(200, lucia('GET', `/v1/dossiers/${dossier.id}`));
  assert.equal(status, 'approved');
});

// What the tests of requests begin with: a customer's program that asks for something by the API.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** What somebody who has signed in may ask of the API. */
export async function program(platform, { email, password }) {
  const ask = async (method, path, body, { token, key } = {}) => {
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
  const token = session.body.accessToken;
  return (method, path, body) => ask(method, path, body, { token, key: method === 'POST' ? randomUUID() : undefined });
}

const ADDRESS = {
  uses: ['service', 'emergency'], street: '350 Fifth Avenue', city: 'New York', region: 'NY', postalCode: '10118', country: 'US',
};

/** A dossier with all that the United States ask for, handed in for a review; gives the request. */
export async function submitted(customer, businessName = 'Isthmus Trading') {
  const dossier = await customer('POST', '/v1/dossiers', {
    kind: 'business',
    endUser: { businessName, legalForm: 'LLC', registerIds: [{ scheme: 'us-ein', country: 'US', number: '12-3456789' }] },
    addresses: [ADDRESS],
    authorisedPerson: { name: 'Lucía Méndez', email: 'lucia.mendez@isthmus.example' },
  });
  assert.equal(dossier.status, 201, JSON.stringify(dossier.body));
  const purposes = [{ country: 'US', numberType: 'local', action: 'order', numbers: 1 }];
  const { id } = dossier.body.dossier;
  const request = await customer('POST', `/v1/dossiers/${id}/submit`, { purposes });
  assert.equal(request.status, 202, JSON.stringify(request.body));
  return request.body;
}

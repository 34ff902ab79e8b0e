// What the tests of requests begin with: a customer's program that asks for something by the API.

import assert from 'node:assert/strict';

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

/** Signs the letter of a port with the mouse, on the sheet that its page shows. */
export async function signedOnScreen(page, name) {
  const sheet = page.getByTestId('sign-pad');
  await sheet.waitFor();
  await page.locator('iframe.letter-page').waitFor();
  await page.bringToFront();
  await sheet.scrollIntoViewIfNeeded();
  const area = await sheet.boundingBox();
  await page.mouse.move(area.x + 40, area.y + 80);
  await page.mouse.down();
  for (let step = 0; step <= 20; step += 1) {
    await page.mouse.move(area.x + 40 + step * 12, area.y + 60 + 30 * Math.sin(step));
  }
  await page.mouse.up();
  await page.getByLabel('Name of who signs').fill(name);
  await page.getByRole('button', { name: 'Sign the letter' }).click();
  await page.getByTestId('letter').getByText('Signed by').waitFor();
}

// What the tests of requests share: a customer's program that asks for something by the API, and what people do on the pages of requests.

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

/** Opens what a request waits for, from its page; gives the form. */
export async function taskOpened(page, id, name) {
  await page.goto(new URL(`/requests/${id}`, page.url()).href);
  await page.getByTestId('request-actions').getByRole('link', name && { name }).first().click();
  const form = page.getByTestId('form');
  await form.waitFor();
  return form;
}

/** Sends a task's form; what it asks for is done. */
export async function sent(page) {
  await page.getByTestId('form').getByRole('button', { name: 'Done' }).click();
  await page.getByTestId('task-done').waitFor();
}

/** An operator finds a request in the queue and approves it. */
export async function approvedInQueue(page, id) {
  await page.goto(new URL('/requests', page.url()).href);
  await page.locator(`[data-testid="request-row"][data-request="${id}"]`).getByRole('link').click();
  await page.getByTestId('request-actions').getByRole('link', { name: 'Review' }).first().click();
  await page.getByTestId('form').getByLabel('Approve', { exact: true }).check();
  await sent(page);
}

/** A moment as a field for a day and a time takes it, in the clock of this machine and its browsers; to the minute. */
export function typedMoment(moment) {
  const here = new Date(moment - moment.getTimezoneOffset() * 60_000);
  return here.toISOString().slice(0, 16);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A moment so many days from now, to the minute. */
export function inDays(days) {
  const moment = new Date(Date.now() + days * DAY_MS);
  moment.setSeconds(0, 0);
  return moment;
}

// What the tests of these pages share: a file that is none, pictures of pages, whether a page fits its screen, and what people do on several.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { Person } from '../harness/browser.mjs';
import { pdf, today } from '../harness/office.mjs';
import { eventually } from '../harness/process.mjs';

/** The beginning of a PNG picture. */
export function png() {
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.alloc(64)]);
}

/** Keeps a picture of the page, light and dark, where `PICTURES` says; nowhere unless it does. */
export async function shown(page, name) {
  const folder = process.env.PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Nothing is wider than the screen: not the document, not the page that scrolls in it, and no name of a way in the rail than its column. */
export async function fits(page, what) {
  const { over, cut } = await page.evaluate(() => {
    const wide = [document.documentElement, document.querySelector('main')].map((element) => element.scrollWidth);
    const ways = [...document.querySelectorAll('.rail a')].filter((way) => way.scrollWidth > way.clientWidth);
    return { over: Math.max(...wide) - window.innerWidth, cut: ways.map((way) => way.textContent) };
  });
  assert.ok(over <= 0, `${what} is ${over} px too wide`);
  assert.deepEqual(cut, [], `names in the rail beside ${what} that their columns do not hold`);
}

/** Fills in a dossier's parts on its page, from who it is to its papers, as the form and papers of a dossier have them; ends at the last part. */
export async function filledInParts(page, { endUser, addresses, authorisedPerson, previousService }, papers) {
  const type = (label, text) => page.getByLabel(label, { exact: true }).first().fill(text);
  const next = () => page.getByRole('button', { name: 'Next', exact: true }).click();
  const [register] = endUser.registerIds;
  await type('Name of the organisation', endUser.businessName);
  await type('Legal form', endUser.legalForm);
  await page.getByRole('button', { name: 'Add a register number' }).click();
  await page.getByLabel('Register', { exact: true }).selectOption(register.scheme);
  await type('Number', register.number);
  await page.getByText('Well-formed').waitFor();
  await next();
  const [address] = addresses;
  await page.getByRole('button', { name: 'Add an address' }).click();
  await type('Street and number', address.street);
  await type('Town', address.city);
  if (address.postalCode) await type('Postal code', address.postalCode);
  if (address.region) await type('Canton, state or province', address.region);
  await page.getByLabel('Country', { exact: true }).selectOption(address.country);
  await next();
  await type('Name', authorisedPerson.name);
  await type('E-mail', authorisedPerson.email);
  await page.getByLabel('Nationality').selectOption(authorisedPerson.nationality);
  if (previousService) {
    await type('Provider', previousService.provider);
    await type('Account number', previousService.accountNumber);
    await type('Name on the account', previousService.accountName);
  }
  await next();
  for (const kind of papers) {
    await page.getByLabel('What it is').selectOption(kind);
    await type('Date on it', today());
    const buffer = pdf(`${register.scheme} ${kind}`);
    await page.getByTestId('file').setInputFiles({ name: `${kind}.pdf`, mimeType: 'application/pdf', buffer });
    await page.locator(`[data-testid="document"][data-kind="${kind}"]`).waitFor();
  }
  await next();
}

/** Follows the link of the newest mail to an address and chooses a password: a person in a browser of their own, who has signed in. */
export async function accepted(t, platform, email, password, options) {
  const link = await eventually(async () => {
    const answer = await fetch(`${platform.ready.outbox}/messages?to=${encodeURIComponent(email)}`);
    const { messages } = await answer.json();
    return /\/invitations\/[\w.-]+/.exec(messages[0]?.text ?? '')?.[0];
  }, 'a mail with a link');
  const person = await Person.open(t, options);
  person.page = await person.tab(new URL(link, platform.web).href);
  await person.page.getByLabel('Choose a password').fill(password);
  await person.page.getByLabel('Once more').fill(password);
  await person.page.getByRole('button', { name: 'Accept and sign in' }).click();
  await person.connected();
  return person;
}

// What people do at the practice carrier's desk, the page on which they answer for donors and ask for numbers as another carrier.

import { Person } from '../harness/browser.mjs';
import { eventually } from '../harness/process.mjs';

/** A browser at the desk; nobody signs in there. */
export async function atDesk(t, platform) {
  const person = await Person.open(t, { hz: 0 });
  return person.tab(platform.ready.practice);
}

/** Looks at the desk as it is now. */
export const looked = (desk) => desk.goto(new URL('/practice', desk.url()).href);

/** The desk says that it is done, and is there whole: it says so above its tables, which may still be on their way. */
export async function saidDone(desk) {
  await desk.getByRole('status').filter({ hasText: 'Done.' }).waitFor();
  await desk.waitForLoadState();
}

/** Presses a button of the desk; it says that it is done. */
export async function pressed(desk, button) {
  await looked(desk);
  await button.click();
  await saidDone(desk);
}

/** The order that waits for this donor, once it is on its desk. */
export function waiting(desk, holder) {
  const row = desk.getByRole('region', { name: 'Orders that wait for their donor' }).getByRole('row').filter({ hasText: holder });
  return eventually(async () => {
    await looked(desk);
    return (await row.count()) > 0 && row;
  }, 'the order is on the donor\'s desk', { limitMs: 30_000, everyMs: 200 });
}

/** Where another carrier asks for numbers. */
export function askForm(desk) {
  const form = desk.getByRole('group', { name: 'Ask for numbers as another carrier' });
  const field = (label) => form.getByLabel(label, { exact: true });
  return { numbers: field('Numbers'), pin: field('PIN'), carrier: field('Carrier'), ask: form.getByRole('button', { name: 'Ask' }), field };
}

/** Another carrier asks for numbers by the desk's form. */
export async function asks(desk, { numbers, pin, carrier }) {
  await looked(desk);
  const form = askForm(desk);
  await form.numbers.fill(numbers);
  await form.pin.fill(pin);
  await form.carrier.fill(carrier);
  await form.field('Customer\'s name').fill('Isthmus Trading');
  await form.ask.click();
}

/** The port-out that a carrier asked for, as a row of the desk. */
export function portOut(desk, carrier) {
  return desk.getByRole('region', { name: 'Port-outs' }).getByRole('row').filter({ hasText: carrier });
}

/** Waits until the desk says this of the port-out that a carrier asked for. */
export function stands(desk, carrier, words) {
  const row = portOut(desk, carrier);
  return eventually(async () => {
    await looked(desk);
    return words.test(await row.innerText());
  }, `the desk says ${words} of ${carrier}`, { limitMs: 90_000, everyMs: 200 });
}

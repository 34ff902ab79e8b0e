// Port-outs at the practice carrier's desk in a browser: another carrier asks by its form, and both sides see what becomes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { expect, until } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { eventually } from '../harness/process.mjs';
import { PIN, leaving, owned } from '../numbers/leaving.mjs';
import { askForm, asks, atDesk, portOut, pressed, saidDone, stands } from './practice.mjs';

// A day takes four seconds: an answer that nobody gives is not waited for long.
const PACE = ['--time-scale', '21600'];
// A day takes 24 seconds: what is let go leaves three days later, so it can be taken back on a slow machine, too.
const SLOWER = ['--time-scale', '3600'];

/** The request that comes of what a carrier asked for, also if it is over already. */
function found({ platform, lucia }, carrier) {
  return eventually(async () => {
    // What the schedule does each minute.
    await platform.invoke('port-out-find', {});
    const lists = await Promise.all(['?live=true', ''].map((which) => expect(200, lucia('GET', `/v1/port-outs${which}`))));
    return lists.flatMap((list) => list.requests).find((request) => request.details.gaining === carrier);
  }, 'the port-out is found', { limitMs: 20_000, everyMs: 200 });
}

/** A port-out ends so, and an operator finds it among those that have ended and reads on its page what was said of it. */
async function endsAs({ lucia, page }, id, outcome, words, ...entries) {
  const over = await until(lucia, `/v1/port-outs/${id}`, (request) => request.outcome, 'it is over', 120_000);
  assert.equal(over.outcome, outcome, JSON.stringify(over.timeline));
  await page.goto(new URL('/port-outs', page.url()).href);
  await page.getByRole('button', { name: 'Ended', exact: true }).click();
  const row = page.locator(`[data-testid="request-row"][data-request="${id}"]`);
  await row.getByTestId('request-status').filter({ hasText: words }).waitFor();
  await row.getByRole('link').click();
  await page.getByTestId('request-chip').filter({ hasText: words }).waitFor();
  for (const entry of entries) await page.getByTestId('entry').filter({ hasText: entry }).first().waitFor();
}

test('a wrong PIN is refused in words on the carrier\'s desk, and with the right one the number goes', { timeout: 240_000 }, async (t) => {
  const { platform, lucia, numbers: [gone, stays] } = await leaving(t, PACE);
  const desk = await atDesk(t, platform);
  const { page } = await Person.signedIn(t, platform, platform.ruth, { hz: 0 });
  const seen = { platform, lucia, page };

  // Nobody answers: what was found decides.
  await asks(desk, { numbers: gone, pin: '0000', carrier: 'Wrong Telecom' });
  await saidDone(desk);
  const refused = await found(seen, 'Wrong Telecom');
  await stands(desk, 'Wrong Telecom', /rejected: Invalid PIN \(1002\)/);
  assert.equal(await portOut(desk, 'Wrong Telecom').getByRole('button').count(), 0, 'what is over cannot be taken back');
  await endsAs(seen, refused.id, 'rejected', 'Rejected', 'the PIN that was named is wrong', 'Refused for a lawful reason');
  assert.ok((await owned(lucia)).includes(gone), 'it is here still');

  await asks(desk, { numbers: gone, pin: PIN, carrier: 'Right Telecom' });
  await saidDone(desk);
  const taken = await found(seen, 'Right Telecom');
  await stands(desk, 'Right Telecom', /\bported\b/);
  await endsAs(seen, taken.id, 'done', 'Done', 'The numbers are out of service here', 'The numbers have gone');
  const left = await owned(lucia);
  assert.ok(!left.includes(gone) && left.includes(stays), left.join());
});

test('what another carrier asks for wrongly is said by its field, and what it asks for can be taken back', { timeout: 240_000 }, async (t) => {
  const { platform, lucia, numbers: [mine, other] } = await leaving(t, SLOWER);
  const desk = await atDesk(t, platform);
  const { page } = await Person.signedIn(t, platform, platform.ruth, { hz: 0 });
  const seen = { platform, lucia, page };
  const alert = desk.getByRole('alert');
  const { numbers, pin, carrier, ask } = askForm(desk);
  const hasty = 'Hasty <b>Telecom</b> & Sons';

  await asks(desk, { numbers: `${mine}, 12125550142`, pin: PIN, carrier: hasty });
  await alert.filter({ hasText: 'Numbers: "12125550142" is not a plus sign and 7 to 15 digits' }).waitFor();
  await desk.locator('[role="alert"]:focus').waitFor();
  assert.deepEqual(
    [await numbers.inputValue(), await pin.inputValue(), await carrier.inputValue()], [`${mine}, 12125550142`, PIN, hasty], 'what was typed stays',
  );
  assert.equal(await numbers.getAttribute('aria-invalid'), 'true');
  const why = desk.locator(`[id="${await numbers.getAttribute('aria-describedby')}"]`);
  assert.match(await why.innerText(), /"12125550142" is not a plus sign/);
  assert.equal(await pin.getAttribute('aria-invalid'), null);

  // By the keyboard, from what is wrong to its field.
  await desk.keyboard.press('Tab');
  await desk.keyboard.press('Enter');
  await desk.locator('input[name="phone_numbers"]:focus').waitFor();
  await numbers.fill(`${mine}, +12125550199`);
  await desk.keyboard.press('Enter');
  await alert.filter({ hasText: 'Numbers: +12125550199 is not an active number of the customer' }).waitFor();
  await numbers.fill(`${mine} ${mine}`);
  await ask.click();
  await alert.filter({ hasText: `Numbers: ${mine} is listed twice` }).waitFor();
  await numbers.fill(' , ');
  await ask.click();
  await alert.filter({ hasText: 'Numbers: at least one phone number is needed' }).waitFor();
  await desk.waitForLoadState();
  assert.equal(await desk.getByRole('row').filter({ hasText: 'Hasty' }).count(), 0, 'nothing was asked for');

  // From the page that refused it.
  await numbers.fill(mine);
  await ask.click();
  await saidDone(desk);
  const { id } = await found(seen, hasty);
  await stands(desk, hasty, /asked for\s+pending|authorized/);
  await pressed(desk, portOut(desk, hasty).getByRole('button', { name: 'Take back' }));
  assert.match(await portOut(desk, hasty).innerText(), /\bcanceled\b/);
  await endsAs(seen, id, 'cancelled', 'Cancelled');
  const left = await owned(lucia);
  assert.ok(left.includes(mine) && left.includes(other), 'both stay');

  // Asked for twice, it leaves already.
  await asks(desk, { numbers: mine, pin: PIN, carrier: 'First Telecom' });
  await saidDone(desk);
  await asks(desk, { numbers: mine, pin: PIN, carrier: 'Second Telecom' });
  await alert.filter({ hasText: `Numbers: ${mine} is in a port-out already` }).waitFor();
});

test('notices and donors are set on the desk, and set back', { timeout: 120_000 }, async (t) => {
  const desk = await atDesk(t, await Platform.start(t));
  for (const [usual, other] of [
    ['Donors answer by their records', 'Donors wait for a person'],
    ['Notices are lost, repeated or late now and then', 'Every notice arrives once'],
  ]) {
    for (const [is, next] of [[usual, other], [other, usual]]) {
      await pressed(desk, desk.getByRole('button', { name: `Change: ${next}` }));
      await desk.getByText(`${next}. Change: ${is}`).waitFor();
    }
  }
});

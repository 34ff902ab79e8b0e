// People: each has a Chromium of their own, whose microphone plays their tone.

import assert from 'node:assert/strict';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { eventually, folder, killAll, later } from './process.mjs';
import { writeTone } from './tones.mjs';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Where the loopback interface is the only one.
  '--allow-loopback-in-peer-connection',
];

/** How long a page may take to show what it should, in milliseconds. */
export const PATIENCE_MS = 20_000;

export class Person {
  /** Opens a browser whose microphone hears one tone. `hz` 0 is a browser without a microphone. */
  static async open(t, { hz = 440, width = 1280, height = 800, flags = [] } = {}) {
    const place = folder(t, 'browser');
    const args = [...FLAGS, ...flags];
    if (hz > 0) {
      const tone = join(place, 'microphone.wav');
      writeTone(tone, { hz });
      args.push(`--use-file-for-fake-audio-capture=${tone}`);
    }
    const context = await chromium.launchPersistentContext(join(place, 'profile'), {
      executablePath: EXECUTABLE,
      headless: true,
      args: hz > 0 ? args : args.filter((flag) => !flag.startsWith('--use-fake-')),
      viewport: { width, height },
      permissions: hz > 0 ? ['microphone'] : [],
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const person = new Person(context, hz, place);
    later(t, () => person.close());
    context.on('page', (page) => person.#listen(page));
    context.pages().forEach((page) => person.#listen(page));
    return person;
  }

  /** Opens a browser and signs in. */
  static async signedIn(t, platform, who, options) {
    const person = await Person.open(t, options);
    person.page = await person.tab(platform.web);
    await person.signIn(who);
    return person;
  }

  constructor(context, hz, place) {
    this.place = place;
    Object.assign(this, { context, hz, console: [] });
  }

  #listen(page) {
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`error: ${error.message}`));
  }

  /** A new tab at an address. */
  async tab(address) {
    const blank = this.context.pages().find((page) => page.url() === 'about:blank');
    const page = blank ?? (await this.context.newPage());
    await page.goto(address);
    return page;
  }

  /** Fills in the sign-in page and waits until the phone is there and connected. */
  async signIn({ email, password }, page = this.page) {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await this.connected(page);
  }

  /** Waits until calls can reach the page. */
  async connected(page = this.page) {
    await page.locator('[data-link="open"]').waitFor();
  }

  /** Waits until a call rings, and checks who calls. */
  async rings(from, page = this.page) {
    const ringing = page.getByRole('alertdialog', { name: /^Incoming call from/ });
    await ringing.waitFor();
    if (from) await ringing.getByText(from).first().waitFor();
    return ringing;
  }

  /** Waits until nothing rings any more. */
  async ringsNoLonger(page = this.page, timeout = 20_000) {
    await page.getByRole('alertdialog', { name: /^Incoming call from/ }).waitFor({ state: 'hidden', timeout });
  }

  /** Waits until the call in hand is in this phase: ringing, talking, ... */
  async isIn(phase, page = this.page) {
    await page.locator(`[data-testid="call"][data-phase="${phase}"]`).waitFor();
  }

  /** Waits until the call is over, with these words. */
  async ended(title, page = this.page) {
    const words = page.getByTestId('ended-title');
    await words.waitFor();
    assert.match(await words.innerText(), title);
  }

  /** Waits until the newest entry of the call log says this. */
  async logged(words, page = this.page) {
    const newest = page.getByTestId('call-row').first().getByTestId('call-words');
    await eventually(async () => words.test(await newest.innerText()), `the log says ${words}`).catch(async (error) => {
      throw new Error(`${error.message}; it says: ${await newest.innerText().catch(() => 'nothing')}`);
    });
  }

  /** Presses keys of the dial pad in the call. */
  async keys(digits, page = this.page) {
    const pad = page.getByTestId('keypad');
    if (!(await pad.isVisible())) await this.press('Keypad', page);
    for (const digit of digits) await pad.locator(`[data-key="${digit}"]`).click();
  }

  /** Presses the button of this name. */
  async press(name, page = this.page) {
    await page.getByRole('button', { name, exact: true }).click();
  }

  /** Waits until these words can be seen. */
  async sees(words, page = this.page, limitMs = PATIENCE_MS) {
    const place = page.getByText(words).filter({ visible: true }).first();
    await place.waitFor({ timeout: limitMs }).catch(async (error) => {
      const text = await page.locator('body').innerText().catch(() => '(no page)');
      throw new Error(`never saw ${words}; the page said:\n${text}\n${this.console.slice(-15).join('\n')}`, { cause: error });
    });
  }

  /** Waits until these words are gone. */
  async seesNoLonger(words, page = this.page) {
    await page.getByText(words).filter({ visible: true }).first().waitFor({ state: 'hidden' });
  }

  /** Calls a colleague from the list of people. */
  async callPerson(name, page = this.page) {
    await page.getByRole('button', { name: 'People', exact: true }).click();
    await this.press(`Call ${name}`, page);
    await page.getByRole('button', { name: 'All', exact: true }).click();
  }

  async signOut(page = this.page) {
    await page.getByTestId('open-you').click();
    await this.press('Sign out', page);
  }

  /** Types a number into the dial pad and calls it. */
  async dial(number, page = this.page) {
    const pad = page.getByTestId('dial-pad');
    await pad.getByLabel('Number to call').fill(number);
    await pad.getByRole('button', { name: 'Call', exact: true }).click();
  }

  /** Waits until the strongest frequency of the remote audio is this tone, three looks in a row. */
  async hears(hz, { page = this.page, tolerance = 15, limitMs = PATIENCE_MS } = {}) {
    let inARow = 0;
    let last;
    await eventually(
      async () => {
        last = await page.evaluate(remotePeak);
        inARow = last && Math.abs(last.hz - hz) <= tolerance && last.db > -75 ? inARow + 1 : 0;
        return inARow >= 3;
      },
      `a browser hears ${hz} Hz`,
      { limitMs, everyMs: 200 },
    ).catch((error) => {
      throw new Error(`${error.message}; it heard ${JSON.stringify(last)}\n${this.console.slice(-15).join('\n')}`);
    });
  }

  /** Waits until the remote audio holds no tone at this frequency. */
  async hearsNo(hz, { page = this.page } = {}) {
    await eventually(
      async () => {
        const peak = await page.evaluate(remotePeak);
        return peak && (Math.abs(peak.hz - hz) > 15 || peak.db < -80);
      },
      `a browser no longer hears ${hz} Hz`,
      { everyMs: 200 },
    );
  }

  async close() {
    await this.context.close().catch(() => {});
  }

  /** The browser dies: no page says good-bye. */
  async die() {
    const gone = new Promise((done) => this.context.once('close', done));
    killAll(this.place);
    await gone;
  }
}

/** Runs in the page: the strongest frequency between 200 and 3400 Hz of what its audio element plays. */
function remotePeak() {
  const element = [...document.querySelectorAll('audio')].find((audio) => audio.srcObject?.getAudioTracks().length > 0);
  if (!element) return null;
  const stream = element.srcObject;
  // A reconnected call has a new stream, and with it a new analyser.
  if (window.listening?.stream !== stream) {
    const context = window.listening?.context ?? new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(stream).connect(analyser);
    window.listening = { stream, context, analyser };
  }
  const { context, analyser } = window.listening;
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const bin = context.sampleRate / analyser.fftSize;
  let best = Math.ceil(200 / bin);
  for (let at = best; at * bin <= 3400; at += 1) if (levels[at] > levels[best]) best = at;
  return { hz: Math.round(best * bin), db: Math.round(levels[best]) };
}

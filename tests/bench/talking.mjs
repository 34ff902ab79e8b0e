// Calls with audio, side by side: a browser and a phone each, both with a tone, until the sound of one has gaps.

import { Person } from '../e2e/harness/browser.mjs';
import { later } from '../e2e/harness/process.mjs';
import { TONES } from '../e2e/harness/scene.mjs';
import { answered } from './answer.mjs';
import { note, single } from './figures.mjs';
import { Line } from './line.mjs';
import { forget, watched } from './page.mjs';
import { cpuMs, tree } from './processes.mjs';

/** Calls at once of each step. */
const STEPS = [1, 2, 3, 4, 6, 8];
const LISTEN_MS = 5_000;
const LOOKS = 3;
const PACKET_MS = 20;

/** A step holds if the tone is in this share of what each side of each call should hear. */
const WHOLE = 0.95;

export async function talking({ t, platform, caller, crowd, deadline }) {
  const over = () => performance.now() > deadline;
  const pids = tree(platform.program.child.pid);
  const talks = [];
  let held;
  let why = `no more than ${STEPS.at(-1)} calls were tried`;
  for (const many of STEPS) {
    while (talks.length < many && !over()) talks.push(await talk(t, platform, caller, crowd[talks.length]));
    if (over()) {
      why = `the time was over before there were ${many} calls`;
      break;
    }
    const { least, cpu } = await best(talks, pids);
    if (least < WHOLE) {
      why = `at ${many} calls only ${(100 * least).toFixed(1)} % of the tone arrived; the browsers run on the same cores`;
      break;
    }
    held = { many, cpu };
  }
  await Promise.all(talks.map(({ call }) => hungUp(call)));
  await platform.quiet();
  if (!held) return note(`NO FIGURE calls with audio at once: ${why}`);
  single(`calls at once with ${100 * WHOLE} % of the sound on every side`, 'calls', held.many);
  single('processor of the platform for one call with audio', '% core', held.cpu / held.many);
  note(`the bound of calls with audio: ${why}`);
}

async function talk(t, platform, caller, who) {
  const person = await Person.signedIn(t, platform, who, { hz: TONES.anna });
  await watched(person.page, TONES.phone);
  const line = await Line.open({ sends: TONES.phone, listens: TONES.anna });
  later(t, () => line.close());
  const call = await answered(caller, who.number, person.page, line);
  await person.hears(TONES.phone);
  return { person, line, call };
}

/** The best of a few looks: another program's work for a moment says nothing about how many calls there can be. */
async function best(talks, pids) {
  let found = { least: 0 };
  for (let look = 0; look < LOOKS && found.least < WHOLE; look += 1) {
    const { heard, came, cpu } = await listen(talks, pids);
    const least = Math.min(...heard.flat());
    const [phone, page] = [0, 1].map((side) => heard.map((call) => (100 * call[side]).toFixed(1)).join(', '));
    note(`${talks.length} calls with audio: tone at the phones ${phone} % (packets ${came.join(', ')} %), in the pages ${page} %; the platform uses ${cpu.toFixed(1)} % of a core`);
    if (least > found.least) found = { least, cpu };
  }
  return found;
}

/** For each call, which share of the tone arrived at the phone and at the page; and the platform's share of a core. */
async function listen(talks, pids) {
  for (const { person } of talks) await forget(person.page);
  const [before, began] = [cpuMs(pids), performance.now()];
  const at = talks.map(({ line }) => ({ audible: line.audible, came: line.came, began: performance.now() }));
  await new Promise((done) => setTimeout(done, LISTEN_MS));
  const cpu = (100 * (cpuMs(pids) - before)) / (performance.now() - began);
  const share = (what) => talks.map(({ line }, i) => ((line[what] - at[i][what]) * PACKET_MS) / (performance.now() - at[i].began));
  const phones = share('audible');
  const came = share('came').map((one) => (100 * one).toFixed(1));
  const pages = await Promise.all(talks.map(({ person }) => person.page.evaluate(() => window.bench.toned / window.bench.looks)));
  return { heard: talks.map((_, i) => [phones[i], pages[i]]), came, cpu };
}

async function hungUp(call) {
  call.hangUp();
  await call.reached('200 BYE').catch(() => {});
  call.forget();
}

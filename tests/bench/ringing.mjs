// From a phone's INVITE to the incoming call on the screen.

import { missing, report } from './figures.mjs';
import { rangAt } from './page.mjs';

const RUNS = 25;

export async function ringing({ platform, caller, anna }) {
  const [all, failed] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    const call = caller.call(platform.anna.number);
    try {
      const { at } = await rangAt(anna.page, call.times.invite);
      all.push(at - call.times.invite);
    } catch (error) {
      failed.push(error.message);
    }
    await over(call, anna);
  }
  if (failed.length > 0) missing(`${failed.length} of ${RUNS} runs of INVITE to browser ringing`, failed[0]);
  report('INVITE to browser ringing', 'ms', all);
}

/** Ends a call that rings, and waits until the screen shows none: the next one would find the person busy. */
export async function over(call, anna) {
  call.cancel();
  await call.reached(487).catch(() => {});
  call.forget();
  await anna.ringsNoLonger();
}

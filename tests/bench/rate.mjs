// Calls per second, signalling only: INVITE, 180, CANCEL, 487, each at its time, at rising rates until some fail.

import { note, quantile, report, single } from './figures.mjs';
import { cpuMs, tree } from './processes.mjs';

/** Calls per second of each step, and its length in seconds. */
const STEPS = [5, 10, 15, 20, 30, 40, 60, 80, 120, 160];
const STEP_S = 4;

/** A step holds if every call succeeds and 99 of 100 ring within this. */
const P99_LIMIT_MS = 2_000;

/** Climbs the steps. */
export async function rate({ platform, caller, crowd }) {
  const pids = tree(platform.program.child.pid);
  let best;
  for (const perSecond of STEPS) {
    const [before, began] = [cpuMs(pids), performance.now()];
    const { runs, why } = await step(caller, crowd, perSecond);
    const wall = performance.now() - began;
    const times = runs.filter(Number.isFinite);
    const failed = runs.length - times.length;
    const p99 = times.length > 0 ? quantile(times, 0.99) : Infinity;
    const cpu = (cpuMs(pids) - before) / runs.length;
    note(`${perSecond} calls/s for ${STEP_S} s: ${failed} of ${runs.length} failed, 180 after ${p99.toFixed(0)} ms (p99), ${cpu.toFixed(1)} ms of processor a call, ${(wall / 1000).toFixed(1)} s${why}`);
    await platform.quiet();
    if (failed > 0 || p99 > P99_LIMIT_MS) break;
    best = { perSecond, times, cpu };
  }
  if (!best) return note('NO FIGURE calls per second: the lowest rate already failed');
  single('calls per second that all succeed, signalling only', 'calls/s', best.perSecond);
  single('processor time of a call that rings and is cancelled', 'ms', best.cpu);
  report(`INVITE to 180 at ${best.perSecond} calls per second`, 'ms', best.times);
}

/** How long each call took to its 180, NaN for one that failed; and why those failed. */
async function step(caller, crowd, perSecond) {
  const began = performance.now();
  const [runs, reasons] = [[], new Map()];
  const failed = (error) => {
    reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1);
    return NaN;
  };
  for (let run = 0; run < perSecond * STEP_S; run += 1) {
    const wait = began + (run * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    runs.push(one(caller, crowd[run % crowd.length].number).catch(failed));
  }
  const times = await Promise.all(runs);
  return { runs: times, why: [...reasons].map(([reason, count]) => `; ${count} times: ${reason}`).join('') };
}

async function one(caller, number) {
  const call = caller.call(number);
  try {
    const rang = await call.reached(180, 5_000);
    call.cancel();
    await call.reached(487, 5_000);
    return rang - call.times.credentials;
  } catch (error) {
    call.cancel();
    throw error;
  } finally {
    // A late answer to the CANCEL finds nobody, as it would find a phone that has lost its power.
    call.forget();
  }
}

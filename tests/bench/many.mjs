// A hundred calls that ring at once: memory, and whether all of them got there.

import { eventually } from '../e2e/harness/process.mjs';
import { missing, note, single } from './figures.mjs';
import { resident } from './processes.mjs';

const CALLS = 100;

/** Calls begun per second: slow enough that only their number counts. */
const PACE_MS = 100;

export async function many({ platform, caller, crowd }) {
  memory(platform, `${crowd.length} people connected, no call`);
  const calls = [];
  for (const { number } of crowd.slice(0, CALLS)) {
    calls.push(caller.call(number));
    await new Promise((done) => setTimeout(done, PACE_MS));
  }
  const reached = await Promise.allSettled(calls.map((call) => call.reached(180)));
  const rings = reached.filter(({ status }) => status === 'fulfilled').length;
  const running = (await platform.executions('RUNNING')).length;
  note(`${rings} of ${calls.length} calls ring, ${running} workflows run`);
  if (rings === calls.length) memory(platform, `${rings} calls ringing`);
  else missing(`resident memory with ${CALLS} calls`, `${calls.length - rings} of them did not ring`);
  for (const call of calls) call.cancel();
  await Promise.allSettled(calls.map((call) => call.reached(487)));
  for (const call of calls) call.forget();
  await platform.quiet();
}

/** Prints the platform's resident memory before anybody has come, once its functions have all begun. */
export async function idle(platform) {
  let last = 0;
  const settled = () => {
    const { mb } = resident(platform.program.child.pid);
    const change = Math.abs(mb - last) / mb;
    last = mb;
    return change < 0.01;
  };
  await eventually(settled, 'the memory of the idle platform settles', { everyMs: 1_000 });
  memory(platform, 'idle');
}

/** Prints the platform's resident memory as it is now. */
function memory(platform, when) {
  const { mb, words } = resident(platform.program.child.pid);
  single(`resident memory, ${when}`, 'MB', mb);
  note(`resident memory, ${when}: ${words}`);
}

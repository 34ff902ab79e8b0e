// From an INVITE with credentials to its 180: the event to the SIP media application, the execution it starts, that
// execution's first steps, and the reply.

import { missing, report } from './figures.mjs';

const RUNS = 150;

export async function reply({ caller, crowd }) {
  const [all, failed] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    const call = caller.call(crowd[run % crowd.length].number);
    try {
      const rang = await call.reached(180);
      all.push(rang - call.times.credentials);
      call.cancel();
      await call.reached(487);
    } catch (error) {
      failed.push(error.message);
      call.cancel();
    }
    call.forget();
  }
  if (failed.length > 0) missing(`${failed.length} of ${RUNS} runs of INVITE to 180`, failed[0]);
  report('INVITE to 180, through the workflow', 'ms', all);
}

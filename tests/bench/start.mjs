// From the start of the process to its line of JSON: with an empty folder, and with what an earlier run left.

import { report } from './figures.mjs';
import { scope, unstarted } from './scope.mjs';

const RUNS = 5;

export async function start() {
  const [first, again] = [[], []];
  for (let run = 0; run < RUNS; run += 1) {
    await scope(async (t) => {
      const platform = await unstarted(t);
      first.push(await timed(() => platform.run()));
      await platform.stop();
      again.push(await timed(() => platform.run()));
    });
  }
  report('start of the platform, empty folder', 'ms', first);
  report('start of the platform, again', 'ms', again);
}

async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

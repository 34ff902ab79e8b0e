// What the harness's tests get from their runner, for a script: a place to leave what is to be ended.

import { Platform } from '../e2e/harness/platform.mjs';
import { freePort } from '../e2e/harness/ports.mjs';
import { folder, later } from '../e2e/harness/process.mjs';

/** Does work and then ends all that it started, whether it succeeded or not. */
export async function scope(work) {
  const cleanups = [];
  try {
    return await work({ after: (clean) => cleanups.push(clean) });
  } finally {
    for (const clean of cleanups) await clean();
  }
}

/** A platform with a folder of its own that has not been started. */
export async function unstarted(t) {
  const ports = { web: await freePort(), aws: await freePort(), sip: await freePort() };
  const platform = new Platform(folder(t, 'data'), ports, []);
  later(t, () => platform.stop());
  return platform;
}

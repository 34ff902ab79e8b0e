// The figures of the whole platform, as a person at a browser and a phone outside meet it: one JSON line each.
//
// `cargo xtask bench --only platform` builds all and runs this; `node platform.mjs rate talking` takes some of them. Everything is on the loopback address of one machine, so
// the browsers and the phones take their share of the processor from what they measure.

import { Person } from '../e2e/harness/browser.mjs';
import { later } from '../e2e/harness/process.mjs';
import { TONES } from '../e2e/harness/scene.mjs';
import { answer } from './answer.mjs';
import { Caller } from './caller.mjs';
import * as crowds from './crowd.mjs';
import { missing, note } from './figures.mjs';
import { idle, many } from './many.mjs';
import { watched } from './page.mjs';
import { pixel } from './pixel.mjs';
import { rate } from './rate.mjs';
import { reply } from './reply.mjs';
import { ringing } from './ringing.mjs';
import { scope, unstarted } from './scope.mjs';
import { start } from './start.mjs';
import { talking } from './talking.mjs';

/** No measurement begins later than this, so that the last one ends within six minutes. */
const LAST_BEGIN_MS = 270_000;

/** A measurement that takes longer than this has no figure. */
const LIMIT_MS = 80_000;

/** How long calls with audio are added, each with a browser that has to start. */
const TALKING_MS = 90_000;

const wanted = process.argv.slice(2);
let spoiled = false;

/** Measures one thing; that it failed keeps nothing else from being measured. */
async function measured(what, work, limitMs = LIMIT_MS) {
  if (wanted.length > 0 && !wanted.includes(what)) return;
  if (performance.now() > LAST_BEGIN_MS) return missing(what, 'the time was over');
  // What was given up still runs, and would be in every later figure.
  if (spoiled) return missing(what, 'an earlier measurement did not end');
  const began = performance.now();
  let limit;
  const late = new Promise((done) => {
    limit = setTimeout(() => {
      spoiled = true;
      missing(what, `not done in ${limitMs / 1000} s`);
      done();
    }, limitMs);
  });
  await Promise.race([work().catch((error) => missing(what, error.message)), late]);
  clearTimeout(limit);
  note(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** One person signed in: how long things take when nothing else goes on. */
async function alone(t, platform, caller) {
  const anna = await Person.signedIn(t, platform, platform.anna, { hz: TONES.anna });
  await watched(anna.page, TONES.phone);
  const stage = { platform, caller, anna };
  await measured('ringing', () => ringing(stage));
  await measured('answer', () => answer(stage));
  await measured('pixel', () => pixel(stage));
  await anna.close();
}

/** Many people connected: how much it carries. */
async function together(t, platform, caller) {
  const crowd = await crowds.settle(platform, platform.anna);
  const host = await Person.open(t, { hz: 0 });
  const connected = await crowds.connect(await host.tab(platform.web), crowd);
  note(`${connected} people connected`);
  const stage = { t, platform, caller, crowd };
  await measured('reply', () => reply(stage));
  await measured('many', () => many(stage));
  await measured('rate', () => rate(stage));
  await host.close();
  const deadline = Math.min(performance.now() + TALKING_MS, LAST_BEGIN_MS + 30_000);
  await measured('talking', () => talking({ ...stage, deadline }), TALKING_MS + 40_000);
}

// Leaving by `exit` ends what was started.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    missing('what would follow', `stopped by ${signal}`);
    process.exit(1);
  });
}

await measured('start', start);
await scope(async (t) => {
  const platform = await unstarted(t);
  await platform.run();
  await platform.stop();
  crowds.lay(platform);
  await platform.run();
  await measured('idle', () => idle(platform));
  const caller = await Caller.open(platform);
  later(t, () => caller.close());
  for (const part of [alone, together]) await part(t, platform, caller).catch((error) => missing(`what follows in ${part.name}`, error.message));
});
// What was given up must not keep the script from its end.
process.exit(0);

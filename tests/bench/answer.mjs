// From the click on Answer to the first sound, in both directions.

import { report, missing } from './figures.mjs';
import { eventually } from '../e2e/harness/process.mjs';
import { TONES } from '../e2e/harness/scene.mjs';
import { Line } from './line.mjs';
import { forget, heardAt, rangAt } from './page.mjs';

const RUNS = 10;

export async function answer({ platform, caller, anna }) {
  const [toPage, toPhone, failed] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    const line = await Line.open({ sends: TONES.phone, listens: TONES.anna });
    try {
      await forget(anna.page);
      const call = await answered(caller, platform.anna.number, anna.page, line);
      const { clicked, heard } = await heardAt(anna.page);
      await eventually(() => line.heardAt, "the browser's tone", { everyMs: 10 });
      toPage.push(heard - clicked);
      toPhone.push(line.heardAt - clicked);
      call.hangUp();
      await call.reached('200 BYE');
      call.forget();
      await anna.page.getByTestId('ended').waitFor();
      await platform.quiet();
    } catch (error) {
      failed.push(error.message);
      await platform.quiet();
    } finally {
      line.close();
    }
  }
  if (failed.length > 0) missing(`${failed.length} of ${RUNS} runs of answer to sound`, failed[0]);
  report('answer to first sound of the phone in the browser', 'ms', toPage);
  report('answer to first sound of the browser at the phone', 'ms', toPhone);
}

/** A call that this page answers, with audio on the line. */
export async function answered(caller, number, page, line) {
  const call = caller.call(number, { rtpPort: line.port });
  await rangAt(page, call.times.invite);
  await page.getByRole('button', { name: 'Answer', exact: true }).click();
  await call.reached(200);
  line.start(call.sdp);
  return call;
}

// From a write to a live call's item in DynamoDB to the screen: the stream, the function behind it, the WebSocket, the page.

import { dynamo } from './aws.mjs';
import { now } from './clock.mjs';
import { missing, report } from './figures.mjs';
import { over } from './ringing.mjs';
import { rangAt } from './page.mjs';

const RUNS = 80;

export async function pixel({ platform, caller, anna }) {
  await platform.ringFor(120);
  const call = caller.call(platform.anna.number);
  const { call: id } = await rangAt(anna.page, call.times.invite);
  const [changed, drawn, failed] = [[], [], []];
  for (let run = 0; run < RUNS; run += 1) {
    const name = `Bench ${run}`;
    const sent = now();
    try {
      await rename(platform, id, name);
      await anna.page.waitForFunction((name) => window.bench.painted[name], name, { timeout: 5_000 });
      const seen = await anna.page.evaluate((name) => ({ dom: window.bench.names[name], frame: window.bench.painted[name] }), name);
      changed.push(seen.dom - sent);
      drawn.push(seen.frame - sent);
    } catch (error) {
      failed.push(error.message);
    }
  }
  await over(call, anna);
  await platform.ringFor(25);
  if (failed.length > 0) missing(`${failed.length} of ${RUNS} runs of DynamoDB write to screen`, failed[0]);
  report('DynamoDB write sent to change in the page', 'ms', changed);
  report('DynamoDB write sent to frame drawn', 'ms', drawn);
}

/** Gives the caller another name, as the next revision of the call. */
function rename(platform, call, name) {
  return dynamo(platform, 'UpdateItem', {
    TableName: 'calls',
    Key: { pk: { S: `C#${call}` }, sk: { S: 'CALL' } },
    UpdateExpression: 'SET #view.#legs[0].#name = :name, #view.#rev = #view.#rev + :one, #rev = #rev + :one',
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeNames: { '#view': 'view', '#legs': 'legs', '#name': 'name', '#rev': 'rev' },
    ExpressionAttributeValues: { ':name': { S: name }, ':one': { N: '1' } },
  });
}

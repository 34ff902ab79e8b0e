// What the README tells of an onboarding is run as it stands.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Platform } from '../harness/platform.mjs';

const README = new URL('../../../README.md', import.meta.url);
const HEADING = '## Onboard a customer with `curl`';

/** The commands under the heading, asked of this platform instead. */
async function commands(origin) {
  const text = await readFile(README, 'utf8');
  const [, block] = /```sh\n(.*?)```/s.exec(text.slice(text.indexOf(HEADING)));
  const local = 'at=http://localhost:8080\n';
  assert.ok(block.startsWith(local), block.slice(0, 80));
  return block.replace(local, `at=${origin}\n`);
}

/** Runs them in a folder of their own; what they print. */
async function run(t, script, env) {
  const folder = await mkdtemp(join(tmpdir(), 'strowger-readme-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const bash = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => bash.kill('SIGKILL'));
  let [out, err] = ['', ''];
  bash.stdout.on('data', (data) => { out += data; });
  bash.stderr.on('data', (data) => { err += data; });
  const code = await new Promise((ended) => bash.on('close', ended));
  assert.equal(code, 0, `${out}\n${err}`);
  return out;
}

test('the commands of the README onboard a customer, as far as live', { timeout: 170_000 }, async (t) => {
  const platform = await Platform.start(t, { more: ['--time-scale', '3600'] });
  const script = await commands(new URL(platform.web).origin);
  const printed = await run(t, script, { RUTH: platform.ruth.password });
  const last = printed.slice(printed.lastIndexOf('closed\n'));
  assert.match(last, /^test done$/m, printed);
  assert.match(last, /^closed done$/m, printed);
});

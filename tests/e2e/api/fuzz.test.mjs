// The API against its document: whatever schemathesis makes of it, no answer is a server error.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask, expect } from '../harness/office.mjs';
import { Platform } from '../harness/platform.mjs';
import { Program } from '../harness/process.mjs';

const schemathesis = process.env.SCHEMATHESIS;

for (const who of ['lucia', 'ruth', 'anna']) {
  test(`no request of ${who} makes the API fail`, async (t) => {
    assert.ok(schemathesis, 'SCHEMATHESIS names the program: run `cargo xtask test --only e2e`');
    const platform = await Platform.start(t, { more: ['--time-scale', '3600'] });
    const { email, password } = platform[who];
    const { accessToken } = await expect(200, ask(platform, 'POST', '/v1/session', { email, password }));
    const run = new Program(schemathesis, [
      'run', new URL('/openapi.json', platform.web).href, '--url', platform.web,
      '--header', `Authorization: Bearer ${accessToken}`,
      '--checks', 'not_a_server_error', '--phases', 'examples,coverage,fuzzing',
      '--max-examples', '10', '--seed', '20261121', '--generation-deterministic', '--no-color',
      '--suppress-health-check', 'all', '--warnings', 'off',
      // Ends the session that the others need.
      '--exclude-operation-id', 'sign_out',
    ], { cwd: platform.data });
    const { code } = await run.ended;
    assert.equal(code, 0, run.text.slice(-20_000));
  });
}

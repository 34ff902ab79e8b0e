// Free ports: what is held to find one is let go.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';

import { LOOPBACK, freePort, whenFree } from './ports.mjs';

test('a pair of which somebody has a part is not free, and nothing of it stays open', async () => {
  const port = await freePort({ pair: true });
  const other = createSocket('udp4');
  other.bind(port + 1, LOOPBACK);
  await once(other, 'listening');
  assert.equal(await whenFree(port, { pair: true }), undefined);
  assert.equal(await whenFree(port), port, 'alone it is');
  await new Promise((done) => other.close(done));
  assert.equal(await whenFree(port, { pair: true }), port);
});

// Free ports: each is given once, no connection that goes out takes one, and what is held to find one is let go.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { FROM, LOOPBACK, TO, claim, freePort, isFree } from './ports.mjs';

const ports = new URL('./ports.mjs', import.meta.url).href;

/** What another process prints that runs this with the ports at hand. */
function another(code) {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', `import * as ports from '${ports}';${code}`]);
  assert.equal(String(stderr), '');
  return String(stdout).trim();
}

test('a pair of which somebody has a part is not free, and nothing of it stays open', async (t) => {
  const port = await freePort({ pair: true });
  const other = createSocket('udp4');
  t.after(() => other.unref());
  other.bind(port + 1, LOOPBACK);
  await once(other, 'listening');
  assert.equal(await isFree([port, port + 1]), false);
  assert.equal(await isFree([port]), true, 'alone it is');
  await new Promise((done) => other.close(done));
  assert.equal(await isFree([port, port + 1]), true);
});

test('no port is given twice, nor to another process while this one lives', async () => {
  const given = await Promise.all(Array.from({ length: 200 }, () => freePort()));
  assert.equal(new Set(given).size, given.length);
  assert.equal(another(`console.log(${JSON.stringify(given)}.filter(ports.claim).length)`), '0');
});

test('a port of a process that was killed is free again', async () => {
  const port = Number(another(`
    import { writeSync } from 'node:fs';
    writeSync(1, String(await ports.freePort()));
    process.kill(process.pid, 'SIGKILL');
  `));
  claim(port);
  assert.equal(claim(port), true, 'the first look finds its owner gone');
});

test('ports lie beside those of connections that go out', () => {
  const [low, high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  assert.ok(TO <= low || FROM > high, `${FROM} to ${TO} beside ${low} to ${high}`);
  assert.ok(TO - FROM > 1000);
});

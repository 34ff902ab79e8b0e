// The WebSocket through which screens hear of calls: who is let in, what may be said, and who sees what.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { eventually } from '../harness/process.mjs';
import { scene, TONES } from '../harness/scene.mjs';
import { BINARY, Socket } from '../harness/websocket.mjs';

const stage = await scene();
const { platform } = stage;
const DEVICE = 'device.e2e-0123456789';

async function signIn({ email, password }) {
  const answer = await fetch(new URL('/v1/session', platform.web), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  assert.equal(answer.status, 200);
  return (await answer.json()).accessToken;
}

/** Asks for a socket with this token, as the web client does. */
function dial(t, token, headers) {
  return Socket.open(t, platform.ready.websocket, { protocols: ['strowger', token, DEVICE], headers });
}

/** An open socket of a person. */
async function connected(t, who) {
  const socket = await dial(t, await signIn(who));
  assert.deepEqual([socket.status, socket.protocol], [101, 'strowger']);
  return socket;
}

const parsed = (type) => (message) => JSON.parse(message).type === type;
const ask = async (socket, message, type) => JSON.parse(await socket.send(message).next(parsed(type), type));
const hello = async (socket) => (await ask(socket, '{"type":"hello"}', 'snapshot')).calls;

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unpacked = (part) => JSON.parse(Buffer.from(part, 'base64url'));

/** A token as the platform makes them, with other claims and the platform's own key. */
function minted(token, change) {
  const [head, claims] = token.split('.');
  const key = Buffer.from(readFileSync(join(platform.data, 'token-key'), 'utf8').trim(), 'base64');
  const signed = `${head}.${base64url({ ...unpacked(claims), ...change })}`;
  return signedWith(key, signed);
}

function signedWith(key, text) {
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

test('a socket without a token, with a broken, a forged or an expired one is refused', async (t) => {
  const token = await signIn(platform.anna);
  const [head, claims, signature] = token.split('.');
  const { kid } = unpacked(head);
  const operator = base64url({ ...unpacked(claims), role: 'operator' });
  const now = Math.floor(Date.now() / 1000);
  // What is minted here is good, so that the refusals below are for what they claim.
  assert.equal((await dial(t, minted(token, {}))).status, 101);
  for (const [what, bad] of [
    ['a word', 'x'],
    ['half a token', `${head}.${claims}`],
    ['other claims under the old signature', `${head}.${operator}.${signature}`],
    ['no signature', `${base64url({ alg: 'none', kid })}.${operator}.`],
    ['a signature with another key', signedWith('a guess', `${head}.${operator}`)],
    ['an expired token', minted(token, { iat: now - 601, exp: now - 1 })],
    ['a token that is good for longer than any is', minted(token, { exp: now + 86_400 })],
    ['a token of nobody', minted(token, { sub: 'p-nobody' })],
    ['a token of another tenant', minted(token, { tenant: 't-other' })],
  ]) {
    assert.equal((await dial(t, bad)).status, 401, what);
  }
  for (const protocols of [
    [],
    ['strowger'],
    ['strowger', token],
    ['strowger', DEVICE],
    [token, 'strowger', DEVICE],
    ['strowger', token, 'device.x'],
  ]) {
    const socket = await Socket.open(t, platform.ready.websocket, { protocols });
    assert.equal(socket.status, 400, `subprotocols ${protocols.map((protocol) => protocol.slice(0, 10))}`);
  }
});

test("another site's page opens no socket, even with a good token", async (t) => {
  const token = await signIn(platform.anna);
  const { port } = new URL(platform.web);
  const foreign = ['https://example.com', `http://example.com:${port}`, 'http://127.0.0.1:1', `http://127.0.0.1.example.com:${port}`, 'null'];
  for (const origin of foreign) {
    assert.equal((await dial(t, token, { Origin: origin })).status, 403, origin);
  }
  for (const origin of [new URL(platform.web).origin, `http://localhost:${port}`]) {
    assert.equal((await dial(t, token, { Origin: origin })).status, 101, origin);
  }
});

test('signing out closes the sockets of that session, and no other', async (t) => {
  const [leaving, staying] = [await signIn(platform.anna), await signIn(platform.anna)];
  const [gone, kept] = [await dial(t, leaving), await dial(t, staying)];
  await Promise.all([hello(gone), hello(kept)]);
  const headers = { authorization: `Bearer ${leaving}` };
  assert.equal((await fetch(new URL('/v1/session', platform.web), { method: 'DELETE', headers })).status, 204);
  assert.equal(await gone.closes(), 1000);
  assert.deepEqual(await hello(kept), []);
});

test('a person has at most 20 sockets; one that closes makes room, and others have their own', async (t) => {
  const token = await signIn(platform.tan);
  const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(t, token)));
  assert.deepEqual(new Set(sockets.map(({ status }) => status)), new Set([101]));
  assert.equal((await dial(t, token)).status, 429);
  await connected(t, platform.anna);
  await sockets[0].close();
  await eventually(async () => (await dial(t, token)).status === 101, 'room for one more');
  await Promise.all(sockets.slice(1).map((socket) => socket.close()));
});

test('a message that cannot be taken is answered with what is allowed, and the socket goes on', async (t) => {
  const socket = await connected(t, platform.anna);
  for (const bad of ['', '{', 'hello', '[]', '{}', '{"type":"shout"}', '{"type":7}', '{"type":"hello","more":1}']) {
    const { message } = await ask(socket, bad, 'error');
    assert.equal(message, 'a message is {"type":"hello"} or {"type":"ping"}', bad);
  }
  const { message } = await ask(socket, JSON.stringify({ type: 'ping', more: 'x'.repeat(4096) }), 'error');
  assert.equal(message, 'a message has at most 4096 bytes');
  assert.deepEqual(await ask(socket, '{"type":"ping"}', 'pong'), { type: 'pong' });
});

test('a message of bytes closes the socket, one too large cuts it off, and the others do not notice', async (t) => {
  const [bytes, large, other] = await Promise.all([1, 2, 3].map(() => connected(t, platform.anna)));
  assert.equal(await bytes.send('{"type":"ping"}', { opcode: BINARY }).closes(), 1003);
  assert.equal(await large.send('x'.repeat(128 * 1024 + 1)).closes(), 1006);
  await ask(other, '{"type":"ping"}', 'pong');
});

test('the snapshot and what follows hold the calls that a person may see, and no other', { timeout: 60_000 }, async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  const [tan, lucia] = [await connected(t, platform.tan), await connected(t, platform.lucia)];
  assert.deepEqual(await Promise.all([hello(tan), hello(lucia)]), [[], []]);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);

  const own = await connected(t, platform.anna);
  const [call, ...more] = await hello(own);
  assert.deepEqual(more, []);
  assert.equal(call.phase, 'talking');
  assert.deepEqual((await hello(lucia)).map(({ id }) => id), [call.id], 'the operator sees it');
  assert.deepEqual(await hello(tan), [], 'a colleague does not');

  await phone.hangUp();
  const ended = (message) => parsed('call')(message) && JSON.parse(message).call.phase === 'ended';
  for (const socket of [own, lucia]) {
    assert.equal(JSON.parse(await socket.next(ended, 'call that ended')).call.id, call.id);
  }
  await platform.quiet();
  await eventually(async () => (await hello(own)).length === 0, 'the snapshot no longer has the call');
  assert.deepEqual(await hello(tan), []);
  assert.deepEqual(tan.messages, [], 'Tan was told nothing, from the first ring to the end');
});

test('a screen whose calls were lost on their way asks for them again', { timeout: 60_000 }, async (t) => {
  const anna = await stage.anna(t);
  let lost = 0;
  await anna.page.routeWebSocket(/\/ws$/, (screen) => {
    screen.connectToServer().onMessage((text) => {
      if (lost === 0 && text.includes('"snapshot"')) lost += 1;
      else screen.send(text);
    });
  });
  await anna.page.reload();
  await anna.connected();
  assert.equal(lost, 1);
});

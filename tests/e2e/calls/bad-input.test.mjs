// What a stranger or a broken program may send: the right error, and a call in progress goes on.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { test } from 'node:test';

import { eventually } from '../harness/process.mjs';
import { LOOPBACK } from '../harness/ports.mjs';
import { scene, TONES } from '../harness/scene.mjs';

const stage = await scene();
const tokens = { anna: await tokenOf(stage.platform.anna), tan: await tokenOf(stage.platform.tan) };

/** A request to the HTTP API; `token` is who asks. */
async function api(path, { token, method = 'GET', body, headers = {} } = {}) {
  const answer = await fetch(new URL(path, stage.platform.web), {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body,
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: parsed(text), text };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function tokenOf({ email, password }) {
  const { status, body } = await api('/v1/session', { method: 'POST', body: JSON.stringify({ email, password }) });
  assert.equal(status, 200);
  return body.accessToken;
}

test('every route but signing in and invitations refuses a request without a token, with a broken one, and with a forged one', async () => {
  const { body: document } = await api('/openapi.json');
  const [head, , signature] = tokens.anna.split('.');
  const claims = Buffer.from(JSON.stringify({ sub: 'p-lucia-mendez', role: 'operator', exp: 4_102_444_800 })).toString('base64url');
  const forged = [`${head}.${claims}.${signature}`, `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`];
  for (const [path, methods] of Object.entries(document.paths)) {
    // An invitation's secret is what lets its reader in.
    if (/^\/v1\/(session|invitations)/.test(path) || !path.startsWith('/v1/')) continue;
    for (const method of Object.keys(methods)) {
      const body = method === 'post' ? '{}' : undefined;
      for (const token of [undefined, 'x', ...forged]) {
        const { status } = await api(path.replace(/\{\w+\}/g, 'c-1'), { token, method: method.toUpperCase(), body });
        assert.equal(status, 401, `${method} ${path} with ${token?.slice(0, 20)}`);
      }
    }
  }
});

test('a body that is no JSON, of another type, too large or with a wrong field is named in the refusal', async () => {
  const token = tokens.anna;
  const key = { 'idempotency-key': 'key-of-a-bad-body' };
  const place = (body, headers) => api('/v1/calls', { token, method: 'POST', body, headers: { ...key, ...headers } });
  assert.equal((await place('{')).status, 400);
  assert.equal((await place('to=1', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await place(JSON.stringify({ to: 'x'.repeat(2_000_000) }))).status, 413);
  const wrong = await place(JSON.stringify({ to: 7 }));
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /to/);
});

test("a stranger's call is not found, whichever way it is asked for", async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  const { body } = await api('/v1/calls?live=true', { token: tokens.anna });
  const [{ id }] = body.calls;
  for (const [path, method, request] of [
    [`/v1/calls/${id}`, 'GET'],
    [`/v1/calls/${id}/execution`, 'GET'],
    [`/v1/calls/${id}/media`, 'POST', '{"device":"web-0123456789"}'],
    [`/v1/calls/${id}/commands`, 'POST', '{"command":"hang_up"}'],
  ]) {
    const ask = (address) =>
      api(address, { token: tokens.tan, method, body: request, headers: { 'idempotency-key': crypto.randomUUID() } });
    const [foreign, unknown] = [await ask(path), await ask(path.replace(id, 'c-unknown'))];
    assert.equal(foreign.status, 404, `${method} ${path}: ${foreign.text}`);
    assert.equal(unknown.status, 404, `${method} of a call that never was: ${unknown.text}`);
  }
  await anna.rings();
  await phone.hangUp();
  await anna.ringsNoLonger();
  await stage.platform.quiet();
});

test('a refresh token that was replaced ends the session; only an answer that was lost may be asked for again', async () => {
  const { email, password } = stage.platform.tan;
  const signedIn = await api('/v1/session', { method: 'POST', body: JSON.stringify({ email, password }) });
  const cookieOf = ({ headers }) => headers.getSetCookie()[0].split(';')[0];
  const refresh = (cookie) => api('/v1/session/refresh', { method: 'POST', headers: { cookie } });
  const first = cookieOf(signedIn);
  const second = cookieOf(await refresh(first));
  assert.notEqual(second, first);
  assert.equal(cookieOf(await refresh(first)), second, 'the same answer once more, and no second branch');
  const third = cookieOf(await refresh(second));
  assert.equal((await refresh(first)).status, 401, 'replayed');
  assert.equal((await refresh(third)).status, 401, 'and with it the whole family is void');
});

test('AWS addresses answer no page and no foreign host', async () => {
  const { sfn } = stage.platform.ready.aws;
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AWSStepFunctions.ListStateMachines' };
  const allowed = await fetch(sfn, { method: 'POST', headers, body: '{}' });
  assert.equal(allowed.status, 200);
  const page = await fetch(sfn, { method: 'POST', headers: { ...headers, origin: 'https://example.com' }, body: '{}' });
  assert.ok(page.status >= 400, `a page got ${page.status}`);
  assert.ok((await hosted(sfn, 'rebound.example')) >= 400, 'a name that was rebound to this machine');
});

/** The status of a request that names another host; fetch would not send one. */
function hosted(address, host) {
  const { hostname, port } = new URL(address);
  return new Promise((done, failed) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: 2\r\n\r\n{}`);
    });
    socket.once('data', (bytes) => {
      socket.destroy();
      done(Number(bytes.toString('latin1').split(' ')[1]));
    });
    socket.once('error', failed);
  });
}

const HEAD = `Via: SIP/2.0/UDP ${LOOPBACK}:5099;branch=z9hG4bK`;
const rest = (cseq) =>
  `Max-Forwards: 70\r\nTo: <sip:+41445550100@${LOOPBACK}>\r\nFrom: <sip:x@${LOOPBACK}>;tag=1\r\nCall-ID: bad-${cseq}\r\nCSeq: ${cseq}\r\n`;

for (const [what, message, status] of [
  ['an unknown method', `NEWMETHOD sip:+41445550100@${LOOPBACK} SIP/2.0\r\n${HEAD}1\r\n${rest('1 NEWMETHOD')}Content-Length: 0\r\n\r\n`, /^SIP\/2\.0 (405|501) /],
  ['another version of SIP', `OPTIONS sip:${LOOPBACK} SIP/7.0\r\n${HEAD}2\r\n${rest('2 OPTIONS')}Content-Length: 0\r\n\r\n`, /^SIP\/2\.0 505 /],
  ['a scheme nobody knows', `OPTIONS nobodyknows:totallyopaque SIP/2.0\r\n${HEAD}3\r\n${rest('3 OPTIONS')}Content-Length: 0\r\n\r\n`, /^SIP\/2\.0 416 /],
  ['a body longer than the datagram', `INVITE sip:+41445550100@${LOOPBACK} SIP/2.0\r\n${HEAD}4\r\n${rest('4 INVITE')}Content-Length: 9999\r\n\r\nv=0\r\n`, /^SIP\/2\.0 400 /],
  ['a CSeq of another method', `OPTIONS sip:${LOOPBACK} SIP/2.0\r\n${HEAD}5\r\n${rest('5 INVITE')}Content-Length: 0\r\n\r\n`, /^SIP\/2\.0 400 /],
]) {
  test(`SIP: ${what} gets its response`, async (t) => {
    const socket = createSocket('udp4');
    t.after(() => socket.close());
    let answer = '';
    socket.on('message', (bytes) => (answer ||= bytes.toString('latin1')));
    await new Promise((done) => socket.bind(0, LOOPBACK, done));
    const text = message.replaceAll(':5099', `:${socket.address().port}`);
    socket.send(text, stage.platform.ports.sip, LOOPBACK);
    await eventually(() => answer || undefined, 'an answer', { limitMs: 5000 });
    assert.match(answer, status);
  });
}

test('garbage from strangers does not touch a call in progress', async (t) => {
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  await phone.dial(stage.uri(stage.platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);

  const socket = createSocket('udp4');
  t.after(() => socket.close());
  let seed = 4475;
  for (let n = 0; n < 400; n += 1) {
    const bytes = Buffer.from(Array.from({ length: n * 3 }, () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16));
    socket.send(n % 4 === 0 ? Buffer.concat([Buffer.from('INVITE sip:'), bytes]) : bytes, stage.platform.ports.sip, LOOPBACK);
  }
  const flood = connect(stage.platform.ports.sip, LOOPBACK);
  flood.on('error', () => {});
  flood.write(`OPTIONS sip:x SIP/2.0\r\nX: ${'a'.repeat(200_000)}`);
  t.after(() => flood.destroy());

  await anna.hears(TONES.phone);
  await phone.hangUp();
  await anna.ended(/^Call ended/);
  await stage.platform.quiet();
});

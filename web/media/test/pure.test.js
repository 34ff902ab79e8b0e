import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../src/level.js';
import { qualityFrom } from '../src/quality.js';
import { faultOf } from '../src/status.js';

const report = (rtt, received, lost) => new Map([
  ['pair', { type: 'candidate-pair', nominated: true, currentRoundTripTime: rtt }],
  ['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: received, packetsLost: lost }],
]);

test('loss is that of the last seconds, not of the whole call', () => {
  const memory = {};
  assert.deepEqual(qualityFrom(memory, report(0.038, 1000, 100)), { rtt: 38, loss: 0 });
  assert.deepEqual(qualityFrom(memory, report(0.04, 1090, 110)), { rtt: 40, loss: 10 });
  assert.deepEqual(qualityFrom(memory, report(0.04, 1190, 110)), { rtt: 40, loss: 0 });
});

test('counters that begin again after a reconnect are no loss', () => {
  const memory = {};
  qualityFrom(memory, report(0.04, 1000, 50));
  assert.deepEqual(qualityFrom(memory, report(0.04, 10, 0)), { rtt: 40, loss: 0 });
});

test('without a connected pair there is nothing to say', () => {
  assert.equal(qualityFrom({}, new Map()), undefined);
  assert.equal(qualityFrom({}, undefined), undefined);
});

test('a click is not talking, and a breath does not end a sentence', () => {
  const run = (levels, state = { talking: false, run: 0 }) => levels.reduce(decide, state);
  assert.equal(run([0.5, 0.5, 0]).talking, false);
  assert.equal(run([0.5, 0.5, 0.5, 0.5]).talking, true);
  assert.equal(run(Array(11).fill(0), { talking: true, run: 0 }).talking, true);
  assert.equal(run(Array(12).fill(0), { talking: true, run: 0 }).talking, false);
});

test('a meeting that ends is no fault', () => {
  const codes = { OK: 0, Left: 1, MeetingEnded: 5, AudioAttendeeRemoved: 22, ConnectionHealthReconnect: 9 };
  assert.equal(faultOf(codes, 5), undefined);
  assert.equal(faultOf(codes, 0), undefined);
  assert.equal(faultOf(codes, 99), 'ConnectFailed');
});

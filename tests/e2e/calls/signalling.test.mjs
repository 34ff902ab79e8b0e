// The signalling socket of a meeting is open to everybody: what strangers and broken clients send is refused with
// the code that ends a client for good, and the call that goes on in the meeting is not touched.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  MAX_FRAME_BYTES,
  SUBPROTOCOL,
  all,
  bodyOf,
  bytes,
  createAttendee,
  errorOf,
  everPresent,
  frame,
  isOf,
  meetings,
  number,
  watchMeeting,
} from '../harness/chime.mjs';
import { scene, TONES } from '../harness/scene.mjs';
import { secondsOf } from '../harness/tones.mjs';
import { Socket } from '../harness/websocket.mjs';

/** Codes that end a client for good, and one after which it may come back. */
const BAD_REQUEST = 4400;
const FORBIDDEN = 4403;
const MEETING_ENDED = 4410;
const ATTENDEE_REMOVED = 4411;
const TOO_MANY_FRAMES = 4429;
const TRY_AGAIN = 4500;
/** No close frame came: the connection was cut. */
const CUT = 1006;

const stage = await scene();
const JOIN = frame('JOIN', number(1, 2));
const PING = frame('PING_PONG', Buffer.concat([number(1, 1), number(2, 1)]));
const subscribe = (sdp) => frame('SUBSCRIBE', Buffer.concat([number(1, 1), bytes(4, sdp)]));

/** A control socket of a meeting, as the browser's client asks for it. */
function control(t, meeting, token) {
  return Socket.open(t, new URL(`/control/${meeting}`, stage.platform.web), { protocols: [SUBPROTOCOL, token] });
}

/** What is no frame, or no frame that a client may send now: the messages, and whether an error says why before the close. */
const MALFORMED = [
  ['garbage bytes', [Buffer.from('c0ffee00ff', 'hex')]],
  ['the prefix and then garbage', [Buffer.from('05ffffffffffffffffffffff', 'hex')]],
  ['an empty message', [Buffer.alloc(0)]],
  ['a text message', ['{"type":"join"}']],
  ['a frame that is cut off', [JOIN.subarray(0, JOIN.length - 1)]],
  ['a frame without its type', [Buffer.concat([Buffer.from([0x05]), number(1, 1)])]],
  ['a frame above the limit', [Buffer.concat([JOIN, bytes(60, Buffer.alloc(MAX_FRAME_BYTES))])]],
  ['a type that only the server sends', [frame('JOIN_ACK')]],
  ['an offer before the JOIN', [subscribe('v=0')]],
  ['a second JOIN', [JOIN, JOIN]],
  ['an offer that is no SDP', [JOIN, subscribe('\u0000 no description of a session')]],
  ['an offer without media', [JOIN, subscribe('v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n')]],
  ['an empty offer', [JOIN, subscribe('')]],
  ['a mute that does not say which', [JOIN, frame('AUDIO_CONTROL')]],
  ['a ping that is neither ping nor pong', [frame('PING_PONG', Buffer.concat([number(1, 9), number(2, 1)]))]],
];

test('while a call goes on, its signalling refuses what is malformed, foreign or too much', { timeout: 240_000 }, async (t) => {
  const { platform } = stage;
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  const { entered, sockets, frames } = watchMeeting(anna.page);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  const meeting = await entered;
  const { Attendees } = await meetings(platform, `/meetings/${meeting}/attendees`);
  const ofAnna = Attendees.find((attendee) => attendee.ExternalUserId === 'callee');
  const guest = await createAttendee(platform, meeting, 'stranger');
  const wanted = { ClientRequestToken: 'other', ExternalMeetingId: 'other', MediaRegion: 'us-east-1' };
  const { Meeting: other } = await meetings(platform, '/meetings', { method: 'POST', body: wanted });
  const ofOther = await createAttendee(platform, other.MeetingId, 'stranger');

  /** Neither side of the call has lost the other, and nobody else was ever there. */
  async function untouched() {
    await anna.isIn('talking');
    await anna.hears(TONES.phone);
    await phone.hears((recording) => secondsOf(recording, TONES.anna) > 0.5, "Anna's tone");
    assert.deepEqual(everPresent(frames), new Set(['caller', 'callee']));
    assert.equal(sockets.length, 1, "Anna's browser never had to connect again");
  }

  for (const [what, protocols] of [
    ['no subprotocol', []],
    ['another subprotocol', ['chat', guest.JoinToken]],
    ['only the token', [guest.JoinToken]],
    ['no token', [SUBPROTOCOL]],
  ]) {
    await t.test(`${what} is no WebSocket of ours`, async (t) => {
      const socket = await Socket.open(t, new URL(`/control/${meeting}`, platform.web), { protocols });
      assert.equal(socket.status, 400);
      assert.match(socket.body, /subprotocols must be _aws_wt_session and a join token/);
    });
  }

  const deleted = await createAttendee(platform, meeting, 'deleted');
  await meetings(platform, `/meetings/${meeting}/attendees/${deleted.AttendeeId}`, { method: 'DELETE' });
  for (const [what, where, token, code] of [
    ['a made-up token', meeting, 'a-token-of-nobody', FORBIDDEN],
    ['a token with a character more', meeting, `${guest.JoinToken}x`, FORBIDDEN],
    ["another meeting's token", meeting, ofOther.JoinToken, FORBIDDEN],
    ['the token of an attendee that was deleted', meeting, deleted.JoinToken, FORBIDDEN],
    ['a good token for a meeting that never was', crypto.randomUUID(), guest.JoinToken, MEETING_ENDED],
    ['a good token for what is no meeting id', 'no-meeting', guest.JoinToken, MEETING_ENDED],
  ]) {
    await t.test(`${what} is let in nowhere: ${code} after its JOIN, and no frame before`, async (t) => {
      const socket = await control(t, where, token);
      assert.deepEqual([socket.status, socket.protocol], [101, SUBPROTOCOL]);
      assert.equal(await socket.send(JOIN).closes(), code);
      assert.deepEqual(socket.messages, []);
    });
  }
  await t.test('after the refusals the call goes on', untouched);

  for (const [what, messages] of MALFORMED) {
    await t.test(`${what}: an error that says so, and ${BAD_REQUEST}`, async (t) => {
      const socket = await control(t, meeting, guest.JoinToken);
      for (const message of messages) socket.send(message);
      assert.equal(await socket.closes(), BAD_REQUEST);
      const said = socket.messages.find((message) => isOf(message, 'NOTIFICATION'));
      assert.equal(said && errorOf(said), 400);
    });
  }
  await t.test('after the malformed frames the call goes on', untouched);

  await t.test('malformed frames under the token of one who talks end that socket only', async (t) => {
    for (const message of [Buffer.from('garbage'), 'text', subscribe('v=0')]) {
      const socket = await control(t, meeting, ofAnna.JoinToken);
      assert.equal(await socket.send(message).closes(), BAD_REQUEST);
    }
  });

  for (const [what, send] of [
    ['a message twice the limit', (socket) => socket.send(Buffer.alloc(2 * MAX_FRAME_BYTES + 1, 0x05))],
    ['a frame without a mask', (socket) => socket.send(PING, { masked: false })],
    ['an opcode that nobody knows', (socket) => socket.send(PING, { opcode: 3 })],
  ]) {
    await t.test(`${what} is cut off`, async (t) => {
      const socket = await control(t, meeting, guest.JoinToken);
      send(socket);
      assert.equal(await socket.closes(), CUT);
      assert.deepEqual(socket.messages, []);
    });
  }

  await t.test(`a flood of good frames: ${TOO_MANY_FRAMES}, after those that one may send at once`, async (t) => {
    const sockets = await Promise.all([1, 2, 3].map(() => control(t, meeting, guest.JoinToken)));
    for (let n = 0; n < 3000; n += 1) sockets.forEach((socket) => socket.send(PING));
    for (const socket of sockets) {
      assert.equal(await socket.closes(), TOO_MANY_FRAMES);
      assert.ok(socket.messages.length >= 240, `${socket.messages.length} answers`);
    }
  });

  await t.test(`more sockets that wait to join than an attendee may have: ${TRY_AGAIN}`, async (t) => {
    const waiting = [];
    for (let n = 0; n < 4; n += 1) waiting.push(await control(t, meeting, guest.JoinToken));
    // The answer to a ping shows that each is open.
    for (const socket of waiting) await socket.send(PING).next();
    const fifth = await control(t, meeting, guest.JoinToken);
    assert.equal(await fifth.send(JOIN).closes(), TRY_AGAIN);
    await Promise.all(waiting.map((socket) => socket.close()));
  });

  await t.test(`one who joins and never offers media is not in the meeting, and goes with its attendee: ${ATTENDEE_REMOVED}`, async (t) => {
    const socket = await control(t, meeting, guest.JoinToken);
    const index = await socket.send(JOIN).next((message) => isOf(message, 'INDEX'), 'INDEX');
    assert.deepEqual(all(bodyOf(index, 'INDEX'), 4), [2], 'Anna and the phone are present, and nobody else');
    await meetings(platform, `/meetings/${meeting}/attendees/${guest.AttendeeId}`, { method: 'DELETE' });
    assert.equal(await socket.closes(), ATTENDEE_REMOVED);
  });

  await t.test('after all of it the call goes on, and ends as calls end', async () => {
    await untouched();
    await phone.hangUp();
    await anna.ended(/^Call ended/);
    await platform.quiet();
  });
});

test('the socket of a call that has ended is closed for good', { timeout: 60_000 }, async (t) => {
  const { platform } = stage;
  const anna = await stage.anna(t);
  const phone = await stage.phone(t);
  const { entered } = watchMeeting(anna.page);
  await phone.dial(stage.uri(platform.anna.number));
  await anna.rings();
  await anna.press('Answer');
  await anna.hears(TONES.phone);
  const meeting = await entered;
  const guest = await createAttendee(platform, meeting, 'stranger');
  const socket = await control(t, meeting, guest.JoinToken);
  await socket.send(PING).next();
  await phone.hangUp();
  assert.equal(await socket.closes(), MEETING_ENDED);
  await platform.quiet();
  const late = await control(t, meeting, guest.JoinToken);
  assert.equal(await late.send(JOIN).closes(), MEETING_ENDED);
});

// Chime SDK Meetings from outside: its AWS API, and its signalling frames byte by byte.

/** Most bytes of a signalling frame, and of a WebSocket message that is read at all. */
export const MAX_FRAME_BYTES = 128 * 1024;
/** The subprotocol that a client offers before its token. */
export const SUBPROTOCOL = '_aws_wt_session';

/** Types of frames, and the field that holds the body of each. */
export const TYPES = {
  JOIN: { type: 1, field: 4 },
  JOIN_ACK: { type: 2, field: 5 },
  SUBSCRIBE: { type: 3, field: 6 },
  INDEX: { type: 5, field: 8 },
  AUDIO_CONTROL: { type: 16, field: 17 },
  AUDIO_STREAM_ID_INFO: { type: 18, field: 19 },
  PING_PONG: { type: 19, field: 20 },
  NOTIFICATION: { type: 34, field: 35 },
};

/** A request to the meetings API of a platform. */
export async function meetings(platform, path, { method = 'GET', body } = {}) {
  const answer = await fetch(new URL(path, platform.ready.aws.chime_sdk_meetings), {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

/** One more attendee of a meeting, with its join token. */
export async function createAttendee(platform, meeting, externalUserId) {
  const path = `/meetings/${meeting}/attendees`;
  return (await meetings(platform, path, { method: 'POST', body: { ExternalUserId: externalUserId } })).Attendee;
}

/** The meeting that a page enters next, its sockets and the frames it gets there. Listens from now on. */
export function watchMeeting(page) {
  const [sockets, frames] = [[], []];
  const entered = new Promise((done) => {
    page.on('websocket', (socket) => {
      const [, meeting] = /\/control\/([\w-]+)/.exec(socket.url()) ?? [];
      if (!meeting) return;
      sockets.push(socket);
      socket.on('framereceived', ({ payload }) => frames.push(Buffer.from(payload)));
      done(meeting);
    });
  });
  return { entered, sockets, frames };
}

/** Everybody of whom these frames say that they are present, by external user id. */
export function everPresent(frames) {
  const rosters = frames.filter((frame) => isOf(frame, 'AUDIO_STREAM_ID_INFO'));
  const said = rosters.flatMap((frame) => all(bodyOf(frame, 'AUDIO_STREAM_ID_INFO'), 1));
  return new Set(said.flatMap((entry) => all(fieldsOf(entry), 4)).map(String));
}

/** The message that carries one frame; `body` is the encoded body. */
export function frame(name, body = Buffer.alloc(0)) {
  const { type, field } = TYPES[name];
  return Buffer.concat([Buffer.from([0x05]), number(1, Date.now()), number(2, type), bytes(field, body)]);
}

/** A whole number field. */
export function number(field, value) {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** A field of bytes, text or an encoded message. */
export function bytes(field, content) {
  const payload = Buffer.from(content);
  return Buffer.concat([varint((field << 3) | 2), varint(payload.length), payload]);
}

function varint(value) {
  const out = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...out, Number(rest)]);
    out.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** Whether a message is a frame of this type. */
export function isOf(message, name) {
  return message[0] === 0x05 && all(fieldsOf(message.subarray(1)), 2)[0] === TYPES[name].type;
}

/** The fields of a frame's body. */
export function bodyOf(message, name) {
  return fieldsOf(all(fieldsOf(message.subarray(1)), TYPES[name].field)[0] ?? Buffer.alloc(0));
}

/** `error.status` of a frame, if it has one. */
export function errorOf(message) {
  const [error] = all(fieldsOf(message.subarray(1)), 3);
  return error && all(fieldsOf(error), 1)[0];
}

/** The values of a field, in order. */
export function all(fields, wanted) {
  return fields.filter(([field]) => field === wanted).map(([, value]) => value);
}

/** The fields of a message in wire format: numbers, and bytes for everything that has a length. */
function fieldsOf(message) {
  const fields = [];
  let at = 0;
  const next = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < message.length) {
    const tag = next();
    const value = tag & 7 ? next() : undefined;
    if ((tag & 7) === 0) fields.push([tag >> 3, next()]);
    else if ((tag & 7) === 2) fields.push([tag >> 3, message.subarray(at, (at += value))]);
    else throw new Error(`a field of wire type ${tag & 7}`);
  }
  return fields;
}

// What the unmodified SDK finds in a meeting beyond what the phone uses: words, volumes, a second device, content, ends.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';

import { Person } from '../harness/browser.mjs';
import { meetings } from '../harness/chime.mjs';
import { Platform } from '../harness/platform.mjs';
import { scene, TONES } from '../harness/scene.mjs';
import { Client } from '../harness/sdk.mjs';

/** `MeetingSessionStatusCode` of the SDK. */
const JOINED_FROM_ANOTHER_DEVICE = 2;
const MEETING_ENDED = 5;
const ATTENDEE_REMOVED = 22;

const stage = await scene();

/** A meeting with a browser for each of these people: `{ Meeting, Attendees, enter(n), people }`. */
async function meeting(t, names, platform = stage.platform) {
  const created = await meetings(platform, '/meetings?operation=create-attendees', {
    method: 'POST',
    body: {
      ClientRequestToken: randomUUID(),
      MediaRegion: 'us-east-1',
      ExternalMeetingId: 'no-call-of-ours',
      Attendees: names.map((ExternalUserId) => ({ ExternalUserId })),
    },
  });
  const people = await Promise.all(names.map((_, n) => Person.open(t, { hz: [TONES.anna, TONES.tan][n] })));
  const enter = (n, person = people[n], attendee = created.Attendees[n]) =>
    Client.enter(person, platform.web, created.Meeting, attendee);
  return { ...created, people, enter };
}

/** Takes something of a meeting away, as the AWS API does. */
const remove = (path) => meetings(stage.platform, path, { method: 'DELETE' });

test('clients hear each other, send words, and see who is loud and who is muted', { timeout: 120_000 }, async (t) => {
  const room = await meeting(t, ['bert', 'cleo']);
  const [bert, cleo] = await Promise.all([room.enter(0), room.enter(1)]);
  await Promise.all([bert.started(), cleo.started()]);
  await Promise.all([bert.sees('bert', 'cleo'), cleo.sees('bert', 'cleo')]);
  await room.people[0].hears(TONES.tan, { page: bert.page });
  await room.people[1].hears(TONES.anna, { page: cleo.page });

  await bert.say('hello');
  const { messages } = await cleo.until(({ messages: [first] }) => first, 'words arrive');
  assert.deepEqual(messages, [{ from: 'bert', text: 'hello' }]);

  await cleo.until(({ loudest, muted }) => loudest.bert > 0 && muted.bert === false, 'bert is loud');
  await bert.mute();
  await cleo.until(({ muted }) => muted.bert === true, 'bert is muted');
  await room.people[1].hearsNo(TONES.anna, { page: cleo.page });
});

test('a second device takes the seat, content has a seat of its own, and every end is told', { timeout: 120_000 }, async (t) => {
  const room = await meeting(t, ['bert', 'cleo']);
  const [bert, cleo] = await Promise.all([room.enter(0), room.enter(1)]);
  await Promise.all([bert.sees('bert', 'cleo'), cleo.sees('bert', 'cleo')]);

  const second = await Client.enter(room.people[1], stage.platform.web, room.Meeting, room.Attendees[1]);
  await second.started();
  await cleo.stopped(JOINED_FROM_ANOTHER_DEVICE);
  await second.sees('bert', 'cleo');
  const { left } = await bert.sees('bert', 'cleo');
  assert.deepEqual(left, [], 'the others see no change');

  const { AttendeeId, JoinToken } = room.Attendees[1];
  const content = { ...room.Attendees[1], AttendeeId: `${AttendeeId}#content`, JoinToken: `${JoinToken}#content` };
  const sharing = await room.enter(1, room.people[1], content);
  await sharing.started();
  await bert.until(({ present }) => `${AttendeeId}#content` in present, 'content is present');

  const { MeetingId } = room.Meeting;
  await remove(`/meetings/${MeetingId}/attendees/${AttendeeId}`);
  await second.stopped(ATTENDEE_REMOVED);
  await sharing.stopped(ATTENDEE_REMOVED);
  await bert.sees('bert');

  await remove(`/meetings/${MeetingId}`);
  await bert.stopped(MEETING_ENDED);
  const late = await room.enter(0);
  await late.stopped(MEETING_ENDED);
});

test('clients come back by themselves to a platform that was killed, and hear each other again', { timeout: 180_000 }, async (t) => {
  const platform = await Platform.start(t);
  const room = await meeting(t, ['bert', 'cleo'], platform);
  const clients = await Promise.all([room.enter(0), room.enter(1)]);
  await Promise.all(clients.map((client) => client.sees('bert', 'cleo')));
  await platform.kill();
  await platform.run();
  await Promise.all(clients.map((client) => client.started({ times: 2, limitMs: 60_000 })));
  await room.people[0].hears(TONES.tan, { page: clients[0].page });
  await room.people[1].hears(TONES.anna, { page: clients[1].page });
});

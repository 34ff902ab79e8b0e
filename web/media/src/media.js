// The sound of one call at a time, by the unmodified Amazon Chime SDK. The client calls these functions and nothing
// else of the SDK; events go back by name through `tell(name, value)`:
//   connected, reconnecting, failed(error name), muted(bool), talking-muted(bool), silenced(bool),
//   quality({ rtt: ms, loss: percent }), roster(JSON of [{ leg, muted, talking }]), over(reason)
import {
  DefaultDeviceController,
  DefaultMeetingSession,
  LogLevel,
  MeetingSessionConfiguration,
  MeetingSessionStatusCode,
} from 'amazon-chime-sdk-js';
import { meter } from './level.js';
import { qualityFrom } from './quality.js';
import { faultOf } from './status.js';

/** What the SDK says goes to the browser's verbose log: it calls things errors that are none here, such as no TURN. */
const say = (message) => console.debug('call:', typeof message === 'function' ? message() : message);
const nothing = () => {};
const logger = {
  info: nothing, debug: nothing, warn: say, error: say, setLogLevel: nothing, getLogLevel: () => LogLevel.WARN,
};

/** @typedef {(name: string, value?: unknown) => void} Tell */

const store = window.localStorage;
const MICROPHONE = 'strowger.microphone';
const SPEAKER = 'strowger.speaker';

/** @type {MediaStream | undefined} */
let microphone;
/** @type {{ session: DefaultMeetingSession, tell: Tell, stop: Array<() => void>, element: HTMLAudioElement } | undefined} */
let call;

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

/** Asks for the microphone, unless it is held already. Rejects with the browser's error. */
export async function acquire() {
  if (microphone?.active) return;
  if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) {
    throw named('Unsupported', 'this browser has no WebRTC, or the page is not served securely');
  }
  const wanted = store.getItem(MICROPHONE);
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  if (wanted) audio.deviceId = { ideal: wanted };
  microphone = await navigator.mediaDevices.getUserMedia({ audio });
}

function release() {
  microphone?.getTracks().forEach((track) => track.stop());
  microphone = undefined;
}

/** The element that plays the call; one for the page. */
function player() {
  let element = document.getElementById('call-audio');
  if (!element) {
    element = document.createElement('audio');
    element.id = 'call-audio';
    element.hidden = true;
    document.body.append(element);
  }
  return element;
}

/**
 * Enters the meeting and resolves once both directions can flow.
 * @param {string} joining JSON of `{ Meeting, Attendee }`, as the API gave them
 * @param {Tell} tell
 */
export async function join(joining, tell) {
  if (call) await leaveMeeting();
  await acquire();
  const { Meeting, Attendee } = JSON.parse(joining);
  const configuration = new MeetingSessionConfiguration({ Meeting }, { Attendee });
  const session = new DefaultMeetingSession(configuration, logger, new DefaultDeviceController(logger));
  const element = player();
  const mine = { session, tell, stop: [], element };
  call = mine;
  const audioVideo = session.audioVideo;

  await audioVideo.startAudioInput(microphone);
  await audioVideo.bindAudioElement(element);
  const speaker = store.getItem(SPEAKER);
  if (speaker) await audioVideo.chooseAudioOutput(speaker).catch(() => {});
  watchRoster(mine);
  mine.stop.push(meter(microphone, (talking) => tell('talking-muted', talking && audioVideo.realtimeIsLocalAudioMuted())));

  await new Promise((resolve, reject) => {
    audioVideo.addObserver({
      audioVideoDidStartConnecting: (again) => again && tell('reconnecting'),
      audioVideoDidStart: () => {
        tell('connected');
        play();
        resolve();
      },
      audioVideoDidStop: (status) => {
        if (call === mine) {
          finish(mine);
          const fault = faultOf(MeetingSessionStatusCode, status.statusCode());
          tell(fault ? 'failed' : 'over', fault ?? 'ended');
        }
        reject(named('ConnectFailed', `the session ended with status ${status.statusCode()}`));
      },
      metricsDidReceive: (report) => {
        const quality = qualityFrom(mine, report.getRTCStatsReport?.());
        if (quality) tell('quality', quality);
      },
    });
    audioVideo.start();
  });
}

/** Above this volume (0 to 1, as the SDK gives it) somebody talks. */
const TALKS = 0.08;

/** Who is in the meeting, who is muted, who talks. Told only when it changes. */
function watchRoster(mine) {
  const roster = new Map();
  let said = '';
  const say = () => {
    const now = JSON.stringify([...roster.values()]);
    if (now !== said) mine.tell('roster', now);
    said = now;
  };
  const audioVideo = mine.session.audioVideo;
  audioVideo.realtimeSubscribeToAttendeeIdPresence((id, present, leg) => {
    if (present && !roster.has(id)) {
      roster.set(id, { leg, muted: false, talking: false });
      audioVideo.realtimeSubscribeToVolumeIndicator(id, (_, volume, muted) => {
        const one = roster.get(id);
        if (!one) return;
        if (volume !== null) one.talking = volume > TALKS;
        if (muted !== null) one.muted = muted;
        say();
      });
    } else if (!present) {
      roster.delete(id);
      audioVideo.realtimeUnsubscribeFromVolumeIndicator(id);
    }
    say();
  });
  audioVideo.realtimeSubscribeToMuteAndUnmuteLocalAudio((muted) => mine.tell('muted', muted));
}

function finish(mine) {
  mine.stop.splice(0).forEach((stop) => stop());
  if (call === mine) call = undefined;
}

async function leaveMeeting() {
  const mine = call;
  if (!mine) return;
  finish(mine);
  mine.session.audioVideo.stop();
  mine.session.audioVideo.unbindAudioElement();
  await mine.session.audioVideo.stopAudioInput().catch(() => {});
  mine.session.deviceController.destroy?.();
}

/** Leaves the meeting and lets go of the microphone: its sign in the browser goes out. */
export async function leave() {
  await leaveMeeting();
  release();
}

/** @param {boolean} muted */
export function mute(muted) {
  const audioVideo = call?.session.audioVideo;
  if (!audioVideo) return;
  if (muted) audioVideo.realtimeMuteLocalAudio();
  else audioVideo.realtimeUnmuteLocalAudio();
}

/** Plays; tells `silenced` if the browser wants a click first. */
export function play() {
  const mine = call;
  if (!mine) return;
  mine.element.play().then(
    () => mine.tell('silenced', false),
    (error) => error.name === 'NotAllowedError' && mine.tell('silenced', true),
  );
}

/** JSON of the microphones and loudspeakers, and of which are chosen. */
export async function devices() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const of = (kind, word) => all
    .filter((device) => device.kind === kind && device.deviceId)
    .map((device, i) => ({ id: device.deviceId, label: device.label || `${word} ${i + 1}` }));
  return JSON.stringify({
    microphones: of('audioinput', 'Microphone'),
    speakers: 'setSinkId' in HTMLMediaElement.prototype ? of('audiooutput', 'Loudspeaker') : [],
    microphone: store.getItem(MICROPHONE) ?? 'default',
    speaker: store.getItem(SPEAKER) ?? 'default',
  });
}

/** @param {string} id */
export async function chooseMicrophone(id) {
  store.setItem(MICROPHONE, id);
  if (!microphone) return;
  const before = microphone;
  microphone = undefined;
  await acquire();
  const mine = call;
  if (mine) {
    mine.stop.splice(0).forEach((stop) => stop());
    await mine.session.audioVideo.startAudioInput(microphone);
    const muted = () => mine.session.audioVideo.realtimeIsLocalAudioMuted();
    mine.stop.push(meter(microphone, (talking) => mine.tell('talking-muted', talking && muted())));
  }
  before.getTracks().forEach((track) => track.stop());
}

/** @param {string} id */
export async function chooseSpeaker(id) {
  store.setItem(SPEAKER, id);
  await call?.session.audioVideo.chooseAudioOutput(id);
}

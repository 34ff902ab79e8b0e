// Runs in a page: a client that is nothing but the unmodified SDK, and remembers all that it is told.

import { DefaultDeviceController, DefaultMeetingSession, LogLevel, MeetingSessionConfiguration } from 'amazon-chime-sdk-js';

const TOPIC = 'words';
const nothing = () => {};
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, setLogLevel: nothing, getLogLevel: () => LogLevel.OFF };

/** Enters a meeting; what it learns is in the object that it puts into `window.sdk`. */
window.enter = async (Meeting, Attendee) => {
  const configuration = new MeetingSessionConfiguration({ Meeting }, { Attendee });
  const { audioVideo } = new DefaultMeetingSession(configuration, logger, new DefaultDeviceController(logger));
  const sdk = { audioVideo, started: 0, stopped: [], present: {}, left: [], muted: {}, loudest: {}, messages: [] };
  window.sdk = sdk;
  audioVideo.addObserver({
    audioVideoDidStart: () => (sdk.started += 1),
    audioVideoDidStop: (status) => sdk.stopped.push(status.statusCode()),
  });
  audioVideo.realtimeSubscribeToAttendeeIdPresence((id, present, name, dropped) => {
    if (!present) {
      delete sdk.present[id];
      sdk.left.push({ name, dropped });
      return;
    }
    sdk.present[id] = name;
    audioVideo.realtimeSubscribeToVolumeIndicator(id, (_, volume, muted) => {
      if (volume !== null) sdk.loudest[name] = Math.max(sdk.loudest[name] ?? 0, volume);
      if (muted !== null) sdk.muted[name] = muted;
    });
  });
  audioVideo.realtimeSubscribeToReceiveDataMessage(TOPIC, (message) =>
    sdk.messages.push({ from: message.senderExternalUserId, text: message.text() }),
  );
  const [microphone] = await audioVideo.listAudioInputDevices();
  await audioVideo.startAudioInput(microphone.deviceId);
  const player = document.createElement('audio');
  document.body.append(player);
  await audioVideo.bindAudioElement(player);
  audioVideo.start();
};

window.say = (text) => window.sdk.audioVideo.realtimeSendDataMessage(TOPIC, text, 0);

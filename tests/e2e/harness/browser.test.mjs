// The browser as an instrument: its microphone plays the tone, and what a page plays can be measured.

import { createServer } from 'node:http';
import { test } from 'node:test';

import { Person } from './browser.mjs';

const PAGE = `<!doctype html><title>echo</title><button>Start</button><audio autoplay></audio><p hidden>Talking to yourself</p><script>
document.querySelector('button').onclick = async () => {
  const microphone = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
  here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
  there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
  there.ontrack = ({ streams }) => {
    document.querySelector('audio').srcObject = streams[0];
    document.querySelector('p').hidden = false;
  };
  microphone.getTracks().forEach((track) => here.addTrack(track, microphone));
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  await here.setRemoteDescription(there.localDescription);
};
</script>`;

test("a browser's microphone is its tone, through WebRTC to an audio element", { timeout: 60_000 }, async (t) => {
  const server = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(PAGE));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());

  const person = await Person.open(t, { hz: 620 });
  person.page = await person.tab(`http://localhost:${server.address().port}/`);
  await person.press('Start');
  await person.sees('Talking to yourself');
  await person.hears(620);
  await person.hearsNo(1000);
});

import { ConsoleLogger, DefaultDeviceController, DefaultMeetingSession, LogLevel, MeetingSessionConfiguration } from 'amazon-chime-sdk-js';
window.logs = [];
const logger = { debug(){}, info(m){ window.logs.push('I '+m); }, warn(m){ window.logs.push('W '+m); }, error(m){ window.logs.push('E '+m); }, setLogLevel(){}, getLogLevel(){return LogLevel.INFO;} };
window.roster = {}; window.events = []; window.volumes = {}; window.messages = [];
window.join = async (meeting, attendee, presenceMs) => {
  const config = new MeetingSessionConfiguration(meeting, attendee);
  if (presenceMs) config.attendeePresenceTimeoutMs = presenceMs;
  const devices = new DefaultDeviceController(logger);
  const session = new DefaultMeetingSession(config, logger, devices);
  window.session = session;
  const av = session.audioVideo;
  av.addObserver({
    audioVideoDidStart(){ window.events.push('start'); },
    audioVideoDidStartConnecting(r){ window.events.push('connecting '+r); },
    audioVideoDidStop(s){ window.events.push('stop '+s.statusCode()); },
  });
  av.realtimeSubscribeToAttendeeIdPresence((id, present, ext, dropped) => {
    if (present) { window.roster[id] = ext; av.realtimeSubscribeToVolumeIndicator(id, (a, v, m) => { window.volumes[a] ??= {}; if (v !== null) window.volumes[a].v = Math.max(window.volumes[a].v ?? 0, v); if (m !== null) window.volumes[a].m = m; }); }
    else { delete window.roster[id]; window.events.push('gone '+ext+' '+dropped); }
  });
  av.realtimeSubscribeToReceiveDataMessage('t', m => window.messages.push(m.text()+' '+m.senderExternalUserId));
  const inputs = await av.listAudioInputDevices();
  await av.startAudioInput(inputs[0].deviceId);
  const el = document.createElement('audio'); document.body.append(el);
  await av.bindAudioElement(el);
  window.t0 = performance.now();
  av.start();
};
// Spectral peaks of what is heard.
window.listen = async (hz, ms) => {
  const stream = await window.session.audioVideo.getCurrentMeetingAudioStream();
  const ctx = new AudioContext(); await ctx.resume();
  const an = ctx.createAnalyser(); an.fftSize = 8192; an.smoothingTimeConstant = 0;
  ctx.createMediaStreamSource(stream).connect(an);
  const best = Object.fromEntries(hz.map(h => [h, -200]));
  const until = performance.now() + ms; const bins = new Float32Array(an.frequencyBinCount);
  while (performance.now() < until) {
    await new Promise(r => setTimeout(r, 100));
    an.getFloatFrequencyData(bins);
    for (const h of hz) { const k = Math.round(h * 8192 / ctx.sampleRate); for (let i=k-2;i<=k+2;i++) if (bins[i] > best[h]) best[h] = bins[i]; }
  }
  await ctx.close(); return best;
};

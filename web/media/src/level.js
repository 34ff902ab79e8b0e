// Whether somebody talks into a microphone, also while the call is muted: the track is cloned, so muting the call
// does not silence the measurement.

/** Above this level (root mean square of 0 to 1) somebody talks. */
const TALKS = 0.035;
/** How many measurements in a row decide, at 100 ms each. */
const ON = 4;
const OFF = 12;

/**
 * Decides from one level to the next; pure, so that it can be tested.
 * @param {{ talking: boolean, run: number }} state
 * @param {number} level
 */
export function decide(state, level) {
  const differs = level > TALKS !== state.talking;
  const run = differs ? state.run + 1 : 0;
  const enough = run >= (state.talking ? OFF : ON);
  return enough ? { talking: !state.talking, run: 0 } : { talking: state.talking, run };
}

/**
 * @param {MediaStream} stream
 * @param {(talking: boolean) => void} tell
 * @returns {() => void} stops
 */
export function meter(stream, tell) {
  const track = stream.getAudioTracks()[0]?.clone();
  if (!track) return () => {};
  track.enabled = true;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let state = { talking: false, run: 0 };
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    const next = decide(state, level);
    if (next.talking !== state.talking || next.talking) tell(next.talking);
    state = next;
  }, 100);
  return () => {
    clearInterval(timer);
    track.stop();
    context.close();
  };
}

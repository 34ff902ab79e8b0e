// Which tones of several are in a mix: in what a page plays, and in what a phone recorded.

import { eventually } from './process.mjs';
import { TONES } from './scene.mjs';
import { powerOf } from './tones.mjs';

/** A tone is in a mix if it stands so far above the median of the spectrum, in dB. */
const ABOVE_FLOOR_DB = 25;
/** What lies further below the strongest line is a side of it, or what a codec adds. */
const BELOW_STRONGEST_DB = 35;
/** Below this nothing was heard, in dB of full scale. */
const AUDIBLE_DB = -60;
/** A tone is looked for so far to either side of its frequency, in Hz. */
const TOLERANCE_HZ = 15;
/** Lines of the spectrum of a recording are so far apart, in Hz. */
const STEP_HZ = 10;
/** How long a mix must be the same before it is believed, in looks. */
const LOOKS = 3;

/** Waits until a page plays exactly these of all tones, several looks in a row. */
export function playsExactly(person, tones, page = person.page) {
  return exactly(async () => tonesIn((await page.evaluate(remoteSpectrum)) ?? []), tones, `the browser with ${person.hz} Hz`);
}

/** Waits until a phone hears exactly these of all tones, several looks in a row. */
export function recordsExactly(phone, tones) {
  const look = () => {
    const { rate, samples } = phone.recording();
    return tonesIn(spectrum(samples.subarray(-rate / 2), rate));
  };
  return exactly(look, tones, `the phone with ${phone.hz} Hz`);
}

async function exactly(look, tones, who) {
  const wanted = JSON.stringify([...tones].sort((a, b) => a - b));
  let inARow = 0;
  let last;
  await eventually(
    async () => {
      last = await look();
      inARow = JSON.stringify(last.heard) === wanted ? inARow + 1 : 0;
      return inARow >= LOOKS;
    },
    `${who} hears exactly ${wanted} Hz`,
    { limitMs: 20_000, everyMs: 250 },
  ).catch((error) => {
    throw new Error(`${error.message}; it heard ${JSON.stringify(last)}`);
  });
}

/** Which of all tones a spectrum holds, lowest first, and the level of each for messages. */
function tonesIn(lines) {
  const sorted = lines.map(({ db }) => db).sort((a, b) => a - b);
  const [floor, top] = [sorted[Math.floor(sorted.length / 2)] ?? -Infinity, sorted.at(-1) ?? -Infinity];
  const near = (tone) => lines.filter(({ hz }) => Math.abs(hz - tone) <= TOLERANCE_HZ).map(({ db }) => db);
  const levels = Object.values(TONES).sort((a, b) => a - b).map((tone) => ({ tone, db: Math.max(...near(tone)) }));
  const least = Math.max(floor + ABOVE_FLOOR_DB, top - BELOW_STRONGEST_DB, AUDIBLE_DB);
  return { heard: levels.filter(({ db }) => db >= least).map(({ tone }) => tone), levels, floor };
}

/** The spectrum of a recording, from 200 to 3400 Hz. */
function spectrum(samples, rate) {
  const last = samples.length - 1;
  const taken = samples.map((sample, n) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / last)));
  const lines = [];
  for (let hz = 200; hz <= 3400; hz += STEP_HZ) {
    lines.push({ hz, db: Math.round(10 * Math.log10(powerOf(taken, rate, hz) + 1e-15)) });
  }
  return lines;
}

/** Runs in the page: the spectrum of what its audio element plays, from 200 to 3400 Hz. */
function remoteSpectrum() {
  const element = [...document.querySelectorAll('audio')].find((audio) => audio.srcObject?.getAudioTracks().length > 0);
  if (!element) return null;
  const stream = element.srcObject;
  if (window.measuring?.stream !== stream) {
    const context = window.measuring?.context ?? new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(stream).connect(analyser);
    window.measuring = { stream, context, analyser };
  }
  const { context, analyser } = window.measuring;
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  const bin = context.sampleRate / analyser.fftSize;
  const lines = [];
  for (let at = Math.ceil(200 / bin); at * bin <= 3400; at += 1) lines.push({ hz: Math.round(at * bin), db: Math.round(levels[at]) });
  return lines;
}

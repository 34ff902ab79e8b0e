// Tones in WAV files, and the strongest frequency in what was heard.

import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a mono 16-bit WAV file that holds one sine tone. */
export function writeTone(path, { hz, seconds = 4, rate = 48_000, peak = 0.7 }) {
  // A whole number of periods, so that a file played in a loop has no click at its seam.
  const periods = Math.round(hz * seconds);
  const samples = new Int16Array(Math.round((periods / hz) * rate));
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = Math.round(peak * 32_767 * Math.sin((2 * Math.PI * hz * i) / rate));
  }
  writeWav(path, samples, rate);
}

/** Writes mono 16-bit samples as a WAV file. */
export function writeWav(path, samples, rate) {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length * 2, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // mono
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length * 2, 40);
  writeFileSync(path, Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]));
}

/** The first channel of a 16-bit PCM WAV file, between -1 and 1; a file that is still being written reads as far as it goes. */
export function readWav(path) {
  const bytes = readFileSync(path);
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF') return { rate: 8000, samples: new Float64Array(0) };
  let format = { channels: 1, rate: 8000 };
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ') {
      if (bytes.readUInt16LE(body) !== 1 || bytes.readUInt16LE(body + 14) !== 16) throw new Error(`${path} is not 16-bit PCM`);
      format = { channels: bytes.readUInt16LE(body + 2), rate: bytes.readUInt32LE(body + 4) };
    } else if (id === 'data') {
      // The length is written when the file is closed; until then it is 0 and the data reach to the end.
      const end = length === 0 ? bytes.length : Math.min(bytes.length, body + length);
      const frames = Math.floor((end - body) / 2 / format.channels);
      const samples = Float64Array.from({ length: frames }, (_, i) => bytes.readInt16LE(body + i * 2 * format.channels) / 32_768);
      return { rate: format.rate, samples };
    }
    at = body + length + (length % 2);
  }
  return { rate: format.rate, samples: new Float64Array(0) };
}

/** The power of one frequency, 1 for a full-scale sine (Goertzel). */
export function powerOf(samples, rate, hz) {
  const step = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [one, two] = [0, 0];
  for (const sample of samples) [one, two] = [sample + step * one - two, one];
  const power = one * one + two * two - step * one * two;
  return (4 * power) / (samples.length * samples.length);
}

/** The strongest frequency between two limits, and how far it stands above the mean of the others in dB. */
export function spectralPeak(samples, rate, { from = 200, to = 3400, size = 2048 } = {}) {
  const taken = windowed(samples.subarray(0, Math.min(size, samples.length)));
  const bin = rate / taken.length;
  let best = { hz: 0, power: 0 };
  let [sum, count] = [0, 0];
  for (let hz = Math.ceil(from / bin) * bin; hz <= to; hz += bin) {
    const power = powerOf(taken, rate, hz);
    sum += power;
    count += 1;
    if (power > best.power) best = { hz, power };
  }
  const others = (sum - best.power) / Math.max(1, count - 1);
  return { hz: best.hz, power: best.power, above: 10 * Math.log10(best.power / Math.max(others, 1e-15)) };
}

function windowed(samples) {
  const last = samples.length - 1;
  return samples.map((sample, i) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / last)));
}

/** Below this power nothing was heard, only rounding and comfort noise: -55 dB of full scale. */
const SILENCE = 10 ** -5.5;

/** Of the pieces of a recording: how many are silent, and the strongest frequency of each of the others. */
export function heard({ samples, rate }, { size = 2048 } = {}) {
  const peaks = [];
  let silent = 0;
  for (let at = 0; at + size <= samples.length; at += size) {
    const peak = spectralPeak(samples.subarray(at, at + size), rate, { size });
    if (peak.power < SILENCE) silent += 1;
    else peaks.push(peak.hz);
  }
  return { peaks, silent };
}

/** Seconds of a recording in which this tone was the strongest. */
export function secondsOf(recording, hz, { tolerance = 15, size = 2048 } = {}) {
  const { peaks } = heard(recording, { size });
  return (peaks.filter((peak) => Math.abs(peak - hz) <= tolerance).length * size) / recording.rate;
}

//! WAV files as prompts are: read in any usual form, given out as mono 16-bit at the rate that is needed.

/// Largest file that is read, in bytes (PlayAudio's own limit).
pub const MAX_BYTES: usize = 50 * 1024 * 1024;

/// A decoded file: mono, 16 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wav {
    /// Sampling rate, in Hz (4,000..=192,000).
    pub rate_hz: u32,
    /// The samples; several channels are averaged.
    pub samples: Vec<i16>,
}

/// Why a file cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// More than [`MAX_BYTES`].
    #[error("the file is larger than 50 MB")]
    TooLarge,
    /// No RIFF/WAVE header, or a chunk that ends outside the file.
    #[error("this is not a WAV file")]
    NotWav,
    /// A coding that is not PCM of 8, 16, 24 or 32 bits, A-law or µ-law, or an impossible rate or channel count.
    #[error(
        "format {format}, {bits} bits, {channels} channels at {rate_hz} Hz is not supported: use PCM, A-law or u-law"
    )]
    Unsupported {
        /// WAVE format tag.
        format: u16,
        /// Bits in a sample.
        bits: u16,
        /// Channels.
        channels: u16,
        /// Sampling rate, in Hz.
        rate_hz: u32,
    },
}

struct Format {
    tag: u16,
    channels: u16,
    rate_hz: u32,
    bits: u16,
}

impl Wav {
    /// Reads a file.
    ///
    /// # Errors
    /// See [`WavError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WavError> {
        if bytes.len() > MAX_BYTES {
            return Err(WavError::TooLarge);
        }
        if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
            return Err(WavError::NotWav);
        }
        let mut rest = &bytes[12..];
        let mut format = None;
        while let Some((id, body, after)) = chunk(rest) {
            match id {
                b"fmt " => format = Some(read_format(body)?),
                b"data" => {
                    return format
                        .ok_or(WavError::NotWav)
                        .and_then(|f| decode(&f, body));
                }
                _ => {}
            }
            rest = after;
        }
        Err(WavError::NotWav)
    }

    /// The samples at another rate, by windowed-sinc interpolation. Meant for prompts, not for live audio.
    #[must_use]
    pub fn at_rate(&self, rate_hz: u32) -> Vec<i16> {
        if rate_hz == self.rate_hz || self.samples.is_empty() {
            return self.samples.clone();
        }
        let ratio = f64::from(self.rate_hz) / f64::from(rate_hz);
        // Below the lower of the two Nyquist frequencies, with a little room for the filter's slope.
        let cutoff = (1.0 / ratio).min(1.0) * 0.94;
        let reach = (16.0 / cutoff).ceil() as i64;
        let length = (self.samples.len() as f64 / ratio).floor() as usize;
        (0..length)
            .map(|at| self.interpolated(at as f64 * ratio, cutoff, reach))
            .collect()
    }

    fn interpolated(&self, position: f64, cutoff: f64, reach: i64) -> i16 {
        let middle = position.floor() as i64;
        let mut sum = 0.0;
        for tap in (middle - reach + 1)..=(middle + reach) {
            let Some(sample) = usize::try_from(tap).ok().and_then(|t| self.samples.get(t)) else {
                continue;
            };
            let distance = position - tap as f64;
            let x = std::f64::consts::PI * distance;
            let sinc = if x.abs() < 1e-9 {
                cutoff
            } else {
                (x * cutoff).sin() / x
            };
            let window = 0.5 + 0.5 * (x / reach as f64).cos();
            sum += f64::from(*sample) * sinc * window;
        }
        sum.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
    }
}

/// A mono 16-bit PCM file of these samples.
#[must_use]
pub fn write(rate_hz: u32, samples: &[i16]) -> Vec<u8> {
    let data = samples.len() as u32 * 2;
    let mut out = Vec::with_capacity(44 + samples.len() * 2);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    for word in [1u16, 1] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&rate_hz.to_le_bytes());
    out.extend_from_slice(&(rate_hz * 2).to_le_bytes());
    for word in [2u16, 16] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data.to_le_bytes());
    for sample in samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}

fn chunk(rest: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (id, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    // Programs that write to a pipe put 0 or the largest number here: the chunk then ends with the file.
    let length = (u32::from_le_bytes(*length) as usize).min(rest.len());
    let padded = (length + (length & 1)).min(rest.len());
    Some((id, &rest[..length], &rest[padded..]))
}

fn read_format(body: &[u8]) -> Result<Format, WavError> {
    let word = |at: usize| {
        body.get(at..at + 2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
            .ok_or(WavError::NotWav)
    };
    let mut tag = word(0)?;
    let rate_hz = u32::from(word(4)?) | (u32::from(word(6)?) << 16);
    if tag == 0xFFFE {
        // WAVE_FORMAT_EXTENSIBLE: the real tag opens the sub-format's GUID.
        tag = word(24)?;
    }
    Ok(Format {
        tag,
        channels: word(2)?,
        rate_hz,
        bits: word(14)?,
    })
}

fn decode(format: &Format, body: &[u8]) -> Result<Wav, WavError> {
    use crate::g711::Law;
    let mono: Vec<i16> = match (format.tag, format.bits) {
        (1, 8) => body.iter().map(|b| (i16::from(*b) - 128) << 8).collect(),
        (1, 16) => body
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect(),
        (1, 24) => body
            .chunks_exact(3)
            .map(|b| i16::from_le_bytes([b[1], b[2]]))
            .collect(),
        (1, 32) => body
            .chunks_exact(4)
            .map(|b| i16::from_le_bytes([b[2], b[3]]))
            .collect(),
        (6, 8) => body.iter().map(|b| Law::A.decode(*b)).collect(),
        (7, 8) => body.iter().map(|b| Law::Mu.decode(*b)).collect(),
        _ => return Err(unsupported(format)),
    };
    if !(1..=8).contains(&format.channels) || !(4_000..=192_000).contains(&format.rate_hz) {
        return Err(unsupported(format));
    }
    let channels = usize::from(format.channels);
    let samples = if channels == 1 {
        mono
    } else {
        mono.chunks_exact(channels)
            .map(|all| (all.iter().map(|s| i32::from(*s)).sum::<i32>() / channels as i32) as i16)
            .collect()
    };
    Ok(Wav {
        rate_hz: format.rate_hz,
        samples,
    })
}

fn unsupported(format: &Format) -> WavError {
    WavError::Unsupported {
        format: format.tag,
        bits: format.bits,
        channels: format.channels,
        rate_hz: format.rate_hz,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{goertzel, tone::Tone};
    use proptest::prelude::*;

    #[test]
    fn a_written_file_reads_back() {
        let samples: Vec<i16> = (0..1_000).map(|n| (n * 31) as i16).collect();
        let wav = Wav::parse(&write(8_000, &samples)).unwrap();
        assert_eq!(
            wav,
            Wav {
                rate_hz: 8_000,
                samples
            }
        );
    }

    #[test]
    fn a_stream_of_unknown_length_ends_with_the_file() {
        let mut bytes = write(22_050, &[1, 2, 3]);
        bytes[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Wav::parse(&bytes).unwrap().samples, [1, 2, 3]);
    }

    #[test]
    fn another_rate_keeps_the_tone_and_drops_what_would_alias() {
        let tone = |frequency: f64| {
            let mut samples = vec![0i16; 22_050];
            Tone::new(&[frequency], 10_000.0, 22_050).fill(&mut samples);
            Wav {
                rate_hz: 22_050,
                samples,
            }
            .at_rate(8_000)
        };
        let kept = tone(1_000.0);
        assert_eq!(kept.len(), 8_000);
        assert!(goertzel::share(&kept[400..7_600], 1_000.0, 8_000) > 0.98);
        let gone = tone(6_000.0);
        let peak = gone[400..7_600]
            .iter()
            .map(|s| s.unsigned_abs())
            .max()
            .unwrap();
        assert!(peak < 300, "{peak}");
    }

    #[test]
    fn what_is_no_wav_is_told() {
        assert_eq!(Wav::parse(b"ID3.....").unwrap_err(), WavError::NotWav);
        let mut mp3 = write(8_000, &[0; 4]);
        mp3[20] = 0x55;
        assert!(matches!(
            Wav::parse(&mp3),
            Err(WavError::Unsupported { format: 0x55, .. })
        ));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
            bytes.extend(tail);
            let _ = Wav::parse(&bytes);
        }
    }
}

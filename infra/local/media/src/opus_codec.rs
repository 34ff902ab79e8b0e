//! Opus at 48 kHz, mono, 20 ms (RFC 6716, RFC 7587), over libopus.

use crate::{FRAME_SAMPLES, Frame, RATE_HZ};
use opus::{Application, Bitrate, Channels};

/// Longest Opus packet of one frame, in bytes (RFC 6716 section 3.4).
pub const MAX_PACKET_BYTES: usize = 1_275;
/// Longest packet the decoder takes, in samples: 120 ms (RFC 6716 section 3.4).
pub const MAX_PACKET_SAMPLES: usize = 5_760;
/// Longest loss that is concealed, in samples: 60 ms. Beyond it, silence is more honest.
pub const MAX_CONCEALED_SAMPLES: usize = 2_880;

/// How to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bits per second, 6000 to 510000.
    pub bitrate_bps: u32,
    /// Effort, 0 to 10.
    pub complexity: u8,
    /// Carry the frame before in every packet, so that a single loss can be repaired (RFC 6716 section 2.1.7).
    pub fec: bool,
    /// Packet loss the encoder prepares for, in percent, 0 to 100. FEC is spent only where it is above 0.
    pub expected_loss_percent: u8,
    /// Stop sending in silence (RFC 7587 section 3.1.3).
    pub dtx: bool,
}

impl Settings {
    /// Speech on a good network: 40 kbit/s, no FEC, sent continuously (a browser takes silence on the wire for
    /// a lost connection).
    pub const SPEECH: Self = Self {
        bitrate_bps: 40_000,
        complexity: 5,
        fec: false,
        expected_loss_percent: 0,
        dtx: false,
    };
}

/// Why a codec did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpusError {
    /// libopus could not be set up so.
    #[error("libopus refused the settings: {0}")]
    Settings(&'static str),
    /// The packet is not Opus.
    #[error("not an Opus packet: {0}")]
    Packet(&'static str),
    /// The frame could not be encoded.
    #[error("libopus could not encode: {0}")]
    Encode(&'static str),
}

/// One outgoing stream.
pub struct OpusEncoder {
    inner: opus::Encoder,
}

impl OpusEncoder {
    /// A new stream.
    ///
    /// # Errors
    /// [`OpusError::Settings`] when libopus refuses the settings.
    pub fn new(settings: Settings) -> Result<Self, OpusError> {
        let build = || -> opus::Result<opus::Encoder> {
            let mut inner = opus::Encoder::new(RATE_HZ, Channels::Mono, Application::Voip)?;
            inner.set_bitrate(Bitrate::Bits(
                i32::try_from(settings.bitrate_bps).unwrap_or(i32::MAX),
            ))?;
            inner.set_complexity(i32::from(settings.complexity))?;
            inner.set_inband_fec(settings.fec)?;
            inner.set_packet_loss_perc(i32::from(settings.expected_loss_percent))?;
            inner.set_dtx(settings.dtx)?;
            Ok(inner)
        };
        build()
            .map(|inner| Self { inner })
            .map_err(|e| OpusError::Settings(e.description()))
    }

    /// Encodes the next 20 ms and returns the packet's length in `packet`.
    ///
    /// # Errors
    /// [`OpusError::Encode`], which only a defect can cause.
    pub fn encode(
        &mut self,
        frame: &Frame,
        packet: &mut [u8; MAX_PACKET_BYTES],
    ) -> Result<usize, OpusError> {
        self.inner
            .encode(&frame[..], packet)
            .map_err(|e| OpusError::Encode(e.description()))
    }

    /// Forgets what was encoded before, as at the start of a stream.
    pub fn reset(&mut self) {
        // Resetting cannot fail on a live encoder.
        let _ = self.inner.reset_state();
    }
}

/// One incoming stream.
pub struct OpusDecoder {
    inner: opus::Decoder,
    /// Samples of the last packet, to guess how long a lost one was.
    last_samples: usize,
}

impl OpusDecoder {
    /// A new stream.
    ///
    /// # Errors
    /// [`OpusError::Settings`] when libopus cannot be set up.
    pub fn new() -> Result<Self, OpusError> {
        let inner = opus::Decoder::new(RATE_HZ, Channels::Mono)
            .map_err(|e| OpusError::Settings(e.description()))?;
        Ok(Self {
            inner,
            last_samples: FRAME_SAMPLES,
        })
    }

    /// Decodes a packet that followed `lost` packets which never came, and hands `out` the samples: first what
    /// stands in for the lost ones (by the packet's own FEC where it has it, else concealed; at most
    /// [`MAX_CONCEALED_SAMPLES`]), then the packet's.
    ///
    /// # Errors
    /// [`OpusError::Packet`] if this is not Opus. Nothing was handed out then.
    pub fn decode(
        &mut self,
        packet: &[u8],
        lost: usize,
        mut out: impl FnMut(&[i16]),
    ) -> Result<(), OpusError> {
        if packet.is_empty() {
            return Err(OpusError::Packet("it is empty"));
        }
        let samples = self
            .inner
            .get_nb_samples(packet)
            .map_err(|e| OpusError::Packet(e.description()))?;
        if samples == 0 || samples > MAX_PACKET_SAMPLES {
            return Err(OpusError::Packet("it is longer than 120 ms"));
        }
        let mut pcm = [0_i16; MAX_PACKET_SAMPLES];
        let gap = (lost.min(MAX_CONCEALED_SAMPLES) * self.last_samples).min(MAX_CONCEALED_SAMPLES);
        let mut left = gap;
        while left > 0 {
            let n = left.min(self.last_samples);
            // The last gap before this packet is what the packet's FEC describes.
            let last = left == n;
            let made = if last {
                self.inner.decode(packet, &mut pcm[..n], true)
            } else {
                self.inner.decode(&[], &mut pcm[..n], false)
            };
            let made = made.map_err(|e| OpusError::Packet(e.description()))?;
            out(&pcm[..made]);
            left -= n;
        }
        let made = self
            .inner
            .decode(packet, &mut pcm, false)
            .map_err(|e| OpusError::Packet(e.description()))?;
        self.last_samples = made;
        out(&pcm[..made]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(tick: usize) -> Frame {
        let mut frame = Frame::SILENCE;
        for (i, s) in frame.iter_mut().enumerate() {
            let t = (tick * FRAME_SAMPLES + i) as f64 / 48_000.0;
            *s = (8_000.0 * (2.0 * std::f64::consts::PI * 440.0 * t).sin()) as i16;
        }
        frame
    }

    fn rms(samples: &[i16]) -> f64 {
        (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64)
            .sqrt()
    }

    #[test]
    fn a_tone_survives_encoding_and_decoding() {
        let mut encoder = OpusEncoder::new(Settings::SPEECH).unwrap();
        let mut decoder = OpusDecoder::new().unwrap();
        let mut packet = [0; MAX_PACKET_BYTES];
        let mut heard = Vec::new();
        for tick in 0..25 {
            let n = encoder.encode(&tone(tick), &mut packet).unwrap();
            decoder
                .decode(&packet[..n], 0, |pcm| heard.extend_from_slice(pcm))
                .unwrap();
        }
        assert_eq!(heard.len(), 25 * FRAME_SAMPLES);
        let level = rms(&heard[9_600..]);
        assert!((4_500.0..6_800.0).contains(&level), "rms {level} for 5657");
    }

    #[test]
    fn lost_packets_keep_their_time_and_are_not_silence() {
        let fec = Settings {
            fec: true,
            expected_loss_percent: 10,
            ..Settings::SPEECH
        };
        let mut encoder = OpusEncoder::new(fec).unwrap();
        let mut decoder = OpusDecoder::new().unwrap();
        let mut packet = [0; MAX_PACKET_BYTES];
        let mut heard = Vec::new();
        let mut lost = 0;
        for tick in 0..40 {
            let n = encoder.encode(&tone(tick), &mut packet).unwrap();
            if tick == 20 || tick == 30 || tick == 31 {
                lost += 1;
                continue;
            }
            decoder
                .decode(&packet[..n], lost, |pcm| heard.extend_from_slice(pcm))
                .unwrap();
            lost = 0;
        }
        assert_eq!(heard.len(), 40 * FRAME_SAMPLES);
        for tick in [20, 30] {
            let level = rms(&heard[tick * 960..(tick + 1) * 960]);
            assert!(level > 1_500.0, "the gap at {tick} fell to {level}");
        }
    }

    #[test]
    fn a_long_loss_is_concealed_for_60_ms_at_most() {
        let mut encoder = OpusEncoder::new(Settings::SPEECH).unwrap();
        let mut decoder = OpusDecoder::new().unwrap();
        let mut packet = [0; MAX_PACKET_BYTES];
        let n = encoder.encode(&tone(0), &mut packet).unwrap();
        decoder.decode(&packet[..n], 0, |_| {}).unwrap();
        let mut made = 0;
        decoder
            .decode(&packet[..n], 5_000, |pcm| made += pcm.len())
            .unwrap();
        assert_eq!(made, MAX_CONCEALED_SAMPLES + FRAME_SAMPLES);
    }

    #[test]
    fn what_is_not_opus_is_refused() {
        let mut decoder = OpusDecoder::new().unwrap();
        assert!(matches!(
            decoder.decode(&[], 0, |_| {}),
            Err(OpusError::Packet(_))
        ));
        // Code 3 with a frame count of zero (RFC 6716 section 3.4, requirement R5).
        assert!(matches!(
            decoder.decode(&[0x03, 0x00], 0, |_| {}),
            Err(OpusError::Packet(_))
        ));
    }

    #[test]
    fn dtx_makes_silence_cheap() {
        let mut encoder = OpusEncoder::new(Settings {
            dtx: true,
            ..Settings::SPEECH
        })
        .unwrap();
        let mut packet = [0; MAX_PACKET_BYTES];
        let last = (0..60)
            .map(|_| encoder.encode(&Frame::SILENCE, &mut packet).unwrap())
            .collect::<Vec<_>>();
        assert!(
            last[40..].iter().filter(|n| **n <= 2).count() >= 15,
            "lengths {last:?}"
        );
    }
}

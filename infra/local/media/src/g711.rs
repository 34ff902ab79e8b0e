//! G.711 (ITU-T G.711, 11/1988): the two 8-bit companding laws of the telephone network, at 8 kHz.

/// Which companding law: µ-law (RTP payload type 0, PCMU) or A-law (payload type 8, PCMA); RFC 3551 section 4.5.14.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// North America and Japan.
    Mu,
    /// Everywhere else.
    A,
}

/// Code word for silence of µ-law.
pub const MU_SILENCE: u8 = 0xFF;
/// Code word for silence of A-law.
pub const A_SILENCE: u8 = 0xD5;

const MU_BIAS: i32 = 0x84;
const MU_CLIP: i32 = 32_635;

static MU_DECODED: [i16; 256] = decoded(true);
static A_DECODED: [i16; 256] = decoded(false);

impl Law {
    /// The code word of digital silence.
    #[must_use]
    pub const fn silence(self) -> u8 {
        match self {
            Law::Mu => MU_SILENCE,
            Law::A => A_SILENCE,
        }
    }

    /// One linear sample as a code word.
    #[must_use]
    pub const fn encode(self, sample: i16) -> u8 {
        match self {
            Law::Mu => encode_mu(sample),
            Law::A => encode_a(sample),
        }
    }

    /// One code word as a linear sample.
    #[must_use]
    pub fn decode(self, code: u8) -> i16 {
        match self {
            Law::Mu => MU_DECODED[usize::from(code)],
            Law::A => A_DECODED[usize::from(code)],
        }
    }

    /// Encodes `samples` onto the end of `out`.
    pub fn encode_into(self, samples: &[i16], out: &mut Vec<u8>) {
        out.extend(samples.iter().map(|s| self.encode(*s)));
    }

    /// Decodes `codes` onto the end of `out`.
    pub fn decode_into(self, codes: &[u8], out: &mut Vec<i16>) {
        out.extend(codes.iter().map(|c| self.decode(*c)));
    }
}

const fn encode_mu(sample: i16) -> u8 {
    let sign: u8 = if sample < 0 { 0x80 } else { 0 };
    let mut magnitude = (sample as i32).abs();
    if magnitude > MU_CLIP {
        magnitude = MU_CLIP;
    }
    magnitude += MU_BIAS;
    // The segment is the position of the highest set bit, counted from bit 7.
    let segment = 31 - magnitude.leading_zeros() as i32 - 7;
    let mantissa = (magnitude >> (segment + 3)) & 0x0F;
    !(sign | ((segment as u8) << 4) | mantissa as u8)
}

const fn encode_a(sample: i16) -> u8 {
    // 13-bit magnitude; negative values are one's complement, so that -1 and 0 meet.
    let (sign, magnitude) = if sample >= 0 {
        (0x80u8, (sample >> 3) as i32)
    } else {
        (0u8, ((!sample) >> 3) as i32)
    };
    let code = if magnitude < 32 {
        magnitude >> 1
    } else {
        let segment = 31 - magnitude.leading_zeros() as i32 - 4;
        (segment << 4) | ((magnitude >> segment) & 0x0F)
    };
    (sign | code as u8) ^ 0x55
}

const fn decoded(mu: bool) -> [i16; 256] {
    let mut table = [0i16; 256];
    let mut code = 0usize;
    while code < 256 {
        table[code] = if mu {
            decode_mu(code as u8)
        } else {
            decode_a(code as u8)
        };
        code += 1;
    }
    table
}

const fn decode_mu(code: u8) -> i16 {
    let code = !code;
    let segment = ((code >> 4) & 0x07) as i32;
    let magnitude = (((((code & 0x0F) as i32) << 3) + MU_BIAS) << segment) - MU_BIAS;
    if code & 0x80 != 0 {
        -magnitude as i16
    } else {
        magnitude as i16
    }
}

const fn decode_a(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = ((code >> 4) & 0x07) as i32;
    let mantissa = ((code & 0x0F) as i32) << 4;
    let magnitude = if segment == 0 {
        mantissa + 8
    } else {
        (mantissa + 0x108) << (segment - 1)
    };
    if code & 0x80 != 0 {
        magnitude as i16
    } else {
        -magnitude as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_code_words() {
        // G.711 tables 1 and 2: ends of the range and zero.
        assert_eq!(Law::Mu.encode(0), 0xFF);
        assert_eq!(Law::Mu.decode(0x00), -32_124);
        assert_eq!(Law::Mu.decode(0x80), 32_124);
        assert_eq!(Law::A.encode(0), 0xD5);
        assert_eq!(Law::A.decode(0xD5), 8);
        assert_eq!(Law::A.decode(0x2A), -32_256);
        assert_eq!(Law::A.decode(0xAA), 32_256);
    }

    #[test]
    fn every_code_word_survives_decode_and_encode() {
        for law in [Law::Mu, Law::A] {
            for code in 0..=255u8 {
                // µ-law has two zeros; both decode to 0, which encodes as 0xFF.
                if law == Law::Mu && code == 0x7F {
                    continue;
                }
                assert_eq!(law.encode(law.decode(code)), code, "{law:?} {code:#04x}");
            }
        }
    }

    #[test]
    fn the_error_stays_within_a_quantisation_step() {
        for law in [Law::Mu, Law::A] {
            for sample in (-32_768..=32_767i32).step_by(7) {
                let back = i32::from(law.decode(law.encode(sample as i16)));
                // Relative step of 1/16 within a segment, plus the smallest step and the clip at the top.
                let allowed = sample.abs() / 16 + 16 + (sample.abs() - 32_256).max(0);
                assert!(
                    (back - sample).abs() <= allowed,
                    "{law:?} {sample} -> {back}"
                );
            }
        }
    }
}

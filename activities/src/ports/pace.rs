//! How fast days pass.
use jiff::SignedDuration;

/// The pace of a deployment.
pub trait Pace: Send + Sync {
    /// By how much the waits of requests and those between the attempts of webhooks are divided: 1 but for practice, where 3,600 is an
    /// hour a second. Calls keep real time, and so does every answer that is waited for.
    fn time_scale(&self) -> u32;

    /// How long people have at least for what they are asked, in real seconds, however fast days pass: 0 where nobody tries it by hand.
    fn patience_s(&self) -> u32;

    /// Both.
    fn tempo(&self) -> Tempo {
        Tempo {
            scale: self.time_scale().max(1),
            patience_s: self.patience_s(),
        }
    }
}

/// How much of the wall clock a time of the calendar takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tempo {
    /// By how much waits are divided; 1 but for practice.
    pub scale: u32,
    /// How long people have at least, in real seconds.
    pub patience_s: u32,
}

impl Tempo {
    /// As it is everywhere but in practice.
    pub const REAL: Self = Self {
        scale: 1,
        patience_s: 0,
    };

    /// How long a wait lasts that is nobody's turn, or a carrier's.
    pub fn wait(self, calendar: SignedDuration) -> SignedDuration {
        let ms = calendar.as_millis() / i128::from(self.scale.max(1));
        SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX / 2))
    }

    /// How long people have for their turn: no less than their patience, and no more than in real time.
    pub fn turn(self, calendar: SignedDuration) -> SignedDuration {
        let least = SignedDuration::from_secs(self.patience_s.into());
        self.wait(calendar).max(least.min(calendar))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_half_an_hour_however_fast_days_pass_and_never_more_than_in_real_time() {
        let up = Tempo {
            scale: 3_600,
            patience_s: 1_800,
        };
        let of = |hours, tempo: Tempo| {
            let whole = SignedDuration::from_hours(hours);
            (tempo.turn(whole).as_secs(), tempo.wait(whole).as_secs())
        };
        // A fortnight, three months, and what was over an hour ago.
        assert_eq!(of(14 * 24, up), (1_800, 336));
        assert_eq!(of(90 * 24, up), (2_160, 2_160));
        assert_eq!(of(-1, up), (-1, -1));
        let minutes = SignedDuration::from_mins(10);
        assert_eq!(up.turn(minutes), minutes);
        // Whoever named the scale gets what they named.
        let named = Tempo {
            patience_s: 0,
            ..up
        };
        assert_eq!(of(14 * 24, named), (336, 336));
        assert_eq!(of(14 * 24, Tempo::REAL), (1_209_600, 1_209_600));
    }
}

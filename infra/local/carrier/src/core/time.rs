//! Time as the core sees it: moments of the wall clock, and spans that a compressed world makes shorter.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct At(pub i64);

impl At {
    /// This moment and `ms` more.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// As the API writes it, `2026-03-19T10:07:15Z`, in whole seconds down.
    #[must_use]
    pub fn iso(self) -> String {
        let seconds = self.0.div_euclid(1000);
        Timestamp::from_second(seconds).map_or_else(
            |_| String::from("1970-01-01T00:00:00Z"),
            |at| at.to_string(),
        )
    }

    /// Reads RFC 3339 with an offset, or a date alone (its midnight in UTC).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self(at.as_millisecond()));
        }
        let date: jiff::civil::Date = text.parse().ok()?;
        let at = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(Self(at.as_millisecond()))
    }
}

/// How much faster than real the carrier's world runs: 1 is real, 3600 an hour a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale(u32);

/// Fastest world: about eleven days a second.
pub const MAX_SCALE: u32 = 1_000_000;

impl Scale {
    /// A scale of 1 to [`MAX_SCALE`].
    #[must_use]
    pub fn new(scale: u32) -> Option<Self> {
        (1..=MAX_SCALE).contains(&scale).then_some(Self(scale))
    }

    /// Milliseconds of the wall clock that a carrier's span of `span_s` seconds takes; at least one.
    #[must_use]
    pub fn wait_ms(self, span_s: u64) -> i64 {
        let ms = span_s.saturating_mul(1000) / u64::from(self.0);
        i64::try_from(ms.max(1)).unwrap_or(i64::MAX)
    }

    /// Seconds of the carrier's time in `ms` of the wall clock.
    #[must_use]
    pub fn carrier_s(self, ms: i64) -> i64 {
        ms.saturating_mul(i64::from(self.0)) / 1000
    }

    /// When the wall clock shows what the calendar calls `date`, seen from `now`.
    #[must_use]
    pub fn reached(self, date: At, now: At) -> At {
        let ahead = date.0.saturating_sub(now.0).max(0);
        now.plus_ms((ahead / i64::from(self.0)).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_a_second() {
        let scale = Scale::new(3600).expect("in range");
        assert_eq!(scale.wait_ms(3600), 1000);
        assert_eq!(scale.wait_ms(0), 1);
        assert_eq!(scale.carrier_s(1000), 3600);
        assert_eq!(scale.reached(At(7_200_000), At(0)), At(2000));
        assert_eq!(scale.reached(At(0), At(5)), At(6));
        assert!(Scale::new(0).is_none());
    }

    #[test]
    fn dates_are_read_and_written() {
        assert_eq!(
            At::parse("2022-04-08T15:00:00Z").map(At::iso).as_deref(),
            Some("2022-04-08T15:00:00Z")
        );
        assert_eq!(
            At::parse("2022-04-08T17:00:00+02:00"),
            At::parse("2022-04-08T15:00:00Z")
        );
        assert_eq!(
            At::parse("2022-04-08").map(At::iso).as_deref(),
            Some("2022-04-08T00:00:00Z")
        );
        assert_eq!(At::parse("tomorrow"), None);
    }
}

//! Time: an argument of everything pure, a port of everything else.
use jiff::Timestamp;
use std::{future::Future, time::Duration};

/// What time it is, and waiting for it to pass. Tests pass a clock of their own.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns once `pause` has passed.
    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send;
}

/// An instant as records and signals write it: RFC 3339 with milliseconds, UTC, such as `2026-11-20T10:00:00.000Z`.
pub fn text(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_always_have_milliseconds() {
        for (ms, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_790_000_000_050, "2026-09-21T14:13:20.050Z"),
        ] {
            assert_eq!(text(Timestamp::from_millisecond(ms).unwrap()), expected);
        }
    }
}

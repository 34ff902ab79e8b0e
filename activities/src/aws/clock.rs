//! The machine's clock.
use super::Aws;
use crate::ports::clock::Clock;
use jiff::Timestamp;
use std::time::Duration;

impl Clock for Aws {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

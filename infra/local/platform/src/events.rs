//! EventBridge on one machine: rules by pattern, rules by the clock.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::functions::Functions;
use crate::names::{ACCOUNT, REGION};
use crate::pattern;
use crate::stack::{Rule, Schedule};

/// The event bus: hands events to the functions whose rules they fit. Cheap to clone.
#[derive(Clone)]
pub struct Bus {
    functions: Functions,
    rules: Arc<[Rule]>,
}

impl Bus {
    /// A bus with these rules.
    pub fn new(functions: Functions, rules: Vec<Rule>) -> Self {
        Self {
            functions,
            rules: rules.into(),
        }
    }

    /// Puts an event on the bus.
    pub fn put(&self, event: &Value) {
        for rule in self
            .rules
            .iter()
            .filter(|rule| pattern::fits(&rule.event_pattern, event))
        {
            if let Err(error) = self
                .functions
                .invoke_later(&rule.function, Bytes::from(event.to_string()))
            {
                tracing::error!(rule = rule.name, %error, "an event was dropped");
            }
        }
    }
}

/// Runs a scheduled function, at once and then by the clock; a run that is still going on is not doubled.
pub async fn keep_schedule(schedule: Schedule, functions: Functions, stopping: CancellationToken) {
    let mut period = tokio::time::interval(Duration::from_secs(schedule.rate_seconds));
    period.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = period.tick() => {}
        }
        let payload = Bytes::from(scheduled_event(&schedule.name, Timestamp::now()).to_string());
        if let Err(error) = functions.invoke(&schedule.function, payload).await {
            tracing::warn!(schedule = schedule.name, %error, "a scheduled run failed");
        }
    }
}

/// Source: EventBridge user guide, "Scheduled events".
fn scheduled_event(rule: &str, now: Timestamp) -> Value {
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}")],
        "detail": {},
    })
}

//! The Task state, and the error handling that it shares with Parallel.

use super::compile::Compiler;
use super::data::Way;
use super::diagnostic::Code;
use super::fields::Fields;
use super::handling;
use super::template::Template;
use super::{FlowIx, Seconds, StateIx};
use crate::integration::{self, Resource};

/// Longest timeout and heartbeat, in seconds (guide: 99,999,999).
pub const MAX_TIMEOUT_S: u32 = 99_999_999;

/// One piece of work elsewhere.
#[derive(Debug)]
pub struct Task {
    /// What does it.
    pub resource: Resource,
    /// `TimeoutSeconds`.
    pub timeout: Option<Seconds>,
    /// `HeartbeatSeconds`.
    pub heartbeat: Option<Seconds>,
    /// `Credentials`: an object with the role, `RoleArn`.
    pub credentials: Option<Template>,
    /// `Retry` and `Catch`.
    pub handling: Handling,
}

/// `Retry` and `Catch` of a state.
#[derive(Debug, Default)]
pub struct Handling {
    /// `Retry`, in order.
    pub retriers: Vec<Retrier>,
    /// `Catch`, in order.
    pub catchers: Vec<Catcher>,
}

/// One retrier. Its attempts are counted apart from the others'.
#[derive(Debug)]
pub struct Retrier {
    /// `ErrorEquals`.
    pub errors: Vec<String>,
    /// `IntervalSeconds`, 1 unless given.
    pub interval_s: u32,
    /// `MaxAttempts`, 3 unless given; 0 means never.
    pub max_attempts: u32,
    /// `BackoffRate`, 2.0 unless given.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`.
    pub max_delay_s: Option<u32>,
    /// `JitterStrategy` is `FULL`.
    pub full_jitter: bool,
}

/// One catcher.
#[derive(Debug)]
pub struct Catcher {
    /// `ErrorEquals`.
    pub errors: Vec<String>,
    /// `Next`.
    pub next: StateIx,
    /// `Assign`, and `Output` or `ResultPath`.
    pub way: Way,
}

impl Retrier {
    /// How long to wait before attempt number `attempt` (1 is the first retry), in milliseconds. `chance` is in 0.0..1.0.
    pub fn delay_ms(&self, attempt: u32, chance: f64) -> i64 {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let most_s = f64::from(self.max_delay_s.unwrap_or(MAX_TIMEOUT_S));
        let delay_s = (f64::from(self.interval_s) * self.backoff_rate.powi(exponent)).min(most_s);
        let delay_s = if self.full_jitter {
            delay_s * chance
        } else {
            delay_s
        };
        (delay_s * 1_000.0) as i64
    }
}

pub(super) fn read(compiler: &mut Compiler, fields: &Fields<'_>, flow: FlowIx) -> Option<Task> {
    let resource = resource(compiler, fields);
    let credentials = credentials(compiler, fields);
    let timeout = fields.seconds("TimeoutSeconds", 1, MAX_TIMEOUT_S, &mut compiler.findings);
    let heartbeat = fields.seconds("HeartbeatSeconds", 1, MAX_TIMEOUT_S, &mut compiler.findings);
    if let (Some(Seconds::Literal(timeout)), Some(Seconds::Literal(heartbeat))) =
        (&timeout, &heartbeat)
        && heartbeat >= timeout
    {
        let message = "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'";
        compiler
            .findings
            .error(Code::Schema, fields.pointer("HeartbeatSeconds"), message);
    }
    let handling = handling::read(compiler, fields, flow);
    Some(Task {
        resource: resource?,
        timeout,
        heartbeat,
        credentials,
        handling,
    })
}

/// `Credentials` must name a role. Roles are not assumed on one machine.
fn credentials(compiler: &mut Compiler, fields: &Fields<'_>) -> Option<Template> {
    let value = fields.get("Credentials")?;
    let inner = compiler.fields(value, fields.pointer("Credentials"))?;
    if inner.get("RoleArn").is_none() && inner.get("RoleArn.$").is_none() {
        let message = "The field 'RoleArn' is required but was missing";
        compiler.findings.error(Code::Schema, inner.at, message);
        return None;
    }
    fields.template("Credentials", &mut compiler.findings)
}

fn resource(compiler: &mut Compiler, fields: &Fields<'_>) -> Option<Resource> {
    let Some(text) = fields.string("Resource", &mut compiler.findings) else {
        if fields.get("Resource").is_none() {
            let message = "These fields are required: [Resource]";
            compiler
                .findings
                .error(Code::Schema, fields.at.clone(), message);
        }
        return None;
    };
    let found = if compiler.is_stored {
        integration::resolve_stored(text, &compiler.models)
    } else {
        integration::resolve(text, &compiler.models)
    };
    match found {
        Ok(resource) => Some(resource),
        Err(message) => {
            compiler
                .findings
                .error(Code::Schema, fields.pointer("Resource"), message);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retrier() -> Retrier {
        Retrier {
            errors: vec!["States.ALL".into()],
            interval_s: 3,
            max_attempts: 9,
            backoff_rate: 2.0,
            max_delay_s: Some(10),
            full_jitter: false,
        }
    }

    #[test]
    fn a_delay_grows_by_the_rate_up_to_its_limit() {
        let retrier = retrier();
        let delays: Vec<i64> = (1..=4)
            .map(|attempt| retrier.delay_ms(attempt, 0.5))
            .collect();
        assert_eq!(delays, [3_000, 6_000, 10_000, 10_000]);
        assert_eq!(retrier.delay_ms(u32::MAX, 0.5), 10_000);
    }

    #[test]
    fn full_jitter_takes_a_part_of_the_delay() {
        let retrier = Retrier {
            full_jitter: true,
            ..retrier()
        };
        assert_eq!(retrier.delay_ms(2, 0.5), 3_000);
        assert_eq!(retrier.delay_ms(2, 0.0), 0);
    }
}

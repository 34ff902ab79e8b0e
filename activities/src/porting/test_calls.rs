//! Test calls to the numbers that came: which are called, how often, and what is taken down of them. Pure.
//!
//! Of a large port, numbers spread over all of it are called. Each is tried some times, with longer and longer pauses, since routes take
//! their time. What was never reached is an operator's matter, and stays named in the port.
use super::calendar::Time;
use super::record::Port;
use crate::ports::clock;
use contract::E164;
use contract::dossier::{NumberStatus as Here, NumberStep};
use contract::request::Party;
use contract::request::signal::{RequestSignal, SignalName};
use jiff::{SignedDuration, Timestamp};

/// Most numbers of one port that are called.
pub const SAMPLE_MAX: usize = 20;
/// How often a number is called before it counts as not reached.
pub const TRIES: u32 = 4;
/// How long a test call may take to be told, seconds of the wall clock: the network lets a phone ring for a minute.
pub const CALL_S: i64 = 100;
/// The pause before the second, third and fourth round of calls, in seconds of the calendar.
const PAUSES_S: [i64; 3] = [30, 120, 300];
/// What is said of a number that no test call reached.
const NOT_REACHED: &str = "no test call came through";

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Call this number; the how-manieth call of this port it is, from 1.
    Call(E164, u32),
    /// A call is under way, or the next round has not begun.
    Wait,
    /// Somebody has to call.
    Ask,
    /// Nothing is left to try.
    Over,
}

/// Takes down what was heard: of a test call by its own number, whichever is waited for; of an operator; or nothing, in time.
pub fn take_down(port: &mut Port, signal: Option<&RequestSignal>, time: Time) -> Option<String> {
    match signal {
        Some(signal) if signal.name == SignalName::CallTested => {
            told(port, signal, time);
            None
        }
        Some(signal) if signal.topic.as_deref() == Some("port-verify") => {
            heard(port, signal, time);
            Some("An operator has called the numbers".to_owned())
        }
        Some(_) => None,
        None => {
            if port.hidden.testing.is_some() && is_up(port, time.now) {
                failed(port, time);
            }
            None
        }
    }
}

fn told(port: &mut Port, signal: &RequestSignal, time: Time) {
    let number = signal.data["number"].as_str();
    let Some(number) = number.and_then(|text| E164::parse(text).ok()) else {
        return;
    };
    let current = port.hidden.testing.as_ref() == Some(&number);
    if signal.topic.as_deref() == Some("passed") {
        // However late it is: the number was reached.
        port.step_one(&number, NumberStep::Verify, Party::Platform, time.now, None);
        if current {
            cleared(port);
        }
        return;
    }
    let this = port.hidden.test.as_deref();
    if current && this.is_none_or(|this| signal.data["test"] == this) {
        failed(port, time);
    }
}

fn heard(port: &mut Port, signal: &RequestSignal, time: Time) {
    port.hidden.heard = true;
    let passed = signal.data["result"] == "passed";
    let named: Vec<&str> = signal.data["failed"]
        .as_array()
        .map(|list| list.iter().filter_map(|each| each.as_str()).collect())
        .unwrap_or_default();
    let by_ear = port.hidden.by_ear || port.hidden.tests == 0;
    let asked: Vec<E164> = port
        .lines
        .iter()
        .filter(|line| Port::number_status(line) == Here::Active)
        // Where the platform called, it asks for those only that it could not reach.
        .filter(|line| by_ear || line.reason.is_some())
        .map(|line| line.number.clone())
        .collect();
    for number in asked {
        let not_reached = !passed && (named.is_empty() || named.contains(&number.as_str()));
        if not_reached {
            say(port, &number);
        } else {
            port.step_one(&number, NumberStep::Verify, Party::Platform, time.now, None);
        }
    }
}

/// The test call that is waited for came to nothing.
pub fn failed(port: &mut Port, time: Time) {
    let Some(number) = port.hidden.testing.clone() else {
        return;
    };
    cleared(port);
    let tries = port.hidden.tries.entry(number.clone()).or_default();
    *tries += 1;
    if *tries >= TRIES && is_active(port, &number) {
        tracing::info!(%number, at = %time.now, "a ported number was not reached");
        say(port, &number);
    }
}

/// A test call is on its way.
pub fn begun(port: &mut Port, number: &E164, test: Option<String>, time: Time) {
    port.hidden.tests += 1;
    port.hidden.testing = Some(number.clone());
    port.hidden.test = test;
    port.hidden.until = Some(after(time.now, CALL_S));
}

fn cleared(port: &mut Port) {
    (port.hidden.testing, port.hidden.test, port.hidden.until) = (None, None, None);
}

fn say(port: &mut Port, wanted: &E164) {
    // It is here by the carrier's word; who looks sees that nobody heard it.
    if let Some(line) = port.lines.iter_mut().find(|line| line.number == *wanted) {
        line.reason = Some(NOT_REACHED.to_owned());
    }
}

fn is_active(port: &Port, wanted: &E164) -> bool {
    let mut lines = port.lines.iter();
    lines.any(|line| line.number == *wanted && Port::number_status(line) == Here::Active)
}

fn after(now: Timestamp, seconds: i64) -> String {
    let until = now.checked_add(SignedDuration::from_secs(seconds));
    clock::text(until.unwrap_or(now))
}

fn is_up(port: &Port, now: Timestamp) -> bool {
    let until = port.hidden.until.as_ref();
    until
        .and_then(|text| text.parse::<Timestamp>().ok())
        .is_none_or(|until| now >= until)
}

/// Those that are called: of many that came, every so-manieth.
fn sample(port: &Port) -> Vec<E164> {
    let here: Vec<E164> = port
        .lines
        .iter()
        .filter(|line| matches!(Port::number_status(line), Here::Active | Here::Verified))
        .map(|line| line.number.clone())
        .collect();
    let step = here.len().div_ceil(SAMPLE_MAX).max(1);
    here.into_iter().step_by(step).collect()
}

/// What follows. A new round of calls begins after a pause.
pub fn next(port: &mut Port, time: Time) -> Next {
    port.hidden.asks = false;
    if port.hidden.testing.is_some() {
        return Next::Wait;
    }
    let left: Vec<E164> = sample(port)
        .into_iter()
        .filter(|number| is_active(port, number))
        .collect();
    if left.is_empty() || port.hidden.heard {
        return Next::Over;
    }
    let tries = |port: &Port, number: &E164| port.hidden.tries.get(number).copied().unwrap_or(0);
    let least = left.iter().min_by_key(|number| tries(port, number));
    let least = least.map(|number| (number.clone(), tries(port, number)));
    match least.filter(|(_, tries)| *tries < TRIES && !port.hidden.by_ear) {
        None => {
            port.hidden.asks = true;
            Next::Ask
        }
        Some((number, round)) => {
            if round > port.hidden.round {
                port.hidden.round = round;
                let at = usize::try_from(round.saturating_sub(1)).unwrap_or(usize::MAX);
                let pause = PAUSES_S.get(at).copied().unwrap_or(300) / i64::from(time.scale.max(1));
                port.hidden.until = Some(after(time.now, pause.max(1)));
            }
            if port.hidden.until.is_some() && !is_up(port, time.now) {
                return Next::Wait;
            }
            Next::Call(number, port.hidden.tests + 1)
        }
    }
}

#[cfg(test)]
mod tests;

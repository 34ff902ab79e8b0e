//! What holds of every execution's records and history, whatever happened.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::Value;

use crate::core::history::Event;
use crate::core::record::{Record, What};
use crate::core::{BROKEN_OFF, BranchId};

/// How often a task was scheduled and, of these, how often it is over: by what it is called with.
pub(super) type Tally = HashMap<u64, (u32, u32)>;

/// Names what a function is called with.
pub(super) fn key(payload: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.to_string().hash(&mut hasher);
    hasher.finish()
}

/// Counts the calls that records promise, and those that need not be made again.
pub(super) fn tally(records: &[Record]) -> Tally {
    let mut tally = Tally::new();
    let mut open: HashMap<BranchId, u64> = HashMap::new();
    for record in records {
        let over = match &record.what {
            What::Scheduled(scheduled) => {
                let arguments: Value =
                    serde_json::from_str(scheduled.arguments.as_str()).unwrap_or_default();
                if let Some(payload) = arguments.get("Payload") {
                    let key = key(payload);
                    tally.entry(key).or_default().0 += 1;
                    open.insert(record.branch, key);
                }
                continue;
            }
            What::Submitted { .. } | What::TaskSucceeded { .. } => true,
            What::TaskFailed(_) | What::TaskTimedOut(_) => true,
            What::Succeeded | What::Failed(_) | What::Stopped { .. } | What::TimedOut => {
                for (_, key) in open.drain() {
                    tally.entry(key).or_default().1 += 1;
                }
                continue;
            }
            _other => false,
        };
        if over && let Some(key) = open.remove(&record.branch) {
            tally.entry(key).or_default().1 += 1;
        }
    }
    tally
}

/// No answer of a task is there twice, no step broke off, nothing follows an end but a redrive, and time goes on.
pub(super) fn once(arn: &str, records: &[Record]) {
    let found: Vec<u64> = answers(records).collect();
    let different: BTreeSet<u64> = found.iter().copied().collect();
    assert_eq!(
        found.len(),
        different.len(),
        "{arn} has an answer twice: {found:?}"
    );
    let mut ended = false;
    for record in records {
        if let What::Failed(problem) = &record.what {
            let cause = problem.cause.as_deref().unwrap_or_default();
            assert!(!cause.starts_with(BROKEN_OFF), "{arn}: {cause}");
        }
        let redriven = matches!(record.what, What::Redriven(_));
        assert_eq!(
            ended, redriven,
            "{arn}: {record:?} after its end, or a redrive before it"
        );
        ended = is_end(record);
    }
    let times: Vec<i64> = records.iter().map(|record| record.at_ms).collect();
    assert!(times.is_sorted(), "{arn}: time went back");
}

fn is_end(record: &Record) -> bool {
    matches!(
        record.what,
        What::Succeeded | What::Failed(_) | What::Stopped { .. } | What::TimedOut
    )
}

/// How often the execution ended.
pub(super) fn ends(records: &[Record]) -> usize {
    records.iter().filter(|record| is_end(record)).count()
}

/// Did it end because its machine was being deleted?
pub(super) fn ended_with_its_machine(records: &[Record]) -> bool {
    let Some(What::Stopped { error, cause }) = records.last().map(|last| &last.what) else {
        return false;
    };
    error.is_none() && cause.as_deref() == Some("The state machine is being deleted")
}

/// The numbers that tasks were answered with, each another one.
pub(super) fn answers(records: &[Record]) -> impl Iterator<Item = u64> {
    records.iter().filter_map(|record| {
        let What::TaskSucceeded { result } = &record.what else {
            return None;
        };
        let value: Value = serde_json::from_str(result.as_str()).ok()?;
        value.as_u64().or_else(|| value["Payload"]["work"].as_u64())
    })
}

/// The executions whose start was the answer of a task.
pub(super) fn sent(records: &[Record]) -> impl Iterator<Item = Arc<str>> {
    records.iter().filter_map(|record| {
        let What::TaskSucceeded { result } = &record.what else {
            return None;
        };
        let value: Value = serde_json::from_str(result.as_str()).ok()?;
        let arn: Arc<str> = value["ExecutionArn"].as_str()?.into();
        Some(arn)
    })
}

/// Nothing that has its time happens before it.
pub(super) fn never_early(arn: &str, records: &[Record]) {
    /// What a branch waits for: the earliest time of its back-off's or wait's end, and of its task's.
    #[derive(Default)]
    struct Due {
        pause_ms: Option<i64>,
        timeout_s: Option<u32>,
        timeout_ms: Option<i64>,
        beat_ms: Option<i64>,
    }
    let mut due: HashMap<BranchId, Due> = HashMap::new();
    let mut deadline_ms = None;
    for record in records {
        let at_ms = record.at_ms;
        let here = due.entry(record.branch).or_default();
        match &record.what {
            What::Started {
                deadline_ms: until, ..
            } => deadline_ms = *until,
            What::Waiting { until_ms } | What::BackedOff { until_ms, .. } => {
                here.pause_ms = Some(*until_ms);
            }
            What::Exited { .. } | What::Retried => {
                let pause_ms = here.pause_ms.take();
                assert!(
                    pause_ms.is_none_or(|until| at_ms >= until),
                    "{arn}: {record:?} is early"
                );
            }
            What::Scheduled(task) => {
                let after = |s: Option<u32>| s.map(|s| at_ms + i64::from(s) * 1_000);
                here.timeout_s = task.timeout_s;
                here.timeout_ms = after(task.timeout_s);
                here.beat_ms = after(task.heartbeat_s);
            }
            // The time of an activity's task begins when a worker has it.
            What::Offered => here.timeout_ms = None,
            What::Claimed { .. } if here.timeout_ms.is_none() => {
                here.timeout_ms = here.timeout_s.map(|s| at_ms + i64::from(s) * 1_000);
            }
            What::Beat { until_ms } => here.beat_ms = Some(*until_ms),
            What::TaskTimedOut(_) => {
                let first = [here.timeout_ms, here.beat_ms].into_iter().flatten().min();
                assert!(
                    first.is_some_and(|until| at_ms >= until),
                    "{arn}: {record:?} is early"
                );
            }
            What::TimedOut => {
                assert!(
                    deadline_ms.is_some_and(|until| at_ms >= until),
                    "{arn} timed out early"
                );
            }
            _other => {}
        }
    }
}

/// The history is whole: ids without gaps, every event behind the one that led to it, each state left after it was
/// entered, and no Wait left too early.
pub(super) fn whole(arn: &str, events: &[Event]) {
    let name = |event: &Event| {
        let (_, details) = event.details.as_ref()?;
        Some(details["name"].as_str()?.to_owned())
    };
    for (place, event) in events.iter().enumerate() {
        assert_eq!(
            event.id as usize,
            place + 1,
            "{arn}: a gap before {event:?}"
        );
        assert!(
            event.previous < event.id,
            "{arn}: {event:?} follows what came later"
        );
        let starts = event.previous == 0;
        let may_start = matches!(
            event.kind.as_str(),
            "ExecutionStarted" | "ExecutionAborted" | "ExecutionTimedOut" | "ExecutionRedriven"
        ) || place == 1
            || event.kind == "ExecutionFailed";
        assert!(!starts || may_start, "{arn}: {event:?} follows nothing");
        if event.kind == "WaitStateExited" {
            let seconds = name(event).and_then(|name| name[1..].parse::<i64>().ok());
            let seconds = seconds.expect("a Wait is named after its seconds");
            let before = &events[event.previous as usize - 1];
            // After a redrive it goes on with the time it had.
            let redriven = before.kind == "ExecutionRedriven";
            let entered = events[..event.previous as usize]
                .iter()
                .rfind(|e| e.kind == "WaitStateEntered" && name(e) == name(event));
            let entered = entered.expect("it was entered");
            assert!(
                redriven || before == entered,
                "{arn}: {event:?} follows {before:?}"
            );
            assert!(
                event.at_ms - entered.at_ms >= seconds * 1_000,
                "{arn}: {event:?} is early"
            );
        }
    }
    let count = |end: &str| {
        events
            .iter()
            .filter(|event| event.kind.ends_with(end))
            .count()
    };
    // Every map run ends, and it ends before its execution does.
    let begun = count("MapRunStarted") + count("MapRunRedriven");
    let ended = count("MapRunSucceeded") + count("MapRunFailed") + count("MapRunAborted");
    let over = events.last().is_some_and(|last| {
        matches!(
            last.kind.as_str(),
            "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionAborted" | "ExecutionTimedOut"
        )
    });
    assert!(
        ended == begun || (!over && ended < begun),
        "{arn}: {begun} map runs began and {ended} ended"
    );
    assert!(
        count("StateExited") <= count("StateEntered"),
        "{arn}: a state was left that was not entered"
    );
}

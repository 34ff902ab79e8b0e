use super::*;
use proptest::prelude::*;
use serde_json::json;

pub(crate) fn event(
    id: i64,
    previous_id: i64,
    ms: i64,
    kind: &str,
    state: Option<&str>,
    details: Value,
) -> HistoryEvent {
    HistoryEvent {
        id,
        previous_id,
        at: format!("2026-11-20T10:00:{:02}.{:03}Z", ms / 1000, ms % 1000),
        kind: kind.to_owned(),
        state: state.map(str::to_owned),
        details,
    }
}

/// A call that is routed, rings, is answered, and talks.
pub(crate) fn call() -> Vec<HistoryEvent> {
    let turn = json!({ "FunctionName": "turn", "Payload": { "phase": "ringing", "accepts": ["client.answer", "phone.hungup"],
        "moves": [{ "leg": "caller", "moves": [{ "kind": "wait", "seconds": 55 }] }] } });
    let talk = json!({ "Payload": { "phase": "talking", "accepts": ["phone.hungup@caller"], "moves": [] } });
    let answer = json!({ "seq": 2, "name": "client.answer", "at": "2026-11-20T10:00:06.200Z", "leg": "callee" });
    vec![
        event(
            1,
            0,
            0,
            "ExecutionStarted",
            None,
            json!({ "input": "{\"call\":\"c-1\"}" }),
        ),
        event(
            2,
            1,
            1,
            "TaskStateEntered",
            Some("Route"),
            json!({ "input": "{\"call\":\"c-1\"}" }),
        ),
        event(
            3,
            2,
            2,
            "TaskScheduled",
            None,
            json!({ "parameters": { "FunctionName": "call-route", "Payload": {} } }),
        ),
        event(
            4,
            3,
            9,
            "TaskSucceeded",
            None,
            json!({ "output": "{\"Payload\":{\"verdict\":\"ring\",\"devices\":2}}" }),
        ),
        event(
            5,
            4,
            10,
            "TaskStateExited",
            Some("Route"),
            json!({ "output": "{\"verdict\":\"ring\",\"devices\":2}" }),
        ),
        event(6, 5, 11, "TaskStateEntered", Some("Ring"), json!({})),
        event(
            7,
            6,
            12,
            "TaskScheduled",
            None,
            json!({ "taskScheduledEventDetails": { "parameters": turn.to_string() } }),
        ),
        event(
            8,
            7,
            6_200,
            "TaskSucceeded",
            None,
            json!({ "taskSucceededEventDetails": { "output": answer.to_string() } }),
        ),
        event(
            9,
            8,
            6_201,
            "TaskStateExited",
            Some("Ring"),
            json!({ "output": answer.to_string() }),
        ),
        event(10, 9, 6_202, "TaskStateEntered", Some("Talking"), json!({})),
        event(
            11,
            10,
            6_203,
            "TaskScheduled",
            None,
            json!({ "parameters": talk }),
        ),
    ]
}

#[test]
fn each_stay_has_its_times_its_values_and_where_it_came_from() {
    let run = read(&call());
    let states: Vec<&str> = run
        .visits
        .iter()
        .map(|visit| visit.state.as_str())
        .collect();
    assert_eq!(states, ["Route", "Ring", "Talking"]);
    assert_eq!(run.visits[1].lasted(0), 6_190);
    assert_eq!(run.visits[2].exited, None);
    assert_eq!(
        run.visits[0].result.as_ref().unwrap()["Payload"]["devices"],
        2
    );
    assert!(
        run.took("Route", "Ring") && run.took("Ring", "Talking") && !run.took("Route", "Talking")
    );
    assert_eq!(run.ended, None);
}

#[test]
fn an_ended_execution_leaves_no_state_open() {
    let mut events = call();
    events.push(event(12, 11, 9_000, "ExecutionAborted", None, json!({})));
    let run = read(&events);
    assert!(run.visits.iter().all(|visit| visit.exited.is_some()));
    assert!(run.ended.is_some());
}

#[test]
fn a_retried_task_counts_its_attempts_and_forgets_the_error_once_it_succeeds() {
    let events = [
        event(1, 0, 0, "TaskStateEntered", Some("Route"), json!({})),
        event(2, 1, 1, "TaskScheduled", None, json!({})),
        event(
            3,
            2,
            2,
            "TaskFailed",
            None,
            json!({ "error": "Store.Unavailable", "cause": "down" }),
        ),
        event(4, 3, 3, "TaskScheduled", None, json!({})),
    ];
    let visit = &read(&events).visits[0];
    assert_eq!(
        (visit.attempts, visit.error.as_ref().map(|e| e.0.as_str())),
        (2, Some("Store.Unavailable"))
    );
    let mut more = events.to_vec();
    more.push(event(
        5,
        4,
        4,
        "TaskSucceeded",
        None,
        json!({ "output": "{}" }),
    ));
    assert_eq!(read(&more).visits[0].error, None);
}

#[test]
fn branches_that_run_side_by_side_keep_their_own_events() {
    let events = [
        event(1, 0, 0, "ParallelStateEntered", Some("Both"), json!({})),
        event(2, 1, 0, "ParallelStateStarted", None, json!({})),
        event(3, 2, 1, "TaskStateEntered", Some("A"), json!({})),
        event(4, 2, 1, "TaskStateEntered", Some("B"), json!({})),
        event(5, 4, 2, "TaskFailed", None, json!({ "error": "B.Bad" })),
        event(6, 3, 3, "TaskStateExited", Some("A"), json!({})),
    ];
    let run = read(&events);
    assert!(run.visits[1].error.is_none() && run.visits[2].error.is_some());
    assert!(run.took("Both", "A") && run.took("Both", "B"));
}

proptest! {
    /// A history that is cut anywhere, or shuffled by mistake, still gives visits that last no negative time.
    #[test]
    fn any_part_of_a_history_can_be_read(keep in proptest::collection::vec(any::<bool>(), 11), now in 0i64..10) {
        let events: Vec<_> = call().into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(event, _)| event).collect();
        for visit in read(&events).visits {
            prop_assert!(visit.lasted(now) >= 0);
        }
    }
}

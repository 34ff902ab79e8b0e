//! Histories with `ExecutionRedriven` in them, as `GetExecutionHistory` tells them.

use super::tests::event;
use super::*;
use crate::state::machine;
use crate::state::timeline::{Piece, lanes};
use crate::state::turns::rows;
use crate::state::words::Tone;
use serde_json::json;

/// An event that says nothing more.
fn plain(id: i64, previous: i64, ms: i64, kind: &str, state: Option<&str>) -> HistoryEvent {
    event(id, previous, ms, kind, state, json!({}))
}

fn down(id: i64, previous: i64, ms: i64) -> HistoryEvent {
    let error = json!({ "error": "Store.Unavailable", "cause": "down" });
    event(id, previous, ms, "TaskFailed", None, error)
}

/// The last stay in a state.
fn last<'a>(run: &'a Run, state: &str) -> &'a Visit {
    let found = run.visits.iter().rfind(|visit| visit.state == state);
    found.expect("it was there")
}

fn whole(run: &Run, state: &str, now: Millis) -> Millis {
    run.of(state).map(|visit| visit.lasted(now)).sum()
}

/// The last step fails for good after a second, and is redriven 30 s later.
fn ended_again() -> Vec<HistoryEvent> {
    vec![
        plain(1, 0, 0, "ExecutionStarted", None),
        plain(2, 0, 0, "PassStateEntered", Some("Begin")),
        plain(3, 2, 0, "PassStateExited", Some("Begin")),
        event(
            4,
            3,
            0,
            "TaskStateEntered",
            Some("End"),
            json!({ "input": "{\"a\":1}" }),
        ),
        plain(5, 4, 0, "TaskScheduled", None),
        down(6, 5, 500),
        plain(7, 6, 600, "TaskScheduled", None),
        down(8, 7, 1_000),
        plain(9, 8, 1_000, "ExecutionFailed", None),
        plain(10, 9, 31_000, "ExecutionRedriven", None),
        plain(11, 10, 31_000, "TaskScheduled", None),
        event(
            12,
            11,
            33_000,
            "TaskSucceeded",
            None,
            json!({ "output": "{\"b\":2}" }),
        ),
        plain(13, 12, 33_000, "TaskStateExited", Some("End")),
        plain(14, 13, 33_000, "SucceedStateEntered", Some("Over")),
        plain(15, 14, 33_000, "SucceedStateExited", Some("Over")),
        plain(16, 15, 33_000, "ExecutionSucceeded", None),
    ]
}

#[test]
fn a_state_that_failed_runs_again_from_the_redrive_on() {
    let events = ended_again();
    // Before anything else is heard, and while its task runs.
    for known in [10, 11] {
        let run = read(&events[..known]);
        assert_eq!(run.ended, None);
        let end = last(&run, "End");
        assert_eq!((end.exited, &end.error), (None, &None));
        assert_eq!(end.input, Some(json!({ "a": 1 })));
        assert_eq!(end.lasted(run.started + 32_000), 1_000);
        assert!(run.took("Begin", "End"));
        let open = run.visits.iter().filter(|visit| visit.exited.is_none());
        assert_eq!(open.count(), 1);
    }
    let before = read(&events[..9]);
    assert!(last(&before, "End").exited.is_some());
    assert_eq!(before.ended, Some(before.started + 1_000));
}

#[test]
fn a_redriven_execution_ends_well_and_the_time_between_is_nobodys() {
    let run = read(&ended_again());
    assert_eq!(run.ended, Some(run.started + 33_000));
    let stays: Vec<_> = run.of("End").collect();
    let [first, second] = &stays[..] else {
        panic!("{stays:?}")
    };
    assert_eq!((first.attempts, second.attempts), (2, 1));
    assert_eq!((first.lasted(0), second.lasted(0)), (1_000, 2_000));
    assert!(first.error.is_some() && second.error.is_none());
    assert_eq!(second.result, Some(json!({ "b": 2 })));
    assert_eq!(whole(&run, "End", 0), 3_000);
    assert!(run.took("End", "Over") && run.visits.iter().all(|visit| visit.exited.is_some()));
}

#[test]
fn the_turns_and_the_time_line_tell_both_stays() {
    let definition = json!({ "StartAt": "Begin", "States": {
        "Begin": { "Type": "Pass", "Next": "End" },
        "End": { "Type": "Task", "Next": "Over" },
        "Over": { "Type": "Succeed" },
    } });
    let machine = machine::read(&definition);
    let run = read(&ended_again()[..11]);
    let tones: Vec<_> = rows(&run, &machine).iter().map(|row| row.tone).collect();
    assert_eq!(tones, [Tone::Failed, Tone::Waits]);
    let (lanes, whole) = lanes(None, &run, &machine, run.started + 40_000);
    assert_eq!(whole, 40_000);
    let [_, failed, now] = &lanes[0].stretches[..] else {
        panic!("{lanes:?}")
    };
    assert_eq!((failed.piece, now.piece), (Piece::Failed, Piece::Now));
    assert!((failed.to - 0.025).abs() < 1e-9 && (now.from - 0.775).abs() < 1e-9);
}

#[test]
fn a_state_that_is_entered_anew_is_the_one_that_goes_on() {
    let events = [
        plain(1, 0, 0, "ExecutionStarted", None),
        plain(2, 0, 0, "FailStateEntered", Some("Broken")),
        plain(3, 2, 0, "ExecutionFailed", None),
        plain(4, 3, 9_000, "ExecutionRedriven", None),
        plain(5, 4, 9_500, "FailStateEntered", Some("Broken")),
        plain(6, 5, 9_600, "ExecutionFailed", None),
    ];
    let run = read(&events);
    assert_eq!(run.visits.len(), 2);
    assert_eq!(run.visits[1].entered, run.started + 9_500);
    assert_eq!(run.ended, Some(run.started + 9_600));
}

/// A task of one branch fails, and the wait of the other one is given up with it.
fn parallel() -> Vec<HistoryEvent> {
    vec![
        plain(1, 0, 0, "ExecutionStarted", None),
        plain(2, 0, 0, "ParallelStateEntered", Some("Both")),
        plain(3, 2, 0, "ParallelStateStarted", None),
        plain(4, 3, 0, "TaskStateEntered", Some("A")),
        plain(5, 3, 0, "WaitStateEntered", Some("W")),
        plain(6, 4, 0, "TaskScheduled", None),
        down(7, 6, 1_000),
        plain(8, 7, 1_000, "WaitStateAborted", None),
        plain(9, 7, 1_000, "ParallelStateFailed", None),
    ]
}

#[test]
fn what_failed_and_what_was_given_up_in_a_parallel_runs_again() {
    let mut events = parallel();
    events.extend([
        plain(10, 9, 1_000, "ExecutionFailed", None),
        plain(11, 10, 21_000, "ExecutionRedriven", None),
        plain(12, 11, 21_000, "TaskScheduled", None),
    ]);
    let run = read(&events);
    let error = |i: usize| run.visits[i].error.as_ref().map(|(name, _)| name.as_str());
    assert_eq!(error(0), Some("ParallelStateFailed"));
    assert_eq!(error(1), Some("Store.Unavailable"));
    assert_eq!(error(2), Some("WaitStateAborted"));
    assert_eq!(run.visits.len(), 6);
    for state in ["Both", "A", "W"] {
        let stay = last(&run, state);
        assert_eq!((stay.exited, &stay.error), (None, &None), "{state}");
        assert_eq!(stay.entered, run.started + 21_000, "{state}");
    }
    assert_eq!((last(&run, "A").attempts, last(&run, "W").attempts), (1, 0));

    events.extend([
        plain(13, 12, 22_000, "TaskSucceeded", None),
        plain(14, 13, 22_000, "TaskStateExited", Some("A")),
        plain(15, 11, 23_000, "WaitStateExited", Some("W")),
        plain(16, 15, 23_000, "PassStateEntered", Some("C")),
        plain(17, 16, 23_000, "PassStateExited", Some("C")),
        plain(18, 17, 23_000, "ParallelStateSucceeded", None),
        plain(19, 18, 23_000, "ParallelStateExited", Some("Both")),
        plain(20, 19, 23_000, "ExecutionSucceeded", None),
    ]);
    let run = read(&events);
    assert_eq!(run.visits.len(), 7);
    assert_eq!(whole(&run, "Both", 0), 3_000);
    assert_eq!(
        (whole(&run, "A", 0), whole(&run, "W", 0)),
        (2_000, 3_000),
        "its time before and after the redrive"
    );
    assert!(["Both", "A", "W", "C"].iter().all(|state| {
        let stay = last(&run, state);
        stay.exited.is_some() && stay.error.is_none()
    }));
    assert!(run.took("W", "C"));
}

#[test]
fn what_a_parallel_caught_does_not_run_again() {
    let mut events = parallel();
    events.extend([
        plain(10, 9, 1_000, "ParallelStateExited", Some("Both")),
        plain(11, 10, 1_000, "TaskStateEntered", Some("End")),
        plain(12, 11, 1_000, "TaskScheduled", None),
        down(13, 12, 2_000),
    ]);
    let open = |run: &Run| run.visits.iter().filter(|v| v.exited.is_none()).count();
    assert_eq!(open(&read(&events)), 1, "End");
    events.extend([
        plain(14, 13, 2_000, "ExecutionFailed", None),
        plain(15, 14, 9_000, "ExecutionRedriven", None),
    ]);
    let run = read(&events);
    assert_eq!(open(&run), 1);
    assert_eq!(last(&run, "End").exited, None);
    assert!(!run.took("Both", "Both") && run.took("Both", "End"));
}

/// Three items, two at once: the first succeeds, the second fails, and the third is given up with it.
fn map() -> Vec<HistoryEvent> {
    let given = |id, previous, ms, item: i64| {
        let parameters = json!({ "parameters": { "Payload": item } });
        event(id, previous, ms, "TaskScheduled", None, parameters)
    };
    vec![
        plain(1, 0, 0, "ExecutionStarted", None),
        plain(2, 0, 0, "MapStateEntered", Some("Each")),
        plain(3, 2, 0, "MapStateStarted", None),
        plain(4, 3, 0, "MapIterationStarted", None),
        plain(5, 4, 0, "TaskStateEntered", Some("T")),
        given(6, 5, 0, 0),
        plain(7, 3, 0, "MapIterationStarted", None),
        plain(8, 7, 0, "TaskStateEntered", Some("T")),
        given(9, 8, 0, 1),
        plain(10, 6, 1_000, "TaskSucceeded", None),
        plain(11, 10, 1_000, "TaskStateExited", Some("T")),
        plain(12, 11, 1_000, "MapIterationSucceeded", None),
        plain(13, 12, 1_000, "MapIterationStarted", None),
        plain(14, 13, 1_000, "TaskStateEntered", Some("T")),
        given(15, 14, 1_000, 2),
        down(16, 9, 2_000),
        plain(17, 16, 2_000, "MapIterationFailed", None),
        plain(18, 16, 2_000, "TaskStateAborted", None),
        plain(19, 16, 2_000, "MapIterationAborted", None),
        plain(20, 16, 2_000, "TaskStateAborted", None),
        plain(21, 16, 2_000, "MapStateFailed", None),
        plain(22, 21, 2_000, "ExecutionFailed", None),
        plain(23, 22, 12_000, "ExecutionRedriven", None),
        // Told in another order than before.
        given(24, 23, 12_000, 2),
        given(25, 23, 12_000, 1),
    ]
}

#[test]
fn the_iterations_of_a_map_that_did_not_succeed_run_again() {
    let mut events = map();
    let run = read(&events);
    let lasted: Vec<_> = run
        .of("T")
        .map(|v| v.lasted(run.started + 13_000))
        .collect();
    assert_eq!(lasted, [1_000, 2_000, 1_000, 1_000, 1_000]);
    let errors: Vec<_> = run.of("T").map(|v| v.error.is_some()).collect();
    assert_eq!(errors, [false, true, true, false, false]);
    let given: Vec<_> = run.of("T").map(|v| v.parameters.clone()).collect();
    assert_eq!((&given[3], &given[4]), (&given[1], &given[2]));
    assert_eq!((run.ended, last(&run, "Each").exited), (None, None));

    events.extend([
        plain(26, 24, 13_000, "TaskSucceeded", None),
        plain(27, 26, 13_000, "TaskStateExited", Some("T")),
        plain(28, 27, 13_000, "MapIterationSucceeded", None),
        plain(29, 25, 15_000, "TaskSucceeded", None),
        plain(30, 29, 15_000, "TaskStateExited", Some("T")),
        plain(31, 30, 15_000, "MapIterationSucceeded", None),
        plain(32, 31, 15_000, "MapStateSucceeded", None),
        plain(33, 32, 15_000, "MapStateExited", Some("Each")),
        plain(34, 33, 15_000, "ExecutionSucceeded", None),
    ]);
    let run = read(&events);
    let lasted: Vec<_> = run.of("T").map(|visit| visit.lasted(0)).collect();
    assert_eq!(lasted, [1_000, 2_000, 1_000, 3_000, 1_000]);
    assert_eq!(whole(&run, "Each", 0), 5_000);
    let each = last(&run, "Each");
    assert!(each.error.is_none() && each.exited == run.ended);
}

#[test]
fn a_redriven_map_run_is_the_maps() {
    let events = [
        plain(1, 0, 0, "ExecutionStarted", None),
        plain(2, 0, 0, "MapStateEntered", Some("Each")),
        plain(3, 2, 0, "MapStateStarted", None),
        plain(4, 3, 0, "MapRunStarted", None),
        plain(5, 4, 1_000, "MapRunFailed", None),
        plain(6, 5, 1_000, "MapStateFailed", None),
        plain(7, 6, 1_000, "ExecutionFailed", None),
        plain(8, 7, 5_000, "ExecutionRedriven", None),
        plain(9, 8, 5_000, "MapRunRedriven", None),
        plain(10, 9, 6_000, "MapRunSucceeded", None),
        plain(11, 10, 6_000, "MapStateSucceeded", None),
        plain(12, 11, 6_000, "MapStateExited", Some("Each")),
    ];
    let failed = read(&events[..7]);
    assert!(failed.visits[0].error.is_some());
    let run = read(&events);
    assert_eq!(run.visits.len(), 2);
    assert_eq!(whole(&run, "Each", 0), 2_000);
    assert!(run.visits[1].error.is_none());
}

#[test]
fn what_fails_again_is_redriven_again() {
    let mut events = ended_again();
    events.truncate(11);
    events.extend([
        down(12, 11, 32_000),
        plain(13, 12, 32_000, "ExecutionFailed", None),
        plain(14, 13, 40_000, "ExecutionRedriven", None),
        // As a service may tell it that chains a branch's own events.
        plain(15, 8, 40_000, "TaskScheduled", None),
    ]);
    let run = read(&events);
    let stays: Vec<_> = run.of("End").collect();
    let errors: Vec<_> = stays.iter().map(|stay| stay.error.is_some()).collect();
    assert_eq!(errors, [true, true, false]);
    assert_eq!((stays[2].attempts, stays[2].exited), (1, None));
    assert_eq!(whole(&run, "End", run.started + 42_000), 4_000);
}

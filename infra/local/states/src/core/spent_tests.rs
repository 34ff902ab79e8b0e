//! A step that has had its time ends, and the next one goes on.

use serde_json::json;

use super::specimen::started;
use super::*;
use crate::asl;

/// A loop without an end that has five seconds.
fn endless() -> asl::Definition {
    let text = json!({ "QueryLanguage": "JSONata", "TimeoutSeconds": 5, "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Choice", "Choices": [{ "Condition": false, "Next": "C" }], "Default": "A" },
        "C": { "Type": "Succeed" } } });
    asl::compile(&text.to_string()).expect("it is well-formed")
}

/// Three states, one after the other.
fn row() -> asl::Definition {
    let text = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Pass", "Next": "C" }, "C": { "Type": "Succeed" } } });
    asl::compile(&text.to_string()).expect("it is well-formed")
}

fn world<'a>(
    definition: &'a asl::Definition,
    now_ms: i64,
    spent: &'a dyn Fn() -> bool,
) -> World<'a> {
    World {
        definition,
        id: ExecutionId(1),
        activity: &|_| true,
        token: &|_| String::new(),
        now_ms,
        context: None,
        deleting: false,
        tested: None,
        spent,
    }
}

#[test]
fn steps_without_time_write_what_one_with_time_writes() {
    let definition = row();
    let mut whole = started(Json::trusted("{}"));
    let all = step(&mut whole, &world(&definition, 2_000, &|| false), Input::Go);
    let all = all.expect("it takes that");
    assert!(!all.effects.contains(&Effect::Again));
    let mut parted = started(Json::trusted("{}"));
    let mut records = Vec::new();
    loop {
        let done = step(&mut parted, &world(&definition, 2_000, &|| true), Input::Go);
        let done = done.expect("it takes that");
        assert_eq!(done.records.len(), 1, "it gets on, by one move");
        records.extend(done.records);
        if !done.effects.contains(&Effect::Again) {
            break;
        }
    }
    assert_eq!(records, all.records);
    assert_eq!(parted, whole);
    assert_eq!(parted.status, Status::Succeeded);
}

#[test]
fn an_execution_that_goes_on_behind_its_deadline_ends_instead() {
    let definition = endless();
    let mut execution = started(Json::trusted("{}"));
    for now_ms in [2_000, 5_999] {
        let done = step(
            &mut execution,
            &world(&definition, now_ms, &|| false),
            Input::Go,
        );
        let done = done.expect("it takes that");
        assert!(done.effects.contains(&Effect::Again));
    }
    let last = step(
        &mut execution,
        &world(&definition, 6_000, &|| false),
        Input::Go,
    );
    let last = last.expect("it takes that");
    assert_eq!(last.effects, [Effect::Closed(Status::TimedOut)]);
    assert_eq!(last.records.len(), 1);
    assert_eq!(execution.status, Status::TimedOut);
}

//! A step that panics: its execution ends, once, and what was written before holds.

use serde_json::json;

use super::specimen::started;
use super::*;
use crate::asl;

const HANDS: &str = "arn:aws:states:eu-central-2:111122223333:activity:hands";

#[test]
fn a_step_that_panics_ends_its_execution_and_what_it_wrote_before_holds() {
    let text = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Task", "Resource": HANDS, "End": true } } });
    let definition = asl::compile(&text.to_string()).expect("it is well-formed");
    let world = World {
        definition: &definition,
        id: ExecutionId(1),
        activity: &|_| panic!("in the middle"),
        token: &|_| String::new(),
        now_ms: 2_000,
        context: None,
        deleting: false,
        tested: None,
        spent: &|| false,
    };
    let mut execution = started(Json::trusted("{}"));
    let done = step_or_end(&mut execution, &world, Input::Go).expect("it takes that");
    assert_eq!(execution.status, Status::Failed);
    let cause = execution.end.as_ref().and_then(|end| end.cause.as_deref());
    assert_eq!(cause, Some("The engine broke off: in the middle"));
    assert!(done.effects.contains(&Effect::Closed(Status::Failed)));
    let entered = |record: &&Record| matches!(record.what, What::Entered);
    assert_eq!(done.records.iter().filter(entered).count(), 2, "A, and B");
    let mut again = started(Json::trusted("{}"));
    for record in &done.records {
        again.apply(record).expect("records fit");
    }
    assert_eq!(again, execution);
    let once_more = step_or_end(&mut execution, &world, Input::Go);
    assert_eq!(once_more.err(), Some(Refused::Closed));
}

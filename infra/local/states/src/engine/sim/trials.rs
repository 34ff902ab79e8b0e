//! More states are tried out at once than are let.

use serde_json::json;

use super::hand::Driven;

/// So many are tried at once.
const MOST: usize = 100;

#[test]
fn a_trial_too_many_is_throttled_until_another_has_ended() {
    let world = Driven::new();
    let engine = world.open();
    let state = json!({ "Type": "Task", "QueryLanguage": "JSONata", "End": true,
        "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "FunctionName": "hang" } });
    let trial =
        json!({ "definition": state.to_string(), "roleArn": "arn:aws:iam::000000000000:role/r" });
    let mut hanging: Vec<_> = (0..MOST)
        .map(|_| world.begin(&engine, "TestState", &trial))
        .collect();
    world.turn();
    assert!(
        hanging.iter().all(|one| !one.is_finished()),
        "all are tried"
    );
    let one_more = world.begin(&engine, "TestState", &trial);
    let error = world
        .end(&engine, one_more)
        .expect_err("it is one too many");
    assert_eq!(error.name(), "ThrottlingException");
    hanging.pop().expect("one").abort();
    world.turn();
    let pass = json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": 7, "End": true });
    let trial = json!({ "definition": pass.to_string() });
    let told = world.ask(&engine, "TestState", &trial);
    assert_eq!(told["output"], json!("7"));
}

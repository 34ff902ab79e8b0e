//! More work than the disk takes: it is refused with a name that clients wait and try again for, and nothing is lost.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use tower::ServiceExt;

use super::super::Engine;
use super::hand::Driven;

/// Of every kind of request one that is refused for another reason when there is room.
const EVERYWHERE: [&str; 4] = [
    "AWSStepFunctions.DescribeExecution",
    "AWSStepFunctions.GetActivityTask",
    "StrowgerStates.ImportExecution",
    "StrowgerStates.StreamHistory",
];

/// What a request over HTTP, with nothing in it, is refused with.
fn error_type(world: &Driven, engine: &Engine, target: &str) -> String {
    let request = Request::post("/")
        .header("x-amz-target", target)
        .body(Body::empty())
        .expect("a request");
    let answer = world.runtime.block_on(engine.router().oneshot(request));
    let answer = answer.expect("an answer");
    let name = answer.headers().get("x-amzn-errortype");
    let name = name.expect("it is refused").to_str().expect("text");
    name.to_owned()
}

#[test]
fn a_flood_is_throttled_and_what_was_taken_is_kept() {
    let world = Driven::new();
    let engine = world.open();
    let wait = json!({ "Type": "Wait", "Seconds": 9, "End": true });
    let machine = world.machine(&engine, "m", &wait);
    // Nothing is written meanwhile: the disk stands still.
    let input = json!("x".repeat(200_000)).to_string();
    let start = |name: String| json!({ "stateMachineArn": machine, "name": name, "input": input });
    let mut asked = Vec::new();
    let mut throttled = 0;
    for n in 0..600 {
        let answer = world.begin(&engine, "StartExecution", &start(format!("e{n}")));
        world.turn();
        if answer.is_finished() {
            let error = world.end(&engine, answer).expect_err("nothing is durable");
            assert_eq!(error.name(), "ThrottlingException");
            throttled += 1;
        } else {
            asked.push((n, answer));
        }
    }
    assert!(throttled > 100 && asked.len() > 50, "{throttled} throttled");
    for target in EVERYWHERE {
        assert_eq!(error_type(&world, &engine, target), "ThrottlingException");
    }
    engine.inner.log.pump();
    for target in EVERYWHERE {
        assert_ne!(error_type(&world, &engine, target), "ThrottlingException");
    }
    for (n, answer) in asked {
        world.end(&engine, answer).expect("started");
        let arn = format!("arn:aws:states:us-east-1:000000000000:execution:m:e{n}");
        assert!(engine.inner.shard_by_arn(&arn).find(&arn).is_some());
    }
    world.start(&engine, &machine, "after");
}

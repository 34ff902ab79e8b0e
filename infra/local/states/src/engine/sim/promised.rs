//! Express executions that were started and not waited for, while the process dies under them.

use serde_json::{Value, json};

use super::super::Engine;
use super::hand::Driven;

/// How long each waits before it does anything, in milliseconds.
const WAIT_MS: i64 = 5_000;
const MARKS: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:marks";

/// An Express machine that waits, then does this.
fn express(world: &Driven, engine: &Engine, then: &Value) -> Value {
    let wait = json!({ "Type": "Wait", "Seconds": WAIT_MS / 1_000, "Next": "X" });
    let definition =
        json!({ "QueryLanguage": "JSONata", "StartAt": "W", "States": { "W": wait, "X": then } });
    let made = json!({ "name": "express", "type": "EXPRESS", "roleArn": "arn:aws:iam::000000000000:role/r",
        "definition": definition.to_string() });
    world.ask(engine, "CreateStateMachine", &made)["stateMachineArn"].clone()
}

/// An Express machine that waits, then starts an execution of `marks` by the name that is its input.
fn marking(world: &Driven, engine: &Engine) -> Value {
    let marks = world.machine(engine, "marks", &json!({ "Type": "Succeed" }));
    assert_eq!(marks, MARKS);
    let mark = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": true,
        "Arguments": { "StateMachineArn": MARKS, "Name": "{% $states.input %}" } });
    express(world, engine, &mark)
}

fn request(machine: &Value, mark: &str) -> Value {
    json!({ "stateMachineArn": machine, "input": json!(mark).to_string() })
}

fn later(world: &Driven, engine: &Engine, ms: i64) {
    world.settle(engine);
    world.clock.advance_to(world.clock.now_ms() + ms);
    world.settle(engine);
}

/// The marks there are.
fn marks(world: &Driven, engine: &Engine) -> Vec<String> {
    let told = world.ask(
        engine,
        "ListExecutions",
        &json!({ "stateMachineArn": MARKS }),
    );
    let listed = told["executions"].as_array().expect("a list");
    let names = listed
        .iter()
        .map(|one| one["name"].as_str().expect("a name").to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

/// What the executions whose end is not recorded were started with.
fn promised(engine: &Engine) -> Vec<String> {
    let images = engine.inner.promises.images();
    images
        .iter()
        .map(|image| image.identity.input.as_str().to_owned())
        .collect()
}

#[test]
fn an_acknowledged_start_runs_however_often_the_process_dies() {
    for snapshot in [false, true] {
        let world = Driven::new();
        let mut engine = world.open();
        let machine = marking(&world, &engine);
        world.ask(&engine, "StartExecution", &request(&machine, "one"));
        for _ in 0..3 {
            if snapshot {
                engine.inner.snapshot().expect("a snapshot");
            }
            world.kill(engine);
            engine = world.open();
            // It has waited for longer than it should, but not in one life.
            later(&world, &engine, WAIT_MS - 1_000);
            assert_eq!(marks(&world, &engine), [""; 0]);
            assert_eq!(promised(&engine), [r#""one""#]);
        }
        later(&world, &engine, 1_000);
        assert_eq!(marks(&world, &engine), ["one"]);
        assert_eq!(promised(&engine), [""; 0]);
    }
}

#[test]
fn five_minutes_without_a_process_are_not_those_of_an_execution() {
    let world = Driven::new();
    let engine = world.open();
    let machine = marking(&world, &engine);
    world.ask(&engine, "StartExecution", &request(&machine, "one"));
    world.kill(engine);
    world.clock.advance_to(world.clock.now_ms() + 3_600_000);
    let engine = world.open();
    later(&world, &engine, WAIT_MS);
    assert_eq!(marks(&world, &engine), ["one"]);
}

#[test]
fn one_that_has_ended_begins_again_only_if_its_end_was_not_recorded() {
    let ways = ["not", "by the next start", "by itself", "by a snapshot"];
    for way in ways {
        let world = Driven::new();
        let engine = world.open();
        let machine = marking(&world, &engine);
        world.ask(&engine, "StartExecution", &request(&machine, "one"));
        later(&world, &engine, WAIT_MS);
        assert_eq!(marks(&world, &engine), ["one"]);
        match way {
            "by the next start" => {
                world.ask(&engine, "StartExecution", &request(&machine, "two"));
            }
            "by itself" => engine.inner.record_ends(),
            "by a snapshot" => engine.inner.snapshot().expect("a snapshot"),
            _not => {}
        }
        world.settle(&engine);
        world.kill(engine);
        let engine = world.open();
        let left: &[&str] = match way {
            "not" => &[r#""one""#],
            "by the next start" => &[r#""two""#],
            _recorded => &[],
        };
        assert_eq!(promised(&engine), left, "{way}");
        later(&world, &engine, WAIT_MS);
        // A second run finds the mark of the first: it is the same task.
        let made: &[&str] = match way {
            "by the next start" => &["one", "two"],
            _one => &["one"],
        };
        assert_eq!(marks(&world, &engine), made, "{way}");
        assert_eq!(promised(&engine), [""; 0], "{way}");
    }
}

#[test]
fn one_whose_caller_waits_is_not_recorded() {
    let world = Driven::new();
    let engine = world.open();
    let machine = marking(&world, &engine);
    world.settle(&engine);
    let asked = world.begin(&engine, "StartSyncExecution", &request(&machine, "one"));
    world.turn();
    assert!(!engine.inner.log.pump(), "nothing is written");
    asked.abort();
    world.turn();
    world.kill(engine);
    let engine = world.open();
    assert_eq!(promised(&engine), [""; 0]);
    later(&world, &engine, WAIT_MS);
    assert_eq!(marks(&world, &engine), [""; 0]);
}

#[test]
fn a_task_that_waits_for_an_express_execution_is_told_by_its_second_run() {
    for snapshot in [false, true] {
        let world = Driven::new();
        let engine = world.open();
        let seven = json!({ "Type": "Pass", "Output": 7, "End": true });
        let child = express(&world, &engine, &seven);
        let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
            "Arguments": { "StateMachineArn": child }, "Output": "{% $states.result.Output %}" });
        let parent = world.machine(&engine, "parent", &task);
        let execution = world.start(&engine, &parent, "p");
        world.settle(&engine);
        if snapshot {
            engine.inner.snapshot().expect("a snapshot");
        }
        world.kill(engine);
        let engine = world.open();
        assert_eq!(promised(&engine).len(), 1);
        later(&world, &engine, WAIT_MS);
        assert_eq!(world.status(&engine, &execution), json!("SUCCEEDED"));
        assert_eq!(promised(&engine), [""; 0]);
    }
}

#[test]
fn one_that_a_task_waited_for_does_not_begin_again_when_nobody_waits() {
    let world = Driven::new();
    let engine = world.open();
    let mark = json!({ "Type": "Pass", "End": true });
    let child = express(&world, &engine, &mark);
    let task = json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Arguments": { "StateMachineArn": child } });
    let parent = world.machine(&engine, "parent", &task);
    let execution = world.start(&engine, &parent, "p");
    world.settle(&engine);
    world.ask(
        &engine,
        "StopExecution",
        &json!({ "executionArn": execution }),
    );
    world.settle(&engine);
    assert_eq!(promised(&engine), [""; 0], "it was stopped");
    assert!(
        engine.inner.ended_express.is_empty(),
        "nobody asks how it ended"
    );
    world.kill(engine);
    // That it was stopped is not recorded, but nobody waits for it.
    let engine = world.open();
    assert_eq!(promised(&engine), [""; 0]);
}

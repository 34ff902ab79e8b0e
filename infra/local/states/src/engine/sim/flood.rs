//! More work than the disk takes: it is refused with a name that clients wait and try again for, and nothing is lost.

use std::sync::Arc;

use serde_json::json;

use super::super::{Clock, Config, Engine};
use super::clients::Functions;
use super::disk::SimDisk;
use crate::api::ask;
use crate::log::Drive;

#[test]
fn a_flood_is_throttled_and_what_was_taken_is_kept() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let config = Config {
            clock: Clock::driven(0),
            ..Config::new("/flood")
        };
        let disk = Arc::new(SimDisk::new(1));
        let engine = Engine::open_on(disk, Drive::Hand, config, Arc::new(Functions::new(1)))
            .expect("the engine opens");
        let ask = |operation: &'static str, body: serde_json::Value| {
            let inner = Arc::clone(&engine.inner);
            tokio::spawn(async move { ask(&inner, operation, body.to_string().as_bytes()).await })
        };
        let definition = r#"{"QueryLanguage":"JSONata","StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9,"End":true}}}"#;
        let made = ask(
            "CreateStateMachine",
            json!({ "name": "m", "roleArn": "arn:aws:iam::000000000000:role/r", "definition": definition }),
        );
        while !made.is_finished() {
            engine.inner.log.pump();
            tokio::task::yield_now().await;
        }
        let machine = made.await.expect("made").expect("made")["stateMachineArn"].clone();
        // Nothing is written meanwhile: the disk stands still.
        let input = json!("x".repeat(200_000)).to_string();
        let mut asked = Vec::new();
        let mut throttled = 0;
        for n in 0..600 {
            let answer = ask(
                "StartExecution",
                json!({ "stateMachineArn": machine, "name": format!("e{n}"), "input": input }),
            );
            tokio::task::yield_now().await;
            if answer.is_finished() {
                let error = answer.await.expect("no panic").expect_err("nothing is durable");
                assert_eq!(error.name(), "ThrottlingException");
                throttled += 1;
            } else {
                asked.push((n, answer));
            }
        }
        assert!(throttled > 100 && asked.len() > 50, "{throttled} throttled");
        engine.inner.log.pump();
        for (n, answer) in asked {
            answer.await.expect("no panic").expect("started");
            let arn = format!("arn:aws:states:us-east-1:000000000000:execution:m:e{n}");
            assert!(engine.inner.shard_by_arn(&arn).find(&arn).is_some());
        }
        let after = ask("StartExecution", json!({ "stateMachineArn": machine, "name": "after" }));
        while !after.is_finished() {
            engine.inner.log.pump();
            tokio::task::yield_now().await;
        }
        assert!(after.await.expect("no panic").is_ok(), "it takes work again");
    });
}

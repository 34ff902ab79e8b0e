//! Functions: crash, time-out, concurrency, events.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::process::{Place, http};

#[tokio::test]
async fn a_function_answers_and_fails_as_lambda_does() {
    let place = Place::new();
    let running = place.start();
    let (status, answer, failed) = running.invoke("turn", &json!({ "n": 7 })).await;
    assert_eq!((status, answer, failed), (200, json!({ "n": 7 }), false));

    let arn = "arn:aws:lambda:us-east-1:000000000000:function:turn";
    let (status, answer, failed) = running.invoke(arn, &json!({ "do": "fail" })).await;
    assert_eq!((status, failed), (200, true));
    assert_eq!(
        answer,
        json!({ "errorType": "Practice.Failed", "errorMessage": "as told" })
    );

    let (status, answer, _) = running.invoke("no-such-function", &json!({})).await;
    assert_eq!(status, 404, "{answer}");
    let url = format!("{}/2015-03-31/functions/turn/invocations", running.aws());
    assert_eq!(http("POST", &url, &[], "not json").await.status, 400);
    assert_eq!(
        http(
            "POST",
            &url,
            &[("x-amz-invocation-type", "Sometimes")],
            "{}"
        )
        .await
        .status,
        400
    );
    assert_eq!(
        http("POST", &url, &[], vec![b' '; 7 << 20]).await.status,
        413
    );
}

#[tokio::test]
async fn a_crash_fails_what_was_running_and_the_next_invocation_works() {
    let place = Place::new();
    let running = place.start();
    let never = place.path("never").display().to_string();
    let wait = json!({ "do": "wait", "until": never });
    let crash = async {
        place.noted("started", 1).await;
        running.invoke("turn", &json!({ "do": "crash" })).await
    };
    let (bystander, crashed) = tokio::join!(running.invoke("turn", &wait), crash);
    for (status, answer, failed) in [bystander, crashed] {
        assert_eq!((status, failed), (200, true));
        assert_eq!(answer["errorType"], "Runtime.ExitError");
        assert!(
            answer["errorMessage"]
                .as_str()
                .unwrap()
                .contains("exit status: 17"),
            "{answer}"
        );
    }
    let (_, answer, failed) = running.invoke("turn", &json!({ "back": true })).await;
    assert_eq!((answer, failed), (json!({ "back": true }), false));
}

#[tokio::test]
async fn a_hung_invocation_fails_at_its_deadline_and_the_process_is_replaced() {
    let place = Place::new();
    let running = place.start();
    let pid = |answer: Value| answer["pid"].as_u64().unwrap();
    let before = pid(running.invoke("turn", &json!({ "do": "pid" })).await.1);
    let (status, answer, failed) = running.invoke("turn", &json!({ "do": "hang" })).await;
    assert_eq!((status, failed), (200, true), "{answer}");
    assert_eq!(answer["errorType"], "Sandbox.Timedout");
    let after = pid(running.invoke("turn", &json!({ "do": "pid" })).await.1);
    assert_ne!(before, after);
    crate::process::until("the hung process is gone", || {
        !crate::process::processes_of(&place.path("notes"))
            .contains(&u32::try_from(before).unwrap())
    })
    .await;
}

#[tokio::test]
async fn more_invocations_than_may_run_wait_and_all_are_answered() {
    let place = Place::new();
    let running = place.start();
    let gate = place.path("gate");
    let event = json!({ "do": "wait", "until": gate.display().to_string() });
    let all = join_all((0..20).map(|_| running.invoke("call-place", &event)));
    let open = async {
        let started = place.noted("started", 8).await.len();
        std::fs::write(&gate, "").unwrap();
        started
    };
    let (answers, started) = tokio::join!(all, open);
    assert_eq!(started, 8, "as many at once as stack.json declares");
    assert!(
        answers
            .iter()
            .all(|(status, _, failed)| *status == 200 && !failed)
    );
}

#[tokio::test]
async fn functions_find_the_platform_and_nothing_of_the_users() {
    let place = Place::new();
    let running = place.start();
    let (_, found, _) = running.invoke("turn", &json!({ "do": "env" })).await;
    let aws = running.aws();
    for (name, value) in [
        ("_HANDLER", "turn"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", &aws),
        ("AWS_ENDPOINT_URL_SFN", &aws),
        ("AWS_ENDPOINT_URL_DYNAMODB", &aws),
        ("AWS_LAMBDA_MAX_CONCURRENCY", "16"),
        ("TABLE_DIRECTORY", "directory"),
        ("TABLE_MAILBOXES", "mailboxes"),
        ("WEBSOCKET_ENDPOINT", &aws),
        ("PUBLIC_URL", &running.web()),
        (
            "STATE_MACHINE_CLIENT_CALL",
            "arn:aws:states:us-east-1:000000000000:stateMachine:client-call",
        ),
    ] {
        assert_eq!(found[name], value, "{name}");
    }
    assert!(
        found["SIP_MEDIA_APPLICATION_ID"]
            .as_str()
            .is_some_and(|id| !id.is_empty())
    );
    assert_eq!(found.get("HOME"), None);
    assert_eq!(found.get("CARGO_MANIFEST_DIR"), None);
}

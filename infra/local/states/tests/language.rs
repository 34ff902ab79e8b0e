//! What states do, seen through the API: outputs, errors, and the history events in AWS's order and words.

mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use states::InvokeError;
use support::{CALLBACK, Folder, INVOKE, ROLE, Running, flow, open, task};
use tower::ServiceExt;

async fn up() -> (Folder, Running) {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("echo", Ok);
    up.functions.on("fail", |_| {
        Err(InvokeError::Function {
            error_type: "Call.NotAllowed".into(),
            message: "no".into(),
        })
    });
    (folder, up)
}

/// A loop without an end.
fn forever() -> Value {
    flow(json!({
        "A": { "Type": "Pass", "Next": "B" },
        "B": { "Type": "Choice", "Choices": [{ "Condition": false, "Next": "C" }], "Default": "A" },
        "C": { "Type": "Succeed" }
    }))
}

fn pass(output: Value) -> Value {
    flow(json!({ "A": { "Type": "Pass", "Output": output, "End": true } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_flow_has_awss_history() {
    let (_folder, up) = up().await;
    let ended = up
        .run(
            &flow(json!({ "A": { "Type": "Pass", "End": true } })),
            json!({ "a": 1 }),
        )
        .await;
    assert_eq!(ended.output, Some(json!({ "a": 1 })));
    let expected = [
        "1<-0 ExecutionStarted",
        "2<-0 PassStateEntered",
        "3<-2 PassStateExited",
        "4<-3 ExecutionSucceeded",
    ];
    assert_eq!(up.outline(&ended.arn).await, expected);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lambda_task_has_awss_result_and_history() {
    let (_folder, up) = up().await;
    let ended = up
        .run(
            &flow(json!({ "A": task(INVOKE, "echo", json!({ "b": [1, 2] })) })),
            json!({}),
        )
        .await;
    let output = ended.output.expect("an output");
    assert_eq!(output["Payload"], json!({ "b": [1, 2] }));
    assert_eq!(
        (&output["StatusCode"], &output["ExecutedVersion"]),
        (&json!(200), &json!("$LATEST"))
    );
    let expected = [
        "1<-0 ExecutionStarted",
        "2<-0 TaskStateEntered",
        "3<-2 TaskScheduled",
        "4<-3 TaskStarted",
        "5<-4 TaskSucceeded",
        "6<-5 TaskStateExited",
        "7<-6 ExecutionSucceeded",
    ];
    assert_eq!(up.outline(&ended.arn).await, expected);
    let scheduled = up.history(&ended.arn).await[2]
        .task_scheduled_event_details()
        .cloned()
        .expect("details");
    assert_eq!(
        (
            scheduled.resource(),
            scheduled.resource_type(),
            scheduled.region()
        ),
        ("invoke", "lambda", "us-east-1")
    );
    assert_eq!(
        scheduled.parameters(),
        r#"{"FunctionName":"echo","Payload":{"b":[1,2]}}"#
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_by_arn_has_its_own_events() {
    let (_folder, up) = up().await;
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:echo";
    up.functions.on(arn, |_| Ok(json!([1])));
    let state = json!({ "Type": "Task", "Resource": arn, "End": true });
    let ended = up
        .run(&flow(json!({ "A": state })), json!({ "in": 1 }))
        .await;
    assert_eq!(ended.output, Some(json!([1])));
    let outline = up.outline(&ended.arn).await;
    assert_eq!(
        outline[2..5],
        [
            "3<-2 LambdaFunctionScheduled",
            "4<-3 LambdaFunctionStarted",
            "5<-4 LambdaFunctionSucceeded"
        ]
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_function_names_its_error_and_its_answer_is_the_cause() {
    let (_folder, up) = up().await;
    let ended = up
        .run(
            &flow(json!({ "A": task(INVOKE, "fail", json!({})) })),
            json!({}),
        )
        .await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert_eq!(ended.error.as_deref(), Some("Call.NotAllowed"));
    assert_eq!(
        ended.cause.as_deref(),
        Some(r#"{"errorMessage":"no","errorType":"Call.NotAllowed"}"#)
    );
    let ended = up
        .run(
            &flow(json!({ "A": task(INVOKE, "nowhere", json!({})) })),
            json!({}),
        )
        .await;
    assert_eq!(
        ended.error.as_deref(),
        Some("Lambda.ResourceNotFoundException")
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catcher_sees_the_error_and_assigns() {
    let (_folder, up) = up().await;
    let mut a = task(INVOKE, "fail", json!({}));
    a["Catch"] = json!([
        { "ErrorEquals": ["Other"], "Next": "C" },
        { "ErrorEquals": ["States.TaskFailed"], "Next": "B",
          "Assign": { "why": "{% $states.errorOutput.Error %}" }, "Output": "{% $states.errorOutput %}" }
    ]);
    let b = json!({ "Type": "Pass", "Output": { "why": "{% $why %}", "in": "{% $states.input.Error %}" }, "End": true });
    let ended = up
        .run(
            &flow(json!({ "A": a, "B": b, "C": { "Type": "Succeed" } })),
            json!({}),
        )
        .await;
    assert_eq!(
        ended.output,
        Some(json!({ "why": "Call.NotAllowed", "in": "Call.NotAllowed" }))
    );
    let exited = up.history(&ended.arn).await[5]
        .state_exited_event_details()
        .cloned()
        .expect("details");
    assert_eq!(
        exited.assigned_variables().expect("variables")["why"],
        "\"Call.NotAllowed\""
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retrier_tries_as_often_as_it_says_and_each_try_is_a_task() {
    let (_folder, up) = up().await;
    let tries = std::sync::Arc::new(AtomicU32::new(0));
    let counted = tries.clone();
    up.functions.on("third", move |_| {
        match counted.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(InvokeError::Throttled),
            _enough => Ok(json!("done")),
        }
    });
    let mut a = task(
        INVOKE,
        "third",
        json!("{% $states.context.State.RetryCount %}"),
    );
    a["Output"] = json!("{% [$states.result.Payload, $states.context.State.RetryCount] %}");
    a["Retry"] = json!([{ "ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1,
        "MaxDelaySeconds": 2, "JitterStrategy": "FULL" }]);
    let mut invoked = up.functions.invocations();
    let machine = up.machine("retry", &flow(json!({ "A": a }))).await;
    let arn = up.start(&machine, json!({})).await;
    for retry in 0..3 {
        assert_eq!(invoked.recv().await.expect("invoked").1, json!(retry));
    }
    let (status, output, ..) = up.end(&arn).await;
    assert_eq!(
        (status, output),
        (ExecutionStatus::Succeeded, Some(json!(["done", 2])))
    );
    let outline = up.outline(&arn).await;
    assert_eq!(
        outline
            .iter()
            .filter(|line| line.ends_with(" TaskScheduled"))
            .count(),
        3
    );
    assert_eq!(
        outline
            .iter()
            .filter(|line| line.ends_with(" TaskStateEntered"))
            .count(),
        1
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_run_apart_and_come_together_in_order() {
    let (_folder, up) = up().await;
    let branch = |name: &str| {
        json!({ "StartAt": name, "States": { name: { "Type": "Pass",
            "Output": "{% [$states.input, $outer, $states.context.State.Name] %}", "End": true } } })
    };
    let definition = flow(json!({
        "A": { "Type": "Pass", "Assign": { "outer": 7 }, "Next": "P" },
        "P": { "Type": "Parallel", "Arguments": "{% $states.input.x %}", "Branches": [branch("B1"), branch("B2")], "End": true }
    }));
    let ended = up.run(&definition, json!({ "x": 5 })).await;
    assert_eq!(ended.output, Some(json!([[5, 7, "B1"], [5, 7, "B2"]])));
    let outline = up.outline(&ended.arn).await;
    assert_eq!(
        outline[3..5],
        ["4<-3 ParallelStateEntered", "5<-4 ParallelStateStarted"]
    );
    assert!(outline.contains(&"6<-5 PassStateEntered".to_owned()));
    assert_eq!(
        outline[9..],
        [
            "10<-9 ParallelStateSucceeded",
            "11<-9 ParallelStateExited",
            "12<-11 ExecutionSucceeded"
        ]
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_branch_gives_the_others_up_and_is_caught_once() {
    let (_folder, up) = up().await;
    let definition = flow(json!({
        "A": { "Type": "Parallel", "End": true,
            "Catch": [{ "ErrorEquals": ["States.BranchFailed"], "Next": "B" }],
            "Branches": [
                { "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 3600, "End": true } } },
                { "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "Gone", "Cause": "{% 'be' & 'cause' %}" } } }
            ] },
        "B": { "Type": "Pass", "End": true }
    }));
    let ended = up.run(&definition, json!({})).await;
    assert_eq!(
        ended.output,
        Some(json!({ "Error": "Gone", "Cause": "because" }))
    );
    let expected = [
        "1<-0 ExecutionStarted",
        "2<-0 ParallelStateEntered",
        "3<-2 ParallelStateStarted",
        "4<-3 WaitStateEntered",
        "5<-3 FailStateEntered",
        "6<-5 WaitStateAborted",
        "7<-5 ParallelStateFailed",
        "8<-7 ParallelStateExited",
        "9<-8 PassStateEntered",
        "10<-9 PassStateExited",
        "11<-10 ExecutionSucceeded",
    ];
    assert_eq!(up.outline(&ended.arn).await, expected);
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_that_is_not_boolean_is_an_error_and_no_match_is_another() {
    let (_folder, up) = up().await;
    let choice = |condition: &str| {
        flow(
            json!({ "A": { "Type": "Choice", "Choices": [{ "Condition": condition, "Next": "B" }] },
            "B": { "Type": "Succeed" } }),
        )
    };
    let ended = up
        .run(&choice("{% $states.input.n %}"), json!({ "n": 1 }))
        .await;
    assert_eq!(ended.error.as_deref(), Some("States.QueryEvaluationError"));
    let cause = ended.cause.expect("a cause");
    let said = "The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an \
                unexpected result type. Expected 'boolean', but was 'number' for value: 1";
    assert!(cause.ends_with(said), "{cause}");
    let ended = up
        .run(&choice("{% $states.input.n = 2 %}"), json!({ "n": 1 }))
        .await;
    assert_eq!(ended.error.as_deref(), Some("States.NoChoiceMatched"));
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_an_error_with_awss_words_and_its_own_event() {
    let (_folder, up) = up().await;
    let ended = up
        .run(&pass(json!({ "result": "{% $doesNotExist %}" })), json!({}))
        .await;
    let cause = "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression \
                 '$doesNotExist' specified for the field 'Output/result' returned nothing (undefined).";
    assert_eq!(ended.cause.as_deref(), Some(cause));
    assert_eq!(
        up.outline(&ended.arn).await[2..],
        ["3<-0 EvaluationFailed", "4<-3 ExecutionFailed"]
    );
    let details = up.history(&ended.arn).await[2]
        .evaluation_failed_event_details()
        .cloned()
        .expect("details");
    assert_eq!(
        (details.location(), details.state()),
        (Some("Output/result"), "A")
    );
    let ended = up
        .run(&pass(json!("{% function($x) { $x } %}")), json!({}))
        .await;
    assert!(
        ended
            .cause
            .expect("a cause")
            .ends_with("returned an unsupported result type.")
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_functions_of_step_functions_are_there() {
    let (_folder, up) = up().await;
    let expressions = json!({
        "partition": "{% $partition([1,2,3,4,5], 2) %}",
        "range": "{% $range(1, 9, 4) %}",
        "hash": "{% $hash('a', 'SHA-256') %}",
        "parse": "{% $parse('{\"a\":[1]}').a[0] %}",
        "uuid": "{% $length($uuid()) %}",
        "random": "{% $random(3) = $random(3) %}",
        "millis": "{% $abs($toMillis($states.context.Execution.StartTime) - $millis()) < 60000 %}",
        "now": "{% $now('[Y0001]') >= '2024' %}",
        "name": "{% $states.context.StateMachine.Name = $split($states.context.Execution.Id, ':')[6] %}"
    });
    let ended = up.run(&pass(expressions), json!({})).await;
    assert_eq!(ended.error, None, "{:?}", ended.cause);
    let output = ended.output.expect("an output");
    assert_eq!(output["partition"], json!([[1, 2], [3, 4], [5]]));
    assert_eq!(output["range"], json!([1, 5, 9]));
    assert_eq!(
        output["hash"],
        "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    );
    assert_eq!((&output["parse"], &output["uuid"]), (&json!(1), &json!(36)));
    for flag in ["random", "millis", "now", "name"] {
        assert_eq!(output[flag], json!(true), "{flag}");
    }
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn timeouts_end_tasks_heartbeats_and_executions() {
    let (_folder, up) = up().await;
    up.functions.on("never", |_| Ok(json!(null)));
    let mut slow = task(INVOKE, "never", json!({}));
    slow["TimeoutSeconds"] = json!("{% 1 %}");
    slow["Catch"] = json!([{ "ErrorEquals": ["States.Timeout"], "Next": "B" }]);
    let caught = up
        .machine(
            "slow",
            &flow(json!({ "A": slow, "B": { "Type": "Succeed" } })),
        )
        .await;
    let mut still = task(CALLBACK, "echo", json!({}));
    still["HeartbeatSeconds"] = json!(1);
    let still = up.machine("still", &flow(json!({ "A": still }))).await;
    let mut long = flow(json!({ "A": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    long["TimeoutSeconds"] = json!(1);
    let long = up.machine("long", &long).await;
    let (a, b, c) = (
        up.start(&caught, json!({})).await,
        up.start(&still, json!({})).await,
        up.start(&long, json!({})).await,
    );
    let (status, output, ..) = up.end(&a).await;
    assert_eq!(
        (status, output),
        (
            ExecutionStatus::Succeeded,
            Some(json!({ "Error": "States.Timeout" }))
        )
    );
    let (status, _, error, _) = up.end(&b).await;
    assert_eq!(
        (status, error.as_deref()),
        (ExecutionStatus::Failed, Some("States.HeartbeatTimeout"))
    );
    assert_eq!(up.end(&c).await.0, ExecutionStatus::TimedOut);
    assert_eq!(
        up.outline(&c).await.last().map(String::as_str),
        Some("3<-0 ExecutionTimedOut")
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_fail_an_execution_as_on_aws() {
    let (_folder, up) = up().await;
    let ended = up
        .run(&pass(json!("{% $pad('', 262143, 'x') %}")), json!({}))
        .await;
    assert_eq!(ended.error.as_deref(), Some("States.DataLimitExceeded"));
    let ended = up.run(&forever(), json!({})).await;
    assert_eq!(ended.error.as_deref(), Some("States.Runtime"));
    let last = up
        .client
        .get_execution_history()
        .execution_arn(&ended.arn)
        .reverse_order(true)
        .max_results(1);
    assert!(last.send().await.expect("told").events()[0].id <= 25_000);
    up.close().await;
}

/// Other clients are served, in every part of the engine.
async fn served(up: &Running) {
    for n in 0..32 {
        let ended = up.run(&pass(json!(n)), json!({})).await;
        assert_eq!(ended.output, Some(json!(n)));
    }
}

/// Waits until nothing is under way any more.
async fn quiet(up: &Running) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while up.engine.calls_under_way() > 0 {
        assert!(tokio::time::Instant::now() < deadline, "it goes on");
        tokio::task::yield_now().await;
    }
}

/// Asked without the client, which would put `sync-` before the host.
async fn start_sync(up: &Running, machine: &str) -> Value {
    let request = http::Request::post("/")
        .header("host", "localhost")
        .header("x-amz-target", "AWSStepFunctions.StartSyncExecution")
        .body(axum::body::Body::from(
            json!({ "stateMachineArn": machine }).to_string(),
        ));
    let asked = up.engine.router().oneshot(request.expect("a request"));
    let answer = asked.await.expect("an answer").into_body().collect().await;
    serde_json::from_slice(&answer.expect("a body").to_bytes()).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_express_execution_ends_in_its_time_and_holds_nobody_up() {
    let (folder, up) = up().await;
    let mut endless = forever();
    endless["TimeoutSeconds"] = json!(2);
    let made = up.client.create_state_machine().name("endless");
    let made = made.role_arn(ROLE).r#type(StateMachineType::Express);
    let made = made.definition(endless.to_string()).send().await;
    let machine = made.expect("the machine is made").state_machine_arn;
    up.start(&machine, json!({})).await;
    served(&up).await;
    up.close().await;
    // It begins again, and holds the start up no more than a client.
    let up = open(folder.path()).await;
    let (told, ()) = tokio::join!(start_sync(&up, &machine), served(&up));
    assert_eq!(told["status"], "TIMED_OUT", "{told}");
    quiet(&up).await;
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_express_child_ends_with_its_map_run_and_holds_nobody_up() {
    let (folder, up) = up().await;
    let forever = forever();
    let mut processor = json!({ "StartAt": "A", "States": forever["States"] });
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    let map =
        json!({ "Type": "Map", "Items": "{% [1] %}", "End": true, "ItemProcessor": processor });
    let parent = json!({ "QueryLanguage": "JSONata", "TimeoutSeconds": 3, "StartAt": "M", "States": { "M": map } });
    let machine = up.machine("parent", &parent).await;
    let execution = up.start(&machine, json!({})).await;
    served(&up).await;
    up.close().await;
    let up = open(folder.path()).await;
    served(&up).await;
    assert_eq!(up.end(&execution).await.0, ExecutionStatus::TimedOut);
    quiet(&up).await;
    up.close().await;
}

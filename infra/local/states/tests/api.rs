//! The API through the real client: what operations give, and what they refuse.

mod support;

use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionStatus, StateMachineType, Tag};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use support::{CALLBACK, Folder, INVOKE, ROLE, flow, open, task};

macro_rules! refused {
    ($call:expr, $name:literal) => {{
        let error = $call
            .send()
            .await
            .expect_err("refused")
            .into_service_error();
        assert_eq!(error.code(), Some($name), "{error:?}");
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_flow_runs_from_start_to_output() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("turn", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let definition = flow(json!({
        "A": {
            "Type": "Task", "Resource": CALLBACK,
            "Arguments": { "FunctionName": "turn",
                "Payload": { "token": "{% $states.context.Task.Token %}", "who": "{% $states.input.who %}" } },
            "Assign": { "signal": "{% $states.result.signal %}" },
            "Output": "{% { 'got': $states.result.signal, 'who': $states.input.who } %}",
            "Next": "B"
        },
        "B": { "Type": "Choice",
            "Choices": [{ "Condition": "{% $signal = 'answer' %}", "Next": "C" }], "Default": "D" },
        "C": { "Type": "Succeed", "Output": "{% $merge([$states.input, { 'signal': $signal }]) %}" },
        "D": { "Type": "Fail", "Error": "Wrong" }
    }));
    let machine = up.machine("callback", &definition).await;
    let execution = up.start(&machine, json!({ "who": "ada" })).await;
    let (function, payload) = invoked.recv().await.expect("an invocation");
    assert_eq!(
        (function.as_str(), &payload["who"]),
        ("turn", &json!("ada"))
    );
    let token = payload["token"].as_str().expect("a token").to_owned();
    let done = up
        .client
        .send_task_success()
        .task_token(&token)
        .output(r#"{"signal":"answer"}"#);
    done.send().await.expect("the token is taken");
    let (status, output, ..) = up.end(&execution).await;
    assert_eq!(status, ExecutionStatus::Succeeded);
    assert_eq!(
        output,
        Some(json!({ "got": "answer", "who": "ada", "signal": "answer" }))
    );
    refused!(
        up.client.send_task_success().task_token(&token).output("1"),
        "TaskTimedOut"
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_starts_one_execution_however_often_it_is_asked_for() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let machine = up.waiting_machine().await;
    let start = |input: &str| {
        up.client
            .start_execution()
            .state_machine_arn(&machine)
            .name("n")
            .input(input)
    };
    let first = start("{}").send().await.expect("started");
    let second = start("{}").send().await.expect("the same");
    assert_eq!(
        (first.execution_arn(), first.start_date()),
        (second.execution_arn(), second.start_date())
    );
    refused!(start("{\"other\":1}"), "ExecutionAlreadyExists");
    let stop = up
        .client
        .stop_execution()
        .execution_arn(first.execution_arn())
        .error("E")
        .cause("C");
    stop.send().await.expect("stopped");
    refused!(start("{}"), "ExecutionAlreadyExists");
    let (status, _, error, cause) = up.end(first.execution_arn()).await;
    assert_eq!(
        (status, error.as_deref(), cause.as_deref()),
        (ExecutionStatus::Aborted, Some("E"), Some("C"))
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_runs_the_definition_it_started_with() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("f", |_| Ok(json!(null)));
    let mut invoked = up.functions.invocations();
    let mut first =
        flow(json!({ "A": task(CALLBACK, "f", json!("{% $states.context.Task.Token %}")) }));
    first["States"]["A"]["Output"] = json!("old");
    let machine = up.machine("m", &first).await;
    let execution = up.start(&machine, json!({})).await;
    let token = invoked.recv().await.expect("invoked").1;
    let second = flow(json!({ "A": { "Type": "Pass", "Output": "new", "End": true } }));
    let update = up
        .client
        .update_state_machine()
        .state_machine_arn(&machine)
        .definition(second.to_string());
    let revision = update.send().await.expect("updated").revision_id;
    let told = up
        .client
        .describe_state_machine()
        .state_machine_arn(&machine)
        .send()
        .await
        .expect("described");
    assert_eq!(
        (told.definition(), told.revision_id()),
        (second.to_string().as_str(), revision.as_deref())
    );
    let of = up
        .client
        .describe_state_machine_for_execution()
        .execution_arn(&execution)
        .send()
        .await
        .expect("told");
    assert_eq!(of.definition(), first.to_string());
    let done = up
        .client
        .send_task_success()
        .task_token(token.as_str().unwrap())
        .output("1");
    done.send().await.expect("taken");
    assert_eq!(up.end(&execution).await.1, Some(json!("old")));
    let fresh = up.start(&machine, json!({})).await;
    assert_eq!(up.end(&fresh).await.1, Some(json!("new")));
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_filter_and_page_newest_first() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let wait =
        flow(json!({ "A": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true } }));
    let machine = up.machine("m", &wait).await;
    let mut open = Vec::new();
    for i in 0..25 {
        let arn = up
            .start(&machine, json!(if i % 5 == 0 { 3600 } else { 0 }))
            .await;
        if i % 5 == 0 {
            open.push(arn)
        } else {
            drop(up.end(&arn).await)
        }
    }
    let list = || up.client.list_executions().state_machine_arn(&machine);
    let running = list()
        .status_filter(ExecutionStatus::Running)
        .send()
        .await
        .expect("listed");
    let found: Vec<&str> = running
        .executions()
        .iter()
        .map(|e| e.execution_arn())
        .collect();
    assert_eq!(
        found,
        open.iter().rev().map(String::as_str).collect::<Vec<_>>()
    );
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let page = list()
            .max_results(7)
            .set_next_token(token)
            .send()
            .await
            .expect("a page");
        seen.extend(
            page.executions()
                .iter()
                .map(|e| e.execution_arn().to_owned()),
        );
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25, "no page repeats another");
    refused!(list().max_results(1001), "ValidationException");
    refused!(list().next_token("nonsense"), "InvalidToken");
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_awss_error_names() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let good = flow(json!({ "A": { "Type": "Pass", "End": true } })).to_string();
    let create = |name: &str, definition: &str| {
        up.client
            .create_state_machine()
            .name(name)
            .definition(definition)
            .role_arn(ROLE)
    };
    refused!(create("a b", &good), "InvalidName");
    let error = create("m", "{}")
        .send()
        .await
        .expect_err("refused")
        .into_service_error();
    assert_eq!(error.code(), Some("InvalidDefinition"));
    let message = error.message().unwrap_or_default();
    assert!(
        message.contains("These fields are required: [States, StartAt]"),
        "{message}"
    );
    refused!(create("m", &good).role_arn("nobody"), "InvalidArn");
    refused!(
        create("m", &good).r#type("OTHER".into()),
        "ValidationException"
    );
    let machine = create("m", &good)
        .send()
        .await
        .expect("made")
        .state_machine_arn;
    assert_eq!(
        create("m", &good)
            .send()
            .await
            .expect("the same")
            .state_machine_arn,
        machine
    );
    let other = flow(json!({ "A": { "Type": "Succeed" } })).to_string();
    refused!(create("m", &other), "StateMachineAlreadyExists");
    let missing = format!("{machine}-not");
    refused!(
        up.client
            .describe_state_machine()
            .state_machine_arn(&missing),
        "StateMachineDoesNotExist"
    );
    refused!(
        up.client.start_execution().state_machine_arn(&missing),
        "StateMachineDoesNotExist"
    );
    refused!(
        up.client.start_execution().state_machine_arn("x"),
        "InvalidArn"
    );
    refused!(
        up.client
            .start_execution()
            .state_machine_arn(&machine)
            .name("a/b"),
        "InvalidName"
    );
    refused!(
        up.client
            .start_execution()
            .state_machine_arn(&machine)
            .input("{"),
        "InvalidExecutionInput"
    );
    let long = format!("\"{}\"", "x".repeat(262_144));
    refused!(
        up.client
            .start_execution()
            .state_machine_arn(&machine)
            .input(long),
        "ValidationException"
    );
    let execution = machine.replace("stateMachine", "execution") + ":none";
    refused!(
        up.client.describe_execution().execution_arn(&execution),
        "ExecutionDoesNotExist"
    );
    refused!(
        up.client.get_execution_history().execution_arn(&execution),
        "ExecutionDoesNotExist"
    );
    refused!(
        up.client.stop_execution().execution_arn(&machine),
        "InvalidArn"
    );
    refused!(
        up.client.send_task_success().task_token("x").output("1"),
        "InvalidToken"
    );
    refused!(
        up.client.send_task_heartbeat().task_token("y".repeat(2049)),
        "ValidationException"
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_goes_when_its_last_execution_has_closed() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let machine = up.waiting_machine().await;
    let execution = up.start(&machine, json!({})).await;
    up.client
        .delete_state_machine()
        .state_machine_arn(&machine)
        .send()
        .await
        .expect("deleted");
    let told = up
        .client
        .describe_state_machine()
        .state_machine_arn(&machine)
        .send()
        .await
        .expect("still there");
    assert_eq!(told.status().map(|s| s.as_str()), Some("DELETING"));
    refused!(
        up.client.start_execution().state_machine_arn(&machine),
        "StateMachineDeleting"
    );
    up.client
        .stop_execution()
        .execution_arn(&execution)
        .send()
        .await
        .expect("stopped");
    refused!(
        up.client
            .describe_state_machine()
            .state_machine_arn(&machine),
        "StateMachineDoesNotExist"
    );
    up.client
        .delete_state_machine()
        .state_machine_arn(&machine)
        .send()
        .await
        .expect("deleting twice is no error");
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_and_validation_and_machine_lists() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let good = flow(json!({ "A": { "Type": "Pass", "End": true } }));
    let machine = up.machine("m1", &good).await;
    up.machine("m2", &good).await;
    let tag = |k: &str, v: &str| Tag::builder().key(k).value(v).build();
    let put = up
        .client
        .tag_resource()
        .resource_arn(&machine)
        .tags(tag("a", "1"))
        .tags(tag("b", "2"));
    put.send().await.expect("tagged");
    up.client
        .untag_resource()
        .resource_arn(&machine)
        .tag_keys("a")
        .send()
        .await
        .expect("untagged");
    let tags = up
        .client
        .list_tags_for_resource()
        .resource_arn(&machine)
        .send()
        .await
        .expect("told");
    assert_eq!(tags.tags(), [tag("b", "2")]);
    refused!(
        up.client.list_tags_for_resource().resource_arn("x"),
        "InvalidArn"
    );
    let first = up
        .client
        .list_state_machines()
        .max_results(1)
        .send()
        .await
        .expect("listed");
    assert_eq!(first.state_machines().len(), 1);
    let token = first.next_token().expect("more");
    let second = up
        .client
        .list_state_machines()
        .max_results(1)
        .next_token(token)
        .send()
        .await
        .expect("listed");
    assert_eq!(
        (second.state_machines()[0].name(), second.next_token()),
        ("m2", None)
    );
    let mut bad = good.clone();
    bad["States"]["A"]["Output"] = json!("{% ( %}");
    let validate = |text: String| {
        up.client
            .validate_state_machine_definition()
            .definition(text)
    };
    let found = validate(bad.to_string()).send().await.expect("validated");
    assert_eq!(found.result().as_str(), "FAIL");
    assert_eq!(found.diagnostics()[0].location(), Some("/States/A/Output"));
    assert_eq!(
        validate(good.to_string())
            .send()
            .await
            .expect("validated")
            .result()
            .as_str(),
        "OK"
    );
    up.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_from_the_end_go_on_where_they_were_while_events_come() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let mut invocations = up.functions.invocations();
    up.functions.on("turn", |_| Ok(json!(null)));
    let token = json!("{% $states.context.Task.Token %}");
    let mut first = task(CALLBACK, "turn", token.clone());
    first["Next"] = json!("B");
    first.as_object_mut().expect("a state").remove("End");
    let both = flow(json!({ "A": first, "B": task(CALLBACK, "turn", token) }));
    let machine = up.machine("two", &both).await;
    let execution = up.start(&machine, json!({})).await;
    let (_, token) = invocations.recv().await.expect("the first turn");
    let ask = || {
        let asked = up.client.get_execution_history();
        asked
            .execution_arn(&execution)
            .reverse_order(true)
            .max_results(1)
    };
    let page = ask().send().await.expect("a page");
    let last = page.events()[0].id;
    let told = up.client.send_task_success().output("1");
    told.task_token(token.as_str().expect("a token"))
        .send()
        .await
        .expect("the first turn ends");
    invocations.recv().await.expect("the second turn");
    let page = ask().next_token(page.next_token().expect("more"));
    let page = page.send().await.expect("a page");
    assert_eq!(page.events()[0].id, last - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_page_in_both_directions() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    up.functions.on("f", |_| Ok(json!({ "x": 1 })));
    let ended = up
        .run(
            &flow(json!({ "A": task(INVOKE, "f", json!({})) })),
            json!({ "in": 1 }),
        )
        .await;
    let all = up.history(&ended.arn).await;
    let ask = || up.client.get_execution_history().execution_arn(&ended.arn);
    let reversed = ask()
        .reverse_order(true)
        .max_results(2)
        .send()
        .await
        .expect("told");
    let ids: Vec<i64> = reversed.events().iter().map(|e| e.id).collect();
    assert_eq!(ids, [all.len() as i64, all.len() as i64 - 1]);
    let next = ask()
        .reverse_order(true)
        .max_results(2)
        .next_token(reversed.next_token().expect("more"));
    assert_eq!(
        next.send().await.expect("told").events()[0].id,
        all.len() as i64 - 2
    );
    let bare = ask()
        .include_execution_data(false)
        .send()
        .await
        .expect("told");
    assert!(
        bare.events()[0]
            .execution_started_event_details()
            .expect("details")
            .input()
            .is_none()
    );
    up.close().await;
}

/// An expression that takes its whole second keeps nobody else waiting, once it is known to be slow.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_slow_expression_stops_no_other_call() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let endless = "{% ($f := function($n) { $f($n + 1) }; $f(1)) %}";
    let machine = flow(json!({ "A": { "Type": "Pass", "Output": endless, "End": true } }));
    let machine = up.machine("slow", &machine).await;
    let start = || up.client.start_execution().state_machine_arn(&machine);
    let first = start().send().await.expect("it starts");
    let (status, _, error, cause) = up.end(first.execution_arn()).await;
    assert_eq!(status, ExecutionStatus::Failed);
    assert_eq!(error.as_deref(), Some("States.QueryEvaluationError"));
    assert!(cause.is_some_and(|cause| cause.contains("Expression evaluation timeout")));
    let slow = tokio::spawn(start().send());
    let mut answered = 0;
    while !slow.is_finished() {
        up.client.list_activities().send().await.expect("a list");
        answered += 1;
    }
    slow.await.expect("no panic").expect("it starts");
    assert!(answered >= 20, "{answered} calls were answered meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_header_of_the_request_goes_before_that_of_its_body() {
    let folder = Folder::new();
    let up = open(folder.path()).await;
    let definition = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } });
    let made = up.client.create_state_machine().name("m").role_arn(ROLE);
    let made = made.r#type(StateMachineType::Express);
    let made = made.definition(definition.to_string()).send().await;
    let machine = made.expect("made").state_machine_arn;
    let ask = async |operation: &str, machine: &str, header: Option<&str>| {
        let body = json!({ "stateMachineArn": machine, "traceHeader": "Root=body" }).to_string();
        let mut request = http::Request::post(format!("http://{}/", up.address))
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        if let Some(header) = header {
            request = request.header("X-Amzn-Trace-Id", header);
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let http = Client::builder(TokioExecutor::new()).build_http();
        let answer = http.request(request.expect("a request")).await;
        let answer = answer.expect("an answer").into_body().collect().await;
        let answer = answer.expect("a body").to_bytes();
        serde_json::from_slice::<serde_json::Value>(&answer).expect("JSON")
    };
    let wait = flow(json!({ "A": { "Type": "Wait", "Seconds": 3600, "End": true } }));
    let waits = up.machine("waits", &wait).await;
    for (header, told) in [(None, "Root=body"), (Some("Root=header"), "Root=header")] {
        let answer = ask("StartSyncExecution", &machine, header).await;
        assert_eq!(answer["traceHeader"], told, "{answer}");
        let answer = ask("StartExecution", &waits, header).await;
        let execution = answer["executionArn"].as_str().expect("an ARN");
        let described = up.client.describe_execution().execution_arn(execution);
        let described = described.send().await.expect("described");
        assert_eq!(described.trace_header(), Some(told));
    }
    up.close().await;
}

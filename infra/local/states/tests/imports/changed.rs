//! Exports that were changed are refused, with the place.

use serde_json::{Value, json};

use crate::support::{Folder, INVOKE, open, task};
use crate::{export, functions, import, refused};

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_was_changed_is_refused_with_the_place_and_nothing_is_written() {
    let (from, to) = (Folder::new(), Folder::new());
    let (here, there) = (open(from.path()).await, open(to.path()).await);
    functions(&here);
    let parallel = json!({ "Type": "Parallel", "End": true, "Branches": [
        { "StartAt": "B", "States": { "B": task(INVOKE, "bad", json!({})) } },
        { "StartAt": "C", "States": { "C": { "Type": "Pass", "End": true } } } ] });
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "A",
        "States": { "A": { "Type": "Pass", "Next": "P" }, "P": parallel } });
    let machine = here.machine("m", &definition).await;
    let execution = here.start(&machine, json!({})).await;
    here.end(&execution).await;
    let again = here.client.redrive_execution().execution_arn(&execution);
    again.send().await.expect("redriven");
    here.end(&execution).await;
    let lines: Vec<Value> = export(&here, &execution)
        .await
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        json!({ "export": lines }).to_string()
    };
    let first = |kind: &str| {
        lines
            .iter()
            .position(|l| l["line"] == kind)
            .expect("a line")
    };
    let (event, record) = (first("event"), first("record"));
    let redriven = lines
        .iter()
        .rposition(|l| l["record"]["what"]["Redriven"].is_object())
        .expect("a redrive");
    type Change<'a> = (&'a str, Box<dyn Fn(&mut Vec<Value>)>);
    let changes: Vec<Change<'_>> = vec![
        ("'format' is 1", Box::new(|l| l[0]["format"] = json!(1))),
        (
            "'arn' in 'identity'",
            Box::new(|l| {
                l[0]["identity"]["arn"] =
                    json!("arn:aws:states:us-east-1:000000000000:execution:other:e")
            }),
        ),
        (
            "'workflow'",
            Box::new(|l| l[0]["identity"]["workflow"] = json!("Express")),
        ),
        (
            "'started_ms'",
            Box::new(|l| l[0]["identity"]["started_ms"] = json!(i64::MAX)),
        ),
        (
            "line 1: 'identity': ",
            Box::new(|l| l[0]["identity"]["input"] = json!("{")),
        ),
        (
            "line 2: 'definition' is not accepted",
            Box::new(|l| l[1]["definition"] = json!("{}")),
        ),
        (
            "event 1 is not",
            Box::new(move |l| l[event]["event"]["timestamp"] = json!(0)),
        ),
        (
            "more events",
            Box::new(move |l| {
                let e = l[event].clone();
                l.insert(event, e.clone());
                l[event] = l[event + 1].clone();
                let last = l.iter().rposition(|l| l["line"] == "event").expect("one");
                l.insert(last + 1, e);
                l.remove(event);
            }),
        ),
        (
            "record ",
            Box::new(move |l| {
                l.remove(record + 1);
            }),
        ),
        (
            "no definition is named",
            Box::new(move |l| {
                l[record].as_object_mut().expect("one").remove("definition");
            }),
        ),
        (
            "names no definition",
            Box::new(move |l| l[record]["definition"] = json!(99)),
        ),
        (
            "no such state",
            Box::new(move |l| l[record]["record"]["what"]["Started"]["state"] = json!(9)),
        ),
        (
            "goes on otherwise",
            Box::new(move |l| {
                l[redriven]["record"]["what"]["Redriven"]["branches"][0][1]["state"] = json!(999)
            }),
        ),
        (
            "its time",
            Box::new(move |l| l[record + 1]["record"]["at_ms"] = json!(i64::MAX)),
        ),
        (
            "line 'state'",
            Box::new(|l| l.last_mut().expect("one")["state"]["last_event"] = json!(1)),
        ),
        (
            "ends before its line 'state'",
            Box::new(|l| {
                l.pop();
            }),
        ),
        (
            "'line' is not one of",
            Box::new(|l| l[0]["line"] = json!("nothing")),
        ),
    ];
    for (expected, change) in changes {
        let (kind, message) = refused(&there, with(&change)).await;
        assert!(kind.ends_with("ValidationException"), "{expected}: {kind}");
        assert!(message.contains("'export'"), "{expected}: {message}");
        assert!(message.contains(expected), "{expected}: {message}");
    }
    let (_, message) = refused(&there, "{\"line\":\"execution\"}\nnothing\n".to_owned()).await;
    assert!(message.contains("line 2"), "{message}");
    let (kind, _) = refused(
        &there,
        json!({ "export": lines, "name": "a b" }).to_string(),
    )
    .await;
    assert!(kind.ends_with("InvalidName"), "{kind}");
    let (_, message) = refused(
        &there,
        json!({ "export": lines, "resume": true }).to_string(),
    )
    .await;
    assert!(message.contains("'resume'"), "{message}");
    there.close().await;
    let there = open(to.path()).await;
    let asked = there.client.describe_execution().execution_arn(&execution);
    asked.send().await.expect_err("nothing was written");
    import(&there, json!({ "export": lines }).to_string()).await;
    here.close().await;
    there.close().await;
}

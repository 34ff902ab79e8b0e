//! What operators look at while they do a task is the phone company's people's alone, whichever route is asked.
use super::every_route::{Operation, Twist, bearer, send};
use super::requesting::staff;
use crate::house::House;
use axum::http::Method;
use contract::request::Kind;
use serde_json::{Value, json};

/// In the screening, and in the reviewer's note.
const SECRET: &str = "s3cret";
/// The title of the task, which everybody sees: so it is known which routes give a request.
const TITLE: &str = "Review the dossier";

fn screening() -> Value {
    json!({ "screening": { "hits": [{ "listed": SECRET }], "duplicates": [SECRET] } })
}

/// A history with the screening in what went in, and a note in what came out.
fn history() -> Vec<Value> {
    let payload = json!({ "FunctionName": "request-turn", "Payload": {
        "owner": "operator", "nextAction": "Review the dossier", "accepts": ["task.done@review"], "task": { "about": screening() },
    } });
    let signal = json!({
        "seq": 1, "name": "task.done", "topic": "review", "at": "2026-11-20T10:00:00.000Z",
        "data": { "decision": "approve", "note": SECRET },
    });
    vec![
        json!({
            "id": 1, "previousEventId": 0, "timestamp": 1_790_000_000.0, "type": "TaskScheduled",
            "taskScheduledEventDetails": {
                "resourceType": "lambda", "resource": "invoke.waitForTaskToken", "region": "us-east-1",
                "parameters": payload.to_string(),
            },
        }),
        json!({
            "id": 2, "previousEventId": 1, "timestamp": 1_790_000_001.0, "type": "TaskStateExited",
            "stateExitedEventDetails": {
                "name": "Review", "output": signal.to_string(),
                "assignedVariables": { "screened": screening().to_string() },
            },
        }),
    ]
}

/// A house in which a request of every kind waits for an operator, and the ids that paths are filled in with.
async fn waiting() -> (House, String) {
    let house = House::new().await;
    let port = super::porting::draft(&house).await;
    for (id, kind) in [
        ("vd-1", Kind::VerifyDossier),
        ("no-1", Kind::NumberOrder),
        ("po-1", Kind::PortOut),
        ("ob-1", Kind::OnboardTenant),
    ] {
        house.begins(id, kind).await;
        house.asks(id, "operator", screening()).await;
    }
    house.asks(&port, "operator", screening()).await;
    house.asked().history = history();
    (house, port)
}

#[tokio::test]
async fn no_route_tells_a_customer_what_operators_look_at() {
    let (house, port) = waiting().await;
    let ids = [
        ("request", "vd-1"),
        ("task", "vd-1.1"),
        ("order", "no-1"),
        ("portOut", "po-1"),
        ("onboarding", "ob-1"),
        ("port", &port),
    ];
    let mut operations = Operation::all();
    // What only looks comes first: the others change what there is to see.
    operations.sort_by_key(|one| one.method != "GET");
    let mut shown = Vec::new();
    for operation in &operations {
        let twist = Twist {
            authorization: bearer(&house, &house.lucia()),
            ids: &ids,
            ..Twist::default()
        };
        let answer = send(&house, operation, twist).await;
        let name = operation.name();
        assert!(!answer.text.contains(SECRET), "{name}: {}", answer.text);
        if answer.text.contains(TITLE) {
            shown.push(name);
        }
    }
    for list in ["/v1/requests", "/v1/ports", "/v1/port-outs"] {
        let path = format!("{list}?live=true");
        let page = house.ask(&house.lucia(), Method::GET, &path, None).await;
        assert!(page.text.contains(TITLE), "{list}: {}", page.text);
        assert!(!page.text.contains(SECRET), "{list}: {}", page.text);
    }
    shown.sort();
    assert_eq!(
        shown,
        [
            "GET /v1/number-orders",
            "GET /v1/number-orders/{order}",
            "GET /v1/onboardings",
            "GET /v1/onboardings/{onboarding}",
            "GET /v1/port-outs/{portOut}",
            "GET /v1/ports/{port}",
            "GET /v1/requests/{request}",
            "GET /v1/requests/{request}/execution",
            "GET /v1/tasks/{task}",
            "PATCH /v1/ports/{port}",
            "POST /v1/number-orders/{order}/cancel",
            "POST /v1/ports/{port}/comments",
            "POST /v1/requests/{request}/comments",
        ]
    );
}

#[tokio::test]
async fn the_phone_companys_people_see_what_they_are_to_look_at() {
    let (house, port) = waiting().await;
    let ruth = staff(&house);
    for path in [
        "/v1/tasks".to_owned(),
        "/v1/tasks/vd-1.1".to_owned(),
        "/v1/requests/vd-1".to_owned(),
        "/v1/requests/vd-1/execution".to_owned(),
        "/v1/onboardings/ob-1".to_owned(),
        format!("/v1/ports/{port}"),
    ] {
        let answer = house.ask(&ruth, Method::GET, &path, None).await;
        assert!(answer.text.contains(SECRET), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_customer_sees_where_the_execution_is_and_which_signal_moved_it() {
    let (house, _) = waiting().await;
    let path = "/v1/requests/vd-1/execution";
    let seen = house.ask(&house.lucia(), Method::GET, path, None).await;
    let details = |at: usize| &seen.body["events"][at]["details"];
    assert_eq!(seen.body["events"][1]["state"], "Review");
    assert_eq!(
        details(0)["parameters"]["Payload"]["nextAction"],
        "Review the dossier"
    );
    assert_eq!(
        details(1),
        &json!({ "output": { "seq": 1, "name": "task.done", "topic": "review" } })
    );
}

//! Requests and tasks through the API.
use crate::house::House;
use crate::people::Caller;
use axum::http::{Method, StatusCode};
use contract::{RequestId, Role};
use serde_json::{Value, json};

pub(super) fn staff(house: &House) -> Caller {
    Caller {
        tenant: "t-strowger".into(),
        person: "p-ruth-amsler".into(),
        role: Role::Staff,
        ..house.lucia()
    }
}

#[tokio::test]
async fn a_task_is_listed_with_its_form_and_done_once() {
    let house = House::new().await;
    let view = house.asks_for_review("vd-1").await;
    assert_eq!(view.actions, ["request.cancel"]);
    let lucia = house.lucia();
    let listed = house.ask(&lucia, Method::GET, "/v1/tasks", None).await;
    assert_eq!(
        listed.body["tasks"][0]["task"]["id"], "vd-1.1",
        "{}",
        listed.text
    );
    let one = house
        .ask(&lucia, Method::GET, "/v1/tasks/vd-1.1", None)
        .await;
    assert_eq!(one.body["schema"]["title"], "Review");
    let answer = |answer: Value| {
        let body = json!({ "answer": answer });
        let (house, lucia) = (&house, &lucia);
        async move {
            house
                .ask(lucia, Method::POST, "/v1/tasks/vd-1.1", Some(body))
                .await
        }
    };
    let wrong = answer(json!({ "decision": "maybe" })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.body["field"], "answer.decision");
    let done = answer(json!({ "decision": "approve" })).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let signal = house.asked().completed.last().cloned().unwrap();
    assert_eq!(
        (&signal["name"], &signal["topic"]),
        (&json!("task.done"), &json!("review"))
    );
    assert_eq!(
        (&signal["person"], &signal["data"]["decision"]),
        (&json!("p-lucia-mendez"), &json!("approve"))
    );
}

#[tokio::test]
async fn an_answer_that_comes_while_the_workflow_looks_is_kept_and_what_somebody_did_is_not_undone()
{
    use crate::request::{Letter, shell};
    use contract::request::signal::SignalName;
    for (name, status) in [
        (SignalName::CarrierNotice, StatusCode::ACCEPTED),
        (SignalName::RequestCancel, StatusCode::CONFLICT),
    ] {
        let house = House::new().await;
        house.begins("pi-1", contract::request::Kind::PortIn).await;
        let turn = |round: u32, received: u64| {
            let turn = json!({
                "token": format!("token-{round}"), "request": "pi-1", "state": "Agree date", "round": round, "attempt": 0,
                "received": received, "status": "foc_proposed", "owner": "customer", "nextAction": "Agree to it",
                "task": { "form": "port-date", "title": "Agree to the date" },
                "accepts": ["task.done@port-date", "carrier.notice", "request.cancel"],
            });
            let turn = serde_json::from_value(turn).unwrap();
            crate::request::turn::turn(&*house.aws, turn)
        };
        turn(1, 0).await.unwrap();
        let came = Letter {
            key: "k-1".to_owned(),
            name,
            topic: None,
            person: None,
            data: Value::Null,
        };
        shell::deliver(&*house.aws, &"pi-1".into(), &came)
            .await
            .unwrap();
        let lucia = house.lucia();
        let answer = async |decision: Value| {
            let body = json!({ "answer": decision });
            let answer = house.ask(&lucia, Method::POST, "/v1/tasks/pi-1.1", Some(body));
            answer.await.status
        };
        let agrees = json!({ "decision": "agree" });
        assert_eq!(answer(agrees.clone()).await, status, "{name:?}");
        if status == StatusCode::ACCEPTED {
            // The same again is no second one, and another one is too late.
            assert_eq!(answer(agrees.clone()).await, StatusCode::ACCEPTED);
            let other = json!({ "decision": "another", "foc": "2099-01-01T10:00:00Z" });
            assert_eq!(answer(other).await, StatusCode::CONFLICT);
            turn(2, 1).await.unwrap();
            let told = house.asked().completed.last().cloned().unwrap();
            assert_eq!((&told["seq"], &told["data"]), (&json!(2), &agrees));
        }
    }
}

#[tokio::test]
async fn staff_lets_a_request_whose_workflow_failed_go_on() {
    use crate::ports::requests::Requests;
    let house = House::new().await;
    let id = house.asks_for_review("vd-1").await.id;
    let path = "/v1/requests/vd-1/redrive";
    let ruth = staff(&house);
    let asked = house.ask(&ruth, Method::POST, path, None).await;
    assert_eq!(
        (asked.status, asked.error()),
        (StatusCode::CONFLICT, "Request.NotNow")
    );
    let stalled = Requests::update(&*house.aws, &id, |record| {
        record.view.execution = Some("arn:aws:states:r:a:execution:verify-dossier:vd-1".into());
        record.stall("The workflow failed", jiff::Timestamp::now());
    });
    stalled.await.unwrap().unwrap();
    let refused = house.ask(&house.lucia(), Method::POST, path, None).await;
    assert_eq!(refused.error(), "Role.NotAllowed");
    let status = |status: &str| {
        let mut asked = house.asked();
        asked.statuses.insert("vd-1".to_owned(), status.to_owned());
    };
    status("SUCCEEDED");
    let not = house.ask(&ruth, Method::POST, path, None).await;
    assert_eq!(
        (not.status, not.error()),
        (StatusCode::CONFLICT, "Request.NotRedrivable")
    );
    let still = house.ask(&ruth, Method::GET, "/v1/requests/vd-1", None);
    assert_eq!(still.await.body["status"], "stalled");
    status("FAILED");
    let on = house.ask(&ruth, Method::POST, path, None).await;
    assert_eq!(on.status, StatusCode::ACCEPTED, "{}", on.text);
    let now = house
        .ask(&ruth, Method::GET, "/v1/requests/vd-1", None)
        .await;
    assert_eq!(now.body["status"], "resumed");
    assert_eq!(now.body["owner"], "platform");
    // The answer may get lost, and somebody else may have done it: it runs, and that is what was asked for.
    let again = Requests::update(&*house.aws, &id, |record| {
        record.stall("The workflow failed", jiff::Timestamp::now())
    });
    again.await.unwrap().unwrap();
    let on = house.ask(&ruth, Method::POST, path, None).await;
    assert_eq!(on.status, StatusCode::ACCEPTED, "{}", on.text);
}

#[tokio::test]
async fn a_request_whose_workflow_failed_is_in_the_operators_queue_and_in_nobody_elses() {
    use crate::ports::requests::Requests;
    let house = House::new().await;
    let id = house.asks_for_review("vd-1").await.id;
    let stalled = Requests::update(&*house.aws, &id, |record| {
        record.stall("The workflow failed", jiff::Timestamp::now());
    });
    stalled.await.unwrap().unwrap();
    let ruth = staff(&house);
    let queue = house.ask(&ruth, Method::GET, "/v1/tasks", None).await;
    assert_eq!(queue.body["tasks"], json!([]), "{}", queue.text);
    let listed = &queue.body["stalled"][0];
    assert_eq!(
        (&listed["id"], &listed["status"], &listed["nextAction"]),
        (
            &json!("vd-1"),
            &json!("stalled"),
            &json!("Redrive the workflow, or end the request")
        ),
        "{}",
        queue.text
    );
    assert!(listed["begunAt"].is_string() && listed["changedAt"].is_string());
    let lucia = house.lucia();
    let own = house.ask(&lucia, Method::GET, "/v1/tasks", None).await;
    assert_eq!(own.body, json!({ "tasks": [] }), "{}", own.text);
}

#[tokio::test]
async fn what_waits_for_a_customer_is_not_in_the_operators_queue() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    let queue = house
        .ask(&staff(&house), Method::GET, "/v1/tasks", None)
        .await;
    assert_eq!(queue.body, json!({ "tasks": [] }));
    // They may do it for somebody who is on the phone with them.
    let task = house
        .ask(&staff(&house), Method::GET, "/v1/tasks/vd-1.1", None)
        .await;
    assert_eq!(task.status, StatusCode::OK);
    let none = house
        .ask(&house.anna(), Method::GET, "/v1/tasks", None)
        .await;
    assert_eq!(
        (none.status, none.error()),
        (StatusCode::FORBIDDEN, "Role.NotAllowed")
    );
}

#[tokio::test]
async fn a_request_is_taken_back_only_while_its_state_allows_it() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    let lucia = house.lucia();
    let cancel = |key: &'static str| {
        let (house, lucia) = (&house, &lucia);
        async move {
            house
                .ask_with_key(lucia, Method::POST, "/v1/requests/vd-1/cancel", None, key)
                .await
        }
    };
    let first = cancel("key-000001").await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    assert_eq!(
        house.asked().completed.last().unwrap()["name"],
        "request.cancel"
    );
    assert_eq!(
        cancel("key-000001").await.status,
        StatusCode::ACCEPTED,
        "the same wish again"
    );
    let begun = crate::request::Begun {
        id: "vd-2".into(),
        kind: contract::request::Kind::VerifyDossier,
        tenant: lucia.tenant.clone(),
        person: None,
        title: "Not begun".to_owned(),
        details: Value::Null,
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    crate::request::begin::begin(&*house.aws, begun)
        .await
        .unwrap();
    let early = house
        .ask(&lucia, Method::POST, "/v1/requests/vd-2/cancel", None)
        .await;
    assert_eq!(
        (early.status, early.error()),
        (StatusCode::CONFLICT, "Request.NotNow")
    );
}

#[tokio::test]
async fn a_comment_is_in_the_timeline_with_who_said_it() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    let path = "/v1/requests/vd-1/comments";
    let said = |caller: Caller, text: &'static str| {
        let house = &house;
        async move {
            house
                .ask(&caller, Method::POST, path, Some(json!({ "text": text })))
                .await
        }
    };
    said(house.lucia(), "On its way").await;
    let answer = said(staff(&house), "Thank you").await;
    let timeline = answer.body["timeline"].as_array().unwrap();
    let comments: Vec<_> = timeline
        .iter()
        .filter(|line| line["isComment"] == true)
        .collect();
    assert_eq!(
        (&comments[0]["by"], &comments[0]["text"]),
        (&json!("customer"), &json!("On its way"))
    );
    assert_eq!(
        (&comments[1]["by"], &comments[1]["person"]),
        (&json!("operator"), &json!("p-ruth-amsler"))
    );
}

#[tokio::test]
async fn a_request_takes_comments_without_end_and_goes_on_with_what_happened_before() {
    use crate::ports::requests::Requests;
    use contract::request::Party;
    let house = House::new().await;
    let id = house.asks_for_review("vd-1").await.id;
    let now = jiff::Timestamp::now();
    let text = "Has read the PIN at the losing provider";
    let noted = Requests::update(&*house.aws, &id, |record| {
        record.note(Party::Operator, Some("p-ruth-amsler".into()), text, now);
    });
    noted.await.unwrap().unwrap();
    let lucia = house.lucia();
    // An item has 400 KB, and each of these 8.
    for n in 0..60 {
        let body = json!({ "text": "🎉".repeat(2_000) });
        let path = "/v1/requests/vd-1/comments";
        let said = house.ask(&lucia, Method::POST, path, Some(body)).await;
        assert_eq!(said.status, StatusCode::OK, "{n}: {}", said.error());
    }
    let done = Requests::update(&*house.aws, &id, |record| {
        for n in 0..300 {
            record.comment(Party::Customer, None, &n.to_string(), now);
        }
        record.note(Party::Platform, None, "It goes on", now);
    });
    let (_, record) = done.await.unwrap().unwrap();
    assert!(record.has_line(text) && record.has_line("It goes on"));
}

#[tokio::test]
async fn staff_see_the_requests_of_every_tenant_and_others_their_own() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    let eve = house.add_foreign_tenant().await;
    let eve = Caller {
        role: Role::Administrator,
        ..eve
    };
    for path in [
        "/v1/requests?live=true",
        "/v1/requests?live=true&kind=verify-dossier",
    ] {
        for (caller, seen) in [(staff(&house), 1), (house.lucia(), 1), (eve.clone(), 0)] {
            let page = house.ask(&caller, Method::GET, path, None).await;
            let count = page.body["requests"].as_array().map(Vec::len);
            assert_eq!(count, Some(seen), "{path}: {}", page.text);
        }
    }
    let refused = house
        .ask(&house.anna(), Method::GET, "/v1/requests?live=true", None)
        .await;
    assert_eq!(refused.error(), "Role.NotAllowed");
}

#[tokio::test]
async fn a_stalled_request_that_ordered_or_made_something_is_taken_over_and_not_merely_written_off()
{
    use crate::ports::requests::Requests;
    use crate::request::{Begun, begin};
    let house = House::new().await;
    let (lucia, ruth) = (house.lucia(), staff(&house));
    for (kind, id) in [
        (contract::request::Kind::NumberOrder, "no-1"),
        (contract::request::Kind::NumberRelease, "nr-1"),
        (contract::request::Kind::PortIn, "pi-1"),
        (contract::request::Kind::PortOut, "po-1"),
        (contract::request::Kind::OnboardTenant, "ot-1"),
        (contract::request::Kind::OnboardUser, "ou-1"),
    ] {
        let begun = Begun {
            id: id.into(),
            kind,
            tenant: lucia.tenant.clone(),
            person: None,
            title: "of a carrier".to_owned(),
            details: json!({ "carrier": "telnyx" }),
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        begin::begin(&*house.aws, begun).await.unwrap();
        let id: RequestId = id.into();
        let stalled = Requests::update(&*house.aws, &id, |record| {
            record.stall("The workflow failed", jiff::Timestamp::now());
        });
        stalled.await.unwrap().unwrap();
        let cancel = format!("/v1/requests/{id}/cancel");
        let own = house.ask(&lucia, Method::POST, &cancel, None).await;
        assert_eq!(own.error(), "Request.NotNow", "{id}");
        // It was redriven, and that could not be written down: one execution is enough.
        let runs = house.ask(&ruth, Method::POST, &cancel, None).await;
        assert_eq!(runs.error(), "Request.NotNow", "{}", runs.text);
        let stalled = Requests::update(&*house.aws, &id, |record| {
            assert_eq!(record.view.status, "resumed");
            record.stall("The workflow failed", jiff::Timestamp::now());
        });
        stalled.await.unwrap().unwrap();
        let failed = (id.to_string(), "FAILED".to_owned());
        house.asked().statuses.extend([failed]);
        let ended = house.ask(&ruth, Method::POST, &cancel, None).await;
        assert_eq!(ended.status, StatusCode::ACCEPTED, "{}", ended.text);
        let (name, input) = house.asked().started.last().cloned().unwrap();
        assert_eq!(name, format!("{id}_2"));
        assert_eq!(input["takenOver"]["received"], 0, "{input}");
        let path = format!("/v1/requests/{id}");
        let view = house.ask(&ruth, Method::GET, &path, None).await.body;
        assert_eq!(
            (&view["status"], &view["outcome"]),
            (&json!("ending"), &Value::Null),
            "{view}"
        );
        let execution = view["execution"].as_str().unwrap();
        assert!(execution.ends_with(&name), "{execution}");
        // It is on its way: ending it again begins no third one.
        let again = house.ask(&ruth, Method::POST, &cancel, None).await;
        assert_eq!(again.error(), "Request.NotNow", "{id}");
    }
}

#[tokio::test]
async fn a_page_of_one_list_is_no_page_of_another() {
    use crate::request::{Begun, begin};
    use contract::request::Kind;
    let house = House::new().await;
    let lucia = house.lucia();
    for id in ["pi-1", "pi-2"] {
        let begun = Begun {
            id: id.into(),
            kind: Kind::PortIn,
            tenant: lucia.tenant.clone(),
            person: None,
            title: "A port".to_owned(),
            details: Value::Null,
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        begin::begin(&*house.aws, begun).await.unwrap();
    }
    let ask = async |query: &str| {
        let path = format!("/v1/requests?{query}");
        house.ask(&lucia, Method::GET, &path, None).await
    };
    let page = ask("live=true&kind=port-in&limit=1").await;
    let next = page.body["next"].as_str().unwrap().to_owned();
    let second = ask(&format!("live=true&kind=port-in&next={next}")).await;
    assert_eq!(second.body["requests"].as_array().unwrap().len(), 1);
    for other in ["live=true&kind=port-out", "kind=port-in", "live=true"] {
        let answer = ask(&format!("{other}&next={next}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{other}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_port_is_listed_by_its_deadline_however_many_checks_were_asked_for_since() {
    use crate::ports::requests::Requests;
    use crate::request::{Begun, begin};
    use contract::request::Kind;
    let house = House::new().await;
    let lucia = house.lucia();
    let begun = |id: &str, kind| Begun {
        id: id.into(),
        kind,
        tenant: lucia.tenant.clone(),
        person: None,
        title: "A request".to_owned(),
        details: Value::Null,
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    let late: RequestId = "pi-1".into();
    begin::begin(&*house.aws, begun("pi-1", Kind::PortIn))
        .await
        .unwrap();
    let due = Requests::update(&*house.aws, &late, |record| {
        record.view.deadline = Some("2026-11-20T10:00:00Z".to_owned());
    });
    due.await.unwrap().unwrap();
    for n in 0..8 {
        let check = begun(&format!("vd-{n}"), Kind::VerifyDossier);
        begin::begin(&*house.aws, check).await.unwrap();
    }
    for caller in [staff(&house), lucia.clone()] {
        for path in [
            "/v1/requests?live=true&limit=5",
            "/v1/requests?live=true&limit=5&kind=port-in",
            "/v1/ports?live=true&limit=5",
        ] {
            let page = house.ask(&caller, Method::GET, path, None).await;
            assert_eq!(page.body["requests"][0]["id"], "pi-1", "{path}");
            let is_all = path.contains("port");
            assert_eq!(page.body["next"].is_null(), is_all, "{path}");
        }
    }
}

//! Placing calls, commands, media, lists and watching.
use crate::house::House;
use crate::ports::calls::Calls;
use axum::http::{Method, StatusCode};
use contract::view::{CallView, LegKind, Outcome, Phase, Workflow};
use contract::{CallId, DeviceId, LegId};
use serde_json::{Value, json};

const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

fn path(call: &CallId, what: &str) -> String {
    format!("/v1/calls/{call}/{what}")
}

/// Anna calls Wei, and it rings.
async fn ringing(house: &House) -> CallView {
    let call = house.place(&house.anna(), "p-tan-wei-ming").await;
    house
        .change(&call.id, |record| record.view.phase = Phase::Ringing)
        .await
        .view
}

async fn answer_on(house: &House, call: &CallId, device: &str) -> crate::house::Answer {
    let body = json!({ "command": "answer", "device": device });
    house
        .ask(
            &house.wei(),
            Method::POST,
            &path(call, "commands"),
            Some(body),
        )
        .await
}

#[tokio::test]
async fn a_number_in_the_callers_national_form_is_called() {
    let house = House::new().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    assert_eq!(
        (call.workflow, call.phase),
        (Workflow::OutboundCall, Phase::Starting)
    );
    let callee = call.leg(LegId::CALLEE).unwrap();
    assert_eq!(
        (callee.kind, callee.name.as_str()),
        (LegKind::Phone, "+41445550177")
    );
    let caller = call.leg(LegId::CALLER).unwrap();
    assert_eq!(caller.device, Some(DeviceId::from("tab-12345678")));
    assert_eq!(
        house.asked().started,
        [(call.id.to_string(), json!({ "call": call.id }))]
    );
    let stored = house.aws.get(&call.id).await.unwrap().unwrap();
    assert_eq!(stored.view, call);
    assert_eq!(stored.private.typed.as_deref(), Some("+41445550177"));
}

#[tokio::test]
async fn a_person_of_the_tenant_is_called_by_id_and_nobody_else() {
    let house = House::new().await;
    house.add_foreign_tenant().await;
    let mut answers = Vec::new();
    for to in ["p-eve", "p-nobody"] {
        let body = json!({ "to": to, "device": "tab-12345678" });
        let answer = house
            .ask(&house.anna(), Method::POST, "/v1/calls", Some(body))
            .await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::NOT_FOUND, "Person.NotFound")
        );
        answers.push(answer.text);
    }
    assert_eq!(
        answers[0], answers[1],
        "a foreign id is as unknown as an unknown one"
    );
    let body = json!({ "to": "p-anna-keller", "device": "tab-12345678" });
    let answer = house
        .ask(&house.anna(), Method::POST, "/v1/calls", Some(body))
        .await;
    assert_eq!(
        (answer.status, answer.body["field"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("to"))
    );
    let call = house.place(&house.anna(), "p-tan-wei-ming").await;
    assert_eq!(call.workflow, Workflow::ClientCall);
    assert_eq!(
        call.leg(LegId::CALLEE).unwrap().person,
        Some("p-tan-wei-ming".into())
    );
}

#[tokio::test]
async fn what_is_no_number_is_refused_at_once_and_policy_is_left_to_the_workflow() {
    let house = House::new().await;
    for to in ["anna", "12", "044 555 01 00 ext 3", "+999 123 456", "*21#"] {
        let body = json!({ "to": to, "device": "tab-12345678" });
        let answer = house
            .ask(&house.anna(), Method::POST, "/v1/calls", Some(body))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (422, "Dial.BadNumber"),
            "{to}"
        );
        assert_eq!(answer.body["field"], "to");
    }
    assert!(house.asked().started.is_empty());
    let call = house.place(&house.anna(), "117").await;
    assert_eq!(call.leg(LegId::CALLEE).unwrap().number, None);
    assert_eq!(
        house
            .aws
            .get(&call.id)
            .await
            .unwrap()
            .unwrap()
            .private
            .typed
            .as_deref(),
        Some("117")
    );
}

#[tokio::test]
async fn the_same_key_is_the_same_call() {
    let house = House::new().await;
    let anna = house.anna();
    let body = json!({ "to": "044 555 01 77", "device": "tab-12345678" });
    let send = |body: Value| {
        house.ask_with_key(&anna, Method::POST, "/v1/calls", Some(body), "key-12345678")
    };
    let first = send(body.clone()).await;
    let second = send(body).await;
    assert_eq!((first.status, second.status), (ACCEPTED, ACCEPTED));
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(
        first.headers["location"],
        format!("/v1/calls/{}", first.body["id"].as_str().unwrap())
    );
    let other = send(json!({ "to": "044 555 01 78", "device": "tab-12345678" })).await;
    assert_eq!(
        (other.status, other.error()),
        (StatusCode::CONFLICT, "Request.KeyReused")
    );
    let names: Vec<String> = house
        .asked()
        .started
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    assert!(
        names.iter().all(|name| *name == names[0]),
        "one execution, by name"
    );
    // Keys are a person's own.
    let body = json!({ "to": "6555 0177", "device": "tab-87654321" });
    let weis = house
        .ask_with_key(
            &house.wei(),
            Method::POST,
            "/v1/calls",
            Some(body),
            "key-12345678",
        )
        .await;
    assert_eq!(weis.status, ACCEPTED);
}

#[tokio::test]
async fn the_same_request_many_times_at_once_is_one_call() {
    let house = House::new().await;
    let anna = house.anna();
    let body = json!({ "to": "044 555 01 77", "device": "tab-12345678" });
    let sent = (0..6).map(|_| {
        house.ask_with_key(
            &anna,
            Method::POST,
            "/v1/calls",
            Some(body.clone()),
            "key-12345678",
        )
    });
    let answers = futures_util::future::join_all(sent).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == ACCEPTED && answer.body["id"] == answers[0].body["id"])
    );
    let live = house
        .ask(&anna, Method::GET, "/v1/calls?live=true", None)
        .await;
    assert_eq!(live.body["calls"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_is_in_a_call_makes_no_second() {
    let house = House::new().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let body = json!({ "to": "044 555 01 78", "device": "tab-12345678" });
    let answer = house
        .ask(&house.anna(), Method::POST, "/v1/calls", Some(body.clone()))
        .await;
    assert_eq!(
        (answer.status, answer.error()),
        (StatusCode::CONFLICT, "Call.Busy")
    );
    house
        .change(&call.id, |record| record.view.phase = Phase::Ended)
        .await;
    assert_eq!(
        house
            .ask(&house.anna(), Method::POST, "/v1/calls", Some(body))
            .await
            .status,
        ACCEPTED
    );
}

#[tokio::test]
async fn of_calls_that_a_person_places_at_once_one_begins() {
    let house = House::new().await;
    let anna = house.anna();
    let placed = (0..6).map(|n| {
        let body = json!({ "to": format!("044 555 01 7{n}"), "device": "tab-12345678" });
        house.ask(&anna, Method::POST, "/v1/calls", Some(body))
    });
    let answers = futures_util::future::join_all(placed).await;
    let (begun, refused): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == ACCEPTED);
    assert_eq!(begun.len(), 1);
    for answer in refused {
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::CONFLICT, "Call.Busy")
        );
    }
    assert_eq!(house.asked().started.len(), 1);
}

#[tokio::test]
async fn a_device_whose_answer_got_lost_blocks_no_other() {
    let house = House::new().await;
    let call = ringing(&house).await;
    let lost = answer_on(&house.without_mailboxes(), &call.id, "phone-aaaa").await;
    assert_eq!(lost.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer_on(&house, &call.id, "laptop-bbbb").await.status,
        ACCEPTED
    );
    let stored = house.aws.get(&call.id).await.unwrap().unwrap();
    assert_eq!(
        stored.view.leg(LegId::CALLEE).unwrap().device,
        Some("laptop-bbbb".into())
    );
}

#[tokio::test]
async fn of_two_devices_that_answer_at_once_one_has_the_call() {
    let house = House::new().await;
    let call = ringing(&house).await;
    let (one, other) = tokio::join!(
        answer_on(&house, &call.id, "phone-aaaa"),
        answer_on(&house, &call.id, "laptop-bbbb")
    );
    let (winner, loser) = if one.status == ACCEPTED {
        ("phone-aaaa", other)
    } else {
        ("laptop-bbbb", one)
    };
    assert_eq!(
        (loser.status, loser.error()),
        (StatusCode::CONFLICT, "Call.AnsweredElsewhere")
    );
    let stored = house.aws.get(&call.id).await.unwrap().unwrap();
    assert_eq!(
        stored.view.leg(LegId::CALLEE).unwrap().device,
        Some(winner.into())
    );
    assert_eq!(
        answer_on(&house, &call.id, winner).await.status,
        ACCEPTED,
        "the winner may say it again"
    );
}

#[tokio::test]
async fn a_hang_up_before_the_first_turn_is_kept() {
    let house = House::new().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let answer = house
        .ask(
            &house.anna(),
            Method::POST,
            &path(&call.id, "commands"),
            Some(json!({ "command": "hang_up" })),
        )
        .await;
    assert_eq!(answer.status, ACCEPTED);
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn an_operator_ends_any_call_of_the_tenant_and_does_no_more() {
    let house = House::new().await;
    let call = ringing(&house).await;
    let lucia = house.lucia();
    for command in [
        json!({ "command": "decline" }),
        json!({ "command": "answer", "device": "tab-12345678" }),
    ] {
        let answer = house
            .ask(
                &lucia,
                Method::POST,
                &path(&call.id, "commands"),
                Some(command),
            )
            .await;
        assert_eq!(
            (answer.status, answer.error()),
            (StatusCode::FORBIDDEN, "Call.NotAllowed")
        );
    }
    let media = house
        .ask(
            &lucia,
            Method::POST,
            &path(&call.id, "media"),
            Some(json!({ "device": "tab-12345678" })),
        )
        .await;
    assert_eq!(
        (media.status, media.error()),
        (StatusCode::FORBIDDEN, "Call.NotAllowed")
    );
    let hung_up = house
        .ask(
            &lucia,
            Method::POST,
            &path(&call.id, "commands"),
            Some(json!({ "command": "hang_up" })),
        )
        .await;
    assert_eq!(hung_up.status, ACCEPTED);
}

#[tokio::test]
async fn after_the_end_nothing_is_taken_but_what_was_taken_before() {
    let house = House::new().await;
    let call = ringing(&house).await;
    let anna = house.anna();
    let hang_up = || Some(json!({ "command": "hang_up" }));
    let commands = path(&call.id, "commands");
    let first = house
        .ask_with_key(&anna, Method::POST, &commands, hang_up(), "key-first-1")
        .await;
    assert_eq!(first.status, ACCEPTED);
    house
        .change(&call.id, |record| {
            record.view.phase = Phase::Ended;
            record.view.outcome = Some(Outcome::Cancelled);
        })
        .await;
    let again = house
        .ask_with_key(&anna, Method::POST, &commands, hang_up(), "key-first-1")
        .await;
    assert_eq!(again.status, ACCEPTED, "the same command, its answer lost");
    for _ in 0..2 {
        let late = house
            .ask_with_key(&anna, Method::POST, &commands, hang_up(), "key-late-22")
            .await;
        assert_eq!(
            (late.status, late.error()),
            (StatusCode::CONFLICT, "Call.Ended")
        );
    }
    let other = house
        .ask_with_key(
            &anna,
            Method::POST,
            &commands,
            Some(json!({ "command": "decline" })),
            "key-first-1",
        )
        .await;
    assert_eq!(
        (other.status, other.error()),
        (StatusCode::CONFLICT, "Request.KeyReused")
    );
    assert_eq!(
        answer_on(&house, &call.id, "phone-aaaa").await.error(),
        "Call.Ended"
    );
}

#[tokio::test]
async fn only_the_device_that_has_the_leg_gets_the_media() {
    let house = House::new().await;
    let call = ringing(&house).await;
    let wei = house.wei();
    let media = path(&call.id, "media");
    let ask = |device: &str| {
        house.ask(
            &wei,
            Method::POST,
            &media,
            Some(json!({ "device": device })),
        )
    };
    assert_eq!(ask("phone-aaaa").await.error(), "Call.NotReady");
    assert_eq!(
        answer_on(&house, &call.id, "phone-aaaa").await.status,
        ACCEPTED
    );
    assert_eq!(
        ask("phone-aaaa").await.error(),
        "Call.NotReady",
        "no meeting yet"
    );
    house
        .change(&call.id, |record| {
            record.view.phase = Phase::Connecting;
            record.private.meeting = Some(json!({ "MeetingId": "m-1" }));
            for leg in ["caller", "callee"] {
                record.private.attendees.insert(
                    leg.into(),
                    json!({ "ExternalUserId": leg, "JoinToken": format!("secret-{leg}") }),
                );
            }
        })
        .await;
    assert_eq!(ask("laptop-bbbb").await.error(), "Call.AnsweredElsewhere");
    let got = ask("phone-aaaa").await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(
        got.body["attendee"]["JoinToken"], "secret-callee",
        "their own leg's, no other"
    );
    // No other route shows a join token, to anybody.
    for caller in [house.anna(), house.wei(), house.lucia()] {
        for path in [
            format!("/v1/calls/{}", call.id),
            "/v1/calls?live=true".to_owned(),
        ] {
            let answer = house.ask(&caller, Method::GET, &path, None).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(!answer.text.contains("secret") && answer.text.contains(call.id.as_str()));
        }
    }
}

#[tokio::test]
async fn keys_are_checked_and_go_to_phones_only() {
    let house = House::new().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let commands = path(&call.id, "commands");
    let anna = house.anna();
    let press = |digits: &str| {
        house.ask(
            &anna,
            Method::POST,
            &commands,
            Some(json!({ "command": "digits", "digits": digits })),
        )
    };
    assert_eq!(press("12").await.error(), "Call.NotConnected");
    house
        .change(&call.id, |record| record.view.phase = Phase::Talking)
        .await;
    assert_eq!(press("12*#AD,").await.status, ACCEPTED);
    let bad = press("12x").await;
    assert_eq!(
        (bad.status.as_u16(), bad.body["field"].as_str()),
        (422, Some("digits"))
    );
}

#[tokio::test]
async fn lists_have_pages_and_pages_are_ones_own() {
    let house = House::new().await;
    for number in 0..5 {
        let call = house
            .place(&house.anna(), &format!("044 555 01 7{number}"))
            .await;
        house
            .change(&call.id, |record| record.view.phase = Phase::Ended)
            .await;
    }
    let mut seen = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let path = next.as_ref().map_or_else(
            || "/v1/calls?limit=2".to_owned(),
            |next| format!("/v1/calls?limit=2&next={next}"),
        );
        let page = house.ask(&house.anna(), Method::GET, &path, None).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        seen.extend(
            page.body["calls"]
                .as_array()
                .unwrap()
                .iter()
                .map(|call| call["startedAt"].as_str().unwrap().to_owned()),
        );
        if let Some(next) = page.body["next"].as_str() {
            let foreign = house
                .ask(
                    &house.wei(),
                    Method::GET,
                    &format!("/v1/calls?next={next}"),
                    None,
                )
                .await;
            assert_eq!(
                (foreign.status.as_u16(), foreign.body["field"].as_str()),
                (422, Some("next"))
            );
            let shelf = house
                .ask(
                    &house.anna(),
                    Method::GET,
                    &format!("/v1/calls?live=true&next={next}"),
                    None,
                )
                .await;
            assert_eq!(shelf.status.as_u16(), 422);
        }
        next = page.body["next"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(
        seen.windows(2).all(|pair| pair[0] >= pair[1]),
        "newest first: {seen:?}"
    );
    let operators = house
        .ask(&house.lucia(), Method::GET, "/v1/calls", None)
        .await;
    assert_eq!(operators.body["calls"].as_array().unwrap().len(), 5);
    let strangers = house
        .ask(&house.wei(), Method::GET, "/v1/calls", None)
        .await;
    assert_eq!(strangers.body["calls"].as_array().unwrap().len(), 0);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("live=1", "live"),
        ("next=x", "next"),
        ("who=p-1", "who"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = house
            .ask(
                &house.anna(),
                Method::GET,
                &format!("/v1/calls?{query}"),
                None,
            )
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.body["field"].as_str()),
            (422, Some(field)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn people_are_offline_available_or_on_a_call() {
    let house = House::new().await;
    let eve = house.add_foreign_tenant().await;
    house.connect(&eve, "eve-1", 60).await;
    house.connect(&house.wei(), "wei-1", 60).await;
    house.place(&house.anna(), "044 555 01 77").await;
    let answer = house
        .ask(&house.lucia(), Method::GET, "/v1/people", None)
        .await;
    let people: Vec<(String, String)> = answer.body["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| {
            (
                person["name"].as_str().unwrap().to_owned(),
                person["presence"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let expected = [
        ("Anna Keller", "on_call"),
        ("Lucía Méndez", "offline"),
        ("Tan Wei Ming", "available"),
    ];
    assert_eq!(
        people,
        expected.map(|(name, presence)| (name.to_owned(), presence.to_owned()))
    );
}

#[tokio::test]
async fn the_workflow_is_watched_without_its_secrets() {
    let house = House::new().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let execution = path(&call.id, "execution");
    assert_eq!(
        house
            .ask(&house.anna(), Method::GET, &execution, None)
            .await
            .error(),
        "Call.NotStarted"
    );
    house
        .change(&call.id, |record| {
            record.view.execution =
                Some("arn:aws:states:us-east-1:0:execution:outbound-call:c".into())
        })
        .await;
    house.asked().history = vec![json!({
        "id": 1, "previousEventId": 0, "timestamp": 1_790_000_000.0, "type": "TaskScheduled",
        "taskScheduledEventDetails": {
            "resourceType": "lambda", "resource": "invoke.waitForTaskToken", "region": "us-east-1",
            "parameters": r#"{"Payload":{"token":"s3cret","state":"Ring"}}"#,
        },
    })];
    let seen = house
        .ask(&house.anna(), Method::GET, &execution, None)
        .await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert_eq!(seen.body["definition"]["StartAt"], "Authorise");
    assert_eq!(
        seen.body["events"][0]["details"]["parameters"]["Payload"]["state"],
        "Ring"
    );
    assert!(!seen.text.contains("s3cret"));
}

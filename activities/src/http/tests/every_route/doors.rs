//! Who gets in: nobody without a good token, and nobody to what is another's.
use super::{Operation, Twist, bearer, send};
use crate::house::House;
use crate::http::tests::porting;
use crate::people::{Caller, Keys, access};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn no_route_opens_without_a_good_token() {
    let house = House::new().await;
    let anna = house.anna();
    let others = Keys::parse("a:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=").unwrap();
    let now = jiff::Timestamp::now().as_second();
    let good = house.token(&anna, 0);
    let cases = [
        (None, "Session.Missing"),
        (Some("Bearer".to_owned()), "Session.Missing"),
        (Some(format!("Basic {good}")), "Session.Missing"),
        (Some("Bearer nonsense".to_owned()), "Session.Invalid"),
        (Some("Bearer sk_nonsense".to_owned()), "ApiKey.Invalid"),
        (
            Some(format!("Bearer {}", access::issue(&others, &anna, now))),
            "Session.Invalid",
        ),
        (
            Some(format!("Bearer {}", &good[..good.len() - 2])),
            "Session.Invalid",
        ),
        (
            Some(format!("Bearer {}", house.token(&anna, 600))),
            "Session.Expired",
        ),
    ];
    for operation in Operation::all().iter().filter(|one| one.needs_token()) {
        for (authorization, error) in &cases {
            let answer = send(
                &house,
                operation,
                Twist {
                    authorization: authorization.clone(),
                    ..Twist::default()
                },
            )
            .await;
            assert_eq!(
                (answer.status, answer.error()),
                (StatusCode::UNAUTHORIZED, *error),
                "{}",
                operation.name()
            );
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
}

#[tokio::test]
async fn a_foreign_call_looks_exactly_like_none() {
    let house = House::new().await;
    let eve = house.add_foreign_tenant().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    for operation in Operation::all().iter().filter(|one| one.is_of_a_call()) {
        let mut answers = Vec::new();
        let cases = [
            (&eve, call.id.as_str(), "an operator of another tenant"),
            (
                &house.wei(),
                call.id.as_str(),
                "a person of the tenant who is no party",
            ),
            (&house.anna(), "c-unknown", "an id that never was"),
            (&house.anna(), "c-%F0%9F%93%9E%20", "no id at all"),
            (&eve, "c-unknown", "an id that never was, of another tenant"),
        ];
        for (caller, call, what) in cases {
            let answer = send(
                &house,
                operation,
                Twist {
                    authorization: bearer(&house, caller),
                    ids: &[("call", call)],
                    ..Twist::default()
                },
            )
            .await;
            assert_eq!(
                (answer.status, answer.error()),
                (StatusCode::NOT_FOUND, "Call.NotFound"),
                "{}: {what}",
                operation.name()
            );
            answers.push((answer.text, answer.headers));
        }
        assert!(
            answers.windows(2).all(|pair| pair[0] == pair[1]),
            "{}: the answers differ",
            operation.name()
        );
    }
}

#[tokio::test]
async fn a_foreign_request_looks_exactly_like_none() {
    let house = House::new().await;
    let eve = house.add_foreign_tenant().await;
    let admin = Caller {
        role: contract::Role::Administrator,
        ..eve.clone()
    };
    house.asks_for_review("vd-1").await;
    let port = porting::draft(&house).await;
    for operation in Operation::all().iter().filter(|one| one.is_of_a_request()) {
        let mut answers = Vec::new();
        let cases = [
            (&eve, "vd-1", "an operator of another tenant"),
            (&admin, "vd-1", "an administrator of another tenant"),
            (&house.anna(), "vd-1", "a person of the tenant"),
            (&house.lucia(), "vd-unknown", "an id that never was"),
        ];
        for (caller, request, what) in cases {
            let task = format!("{request}.1");
            let port = if request == "vd-1" { &port } else { request };
            let twist = Twist {
                authorization: bearer(&house, caller),
                ids: &[("request", request), ("task", &task), ("port", port)],
                ..Twist::default()
            };
            let answer = send(&house, operation, twist).await;
            let name = operation.name();
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}: {what}");
            answers.push((answer.text, answer.headers));
        }
        let same = answers.windows(2).all(|pair| pair[0] == pair[1]);
        assert!(same, "{}: the answers differ", operation.name());
    }
}

#[tokio::test]
async fn a_person_who_was_removed_or_moved_gets_nothing() {
    let house = House::new().await;
    let ghost = Caller {
        person: "p-ghost".into(),
        ..house.anna()
    };
    let moved = Caller {
        tenant: "t-other".into(),
        ..house.anna()
    };
    for caller in [ghost, moved] {
        for operation in Operation::all().iter().filter(|one| one.needs_token()) {
            let answer = send(
                &house,
                operation,
                Twist {
                    authorization: bearer(&house, &caller),
                    ..Twist::default()
                },
            )
            .await;
            let lists = ["people", "calls", "dossiers", "requests", "tasks"];
            let empty = lists.iter().any(|list| answer.body == json!({ *list: [] }));
            let public = ["/v1/people", "/v1/calendars"].contains(&operation.path.as_str());
            assert!(
                public || empty || answer.status.is_client_error(),
                "{}: {}",
                operation.name(),
                answer.text
            );
        }
    }
}

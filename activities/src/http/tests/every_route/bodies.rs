//! What does not fit is refused with words: bodies, their fields, and keys.
use super::{Operation, Twist, bearer, send};
use crate::house::{Answer, House};
use crate::http::tests::{porting, routing};
use axum::http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_body_that_does_not_fit_is_answered_with_words() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    let dossier = house.dossier().await;
    let port = porting::draft(&house).await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let group = routing::made(&house, "group", routing::group()).await;
    let flow = routing::made(&house, "flow", routing::flow(&group)).await;
    let ids = [
        ("call", call.id.as_str()),
        ("dossier", &dossier),
        ("request", "vd-1"),
        ("task", "vd-1.1"),
        ("port", &port),
        ("group", &group),
        ("flow", &flow),
    ];
    for operation in Operation::all()
        .iter()
        .filter(|one| one.example().is_some())
    {
        let name = operation.name();
        let good = || Twist {
            authorization: bearer(&house, &operation.whose(&house)),
            ids: &ids,
            ..Twist::default()
        };
        let example = operation.example().unwrap();
        let expect = |answer: Answer, status: u16, error: &str, field: Option<&str>| {
            let got = (
                answer.status.as_u16(),
                answer.error(),
                answer.body["field"].as_str(),
            );
            assert_eq!(got, (status, error, field), "{name}: {}", answer.text);
            assert!(
                answer.body["message"]
                    .as_str()
                    .is_some_and(|message| message.len() > 8),
                "{name}"
            );
        };
        for body in ["", "{", "[1,", "[]", "\"text\"", "null", "{\"to", "\u{0}"] {
            expect(
                send(
                    &house,
                    operation,
                    Twist {
                        body: Some(body.into()),
                        ..good()
                    },
                )
                .await,
                400,
                "Request.BadJson",
                None,
            );
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let answer = send(
                &house,
                operation,
                Twist {
                    kind: Some(kind),
                    ..good()
                },
            )
            .await;
            expect(answer, 415, "Request.BadType", Some("Content-Type"));
        }
        let huge = json!({ "padding": "x".repeat(17 * 1024) }).to_string();
        expect(
            send(
                &house,
                operation,
                Twist {
                    body: Some(huge),
                    ..good()
                },
            )
            .await,
            413,
            "Request.TooLarge",
            None,
        );
        let mut more = example.clone();
        more["surprise"] = json!(1);
        expect(
            send(
                &house,
                operation,
                Twist {
                    body: Some(more.to_string()),
                    ..good()
                },
            )
            .await,
            422,
            "Request.BadField",
            Some("surprise"),
        );
        for field in example.as_object().unwrap().keys() {
            let mut less = example.clone();
            less.as_object_mut().unwrap().remove(field);
            expect(
                send(
                    &house,
                    operation,
                    Twist {
                        body: Some(less.to_string()),
                        ..good()
                    },
                )
                .await,
                422,
                "Request.BadField",
                Some(field),
            );
            let mut wrong = example.clone();
            wrong[field] = json!("");
            let answer = send(
                &house,
                operation,
                Twist {
                    body: Some(wrong.to_string()),
                    ..good()
                },
            )
            .await;
            expect(answer, 422, "Request.BadField", Some(field));
        }
    }
}

#[tokio::test]
async fn a_key_that_is_missing_or_malformed_is_named() {
    let house = House::new().await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let mut seen = 0;
    for operation in Operation::all().iter().filter(|one| one.needs_key()) {
        for key in [
            "",
            "short",
            "has space in it",
            "ümlaut-ümlaut",
            &"x".repeat(65),
        ] {
            let twist = Twist {
                authorization: bearer(&house, &house.anna()),
                ids: &[("call", call.id.as_str())],
                key: Some(key),
                ..Twist::default()
            };
            let answer = send(&house, operation, twist).await;
            assert_eq!(
                (answer.status, answer.error()),
                (StatusCode::BAD_REQUEST, "Request.BadHeader"),
                "{}",
                operation.name()
            );
            assert_eq!(answer.body["field"], "Idempotency-Key");
            seen += 1;
        }
    }
    assert_eq!(seen % 5, 0);
    assert!(seen >= 15);
}

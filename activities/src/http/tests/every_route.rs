//! What holds for every route: generated from the document, so that no new route can be forgotten.
use crate::house::{Answer, House};
use crate::http::document;
use crate::people::{Caller, Keys, access};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

/// One operation of the document.
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) described: Value,
}

impl Operation {
    pub(super) fn all() -> Vec<Self> {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(move |(method, described)| Self {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    described: described.clone(),
                })
        });
        operations.collect()
    }

    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether nothing but a bearer token opens it.
    fn needs_token(&self) -> bool {
        self.described["security"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one.get("bearer").is_some())
    }

    fn example(&self) -> Option<Value> {
        self.described
            .pointer("/requestBody/content/application~1json/example")
            .cloned()
    }

    fn needs_key(&self) -> bool {
        let parameters = self.described["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        parameters
            .into_iter()
            .any(|parameter| parameter["name"] == "Idempotency-Key")
    }

    /// Who may do it: a party of the call, else an administrator.
    fn whose(&self, house: &House) -> Caller {
        if self.path.starts_with("/v1/calls") {
            house.anna()
        } else {
            house.lucia()
        }
    }

    fn is_of_a_request(&self) -> bool {
        ["{request}", "{task}", "{port}"]
            .iter()
            .any(|id| self.path.contains(id))
    }

    fn is_of_a_call(&self) -> bool {
        self.path.contains("{call}")
    }
}

/// How a request differs from a good one.
#[derive(Default)]
pub(super) struct Twist<'a> {
    pub(super) authorization: Option<String>,
    /// What stands for the ids of its path, by their names; where one is missing, an id that never was.
    pub(super) ids: &'a [(&'a str, &'a str)],
    pub(super) key: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
    pub(super) body: Option<String>,
}

pub(super) async fn send(house: &House, operation: &Operation, twist: Twist<'_>) -> Answer {
    let mut path = operation.path.clone();
    for (name, id) in twist.ids {
        path = path.replace(&format!("{{{name}}}"), id);
    }
    while let Some((before, (_, after))) = path
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        path = format!("{before}unknown{after}");
    }
    let mut request = Request::builder()
        .method(operation.method.as_str())
        .uri(path);
    if let Some(value) = twist.authorization {
        request = request.header("authorization", value);
    }
    let key = twist.key.unwrap_or("7f9c2ba4e88f827d");
    if operation.needs_key() && !key.is_empty() {
        request = request.header("idempotency-key", key);
    }
    let body = twist
        .body
        .or_else(|| operation.example().map(|example| example.to_string()));
    if body.is_some() {
        request = request.header("content-type", twist.kind.unwrap_or("application/json"));
    }
    house
        .send(
            request
                .body(body.map_or_else(Body::empty, Body::from))
                .unwrap(),
        )
        .await
}

pub(super) fn bearer(house: &House, caller: &Caller) -> Option<String> {
    Some(format!("Bearer {}", house.token(caller, 0)))
}

#[test]
fn every_served_route_is_in_the_document_and_the_reverse() {
    let document = document();
    let source: String = include_str!("../mod.rs").split_whitespace().collect();
    // Each chunk: a path, a quote, and what serves it.
    let served: Vec<(&str, &str)> = source
        .split(".route(\"")
        .skip(1)
        .filter_map(|chunk| chunk.split_once('"'))
        .collect();
    assert!(served.len() > 8);
    for (path, _) in &served {
        let known =
            document["paths"].get(*path).is_some() || ["/openapi.json", "/docs"].contains(path);
        assert!(known, "{path} is served and not described");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = served
            .iter()
            .find(|(known, _)| known == path)
            .map_or("", |(_, methods)| methods);
        for method in item.as_object().unwrap().keys() {
            assert!(
                methods.contains(&format!("{method}(")),
                "{method} {path} is described and not served"
            );
        }
    }
}

#[test]
fn only_the_session_and_signed_notices_are_open_to_everybody() {
    let mut open: Vec<String> = Operation::all()
        .iter()
        .filter(|one| !one.needs_token())
        .map(Operation::name)
        .collect();
    open.sort();
    assert_eq!(
        open,
        [
            "DELETE /v1/session",
            "GET /v1/invitations/{invitation}",
            "POST /v1/carriers/telnyx/notices",
            "POST /v1/invitations/{invitation}",
            "POST /v1/session",
            "POST /v1/session/refresh"
        ]
    );
}

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
    let port = super::porting::draft(&house).await;
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

#[tokio::test]
async fn a_body_that_does_not_fit_is_answered_with_words() {
    let house = House::new().await;
    house.asks_for_review("vd-1").await;
    let dossier = house.dossier().await;
    let port = super::porting::draft(&house).await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let group = super::routing::made(&house, "group", super::routing::group()).await;
    let flow = super::routing::made(&house, "flow", super::routing::flow(&group)).await;
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

#[tokio::test]
async fn what_there_is_not_is_answered_in_json_too() {
    let house = House::new().await;
    for (method, path, status, error) in [
        ("GET", "/", 404, "Request.NoSuchRoute"),
        ("GET", "/v1", 404, "Request.NoSuchRoute"),
        ("GET", "/v1/calls/", 404, "Request.NoSuchRoute"),
        ("GET", "/v1/calls/a/b/c", 404, "Request.NoSuchRoute"),
        ("PUT", "/v1/me", 405, "Request.MethodNotAllowed"),
        ("DELETE", "/v1/calls/c-1", 405, "Request.MethodNotAllowed"),
        ("GET", "/v1/session", 405, "Request.MethodNotAllowed"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let answer = house.send(request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (status, error),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_answer_keeps_out_of_caches_and_frames() {
    let house = House::new().await;
    let mut answers = Vec::new();
    for path in ["/v1/me", "/nothing", "/docs", "/openapi.json"] {
        answers.push(
            house
                .send(Request::builder().uri(path).body(Body::empty()).unwrap())
                .await,
        );
    }
    for operation in Operation::all() {
        answers.push(
            send(
                &house,
                &operation,
                Twist {
                    authorization: bearer(&house, &house.anna()),
                    ..Twist::default()
                },
            )
            .await,
        );
    }
    for answer in answers {
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    }
}

#[tokio::test]
async fn the_document_and_its_page_are_served() {
    let house = House::new().await;
    let get = |path: &str| {
        Request::builder()
            .uri(path.to_owned())
            .body(Body::empty())
            .unwrap()
    };
    assert_eq!(house.send(get("/openapi.json")).await.body, document());
    let page = house.send(get("/docs")).await;
    assert!(
        page.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(page.text.contains("/v1/calls/{call}/commands"));
}

//! The document has every route, its answers stay where they belong, and what there is not is said in the same words.
use super::{Operation, Twist, bearer, send};
use crate::house::House;
use crate::http::document;
use axum::body::Body;
use axum::http::Request;

#[test]
fn every_served_route_is_in_the_document_and_the_reverse() {
    let document = document();
    let source: String = include_str!("../../mod.rs").split_whitespace().collect();
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

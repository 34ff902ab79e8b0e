//! What holds for every route: generated from the document, so that no new route can be forgotten.
mod bodies;
mod described;
mod doors;

use crate::house::{Answer, House};
use crate::http::document;
use crate::people::Caller;
use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

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
    pub(super) fn needs_token(&self) -> bool {
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

//! Onboardings and invitations through the API, with the steps of their workflow run by hand.
mod asked_for;
mod colleagues;
mod invited;
mod taken_back;
mod webhooks;

use super::requesting::staff;
use crate::house::{Answer, House};
use crate::onboarding::{invite, open};
use crate::people::Caller;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::onboarding::{OnboardingError, OnboardingInviteInput, OnboardingOpenInput};
use contract::{RequestId, TenantId};
use serde_json::{Value, json};

const EMAIL: &str = "reto.caduff@alpenblick.example";
const UNTIL: &str = "2099-12-01T16:00:00.000Z";

fn customer() -> Value {
    json!({
        "kind": "tenant",
        "tenant": { "name": "Alpenblick AG", "slug": "alpenblick", "country": "CH" },
        "person": { "name": "Reto Caduff", "email": EMAIL },
        "numbers": [{ "country": "CH", "numberType": "local", "count": 1, "area": "44" }],
    })
}

async fn ask(house: &House, caller: &Caller, body: Value) -> Answer {
    house
        .ask(caller, Method::POST, "/v1/onboardings", Some(body))
        .await
}

/// An onboarding that has begun: its request and its tenant.
async fn begun(house: &House) -> (RequestId, TenantId) {
    let answer = ask(house, &staff(house), customer()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let text = |name: &str| answer.body["request"][name].as_str().unwrap().to_owned();
    (RequestId(text("id")), TenantId(text("tenant")))
}

async fn opened(house: &House, of: &(RequestId, TenantId)) -> Result<(), OnboardingError> {
    let input = OnboardingOpenInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    open::open(&*house.aws, input).await.map(drop)
}

/// Sends the invitation and gives the last part of its link.
async fn link(house: &House, of: &(RequestId, TenantId), sent: u32) -> String {
    let input = OnboardingInviteInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
        sent,
        until: UNTIL.to_owned(),
    };
    invite::invite(&*house.aws, input).await.unwrap();
    let mail = house.mails().last().unwrap().to_string();
    let (_, rest) = mail.split_once("/invitations/").unwrap();
    let end = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    rest.split(end).next().unwrap().to_owned()
}

async fn accept(house: &House, link: &str, password: &str) -> Answer {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/v1/invitations/{link}"))
        .header("content-type", "application/json")
        .body(Body::from(json!({ "password": password }).to_string()));
    house.send(request.unwrap()).await
}

async fn look(house: &House, link: &str) -> Answer {
    let request = Request::builder().uri(format!("/v1/invitations/{link}"));
    house.send(request.body(Body::empty()).unwrap()).await
}

async fn sign_in(house: &House, password: &str) -> Answer {
    let body = json!({ "email": EMAIL, "password": password });
    let request = Request::builder()
        .method(Method::POST)
        .uri("/v1/session")
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()));
    house.send(request.unwrap()).await
}

fn pair(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.error())
}

//! What is done with a port once it is whole, and by whom.
use super::{BAD, DRAFT, draft, post, record, refused, set, waits};
use crate::dossier::DossierRecord;
use crate::house::House;
use crate::http::tests::requesting::staff;
use crate::people::Caller;
use crate::ports::dossiers::Dossiers;
use axum::http::{Method, StatusCode};
use contract::DossierId;
use contract::dossier::review::DossierStatus;
use serde_json::{Value, json};

#[tokio::test]
async fn ports_are_for_the_administrators_of_their_tenant() {
    let house = House::new().await;
    let id = draft(&house).await;
    let path = format!("/v1/ports/{id}");
    let eve = house.add_foreign_tenant().await;
    let stranger = house.ask(&eve, Method::GET, &path, None).await;
    refused(
        &stranger,
        StatusCode::NOT_FOUND,
        "Request.NotFound",
        Value::Null,
    );
    let anna = post(&house, &house.anna(), DRAFT, json!({})).await;
    refused(&anna, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    let own = house.dossier().await;
    let admin = Caller {
        role: contract::Role::Administrator,
        ..eve
    };
    let foreign = post(&house, &admin, DRAFT, json!({ "dossier": own })).await;
    refused(&foreign, BAD.0, BAD.1, json!("dossier"));
    house.asks_for_review("vd-1").await;
    let other_kind = house
        .ask(&house.lucia(), Method::GET, "/v1/ports/vd-1", None)
        .await;
    refused(
        &other_kind,
        StatusCode::NOT_FOUND,
        "Request.NotFound",
        Value::Null,
    );
}

#[tokio::test]
async fn a_port_is_submitted_when_it_is_whole_and_its_workflow_waits() {
    let house = House::new().await;
    let lucia = house.lucia();
    let empty = post(&house, &lucia, DRAFT, json!({})).await;
    let at = |id: &str| format!("/v1/ports/{id}/submit");
    let id = empty.body["id"].as_str().unwrap();
    refused(
        &post(&house, &lucia, &at(id), Value::Null).await,
        BAD.0,
        BAD.1,
        json!("numbers"),
    );
    let id = draft(&house).await;
    refused(
        &post(&house, &lucia, &at(&id), Value::Null).await,
        BAD.0,
        BAD.1,
        json!("dossier"),
    );
    let own = house.dossier().await;
    let dossier = json!({ "dossier": own });
    house
        .ask(
            &lucia,
            Method::PATCH,
            &format!("/v1/ports/{id}"),
            Some(dossier),
        )
        .await;
    let early = post(&house, &lucia, &at(&id), Value::Null).await;
    refused(&early, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
    let becomes = async |status: DossierStatus| {
        let change = |record: &mut DossierRecord| record.view.status = status;
        let own = DossierId(own.clone());
        house.aws.update_dossier(&own, change).await.unwrap();
    };
    becomes(DossierStatus::Expired).await;
    let expired = post(&house, &lucia, &at(&id), Value::Null).await;
    refused(
        &expired,
        StatusCode::CONFLICT,
        "Dossier.Expired",
        json!("dossier"),
    );
    assert!(expired.text.contains(&own), "{}", expired.text);
    becomes(DossierStatus::Draft).await;
    waits(&house, &id, 1, "port-order", &["task.done@port-order"]).await;
    let done = post(&house, &lucia, &at(&id), Value::Null).await;
    assert_eq!(done.status, StatusCode::ACCEPTED, "{}", done.text);
    let signal = house.asked().completed.last().cloned().unwrap();
    assert_eq!(
        (&signal["name"], &signal["topic"]),
        (&json!("task.done"), &json!("port-order"))
    );
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_refused_and_comments_reach_whom_they_can() {
    let house = House::new().await;
    let (id, lucia) = (draft(&house).await, house.lucia());
    let at = |what: &str| format!("/v1/ports/{id}/{what}");
    let past = post(
        &house,
        &lucia,
        &at("change-date"),
        json!({ "foc": "2020-01-01T10:00:00Z" }),
    )
    .await;
    refused(&past, BAD.0, BAD.1, json!("foc"));
    let date = json!({ "foc": "2999-01-01T10:00:00Z" });
    let early = post(&house, &lucia, &at("change-date"), date.clone()).await;
    refused(&early, StatusCode::CONFLICT, "Request.NotNow", Value::Null);
    waits(
        &house,
        &id,
        1,
        "port-test",
        &["request.change@date", "request.cancel"],
    )
    .await;
    let told = post(&house, &lucia, &at("change-date"), date).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    assert_eq!(
        house.asked().completed.last().unwrap()["data"]["foc"],
        "2999-01-01T10:00:00.000Z"
    );
    let numbers = json!({ "numbers": ["+41445552000"] });
    let back = post(&house, &lucia, &at("snapback"), numbers).await;
    refused(&back, StatusCode::FORBIDDEN, "Role.NotAllowed", Value::Null);
    let strange = post(
        &house,
        &staff(&house),
        &at("snapback"),
        json!({ "numbers": ["+41445559999"] }),
    )
    .await;
    refused(&strange, BAD.0, BAD.1, json!("numbers[0]"));
    let far = post(
        &house,
        &lucia,
        &at("comments"),
        json!({ "text": "Hello", "toCarrier": true }),
    )
    .await;
    refused(
        &far,
        StatusCode::CONFLICT,
        "Port.NotAtCarrier",
        json!("toCarrier"),
    );
    let near = post(
        &house,
        &lucia,
        &at("comments"),
        json!({ "text": " Hello " }),
    )
    .await;
    let said = near.body["timeline"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&said["text"], &said["by"]),
        (&json!("Hello"), &json!("customer"))
    );
}

#[tokio::test]
async fn the_pin_of_a_port_is_read_by_who_hands_it_in_and_the_timeline_says_so() {
    let house = House::new().await;
    let id = draft(&house).await;
    let path = format!("{DRAFT}/{id}/pin");
    let read = |who: Caller| {
        let (house, path) = (&house, path.as_str());
        async move { house.ask(&who, Method::GET, path, None).await }
    };
    refused(
        &read(house.lucia()).await,
        StatusCode::FORBIDDEN,
        "Role.NotAllowed",
        Value::Null,
    );
    refused(
        &read(staff(&house)).await,
        StatusCode::CONFLICT,
        "Request.NotNow",
        Value::Null,
    );
    set(
        &house,
        &id,
        json!({ "byHand": true, "toHandIn": "submission" }),
    )
    .await;
    let told = read(staff(&house)).await;
    assert_eq!(told.body, json!({ "pin": "4711" }), "{}", told.text);
    assert_eq!(told.headers["cache-control"], "no-store");
    let known = record(&house, &id).await.view.timeline;
    let last = known.last().unwrap();
    assert_eq!(last.person, Some(staff(&house).person));
    assert!(
        last.text.contains("PIN") && !last.text.contains("4711"),
        "{}",
        last.text
    );
    assert!(!last.is_comment);
}

//! What is taken back, what stays, and who takes over what stalled.
use super::{accept, ask, begun, customer, link, look, opened, pair, sign_in, staff};
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::onboarding::{close, undo};
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::directory::Directory;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::onboardings::Onboardings;
use crate::ports::porting::Pins;
use crate::ports::requests::Requests;
use crate::request::{Letter, shell, turn};
use axum::extract::Path;
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use contract::onboarding::{OnboardingCloseInput, OnboardingUndoInput};
use contract::request::Kind;
use contract::request::signal::SignalName;
use contract::{E164, TenantId};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[tokio::test]
async fn a_stalled_onboarding_is_taken_over_by_the_phone_companys_people() {
    let house = House::new().await;
    let of = begun(&house).await;
    let stalled = Requests::update(&*house.aws, &of.0, |record| {
        record.stall("The workflow failed", jiff::Timestamp::now());
    });
    stalled.await.unwrap().unwrap();
    let failed = (of.0.to_string(), "FAILED".to_owned());
    house.asked().statuses.extend([failed]);
    let path = format!("/v1/onboardings/{}/cancel", of.0);
    let ended = house.ask(&staff(&house), Method::POST, &path, None).await;
    assert_eq!(ended.status, StatusCode::ACCEPTED, "{}", ended.text);
    let (name, input) = house.asked().started.last().cloned().unwrap();
    assert_eq!(name, format!("{}_2", of.0));
    // What the definition's first state reads is still there.
    assert_eq!(input["takenOver"]["cancelled"], false, "{input}");
    assert_eq!(input["details"]["country"], "CH", "{input}");
    let path = format!("/v1/onboardings/{}", of.0);
    let view = house.ask(&staff(&house), Method::GET, &path, None).await;
    let request = &view.body["request"];
    assert_eq!(
        (&request["status"], &request["nextAction"]),
        (&json!("ending"), &json!("Take back what was done")),
        "{}",
        view.text
    );
}

#[tokio::test]
async fn what_was_completed_is_not_taken_back_when_its_end_could_not_be_written() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let link = link(&house, &of, 0).await;
    accept(&house, &link, "correct horse").await;
    for _ in 0..2 {
        let input = OnboardingCloseInput {
            request: of.0.clone(),
            tenant: of.1.clone(),
            numbers: Vec::new(),
        };
        close::close(&*house.aws, input).await.unwrap();
    }
    let input = OnboardingUndoInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    let undone = undo::undo(&*house.aws, input).await.unwrap();
    assert!(undone.completed && undone.pending == 0, "{}", undone.says);
    assert_eq!(
        sign_in(&house, "correct horse").await.status,
        StatusCode::OK
    );
    let tenant = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert_eq!(tenant.closed_at, None);
}

#[tokio::test]
async fn whose_tenant_was_closed_begins_nothing_with_the_access_token_that_they_still_have() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let reto = Caller {
        tenant: of.1.clone(),
        ..house.lucia()
    };
    let colleague =
        |email: &str| json!({ "kind": "user", "person": { "name": "Mia", "email": email } });
    let mia = ask(&house, &reto, colleague("mia@alpenblick.example")).await;
    assert_eq!(mia.status, StatusCode::ACCEPTED, "{}", mia.text);
    let (slug, at) = ("alpenblick", "2026-11-20T10:00:00.000Z");
    let closed = house.aws.close_tenant(&of.1, slug, &of.0, at).await;
    closed.unwrap();
    let refused = ask(&house, &reto, colleague("ida@alpenblick.example")).await;
    assert_eq!(pair(&refused), (401, "Session.Closed"));
    assert_eq!(house.asked().started.len(), 2);
}

#[tokio::test]
async fn what_an_operator_left_as_it_is_stays_unless_its_customer_wants_it_back() {
    for wanted_back in [false, true] {
        let house = House::new().await;
        let of = begun(&house).await;
        opened(&house, &of).await.unwrap();
        let looks = json!({
            "token": "token-1", "request": of.0, "state": "Close by hand", "round": 1, "attempt": 0, "received": 0,
            "status": "closing", "owner": "operator", "nextAction": "Look why it cannot be closed",
            "accepts": ["task.done@onboarding-help", "request.cancel"],
        });
        let looks = serde_json::from_value(looks).unwrap();
        turn::turn(&*house.aws, looks).await.unwrap();
        let said = async |key: &str, name: SignalName, data: Value| {
            let letter = Letter {
                key: key.to_owned(),
                name,
                topic: (name == SignalName::TaskDone).then(|| "onboarding-help".to_owned()),
                person: None,
                data,
            };
            shell::deliver(&*house.aws, &of.0, &letter).await.unwrap();
        };
        let decision = json!({ "decision": "give_up" });
        said("k-1", SignalName::TaskDone, decision).await;
        if wanted_back {
            said("k-2", SignalName::RequestCancel, Value::Null).await;
        }
        // Its end could not be written, and another execution takes it over.
        let input = OnboardingUndoInput {
            request: of.0.clone(),
            tenant: of.1.clone(),
        };
        let undone = undo::undo(&*house.aws, input).await.unwrap();
        assert_eq!((undone.pending, undone.completed), (0, !wanted_back));
        let tenant = house.aws.tenant(&of.1).await.unwrap().unwrap();
        assert_eq!(tenant.closed_at.is_some(), wanted_back, "{}", undone.says);
    }
}

#[tokio::test]
async fn what_is_taken_back_leaves_nobody_behind() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let pin = async || Pins::port_out_pin(&*house.aws, &of.1).await.unwrap();
    let made = pin().await;
    assert!(made.is_some(), "its numbers are kept from strangers");
    opened(&house, &of).await.unwrap();
    assert_eq!(pin().await, made, "made again it is the same");
    let link = link(&house, &of, 0).await;
    accept(&house, &link, "correct horse").await;
    let input = OnboardingUndoInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    for _ in 0..2 {
        let undone = undo::undo(&*house.aws, input.clone()).await.unwrap();
        assert_eq!(undone.pending, 0, "{}", undone.says);
        assert!(!undone.completed);
    }
    assert_eq!(pin().await, None);
    assert_eq!(sign_in(&house, "correct horse").await.status.as_u16(), 401);
    assert_eq!(
        pair(&look(&house, &link).await),
        (404, "Invitation.NotFound")
    );
    let closed = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert!(closed.closed_at.is_some());
    let next = begun(&house).await;
    opened(&house, &next).await.unwrap();
    // What is done again by the first takes nothing from the second.
    undo::undo(&*house.aws, input).await.unwrap();
    let late = ask(&house, &staff(&house), customer()).await;
    assert_eq!(pair(&late), (409, "Tenant.SlugInUse"));
}

#[tokio::test]
async fn what_its_administrator_began_ends_before_the_tenant_is_closed() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let input = OnboardingUndoInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    let kinds = [
        ("no-own", Kind::NumberOrder),
        ("pi-own", Kind::PortIn),
        ("ou-own", Kind::OnboardUser),
    ];
    for (id, kind) in kinds {
        let begun = crate::request::Begun {
            id: id.into(),
            kind,
            tenant: of.1.clone(),
            person: None,
            title: "Begun by its administrator".to_owned(),
            details: Value::Null,
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        crate::request::begin::begin(&*house.aws, begun)
            .await
            .unwrap();
        house.asks(id, "customer", Value::Null).await;
    }
    let first = undo::undo(&*house.aws, input.clone()).await.unwrap();
    assert_eq!(first.pending, 3, "{}", first.says);
    let told = house.asked().completed.clone();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|signal| signal["name"] == "request.cancel"));
    let open = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert_eq!(open.closed_at, None);
    for (id, _) in kinds {
        let end = json!({ "request": id, "outcome": "cancelled", "status": "cancelled", "says": "Taken back" });
        crate::request::end::end(&*house.aws, serde_json::from_value(end).unwrap())
            .await
            .unwrap();
    }
    let last = undo::undo(&*house.aws, input).await.unwrap();
    assert_eq!(last.pending, 0, "{}", last.says);
    let closed = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert!(closed.closed_at.is_some());
}

/// A carrier that has these numbers, and what it is told to take back.
pub(super) async fn carrier(
    numbers: [&'static str; 2],
) -> (CarrierConfig, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let rows = numbers.map(|number| json!({ "id": &number[1..], "phone_number": number }));
    let heard = Arc::clone(&told);
    let take_back = move |Path(id): Path<String>| async move {
        heard.lock().unwrap().push(id);
        StatusCode::NO_CONTENT
    };
    let router = Router::new()
        .route(
            "/v2/phone_numbers",
            get(|| async move { Json(json!({ "data": rows })) }),
        )
        .route("/v2/phone_numbers/{id}", delete(take_back));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = Place::Telnyx {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        api_key: "key".into(),
        connection_id: None,
        public_key: None,
    };
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let id = "telnyx".into();
    (CarrierConfig { id, place }, told)
}

/// A number that a request, which is over, has brought the tenant.
async fn brought(house: &House, tenant: &TenantId, kind: Kind, number: &E164) {
    let id = format!("{}-own", kind.as_str());
    let begun = crate::request::Begun {
        id: id.as_str().into(),
        kind,
        tenant: tenant.clone(),
        person: None,
        title: "Begun by its administrator".to_owned(),
        details: Value::Null,
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    crate::request::begin::begin(&*house.aws, begun)
        .await
        .unwrap();
    let end = json!({ "request": id, "outcome": "done", "status": "done", "says": "Here" });
    crate::request::end::end(&*house.aws, serde_json::from_value(end).unwrap())
        .await
        .unwrap();
    let record = NumberRecord {
        number: number.clone(),
        tenant: tenant.clone(),
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: Some("telnyx".into()),
        country: None,
        number_type: None,
        request: Some(id.as_str().into()),
        since: None,
        leaving: None,
    };
    let kept = house.aws.keep_number(&record).await.unwrap();
    assert_eq!(kept, Write::Done);
}

#[tokio::test]
async fn what_was_ported_in_is_not_given_back_and_its_tenant_stays() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let (ordered, ported) = ("+41445551001", "+41445551002");
    let (carrier, told) = carrier([ordered, ported]).await;
    let house = house.with_carriers(vec![carrier]);
    let numbers = [ordered, ported].map(|number| E164::parse(number).unwrap());
    brought(&house, &of.1, Kind::NumberOrder, &numbers[0]).await;
    brought(&house, &of.1, Kind::PortIn, &numbers[1]).await;
    let input = OnboardingUndoInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
    };
    for _ in 0..2 {
        let undone = undo::undo(&*house.aws, input.clone()).await.unwrap();
        let says = "1 number ported in (+41445551002): have it ported back, or keep the tenant";
        assert_eq!((undone.pending, undone.says.as_str()), (1, says));
        assert_eq!(told.lock().unwrap().clone(), ["41445551001"]);
    }
    let gone = house.aws.number_record(&numbers[0]).await.unwrap();
    assert_eq!(gone, None);
    let here = house.aws.number_record(&numbers[1]).await.unwrap();
    assert_eq!(here.map(|record| record.standing), Some(Standing::Active));
    let open = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert_eq!(open.closed_at, None);
    // It was ported back.
    let struck = house.aws.strike_number(&of.1, &numbers[1]).await;
    struck.unwrap();
    let last = undo::undo(&*house.aws, input).await.unwrap();
    assert_eq!(last.pending, 0, "{}", last.says);
    let closed = house.aws.tenant(&of.1).await.unwrap().unwrap();
    assert!(closed.closed_at.is_some());
}

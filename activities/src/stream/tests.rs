//! Changes of calls and requests as the tables' streams tell them, over a real store and a gateway that remembers.
use super::*;
use crate::house::House;
use crate::people::Caller;
use contract::request::NumberLine;
use contract::view::{Phase, Rang, Rung};

/// A plain value as DynamoDB's JSON.
fn attribute(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "NULL": true }),
        Value::Bool(flag) => json!({ "BOOL": flag }),
        Value::Number(number) => json!({ "N": number.to_string() }),
        Value::String(text) => json!({ "S": text }),
        Value::Array(values) => json!({ "L": values.iter().map(attribute).collect::<Vec<_>>() }),
        Value::Object(fields) => {
            let fields: serde_json::Map<_, _> = fields
                .iter()
                .map(|(name, field)| (name.clone(), attribute(field)))
                .collect();
            json!({ "M": fields })
        }
    }
}

fn record(call: &CallView) -> Value {
    let view = attribute(&serde_json::to_value(call).unwrap());
    let private = attribute(&json!({ "attendees": { "caller": { "JoinToken": "s3cret" } } }));
    json!({
        "eventName": "MODIFY",
        "dynamodb": { "NewImage": { "pk": { "S": "C#1" }, "sk": { "S": "CALL" }, "view": view, "private": private } },
    })
}

fn batch(calls: &[&CallView]) -> Value {
    json!({ "Records": calls.iter().map(|call| record(call)).collect::<Vec<_>>() })
}

fn with_rev(call: &CallView, rev: u64) -> CallView {
    CallView {
        rev,
        ..call.clone()
    }
}

async fn push(house: &House, event: &Value) -> Result<Value, Failure> {
    handle(&*house.aws, event).await
}

#[tokio::test]
async fn a_change_goes_to_the_parties_and_the_tenants_operators_and_to_nobody_else() {
    let house = House::new().await;
    let eve = house.add_foreign_tenant().await;
    for (caller, id) in [
        (house.anna(), "anna-1"),
        (house.anna(), "anna-2"),
        (house.wei(), "wei"),
        (house.lucia(), "lucia"),
        (eve, "eve"),
    ] {
        house.connect(&caller, id, 60).await;
    }
    let call = house.place(&house.anna(), "044 555 01 77").await;
    push(&house, &batch(&[&call])).await.unwrap();
    let asked = house.asked();
    let told: Vec<&str> = asked.posted.keys().map(String::as_str).collect();
    assert_eq!(told, ["anna-1", "anna-2", "lucia"]);
    assert_eq!(
        asked.posted["anna-1"],
        [json!({ "type": "call", "call": call })]
    );
    assert!(!format!("{:?}", asked.posted).contains("s3cret"));
}

#[tokio::test]
async fn of_several_changes_in_a_batch_the_newest_is_told() {
    let house = House::new().await;
    house.connect(&house.anna(), "anna", 60).await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    push(
        &house,
        &batch(&[
            &with_rev(&call, 3),
            &with_rev(&call, 5),
            &with_rev(&call, 4),
        ]),
    )
    .await
    .unwrap();
    let revs: Vec<u64> = house.asked().posted["anna"]
        .iter()
        .map(|push| push["call"]["rev"].as_u64().unwrap())
        .collect();
    assert_eq!(revs, [5]);
}

#[tokio::test]
async fn everybody_who_rings_for_a_group_is_told() {
    let house = House::new().await;
    house.connect(&house.anna(), "anna", 60).await;
    house.connect(&house.wei(), "wei", 60).await;
    let call = house.place(&house.lucia(), "+41 44 555 01 77").await;
    let ringing = house
        .change(&call.id, |record| {
            let rung = |who: Caller| Rung {
                person: who.person,
                name: "Somebody".into(),
                status: Rang::Ringing,
            };
            record.view.rung = vec![rung(house.anna()), rung(house.wei())];
        })
        .await;
    push(&house, &batch(&[&ringing.view])).await.unwrap();
    let asked = house.asked();
    let told: Vec<&str> = asked.posted.keys().map(String::as_str).collect();
    assert_eq!(told, ["anna", "wei"]);
}

#[tokio::test]
async fn an_operator_who_is_a_party_is_told_once() {
    let house = House::new().await;
    house.connect(&house.lucia(), "lucia", 60).await;
    let call = house.place(&house.lucia(), "+41 44 555 01 77").await;
    push(&house, &batch(&[&call])).await.unwrap();
    assert_eq!(house.asked().posted["lucia"].len(), 1);
}

#[tokio::test]
async fn a_closed_connection_is_forgotten_unless_it_is_just_opening() {
    let house = House::new().await;
    house.connect(&house.anna(), "old", 60).await;
    house.connect(&house.anna(), "opening", 1).await;
    house.connect(&house.anna(), "open", 60).await;
    house
        .asked()
        .gone
        .extend(["old".to_owned(), "opening".to_owned()]);
    let call = house.place(&house.anna(), "044 555 01 77").await;
    push(&house, &batch(&[&call])).await.unwrap();
    assert_eq!(house.aws.connection("old").await.unwrap(), None);
    assert!(house.aws.connection("opening").await.unwrap().is_some());
    assert_eq!(house.asked().posted.keys().collect::<Vec<_>>(), ["open"]);
}

#[tokio::test]
async fn one_screen_that_cannot_be_reached_holds_up_nobody() {
    let house = House::new().await;
    for id in ["a-broken", "b", "c-broken", "d"] {
        house.connect(&house.anna(), id, 60).await;
    }
    house
        .asked()
        .broken
        .extend(["a-broken".to_owned(), "c-broken".to_owned()]);
    let call = house.place(&house.anna(), "044 555 01 77").await;
    assert!(
        push(&house, &batch(&[&call])).await.is_ok(),
        "the batch is not run again for it"
    );
    assert_eq!(house.asked().posted.keys().collect::<Vec<_>>(), ["b", "d"]);
}

#[tokio::test]
async fn what_does_not_read_holds_up_nobody() {
    let house = House::new().await;
    house.connect(&house.anna(), "anna", 60).await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let mut event = batch(&[&call]);
    let records = event["Records"].as_array_mut().unwrap();
    records.insert(
        0,
        json!({ "dynamodb": { "NewImage": { "sk": { "S": "CALL" }, "view": { "M": {} } } } }),
    );
    records.insert(0, json!("nonsense"));
    push(&house, &event).await.unwrap();
    assert_eq!(house.asked().posted["anna"].len(), 1);
}

#[tokio::test]
async fn the_end_of_a_call_is_told_too() {
    let house = House::new().await;
    house.connect(&house.anna(), "anna", 60).await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let ended = house
        .change(&call.id, |record| record.view.phase = Phase::Ended)
        .await
        .view;
    push(&house, &batch(&[&ended])).await.unwrap();
    assert_eq!(house.asked().posted["anna"][0]["call"]["phase"], "ended");
}

fn request_record(request: &RequestView) -> Value {
    let view = attribute(&serde_json::to_value(request).unwrap());
    let inbox = attribute(&json!({ "turn": { "token": "s3cret" } }));
    let image =
        json!({ "pk": { "S": "R#1" }, "gpk": { "S": "T#1" }, "view": view, "inbox": inbox });
    json!({ "Records": [{ "eventName": "MODIFY", "dynamodb": { "NewImage": image } }] })
}

/// A staff member of the phone company's own tenant.
fn ruth(house: &House) -> crate::people::Caller {
    crate::people::Caller {
        tenant: "t-strowger".into(),
        person: "p-ruth-amsler".into(),
        role: Role::Staff,
        ..house.lucia()
    }
}

#[tokio::test]
async fn a_changed_request_goes_to_its_tenants_administrators_and_to_staff_and_to_nobody_else() {
    let house = House::new().await;
    let eve = house.add_foreign_tenant().await;
    let eve = crate::people::Caller {
        role: Role::Administrator,
        ..eve
    };
    for (caller, id) in [
        (house.anna(), "anna"),
        (house.lucia(), "lucia"),
        (ruth(&house), "ruth"),
        (eve, "eve"),
    ] {
        house.connect(&caller, id, 60).await;
    }
    let request = house.asks_for_review("vd-1").await;
    push(&house, &request_record(&request)).await.unwrap();
    let asked = house.asked();
    let told: Vec<&str> = asked.posted.keys().map(String::as_str).collect();
    assert_eq!(told, ["lucia", "ruth"]);
    let message = json!({ "type": "request", "request": request, "isWhole": true });
    assert_eq!(asked.posted["ruth"], [message]);
    assert!(!format!("{:?}", asked.posted).contains("s3cret"));
}

#[tokio::test]
async fn what_operators_look_at_goes_to_the_phone_companys_people_alone() {
    let house = House::new().await;
    house.connect(&house.lucia(), "lucia", 60).await;
    house.connect(&ruth(&house), "ruth", 60).await;
    house
        .begins("vd-1", contract::request::Kind::VerifyDossier)
        .await;
    let about = json!({ "screening": { "hits": ["found"] } });
    let request = house.asks("vd-1", "operator", about.clone()).await;
    push(&house, &request_record(&request)).await.unwrap();
    let asked = house.asked();
    assert_eq!(asked.posted["ruth"][0]["request"]["task"]["about"], about);
    let told = &asked.posted["lucia"][0]["request"];
    assert_eq!(told["task"]["title"], "Review the dossier");
    assert!(!told.to_string().contains("found"), "{told}");
}

#[tokio::test]
async fn what_a_dossier_says_goes_to_nobody_who_does_not_work_with_dossiers() {
    let house = House::new().await;
    let operator = crate::people::Caller {
        person: "p-olga".into(),
        role: Role::Operator,
        ..house.lucia()
    };
    for (caller, id) in [(house.lucia(), "lucia"), (operator, "olga")] {
        house.connect(&caller, id, 60).await;
    }
    let mut request = house.asks_for_review("pi-1").await;
    request.details = json!({
        "form": { "portType": "full", "dossier": { "endUser": { "businessName": "found" } } }, "prepared": { "body": "found" },
        "evaluation": { "outcomes": ["found"] },
    });
    push(&house, &request_record(&request)).await.unwrap();
    let asked = house.asked();
    let whole = &asked.posted["lucia"][0]["request"];
    assert_eq!(whole["details"], request.details);
    let told = &asked.posted["olga"][0]["request"];
    assert_eq!(told["details"], json!({ "form": { "portType": "full" } }));
    assert_eq!(told["status"], "in_review");
    assert_eq!(asked.posted["olga"].len(), 1);
}

#[tokio::test]
async fn a_request_too_large_for_a_message_is_told_without_its_lists() {
    let house = House::new().await;
    house.connect(&ruth(&house), "ruth", 60).await;
    let mut request = house.asks_for_review("vd-1").await;
    let line = |n: u32| NumberLine {
        number: contract::E164::parse(&format!("+4144{n:07}")).unwrap(),
        status: "failed".to_owned(),
        reason: Some("refused by the losing provider ".repeat(10)),
    };
    request.numbers = (0..500).map(line).collect();
    push(&house, &request_record(&request)).await.unwrap();
    let told = &house.asked().posted["ruth"][0];
    assert_eq!(told["isWhole"], false);
    assert_eq!(told["request"]["numbers"], json!([]));
    assert_eq!(told["request"]["status"], "in_review");
    assert!(told.to_string().len() <= POST_MAX);
}

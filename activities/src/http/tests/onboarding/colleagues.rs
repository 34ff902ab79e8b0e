//! Who administers the phone company's tenant and is none of its people, a person or a program: they are shown nothing of its customers.
use super::{ask, begun, staff};
use crate::house::{Answer, House};
use crate::people::Caller;
use crate::ports::webhooks::Webhooks;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::Role;
use serde_json::{Value, json};

const ONBOARDINGS: &str = "/v1/onboardings";
const WEBHOOKS: &str = "/v1/webhooks";

fn colleague(house: &House) -> Caller {
    Caller {
        person: "p-colleague".into(),
        role: Role::Administrator,
        ..staff(house)
    }
}

/// What a program is answered that shows a key of Ruth's with this role.
async fn program(house: &House, role: &str, path: &str) -> Answer {
    let new = json!({ "name": "The CRM", "role": role });
    let ruth = staff(house);
    let made = house.ask(&ruth, Method::POST, "/v1/api-keys", Some(new));
    let made = made.await;
    let secret = made.body["secret"].as_str().unwrap();
    let request = Request::builder()
        .uri(path)
        .header("authorization", format!("Bearer {secret}"))
        .body(Body::empty());
    house.send(request.unwrap()).await
}

/// The requests of a page of onboardings.
fn requests(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let all = page.body["onboardings"].as_array().unwrap().iter();
    let ids = all.map(|one| one["request"]["id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[tokio::test]
async fn customers_onboardings_are_listed_for_the_phone_companys_people_alone() {
    let house = House::new().await;
    let (ruth, colleague) = (staff(&house), colleague(&house));
    let person = json!({ "name": "Ida Frei", "email": "ida.frei@strowger.example" });
    let own = ask(&house, &ruth, json!({ "kind": "user", "person": person })).await;
    assert_eq!(own.status, StatusCode::ACCEPTED, "{}", own.text);
    let own = own.body["request"]["id"].as_str().unwrap();
    let customers = [begun(&house).await.0, begun(&house).await.0];

    let seen = requests(&house.ask(&ruth, Method::GET, ONBOARDINGS, None).await);
    assert_eq!(seen.len(), 3, "{seen:?}");
    for customer in &customers {
        assert!(seen.contains(&customer.0), "{seen:?}");
        let one = format!("{ONBOARDINGS}/{customer}");
        let none = house.ask(&colleague, Method::GET, &one, None).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text);
    }
    let seen = requests(&program(&house, "staff", ONBOARDINGS).await);
    assert_eq!(seen.len(), 3, "{seen:?}");

    let seen = requests(&house.ask(&colleague, Method::GET, ONBOARDINGS, None).await);
    assert_eq!(seen, [own]);
    let seen = requests(&program(&house, "administrator", ONBOARDINGS).await);
    assert_eq!(seen, [own]);
    // Page by page, what is left out hides nothing that comes after it.
    let mut path = format!("{ONBOARDINGS}?limit=1");
    let mut seen = Vec::new();
    for _ in 0..10 {
        let page = house.ask(&colleague, Method::GET, &path, None).await;
        seen.extend(requests(&page));
        match &page.body["next"] {
            Value::String(next) => path = format!("{ONBOARDINGS}?limit=1&next={next}"),
            _ => break,
        }
    }
    assert_eq!(seen, [own]);
}

/// Somebody's new webhook: its id.
async fn webhook(house: &House, who: &Caller) -> String {
    let new = json!({ "url": "https://example.test/hooks" });
    let made = house.ask(who, Method::POST, WEBHOOKS, Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.body["webhook"]["id"].as_str().unwrap().to_owned()
}

/// How many webhooks are listed.
fn webhooks(answer: &Answer) -> usize {
    answer.body["webhooks"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_webhook_of_the_phone_companys_people_hears_of_customers_and_is_theirs_alone() {
    let house = House::new().await;
    let (ruth, colleague) = (staff(&house), colleague(&house));
    let (hers, other) = (
        webhook(&house, &ruth).await,
        webhook(&house, &colleague).await,
    );
    for (id, hears) in [(&hers, true), (&other, false)] {
        let known = house.aws.webhook(&ruth.tenant, &id.as_str().into()).await;
        assert_eq!(known.unwrap().unwrap().hears_customers, hears, "{id}");
    }
    let off = json!({ "enabled": false });
    for (method, rest, body) in [
        (Method::GET, "", None),
        (Method::GET, "/deliveries", None),
        (Method::POST, "/secret", None),
        (Method::POST, "/test", None),
        (Method::PATCH, "", Some(off)),
        (Method::DELETE, "", None),
    ] {
        let path = format!("{WEBHOOKS}/{hers}{rest}");
        let none = house.ask(&colleague, method.clone(), &path, body).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(none.error(), "Webhook.NotFound", "{method} {path}");
    }
    let theirs = house.ask(&colleague, Method::GET, WEBHOOKS, None).await;
    assert_eq!(theirs.body["webhooks"][0]["id"], other.as_str());
    assert_eq!(webhooks(&theirs), 1, "{}", theirs.text);
    let theirs = program(&house, "administrator", WEBHOOKS).await;
    assert_eq!(webhooks(&theirs), 1, "{}", theirs.text);
    // Her own she looks after, and a colleague's too.
    let all = house.ask(&ruth, Method::GET, WEBHOOKS, None).await;
    assert_eq!(webhooks(&all), 2, "{}", all.text);
    let path = format!("{WEBHOOKS}/{hers}/deliveries");
    let log = house.ask(&ruth, Method::GET, &path, None).await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.text);
}

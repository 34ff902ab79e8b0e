//! What is asked for, by whom, and what is refused.
use super::taken_back::carrier;
use super::{EMAIL, ask, begun, customer, opened, pair, staff};
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use crate::onboarding::{look, order};
use crate::people::Caller;
use crate::ports::directory::Directory;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use axum::http::{Method, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use contract::onboarding::{OnboardingError, OnboardingLookInput, OnboardingOrderInput};
use contract::request::Outcome;
use contract::{E164, RequestId, Role, TenantId};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

#[tokio::test]
async fn each_field_that_does_not_fit_is_named() {
    let house = House::new().await;
    let set = |path: &str, value: Value| {
        let mut body = customer();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let with = |name: &str, value: Value| {
        let mut body = customer();
        body[name] = value;
        body
    };
    let user = |more: Value| {
        let mut body =
            json!({ "kind": "user", "person": { "name": "Mia", "email": "mia@isthmus.example" } });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let wish = json!({ "country": "CH", "numberType": "local", "count": 1 });
    let cases = [
        (set("/tenant/name", json!("  ")), "tenant.name"),
        (set("/tenant/slug", json!("Alpenblick")), "tenant.slug"),
        (set("/tenant/slug", json!("al")), "tenant.slug"),
        (set("/tenant/country", json!("che")), "tenant.country"),
        (with("tenant", Value::Null), "tenant"),
        (set("/person/name", json!("x".repeat(201))), "person.name"),
        (set("/person/email", json!("reto")), "person.email"),
        (
            set("/person/email", json!("a@b.ch, c@d.ch")),
            "person.email",
        ),
        (with("numbers", json!([])), "numbers"),
        (with("numbers", json!(vec![wish.clone(); 11])), "numbers"),
        (set("/numbers/0/count", json!(0)), "numbers[0].count"),
        (set("/numbers/0/count", json!(51)), "numbers[0].count"),
        (set("/numbers/0/country", json!("FR")), "numbers[0].country"),
        // This very number, of nobody, and one of another country.
        (
            set(
                "/numbers/0",
                json!({ "country": "CH", "numberType": "local", "count": 1, "number": "+41445551000" }),
            ),
            "numbers[0].number",
        ),
        (
            set("/numbers/0/numberType", json!("fax")),
            "numbers[0].numberType",
        ),
        (with("number", json!("0445550100")), "number"),
        (with("number", json!("+41445550100")), "number"),
        (
            with("webhook", json!({ "url": "ftp://example.test" })),
            "webhook.url",
        ),
        (
            with("webhook", json!({ "url": "https://a@example.test" })),
            "webhook.url",
        ),
        (
            with(
                "dossier",
                json!({ "kind": "business", "endUser": { "businessName": "x".repeat(300) } }),
            ),
            "dossier.endUser.businessName",
        ),
        (with("surprise", json!(1)), "surprise"),
        (user(json!({ "tenant": customer()["tenant"] })), "tenant"),
        (user(json!({ "numbers": [wish, wish] })), "numbers"),
        (
            user(json!({ "numbers": [wish], "number": "+41445550100" })),
            "number",
        ),
        (
            user(json!({ "webhook": { "url": "https://example.test" } })),
            "webhook",
        ),
    ];
    for (body, field) in cases {
        let answer = ask(&house, &staff(&house), body.clone()).await;
        assert_eq!(answer.status.as_u16(), 422, "{field}: {}", answer.text);
        assert_eq!(answer.body["field"], field, "{body}");
    }
    assert!(house.asked().started.is_empty());
}

#[tokio::test]
async fn the_very_number_that_was_chosen_is_ordered() {
    let house = House::new().await;
    let (carrier, _) = carrier(["+41445551001", "+41445551002"]).await;
    let house = house.with_carriers(vec![carrier]);
    let mut wish = customer();
    wish["numbers"][0]["carrier"] = json!("telnyx");
    wish["numbers"][0]["number"] = json!("+41445551002");
    for (field, value) in [("count", json!(2)), ("country", json!("SG"))] {
        let mut wrong = wish.clone();
        wrong["numbers"][0][field] = value;
        let answer = ask(&house, &staff(&house), wrong).await;
        assert_eq!(answer.body["field"], "numbers[0].number", "{}", answer.text);
    }
    let answer = ask(&house, &staff(&house), wish).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let text = |name: &str| answer.body["request"][name].as_str().unwrap().to_owned();
    let of = (RequestId(text("id")), TenantId(text("tenant")));
    opened(&house, &of).await.unwrap();
    let input = OnboardingOrderInput {
        request: of.0.clone(),
        tenant: of.1.clone(),
        at: 0,
        attempt: 1,
    };
    let begun = order::order(&*house.aws, input).await.unwrap();
    assert_eq!(begun.short, 0);
    let child = RequestId(begun.child);
    let record = Requests::get(&*house.aws, &child).await.unwrap().unwrap();
    let numbers = record.view.numbers.iter();
    let numbers: Vec<_> = numbers.map(|line| line.number.as_str()).collect();
    assert_eq!(numbers, ["+41445551002"]);
}

#[tokio::test]
async fn an_order_that_did_not_begin_has_failed_and_the_next_try_is_another_one() {
    let chime = CarrierConfig {
        id: "chime".into(),
        place: Place::Chime,
    };
    let house = House::new().await.with_carriers(vec![chime]);
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let first = format!("{}-n0-1", of.0);
    let refused = "REFUSED".to_owned();
    house.asked().statuses.insert(first.clone(), refused);
    for (attempt, outcome) in [(1, Some(Outcome::Failed)), (2, None)] {
        // Tried again, it is found, and not made twice.
        for _ in 0..2 {
            let input = OnboardingOrderInput {
                request: of.0.clone(),
                tenant: of.1.clone(),
                at: 0,
                attempt,
            };
            let begun = order::order(&*house.aws, input).await.unwrap();
            assert_eq!(begun.child == first, attempt == 1, "{}", begun.child);
            let child = RequestId(begun.child);
            let record = Requests::get(&*house.aws, &child).await.unwrap().unwrap();
            assert_eq!(record.view.outcome, outcome);
        }
    }
    let started = house.asked().started.clone();
    let orders = started.iter().filter(|(name, _)| name.contains("-n0-"));
    assert_eq!(orders.count(), 1);
}

#[tokio::test]
async fn numbers_that_no_carrier_lists_are_ordered_by_support_case_once() {
    let chime = CarrierConfig {
        id: "chime".into(),
        place: Place::Chime,
    };
    let house = House::new().await.with_carriers(vec![chime]);
    let mut wish = customer();
    wish["numbers"] = json!([{ "country": "CH", "numberType": "local", "count": 3, "area": "44" }]);
    let answer = ask(&house, &staff(&house), wish).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let text = |name: &str| answer.body["request"][name].as_str().unwrap().to_owned();
    let of = (RequestId(text("id")), TenantId(text("tenant")));
    opened(&house, &of).await.unwrap();
    let ordered = async |attempt: u32| {
        let input = OnboardingOrderInput {
            request: of.0.clone(),
            tenant: of.1.clone(),
            at: 0,
            attempt,
        };
        order::order(&*house.aws, input).await.unwrap()
    };
    let begun = ordered(1).await;
    assert_eq!(begun.short, 0, "{}", begun.says);
    // Begun again it is the same.
    assert_eq!(ordered(1).await, begun);
    let child = RequestId(begun.child);
    let record = Requests::get(&*house.aws, &child).await.unwrap().unwrap();
    let details = &record.view.details;
    let told = ["carrier", "byCase", "count", "area"].map(|name| details[name].clone());
    assert_eq!(told, [json!("chime"), json!(true), json!(3), json!("44")]);
    assert!(record.view.numbers.is_empty());
    let look = OnboardingLookInput {
        request: of.0.clone(),
        child,
    };
    let seen = look::look(&*house.aws, look).await.unwrap();
    assert_eq!((seen.ended, seen.short), (false, 3));
    // What support has refused is not asked of it again.
    let again = ordered(2).await;
    assert_eq!((again.child.as_str(), again.short), ("", 3));
}

#[tokio::test]
async fn numbers_that_no_carrier_is_known_to_have_are_refused_at_once() {
    let chime = CarrierConfig {
        id: "chime".into(),
        place: Place::Chime,
    };
    // Is not reached here, and may have them.
    let telnyx = CarrierConfig {
        id: "telnyx".into(),
        place: Place::Telnyx {
            endpoint: "http://127.0.0.1:1".into(),
            api_key: "key".into(),
            connection_id: None,
            public_key: None,
        },
    };
    let one = House::new().await.with_carriers(vec![chime.clone()]);
    let two = House::new().await.with_carriers(vec![chime, telnyx]);
    let wish = |country: &str, kind: &str, carrier: Option<&str>| {
        let mut wish = customer();
        wish["numbers"] = json!([{ "country": country, "numberType": kind, "count": 1 }]);
        if let Some(carrier) = carrier {
            wish["numbers"][0]["carrier"] = json!(carrier);
        }
        wish
    };
    for (house, wish, says) in [
        (
            &one,
            wish("PA", "local", Some("chime")),
            "has no numbers of PA",
        ),
        (&one, wish("PA", "local", None), "has no numbers of PA"),
        (
            &two,
            wish("PA", "local", Some("chime")),
            "has no numbers of PA",
        ),
        (&two, wish("CH", "mobile", Some("chime")), "has there local"),
    ] {
        let answer = ask(house, &staff(house), wish).await;
        assert_eq!(pair(&answer), (422, "Request.BadField"), "{}", answer.text);
        assert_eq!(answer.body["field"], "numbers[0].country");
        assert!(answer.text.contains(says), "{}", answer.text);
        assert!(house.asked().started.is_empty());
    }
    let answer = ask(&two, &staff(&two), wish("PA", "local", None)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
}

/// A carrier that lists local numbers in Switzerland and nothing else, and how often it was asked where it has some.
async fn swiss() -> (CarrierConfig, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&asked);
    let coverage = move || async move {
        heard.fetch_add(1, Ordering::Relaxed);
        let swiss = json!({ "code": "CH", "numbers": true, "phone_number_type": ["local"] });
        Json(json!({ "data": { "Switzerland": swiss } }))
    };
    let router = Router::new().route("/v2/country_coverage", get(coverage));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = Place::Telnyx {
        endpoint: format!("http://{}", listener.local_addr().unwrap()),
        api_key: "key".into(),
        connection_id: None,
        public_key: None,
    };
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let id = "telnyx".into();
    (CarrierConfig { id, place }, asked)
}

#[tokio::test]
async fn a_carrier_that_lists_its_numbers_is_asked_once_where_it_has_some() {
    let (telnyx, asked) = swiss().await;
    let house = House::new().await.with_carriers(vec![telnyx]);
    let wish =
        |country: &str, kind: &str| json!({ "country": country, "numberType": kind, "count": 1 });
    for (second, says) in [
        (
            wish("PA", "local"),
            "telnyx has no numbers of PA: it has numbers of CH",
        ),
        (
            wish("CH", "mobile"),
            "telnyx has no mobile numbers of CH: it has there local",
        ),
    ] {
        asked.store(0, Ordering::Relaxed);
        let mut body = customer();
        body["numbers"] = json!([wish("CH", "local"), second]);
        let answer = ask(&house, &staff(&house), body).await;
        assert_eq!(pair(&answer), (422, "Request.BadField"), "{}", answer.text);
        assert_eq!(answer.body["field"], "numbers[1].country");
        assert_eq!(answer.body["message"], says);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
    assert!(house.asked().started.is_empty());
    let answer = ask(&house, &staff(&house), customer()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
}

#[tokio::test]
async fn only_who_may_begins_one() {
    let house = House::new().await;
    let lucia = house.lucia();
    let refused = ask(&house, &lucia, customer()).await;
    assert_eq!(pair(&refused), (403, "Role.NotAllowed"));
    let mia =
        json!({ "kind": "user", "person": { "name": "Mia", "email": "mia@isthmus.example" } });
    let refused = ask(&house, &house.anna(), mia.clone()).await;
    assert_eq!(pair(&refused), (403, "Role.NotAllowed"));
    let begun = ask(&house, &lucia, mia).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    assert_eq!(begun.body["request"]["tenant"], "t-isthmus-trading");
    assert_eq!(begun.body["request"]["kind"], "onboard-user");
}

#[tokio::test]
async fn the_days_that_count_are_those_of_the_number_or_of_the_tenant() {
    let house = House::new().await;
    let lucia = house.lucia();
    let country = |caller: Caller, email: &'static str, number: Option<&'static str>| {
        let house = &house;
        async move {
            let person = json!({ "name": "Mia", "email": email });
            let mut wish = json!({ "kind": "user", "person": person });
            if let Some(number) = number {
                wish["number"] = json!(number);
            }
            let answer = ask(house, &caller, wish).await;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
            answer.body["request"]["details"]["country"].clone()
        }
    };
    // The sample tenant says nothing of itself: its first number is Swiss.
    assert_eq!(
        country(lucia.clone(), "a@isthmus.example", None).await,
        "CH"
    );
    let free = NumberRecord {
        number: E164::parse("+5078330199").unwrap(),
        tenant: lucia.tenant.clone(),
        person: None,
        group: None,
        flow: None,
        standing: Standing::Active,
        carrier: None,
        country: None,
        number_type: None,
        request: None,
        since: None,
        leaving: None,
    };
    house.aws.keep_number(&free).await.unwrap();
    let given = country(lucia, "b@isthmus.example", Some("+5078330199")).await;
    assert_eq!(given, "PA");
    // A tenant in Panama that orders a Swiss number: later people are counted at home.
    let mut wish = customer();
    wish["tenant"]["country"] = json!("PA");
    let asked = ask(&house, &staff(&house), wish).await;
    assert_eq!(asked.body["request"]["details"]["country"], "CH");
    let text = |name: &str| asked.body["request"][name].as_str().unwrap().to_owned();
    let of = (RequestId(text("id")), TenantId(text("tenant")));
    opened(&house, &of).await.unwrap();
    let administrator = Caller {
        tenant: of.1,
        ..house.lucia()
    };
    let at_home = country(administrator, "c@alpenblick.example", None).await;
    assert_eq!(at_home, "PA");
}

#[tokio::test]
async fn the_same_key_begins_one_and_its_history_has_no_address() {
    let house = House::new().await;
    let ruth = staff(&house);
    let body = json!({ "webhook": { "url": "https://example.test/hooks" } });
    let mut wish = customer();
    wish["webhook"] = body["webhook"].clone();
    let send = |wish: Value| {
        house.ask_with_key(
            &ruth,
            Method::POST,
            "/v1/onboardings",
            Some(wish),
            "key-000001",
        )
    };
    let first = send(wish.clone()).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    let again = send(wish).await;
    assert_eq!(again.body["request"]["id"], first.body["request"]["id"]);
    assert_eq!(again.body["webhookSecret"], first.body["webhookSecret"]);
    assert!(
        first.body["webhookSecret"]
            .as_str()
            .unwrap()
            .starts_with("whsec_")
    );
    assert_eq!(pair(&send(customer()).await), (409, "Request.KeyReused"));
    let started = house.asked().started.clone();
    assert_eq!(started.len(), 1);
    assert!(
        !started[0].1.to_string().contains(EMAIL),
        "{}",
        started[0].1
    );
    let listed = house.ask(&ruth, Method::GET, "/v1/onboardings", None).await;
    assert_eq!(
        listed.body["onboardings"][0]["request"]["id"],
        first.body["request"]["id"]
    );
    assert_eq!(
        listed.body["onboardings"][0]["progress"][0]["state"],
        "running"
    );
    assert!(!listed.text.contains("whsec_"));
}

#[tokio::test]
async fn sent_again_it_tells_no_secret_of_its_customers_and_makes_no_webhook_anew() {
    let house = House::new().await;
    let ruth = staff(&house);
    let mut wish = customer();
    wish["webhook"] = json!({ "url": "https://example.test/hooks" });
    let (path, key) = ("/v1/onboardings", "key-000001");
    let send = || house.ask_with_key(&ruth, Method::POST, path, Some(wish.clone()), key);
    let first = send().await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.text);
    assert!(first.body["webhookSecret"].is_string(), "{}", first.text);
    let tenant = first.body["request"]["tenant"].as_str().unwrap();
    let reto = Caller {
        tenant: tenant.into(),
        ..house.lucia()
    };
    let listed = async || house.ask(&reto, Method::GET, "/v1/webhooks", None).await;
    let id = listed().await.body["webhooks"][0]["id"].clone();
    let hook = format!("/v1/webhooks/{}", id.as_str().unwrap());

    let rotate = format!("{hook}/secret");
    let rotated = house.ask(&reto, Method::POST, &rotate, None).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.text);
    let again = send().await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.text);
    assert_eq!(again.body["webhookSecret"], Value::Null, "{}", again.text);

    let removed = house.ask(&reto, Method::DELETE, &hook, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);
    let again = send().await;
    assert_eq!(again.body["webhookSecret"], Value::Null, "{}", again.text);
    assert_eq!(listed().await.body["webhooks"], json!([]));
}

#[tokio::test]
async fn a_short_name_and_an_address_are_one_tenants() {
    let house = House::new().await;
    let first = begun(&house).await;
    let second = begun(&house).await;
    opened(&house, &first).await.unwrap();
    opened(&house, &first).await.unwrap();
    // Two that began at the same time: one gets them.
    let refused = opened(&house, &second).await;
    assert!(
        matches!(refused, Err(OnboardingError::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(house.aws.tenant(&second.1).await.unwrap(), None);
    let late = ask(&house, &staff(&house), customer()).await;
    assert_eq!(pair(&late), (409, "Tenant.SlugInUse"));
    let mut other = customer();
    other["tenant"]["slug"] = json!("seeblick");
    let late = ask(&house, &staff(&house), other.clone()).await;
    assert_eq!(pair(&late), (409, "Person.EmailInUse"));
    other["person"]["email"] = json!("ANNA.keller@isthmus.example");
    let late = ask(&house, &staff(&house), other).await;
    assert_eq!(
        pair(&late),
        (409, "Person.EmailInUse"),
        "people of before count too"
    );
}

#[tokio::test]
async fn a_foreign_onboarding_looks_exactly_like_none() {
    let house = House::new().await;
    let of = begun(&house).await;
    let eve = Caller {
        role: Role::Administrator,
        ..house.add_foreign_tenant().await
    };
    for (method, end) in [
        (Method::GET, ""),
        (Method::POST, "/cancel"),
        (Method::POST, "/invitation"),
    ] {
        let at = |id: &str| format!("/v1/onboardings/{id}{end}");
        let theirs = house
            .ask(&eve, method.clone(), &at(of.0.as_str()), None)
            .await;
        let none = house.ask(&eve, method.clone(), &at("ot-none"), None).await;
        assert_eq!(pair(&theirs), (404, "Request.NotFound"), "{method} {end}");
        assert_eq!(theirs.text, none.text);
    }
    // A request of another kind is no onboarding.
    house.asks_for_review("vd-1").await;
    let ruth = staff(&house);
    let other = house
        .ask(&ruth, Method::GET, "/v1/onboardings/vd-1", None)
        .await;
    assert_eq!(pair(&other), (404, "Request.NotFound"));
    let early = format!("/v1/onboardings/{}/invitation", of.0);
    let early = house.ask(&ruth, Method::POST, &early, None).await;
    assert_eq!(pair(&early), (409, "Request.NotNow"));
}

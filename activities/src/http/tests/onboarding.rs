//! Onboardings and invitations through the API, with the steps of their workflow run by hand.
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::{Answer, House};
use crate::onboarding::{close, invite, open, undo};
use crate::people::Caller;
use crate::ports::calls::Write;
use crate::ports::directory::Directory;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::porting::Pins;
use crate::ports::requests::Requests;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Method, Request, StatusCode};
use axum::routing::{delete, get};
use axum::{Json, Router};
use contract::onboarding::{
    OnboardingCloseInput, OnboardingError, OnboardingInviteInput, OnboardingOpenInput,
    OnboardingUndoInput,
};
use contract::request::Kind;
use contract::{E164, RequestId, Role, TenantId};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const EMAIL: &str = "reto.caduff@alpenblick.example";
const UNTIL: &str = "2099-12-01T16:00:00.000Z";

fn staff(house: &House) -> Caller {
    Caller {
        tenant: "t-strowger".into(),
        person: "p-ruth-amsler".into(),
        role: Role::Staff,
        ..house.lucia()
    }
}

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
async fn a_link_proves_the_address_once_and_then_the_password_signs_in() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let link = link(&house, &of, 0).await;
    assert_eq!(sign_in(&house, "correct horse").await.status.as_u16(), 401);
    let seen = look(&house, &link).await;
    assert_eq!(seen.body["company"], "Alpenblick AG", "{}", seen.text);
    assert_eq!(seen.body["email"], EMAIL);
    assert_eq!(
        pair(&accept(&house, &link, "short").await),
        (422, "Request.BadField")
    );
    let done = accept(&house, &link, "correct horse").await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    let again = accept(&house, &link, "other horse").await;
    assert_eq!(pair(&again), (409, "Invitation.Accepted"));
    let session = sign_in(&house, "correct horse").await;
    assert_eq!(session.status, StatusCode::OK, "{}", session.text);
    assert_eq!(session.body["me"]["role"], "administrator");
    assert_eq!(session.body["me"]["tenant"], of.1.0);
    let path = format!("/v1/onboardings/{}", of.0);
    let view = house.ask(&staff(&house), Method::GET, &path, None).await;
    assert!(!view.text.contains(link.rsplit('.').next().unwrap()));
}

#[tokio::test]
async fn a_new_link_makes_the_one_before_void_and_the_same_mail_goes_out_once() {
    let house = House::new().await;
    let of = begun(&house).await;
    opened(&house, &of).await.unwrap();
    let first = link(&house, &of, 0).await;
    assert_eq!(link(&house, &of, 0).await, first);
    assert_eq!(house.mails().len(), 1);
    let second = link(&house, &of, 1).await;
    assert_eq!(house.mails().len(), 2);
    for bad in [
        first.as_str(),
        "nonsense",
        "a.b",
        &second[..second.len() - 1],
    ] {
        assert_eq!(
            pair(&look(&house, bad).await),
            (404, "Invitation.NotFound"),
            "{bad}"
        );
        let refused = accept(&house, bad, "correct horse").await;
        assert_eq!(pair(&refused), (404, "Invitation.NotFound"), "{bad}");
    }
    assert_eq!(look(&house, &second).await.status, StatusCode::OK);
}

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
async fn carrier(numbers: [&'static str; 2]) -> (CarrierConfig, Arc<Mutex<Vec<String>>>) {
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

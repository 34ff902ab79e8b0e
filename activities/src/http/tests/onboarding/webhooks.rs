//! The webhook that came with an onboarding: its customer's, and looked after by whoever asked for the onboarding.
use super::{EMAIL, customer, opened, staff};
use crate::house::House;
use crate::onboarding::{close, undo};
use crate::people::Caller;
use crate::ports::onboardings::Onboardings;
use crate::webhooks::give_up;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use contract::onboarding::{OnboardingCloseInput, OnboardingUndoInput};
use contract::webhook::WebhookGiveUpInput;
use contract::{RequestId, Role, TenantId};
use serde_json::{Value, json};

/// An onboarding with a webhook.
struct Hooked {
    house: House,
    of: (RequestId, TenantId),
    /// The webhook.
    id: String,
    /// One delivery to it.
    delivery: String,
}

impl Hooked {
    async fn new() -> Self {
        let house = House::new().await;
        let mut wish = customer();
        wish["webhook"] = json!({ "url": "https://example.test/hooks" });
        let ruth = staff(&house);
        let begun = house
            .ask(&ruth, Method::POST, "/v1/onboardings", Some(wish))
            .await;
        assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let request = &begun.body["request"];
        let of = (
            RequestId(text(&request["id"])),
            TenantId(text(&request["tenant"])),
        );
        let id = text(&begun.body["webhook"]);
        let reto = Caller {
            tenant: of.1.clone(),
            ..house.lucia()
        };
        let test = format!("/v1/webhooks/{id}/test");
        let tested = house.ask(&reto, Method::POST, &test, None).await;
        assert_eq!(tested.status, StatusCode::ACCEPTED, "{}", tested.text);
        let delivery = text(&tested.body["id"]);
        Self {
            house,
            of,
            id,
            delivery,
        }
    }

    /// An administrator of the customer.
    fn reto(&self) -> Caller {
        Caller {
            tenant: self.of.1.clone(),
            ..self.house.lucia()
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/webhooks/{}{rest}", self.id)
    }

    fn replay(&self) -> String {
        self.path(&format!("/deliveries/{}/replay", self.delivery))
    }

    async fn ask(&self, who: &Caller, method: Method, path: &str) -> (u16, Value) {
        let answer = self.house.ask(who, method, path, None).await;
        (answer.status.as_u16(), answer.body)
    }

    /// What somebody finds who looks for the onboarding's webhook.
    async fn found(&self, who: &Caller) -> Value {
        let path = format!("/v1/webhooks?onboarding={}", self.of.0);
        self.ask(who, Method::GET, &path).await.1["webhooks"].clone()
    }

    async fn take_back(&self) {
        opened(&self.house, &self.of).await.unwrap();
        let input = OnboardingUndoInput {
            request: self.of.0.clone(),
            tenant: self.of.1.clone(),
        };
        let undone = undo::undo(&*self.house.aws, input).await.unwrap();
        assert_eq!(undone.pending, 0, "{}", undone.says);
    }
}

#[tokio::test]
async fn who_asked_for_an_onboarding_looks_after_its_webhook_also_when_it_was_taken_back() {
    let scene = Hooked::new().await;
    let ruth = staff(&scene.house);
    let onboarding = format!("/v1/onboardings/{}", scene.of.0);
    for taken_back in [false, true] {
        if taken_back {
            scene.take_back().await;
        }
        let found = scene.found(&ruth).await;
        assert_eq!(found[0]["id"], scene.id.as_str(), "{found}");
        let (_, shown) = scene.ask(&ruth, Method::GET, &onboarding).await;
        assert_eq!(shown["webhook"], scene.id.as_str());
        assert_eq!(shown["webhookSecret"], Value::Null);
        let own = scene.ask(&ruth, Method::GET, "/v1/webhooks").await.1;
        assert_eq!(own["webhooks"], json!([]), "it is not her tenant's");
        let (status, log) = scene
            .ask(&ruth, Method::GET, &scene.path("/deliveries"))
            .await;
        assert_eq!(status, 200, "{log}");
        let deliveries = log["deliveries"].as_array().unwrap();
        assert!(
            deliveries
                .iter()
                .any(|one| one["id"] == scene.delivery.as_str())
        );
        let (status, replayed) = scene.ask(&ruth, Method::POST, &scene.replay()).await;
        assert_eq!(status, 202, "{replayed}");
        for enabled in [false, true] {
            let change = Some(json!({ "enabled": enabled }));
            let path = scene.path("");
            let switched = scene.house.ask(&ruth, Method::PATCH, &path, change).await;
            assert_eq!(switched.body["enabled"], enabled, "{}", switched.text);
        }
    }
    let (status, _) = scene.ask(&ruth, Method::DELETE, &scene.path("")).await;
    assert_eq!(status, 204);
    let (status, gone) = scene.ask(&ruth, Method::GET, &scene.path("")).await;
    assert_eq!((status, &gone["error"]), (404, &json!("Webhook.NotFound")));
    assert_eq!(scene.found(&ruth).await, json!([]));
    let (_, shown) = scene.ask(&ruth, Method::GET, &onboarding).await;
    assert_eq!(shown["webhook"], Value::Null);
}

#[tokio::test]
async fn a_key_of_theirs_looks_after_it_too() {
    let scene = Hooked::new().await;
    let new = json!({ "name": "The CRM", "role": "staff" });
    let ruth = staff(&scene.house);
    let made = scene
        .house
        .ask(&ruth, Method::POST, "/v1/api-keys", Some(new))
        .await;
    let secret = made.body["secret"].as_str().unwrap();
    let request = Request::builder()
        .uri(scene.path("/deliveries"))
        .header("authorization", format!("Bearer {secret}"))
        .body(Body::empty())
        .unwrap();
    let log = scene.house.send(request).await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.text);
    assert_eq!(log.body["deliveries"][0]["id"], scene.delivery.as_str());
}

#[tokio::test]
async fn they_see_no_secret_of_it_and_nothing_else_of_the_customers() {
    let scene = Hooked::new().await;
    let ruth = staff(&scene.house);
    for rest in ["/secret", "/test"] {
        let (status, refused) = scene.ask(&ruth, Method::POST, &scene.path(rest)).await;
        let told = (status, &refused["error"]);
        assert_eq!(told, (403, &json!("Webhook.NotAllowed")), "{rest}");
    }
    let new = Some(json!({ "url": "https://example.test/other" }));
    let other = scene
        .house
        .ask(&scene.reto(), Method::POST, "/v1/webhooks", new)
        .await;
    let other = other.body["webhook"]["id"].as_str().unwrap();
    for rest in ["", "/deliveries"] {
        let path = format!("/v1/webhooks/{other}{rest}");
        let (status, refused) = scene.ask(&ruth, Method::GET, &path).await;
        let told = (status, &refused["error"]);
        assert_eq!(told, (404, &json!("Webhook.NotFound")), "{path}");
    }
    let found = scene.found(&ruth).await;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(scene.found(&scene.reto()).await, found);
}

#[tokio::test]
async fn nobody_else_looks_after_it() {
    let scene = Hooked::new().await;
    let ruth = staff(&scene.house);
    let other_company = Caller {
        role: Role::Staff,
        ..scene.house.add_foreign_tenant().await
    };
    let of_hers = Caller {
        role: Role::Administrator,
        ..ruth
    };
    let of_a_customer = scene.house.lucia();
    for who in [&other_company, &of_hers, &of_a_customer] {
        for (method, path) in [
            (Method::GET, scene.path("")),
            (Method::GET, scene.path("/deliveries")),
            (Method::POST, scene.replay()),
            (Method::POST, scene.path("/secret")),
            (Method::POST, scene.path("/test")),
            (Method::DELETE, scene.path("")),
        ] {
            let (status, refused) = scene.ask(who, method.clone(), &path).await;
            let told = (status, &refused["error"]);
            let what = format!("{method} {path} by {:?}", who.role);
            assert_eq!(told, (404, &json!("Webhook.NotFound")), "{what}");
        }
        assert_eq!(scene.found(who).await, json!([]));
    }
    let nobody = "/v1/webhooks?onboarding=ot-0199f0a2-7c1e-7d3a-9a52-3f1d5b7c9e01";
    let (status, none) = scene.ask(&of_a_customer, Method::GET, nobody).await;
    assert_eq!((status, &none["webhooks"]), (200, &json!([])));
    let wrong = "/v1/webhooks?onboarding=a/b";
    let (status, refused) = scene.ask(&of_a_customer, Method::GET, wrong).await;
    assert_eq!((status, &refused["field"]), (422, &json!("onboarding")));
}

#[tokio::test]
async fn sent_again_it_tells_which_webhook_it_is_as_long_as_that_is_there() {
    let house = House::new().await;
    let ruth = staff(&house);
    let mut wish = customer();
    wish["webhook"] = json!({ "url": "https://example.test/hooks" });
    let send = || {
        let (path, body) = ("/v1/onboardings", Some(wish.clone()));
        house.ask_with_key(&ruth, Method::POST, path, body, "key-000001")
    };
    let first = send().await.body["webhook"].clone();
    assert_eq!(send().await.body["webhook"], first);
    let path = format!("/v1/webhooks/{}", first.as_str().unwrap());
    let removed = house.ask(&ruth, Method::DELETE, &path, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text);
    assert_eq!(send().await.body["webhook"], Value::Null);
}

#[tokio::test]
async fn that_it_was_switched_off_is_told_to_who_asked_for_the_onboarding_until_it_is_completed() {
    for completed in [false, true] {
        let scene = Hooked::new().await;
        let d = &*scene.house.aws;
        if completed {
            opened(&scene.house, &scene.of).await.unwrap();
            let input = OnboardingCloseInput {
                request: scene.of.0.clone(),
                tenant: scene.of.1.clone(),
                numbers: Vec::new(),
            };
            close::close(d, input).await.unwrap();
            let kept = d.onboarding(&scene.of.0).await.unwrap().unwrap();
            assert!(kept.closed_at.is_some());
        }
        let input = WebhookGiveUpInput {
            tenant: scene.of.1.clone(),
            webhook: scene.id.as_str().into(),
            delivery: scene.delivery.as_str().into(),
            gone: true,
        };
        let given = give_up::give_up(d, input).await.unwrap();
        assert!(given.disabled);
        let ruth = scene.house.password("Ruth Amsler").0;
        let told = if completed { EMAIL } else { ruth.as_str() };
        assert_eq!(
            (given.to.as_str(), given.company.as_str()),
            (told, "Alpenblick AG")
        );
    }
}

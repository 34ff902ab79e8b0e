use super::*;
use crate::house::House;
use crate::ports::onboardings::Onboarding;
use crate::ports::webhooks::{Secret, Webhook};
use contract::request::{Kind, Outcome, Party};
use contract::webhook::EventType;

/// A webhook that hears everything.
pub(in crate::webhooks) fn webhook() -> Webhook {
    Webhook {
        id: "wh-1".into(),
        tenant: "t-1".into(),
        rev: 1,
        url: "https://example.test/hooks".into(),
        kinds: Vec::new(),
        enabled: true,
        made_by: "p-1".into(),
        hears_customers: false,
        made_at: "2026-01-01T00:00:00.000Z".into(),
        secret: Secret(crate::webhooks::sign::secret(&[7; 32])),
        old_secret: None,
        old_until: None,
        older: Vec::new(),
        failing_since: None,
        disabled_because: None,
    }
}

/// A port of the tenant, changed to this status.
pub(in crate::webhooks) fn changed(status: &str, rev: u64) -> RequestView {
    let begun = crate::request::Begun {
        id: "r-1".into(),
        kind: Kind::PortIn,
        tenant: "t-1".into(),
        person: None,
        title: "Port of 1 number".into(),
        details: Value::Null,
        numbers: Vec::new(),
        hidden: Value::Null,
    };
    let at = jiff::Timestamp::from_second(1_790_000_000 + i64::try_from(rev).unwrap()).unwrap();
    let mut view = crate::request::RequestRecord::new(begun, at).view;
    (view.status, view.rev) = (status.to_owned(), rev);
    view
}

/// A view as the stream has it.
fn image(view: &RequestView) -> Value {
    fn attribute(value: &Value) -> Value {
        match value {
            Value::Null => json!({ "NULL": true }),
            Value::Bool(flag) => json!({ "BOOL": flag }),
            Value::Number(number) => json!({ "N": number.to_string() }),
            Value::String(text) => json!({ "S": text }),
            Value::Array(items) => json!({ "L": items.iter().map(attribute).collect::<Vec<_>>() }),
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), attribute(value)));
                json!({ "M": fields.collect::<serde_json::Map<_, _>>() })
            }
        }
    }
    json!({ "pk": { "S": format!("R#{}", view.id) }, "view": attribute(&json!(view)) })
}

fn record(before: Option<&RequestView>, after: &RequestView) -> Value {
    let mut images = json!({ "NewImage": image(after) });
    if let Some(before) = before {
        images["OldImage"] = image(before);
    }
    json!({ "eventName": "MODIFY", "dynamodb": images })
}

#[test]
fn one_event_per_change_of_status_owner_or_outcome_and_none_for_others() {
    let first = changed("begun", 1);
    let mut commented = changed("begun", 2);
    commented.timeline.clear();
    let mut owned = changed("begun", 3);
    owned.owner = Party::Operator;
    let moved = changed("in_review", 4);
    let mut ended = changed("in_review", 5);
    ended.outcome = Some(Outcome::Done);
    let batch = json!({ "Records": [
        record(None, &first),
        record(Some(&first), &commented),
        record(Some(&commented), &owned),
        record(Some(&owned), &moved),
        record(Some(&moved), &ended),
        { "eventName": "REMOVE", "dynamodb": { "OldImage": image(&ended) } },
        { "eventName": "MODIFY", "dynamodb": { "NewImage": { "view": { "M": {} } } } },
    ] });
    let found = events(&batch);
    let told: Vec<_> = found
        .iter()
        .map(|event| (event.kind, event.data.as_ref().unwrap().rev))
        .collect();
    let is = EventType::RequestChanged;
    assert_eq!(
        told,
        [(is, 1), (is, 3), (is, 4), (EventType::RequestEnded, 5)]
    );
}

#[test]
fn an_event_has_nothing_of_what_operators_look_at() {
    let mut view = changed("in_review", 2);
    let task = json!({
        "id": "r-1.1", "form": "review", "title": "Review", "owner": "operator", "about": { "screening": { "hits": ["s3cret"] } },
    });
    view.task = Some(serde_json::from_value(task).unwrap());
    view.details = json!({ "evaluation": { "label": "s3cret" } });
    let told = json!(events(&json!({ "Records": [record(None, &view)] })));
    assert_eq!(told[0]["data"]["status"], "in_review");
    assert!(!told.to_string().contains("s3cret"), "{told}");
}

#[tokio::test]
async fn only_webhooks_that_are_on_and_hear_the_kind_get_it_and_a_batch_told_twice_begins_nothing_new()
 {
    let house = House::new().await;
    for (id, tenant, kinds, enabled) in [
        ("wh-all", "t-1", vec![], true),
        ("wh-ports", "t-1", vec![Kind::PortIn], true),
        ("wh-orders", "t-1", vec![Kind::NumberOrder], true),
        ("wh-off", "t-1", vec![], false),
        ("wh-foreign", "t-2", vec![], true),
    ] {
        let webhook = Webhook {
            id: id.into(),
            tenant: tenant.into(),
            kinds,
            enabled,
            ..webhook()
        };
        house.aws.put_webhook(&webhook, 0).await.unwrap();
    }
    let batch = json!({ "Records": [record(None, &changed("begun", 1))] });
    for _ in 0..2 {
        handle(&*house.aws, &batch).await.unwrap();
    }
    let mut by_webhook = BTreeMap::new();
    for (name, input) in &house.asked().started {
        let names = by_webhook.entry(input["webhook"].as_str().unwrap().to_owned());
        names.or_insert_with(Vec::new).push(name.clone());
    }
    assert_eq!(
        by_webhook.keys().collect::<Vec<_>>(),
        ["wh-all", "wh-ports"]
    );
    for (webhook, names) in by_webhook {
        assert_eq!(names.len(), 2, "the second start is the first one's");
        assert_eq!(names[0], names[1]);
        let log = house
            .aws
            .deliveries(&webhook.as_str().into(), None)
            .await
            .unwrap();
        assert_eq!(log.deliveries.len(), 1);
        let body: Event = serde_json::from_str(&log.deliveries[0].body).unwrap();
        assert_eq!(body.data.unwrap().request, "r-1".into());
    }
}

/// The webhooks for which something was begun, with how often.
fn begun_for(house: &House) -> BTreeMap<String, usize> {
    let mut begun = BTreeMap::new();
    for (_, input) in &house.asked().started {
        let webhook = input["webhook"].as_str().unwrap().to_owned();
        *begun.entry(webhook).or_default() += 1;
    }
    begun
}

#[tokio::test]
async fn a_customers_onboarding_is_heard_by_the_people_who_asked_for_it_and_by_nobody_else() {
    let house = House::new().await;
    let wish = json!({
        "kind": "tenant", "tenant": { "name": "Alpenblick AG", "slug": "alpenblick", "country": "CH" },
        "person": { "name": "Reto Caduff", "email": "reto@alpenblick.example" },
    });
    let onboarding = Onboarding {
        request: "r-1".into(),
        tenant: "t-1".into(),
        person: "p-1".into(),
        asked_by: "t-phone".into(),
        begun_by: None,
        begun_at: "2026-01-01T00:00:00.000Z".into(),
        wish: serde_json::from_value(wish).unwrap(),
        closed_at: None,
    };
    house.aws.keep_onboarding(&onboarding).await.unwrap();
    for (id, tenant, kinds, hears_customers) in [
        ("wh-own", "t-1", vec![], false),
        ("wh-asker", "t-phone", vec![Kind::OnboardTenant], true),
        ("wh-asker-all", "t-phone", vec![], true),
        ("wh-asker-ports", "t-phone", vec![Kind::PortIn], true),
        // Of an administrator of the same tenant, who is not shown customers.
        ("wh-colleague", "t-phone", vec![], false),
        ("wh-foreign", "t-2", vec![], true),
    ] {
        let webhook = Webhook {
            id: id.into(),
            tenant: tenant.into(),
            kinds,
            hears_customers,
            ..webhook()
        };
        house.aws.put_webhook(&webhook, 0).await.unwrap();
    }
    let of = |kind, rev| RequestView {
        kind,
        ..changed("undoing", rev)
    };
    let before = of(Kind::OnboardTenant, 1);
    let cancelled = RequestView {
        outcome: Some(Outcome::Cancelled),
        ..of(Kind::OnboardTenant, 2)
    };
    let batch = json!({ "Records": [record(Some(&before), &cancelled)] });
    handle(&*house.aws, &batch).await.unwrap();
    let told = ["wh-asker", "wh-asker-all", "wh-own"];
    let told = told.map(|id| (id.to_owned(), 1));
    assert_eq!(begun_for(&house), BTreeMap::from(told));
    let log = house
        .aws
        .deliveries(&"wh-asker".into(), None)
        .await
        .unwrap();
    let body: Event = serde_json::from_str(&log.deliveries[0].body).unwrap();
    assert_eq!(
        (body.kind, body.tenant),
        (EventType::RequestEnded, "t-1".into())
    );
    assert_eq!(log.deliveries[0].tenant, "t-phone".into());

    // A port of the customer's is theirs alone, and its own tenant asked for a colleague.
    let rest = json!({ "Records": [
        record(None, &of(Kind::PortIn, 3)),
        record(None, &of(Kind::OnboardUser, 4)),
    ] });
    handle(&*house.aws, &rest).await.unwrap();
    let told = [("wh-asker", 1), ("wh-asker-all", 1), ("wh-own", 3)];
    let told = told.map(|(id, count)| (id.to_owned(), count));
    assert_eq!(begun_for(&house), BTreeMap::from(told));
}

#[tokio::test]
async fn who_asked_for_an_onboarding_of_their_own_tenant_hears_of_it_once() {
    let house = House::new().await;
    let wish = json!({ "kind": "tenant", "person": { "name": "Reto", "email": "reto@alpenblick.example" } });
    let onboarding = Onboarding {
        request: "r-1".into(),
        tenant: "t-1".into(),
        person: "p-1".into(),
        asked_by: "t-1".into(),
        begun_by: None,
        begun_at: "2026-01-01T00:00:00.000Z".into(),
        wish: serde_json::from_value(wish).unwrap(),
        closed_at: None,
    };
    house.aws.keep_onboarding(&onboarding).await.unwrap();
    house.aws.put_webhook(&webhook(), 0).await.unwrap();
    let begun = RequestView {
        kind: Kind::OnboardTenant,
        ..changed("begun", 1)
    };
    let batch = json!({ "Records": [record(None, &begun)] });
    handle(&*house.aws, &batch).await.unwrap();
    let told = BTreeMap::from([("wh-1".to_owned(), 1)]);
    assert_eq!(begun_for(&house), told);
}

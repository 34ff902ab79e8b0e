//! Ids of another tenant, in every parameter of every path: generated from the document, so that no new parameter can be forgotten.
use super::every_route::{Operation, Twist, bearer, send};
use super::requesting::staff;
use super::{porting, routing};
use crate::house::{Answer, House};
use crate::people::Caller;
use crate::ports::dossiers::Dossiers;
use axum::http::{Method, StatusCode};
use contract::request::Kind;
use contract::{DossierId, Role};
use serde_json::json;

/// The parameter for what belongs to no tenant: the phone company's people alone may name one.
const OF_THE_HOUSE: &str = "list";

/// Ids by the names of the parameters that they stand for.
type Ids = Vec<(&'static str, String)>;

/// The parameters of a path, in their order.
fn parameters(path: &str) -> Vec<&str> {
    let after = path.split('{').skip(1);
    let names = after.filter_map(|rest| rest.split_once('}'));
    names.map(|(name, _)| name).collect()
}

/// Those operations that somebody's token opens: what needs none has its own proof in its path.
fn guarded() -> Vec<Operation> {
    let all = Operation::all().into_iter();
    all.filter(Operation::needs_token).collect()
}

/// A dossier with a document, and a webhook with a delivery, of somebody's tenant.
async fn kept(house: &House, who: &Caller) -> Ids {
    let ask = async |path: &str, body| {
        let answer = house.ask(who, Method::POST, path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.body
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let form = json!({ "kind": "business", "endUser": { "businessName": "Isthmus Trading" } });
    let dossier = text(&ask("/v1/dossiers", Some(form)).await["dossier"]["id"]);
    let document = format!("doc-of-{}", who.tenant);
    let paper = json!({
        "id": document, "kind": "register_extract", "fileName": "a.pdf", "mediaType": "application/pdf", "bytes": 5,
        "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T10:00:00Z", "state": "draft",
    });
    let paper: contract::dossier::Document = serde_json::from_value(paper).unwrap();
    let id = DossierId(dossier.clone());
    let put = house.aws.update_dossier(&id, |record| {
        record.add(paper.clone());
    });
    put.await.unwrap().unwrap();
    let new = json!({ "url": "https://example.test/hooks" });
    let webhook = text(&ask("/v1/webhooks", Some(new)).await["webhook"]["id"]);
    let delivery = ask(&format!("/v1/webhooks/{webhook}/test"), None).await;
    vec![
        ("dossier", dossier),
        ("document", document),
        ("webhook", webhook),
        ("delivery", text(&delivery["id"])),
    ]
}

/// Something of the sample tenant for every parameter that a path has.
async fn theirs(house: &House) -> Ids {
    let mut ids = kept(house, &house.lucia()).await;
    let call = house.place(&house.anna(), "044 555 01 77").await;
    let group = routing::made(house, "group", routing::group()).await;
    let flow = routing::made(house, "flow", routing::flow(&group)).await;
    let port = porting::draft(house).await;
    let new = json!({ "name": "A till", "role": "person" });
    let path = "/v1/api-keys";
    let made = house
        .ask(&house.lucia(), Method::POST, path, Some(new))
        .await;
    let key = made.body["key"]["id"].as_str().unwrap().to_owned();
    house.asks_for_review("vd-1").await;
    for (id, kind) in [
        ("no-1", Kind::NumberOrder),
        ("ot-1", Kind::OnboardTenant),
        ("po-1", Kind::PortOut),
    ] {
        house.begins(id, kind).await;
    }
    ids.extend([
        ("key", key),
        ("call", call.id.as_str().to_owned()),
        ("group", group),
        ("flow", flow),
        ("port", port),
        ("request", "vd-1".to_owned()),
        ("task", "vd-1.1".to_owned()),
        ("order", "no-1".to_owned()),
        ("onboarding", "ot-1".to_owned()),
        ("portOut", "po-1".to_owned()),
        ("number", "+41445550100".to_owned()),
        ("list", "PRACTICE".to_owned()),
    ]);
    ids
}

/// An id of the right form that never was.
fn unknown(parameter: &str) -> &'static str {
    match parameter {
        "number" => "+41445550999",
        _ => "never-was-0199f0a2",
    }
}

fn found<'a>(ids: &'a [(&'static str, String)], parameter: &str) -> Option<&'a str> {
    let mut ids = ids.iter();
    let id = ids.find(|(known, _)| *known == parameter)?;
    Some(id.1.as_str())
}

async fn asked(house: &House, operation: &Operation, who: &Caller, ids: &[(&str, &str)]) -> Answer {
    let key = uuid::Uuid::new_v4().simple().to_string();
    let twist = Twist {
        authorization: bearer(house, who),
        ids,
        key: Some(&key),
        ..Twist::default()
    };
    send(house, operation, twist).await
}

#[tokio::test]
async fn every_parameter_has_a_foreign_case_and_its_own_people_find_it() {
    let house = House::new().await;
    let theirs = theirs(&house).await;
    let operations = guarded();
    for operation in &operations {
        for parameter in parameters(&operation.path) {
            let name = operation.name();
            let is_there = found(&theirs, parameter).is_some();
            assert!(is_there, "{name}: nothing foreign for {{{parameter}}}");
        }
    }
    for (parameter, _) in &theirs {
        // What changes least.
        let rank = |one: &&Operation| match one.method.as_str() {
            "GET" => 0,
            "PATCH" => 1,
            _ => 2,
        };
        let of_it = operations
            .iter()
            .filter(|one| parameters(&one.path).last() == Some(parameter));
        let operation = of_it.min_by_key(rank).unwrap();
        let who = match *parameter {
            "call" => house.anna(),
            OF_THE_HOUSE => staff(&house),
            _ => house.lucia(),
        };
        let ids: Vec<_> = theirs
            .iter()
            .map(|(name, id)| (*name, id.as_str()))
            .collect();
        let answer = asked(&house, operation, &who, &ids).await;
        let name = operation.name();
        assert_ne!(
            answer.status,
            StatusCode::NOT_FOUND,
            "{name}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn what_is_another_tenants_looks_exactly_like_what_never_was() {
    let house = House::new().await;
    let theirs = theirs(&house).await;
    let eve = house.add_foreign_tenant().await;
    let role = |role| Caller {
        role,
        ..eve.clone()
    };
    let admin = role(Role::Administrator);
    let own = kept(&house, &admin).await;
    for operation in guarded() {
        let all = parameters(&operation.path);
        for (at, first) in all.iter().enumerate() {
            // What stands before is the caller's own.
            let id = |parameter: &str, before: bool, is_theirs: bool| {
                let known = match (before, is_theirs) {
                    (true, _) => found(&own, parameter),
                    (false, true) => found(&theirs, parameter),
                    (false, false) => Some(unknown(parameter)),
                };
                let name = operation.name();
                known
                    .unwrap_or_else(|| panic!("{name}: nothing for {{{parameter}}}"))
                    .to_owned()
            };
            let ids = |is_theirs: bool| {
                let each = all.iter().enumerate();
                each.map(|(place, name)| (*name, id(name, place < at, is_theirs)))
                    .collect::<Vec<_>>()
            };
            for who in [&role(Role::Person), &role(Role::Operator), &admin] {
                let mut answers = Vec::new();
                for ids in [ids(true), ids(false)] {
                    let ids: Vec<_> = ids.iter().map(|(name, id)| (*name, id.as_str())).collect();
                    let answer = asked(&house, &operation, who, &ids).await;
                    answers.push((answer.status, answer.text, answer.headers));
                }
                let what = format!("{}, {{{first}}}, {:?}", operation.name(), who.role);
                assert_eq!(answers[0], answers[1], "{what}");
                let status = answers[0].0;
                let is_hidden = status == StatusCode::NOT_FOUND
                    || status == StatusCode::FORBIDDEN
                        && (who.role != Role::Administrator || *first == OF_THE_HOUSE);
                assert!(is_hidden, "{what}: {status}");
            }
        }
    }
}

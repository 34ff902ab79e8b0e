//! The phone company's people fill in for a customer who is on the phone: with the customer's things, not with their own.
use super::porting::draft;
use super::requesting::staff;
use crate::house::House;
use crate::people::Caller;
use axum::http::Method;
use serde_json::{Value, json};

const HOME: &str = "t-isthmus-trading";

async fn got(house: &House, caller: &Caller, path: &str) -> Value {
    let answer = house.ask(caller, Method::GET, path, None).await;
    assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text);
    answer.body
}

#[tokio::test]
async fn staff_are_offered_the_customers_dossiers_and_whom_its_numbers_can_ring() {
    let house = House::new().await;
    let dossier = house.dossier().await;
    let group = json!({ "name": "Sales", "strategy": "all_at_once", "ringS": 20, "members": ["p-anna-keller"] });
    let lucia = house.lucia();
    let made = house.ask(&lucia, Method::POST, "/v1/groups", Some(group));
    assert_eq!(made.await.status.as_u16(), 201);
    let ruth = staff(&house);
    for (caller, of) in [
        (&ruth, format!("?tenant={HOME}")),
        (&house.lucia(), String::new()),
    ] {
        let dossiers = got(&house, caller, &format!("/v1/dossiers{of}")).await;
        assert_eq!(dossiers["dossiers"][0]["dossier"]["id"], dossier.as_str());
        let targets = got(&house, caller, &format!("/v1/targets{of}")).await;
        let people = targets["people"].as_array().unwrap();
        let anna = json!({ "person": "p-anna-keller", "name": "Anna Keller" });
        assert!(people.contains(&anna), "{people:?}");
        assert_eq!(targets["groups"][0]["name"], "Sales");
        assert_eq!(targets["flows"], json!([]));
    }
    let own = got(&house, &ruth, "/v1/dossiers").await;
    assert_eq!(own["dossiers"], json!([]));

    // What they choose is taken: the port stays the customer's.
    let id = draft(&house).await;
    let filled = json!({ "dossier": dossier, "rings": { "person": "p-anna-keller" } });
    let path = format!("/v1/ports/{id}");
    let written = house.ask(&ruth, Method::PATCH, &path, Some(filled));
    let written = written.await;
    assert_eq!(written.status.as_u16(), 200, "{}", written.text);
    assert_eq!(written.body["tenant"], HOME);
    assert_eq!(
        written.body["details"]["form"]["dossier"]["id"],
        dossier.as_str()
    );
}

#[tokio::test]
async fn nobody_else_names_a_tenant() {
    let house = House::new().await;
    house.add_foreign_tenant().await;
    for path in ["/v1/dossiers?tenant=t-other", "/v1/targets?tenant=t-other"] {
        let answer = house.ask(&house.lucia(), Method::GET, path, None).await;
        assert_eq!(
            (answer.status.as_u16(), answer.error()),
            (403, "Role.NotAllowed"),
            "{path}"
        );
    }
}

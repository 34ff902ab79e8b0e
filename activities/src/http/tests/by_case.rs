//! What Chime sells and takes over by support case, and what it does not.
use super::porting::{BAD, DRAFT, post, refused};
use crate::carriers::config::{CarrierConfig, Place};
use crate::house::House;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

fn chime() -> CarrierConfig {
    CarrierConfig {
        id: "chime".into(),
        place: Place::Chime,
    }
}

/// One that is asked of each number, and not reached here.
fn telnyx() -> CarrierConfig {
    CarrierConfig {
        id: "telnyx".into(),
        place: Place::Telnyx {
            endpoint: "http://127.0.0.1:1".into(),
            api_key: "key".into(),
            connection_id: None,
            public_key: None,
        },
    }
}

#[tokio::test]
async fn numbers_that_are_had_by_support_case_alone_are_ordered_by_their_count() {
    let house = House::new().await.with_carriers(vec![chime()]);
    let lucia = house.lucia();
    let get = async |path: &str| house.ask(&lucia, Method::GET, path, None).await;
    let listed = get("/v1/numbers/countries").await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.text);
    let of = |code: &str| {
        let mut countries = listed.body["countries"].as_array().unwrap().iter();
        let found = countries.find(|one| one["country"] == code);
        found.cloned().unwrap()
    };
    assert_eq!(
        (&of("US")["orderable"], &of("US")["byCase"]),
        (&json!(true), &Value::Null)
    );
    let swiss = of("CH");
    assert_eq!(
        (&swiss["orderable"], &swiss["reason"]),
        (&json!(true), &Value::Null)
    );
    let how = swiss["byCase"].as_str().unwrap();
    assert!(how.contains("support case"), "{how}");

    let problem = async |query: &str| {
        let found = get(&format!("/v1/numbers/available?{query}")).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text);
        assert_eq!(found.body["numbers"], json!([]));
        found.body["carriers"][0]["problem"].clone()
    };
    assert_eq!(problem("country=CH").await, how);
    let none = "chime has no numbers of PA: it has numbers of CH, US";
    assert_eq!(problem("country=PA").await, none);

    let wish = |more: Value| {
        let mut wish =
            json!({ "carrier": "chime", "country": "CH", "numberType": "local", "count": 2 });
        for (name, value) in more.as_object().unwrap() {
            wish[name] = value.clone();
        }
        wish
    };
    for (more, field) in [
        (json!({ "numbers": ["+41445552000"] }), "numbers"),
        (json!({ "count": Value::Null }), "count"),
        (json!({ "count": 0 }), "count"),
        (json!({ "count": 51 }), "count"),
        (json!({ "area": " " }), "area"),
        (json!({ "purpose": "x".repeat(301) }), "purpose"),
        (json!({ "purpose": "two\nlines" }), "purpose"),
        (json!({ "country": "PA" }), "country"),
        (json!({ "numberType": "mobile" }), "country"),
        // Where the carrier lists its numbers, they are chosen.
        (
            json!({ "country": "US", "numbers": ["+12125550142"] }),
            "count",
        ),
    ] {
        let answer = post(&house, &lucia, "/v1/number-orders", wish(more)).await;
        refused(&answer, BAD.0, BAD.1, json!(field));
        if field == "country" {
            let what = answer.body["message"].as_str().unwrap();
            assert!(what.starts_with("chime has no "), "{what}");
        }
    }
    assert!(house.asked().started.is_empty(), "nothing began");

    let wish = wish(json!({ "area": "44", "purpose": "A hotline" }));
    let begun = post(&house, &lucia, "/v1/number-orders", wish).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    assert_eq!(begun.body["title"], "2 local numbers in CH");
    assert_eq!(begun.body["numbers"], json!([]));
    let details = json!({
        "carrier": "chime", "country": "CH", "numberType": "local", "byCase": true, "count": 2, "area": "44", "purpose": "A hotline",
    });
    assert_eq!(begun.body["details"], details);
    assert_eq!(house.asked().started.len(), 1);
}

#[tokio::test]
async fn a_draft_of_numbers_that_chime_does_not_take_is_refused_before_anybody_signs() {
    let house = House::new().await.with_carriers(vec![chime()]);
    let lucia = house.lucia();
    let numbers = json!(["+41445552000", "+5078332000"]);
    for body in [
        json!({ "numbers": numbers, "carrier": "chime" }),
        json!({ "numbers": numbers }),
    ] {
        let answer = post(&house, &lucia, DRAFT, body).await;
        refused(&answer, BAD.0, BAD.1, json!("numbers[1]"));
        assert_eq!(
            answer.body["message"],
            "+5078332000: chime takes no numbers of PA: it takes numbers of CH, US"
        );
    }
    let begun = post(
        &house,
        &lucia,
        DRAFT,
        json!({ "numbers": ["+41445552000"] }),
    )
    .await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    let edit = async |house: &House, id: &Value, body: Value| {
        let path = format!("{DRAFT}/{}", id.as_str().unwrap());
        house.ask(&lucia, Method::PATCH, &path, Some(body)).await
    };
    let mobile = json!({ "numbers": ["+41785552000"] });
    let edited = edit(&house, &begun.body["id"], mobile).await;
    refused(&edited, BAD.0, BAD.1, json!("numbers[0]"));

    // What another carrier may take is not taken along to Chime.
    let both = house.with_carriers(vec![telnyx(), chime()]);
    let panama = json!({ "numbers": ["+5078332000"], "carrier": "telnyx" });
    let begun = post(&both, &lucia, DRAFT, panama).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{}", begun.text);
    let moved = edit(&both, &begun.body["id"], json!({ "carrier": "chime" })).await;
    refused(&moved, BAD.0, BAD.1, json!("carrier"));
}

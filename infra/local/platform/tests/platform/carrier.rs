//! The practice carrier beside the platform: its API, its page, and where its numbers lead.

use serde_json::{Value, json};

use crate::process::{Answer, Place, Strowger, http, until};

async fn ask(running: &Strowger, method: &str, path: &str, body: &Value) -> Answer {
    let at = |name: &str| running.ready["carrier"][name].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {}", at("api_key"));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let url = format!("{}{path}", at("endpoint"));
    http(method, &url, &headers, body.to_string()).await
}

/// The Voice Connector that each number of the carrier leads to.
fn trunk_numbers(place: &Place) -> Value {
    let kept = std::fs::read(place.path("data/voice/voice.json")).unwrap();
    serde_json::from_slice::<Value>(&kept).unwrap()["trunk_numbers"].take()
}

#[tokio::test]
async fn an_ordered_number_leads_to_the_connector_that_functions_are_told_of() {
    let place = Place::new();
    let running = place.start_with(&["--time-scale", "1000000"]);
    let (_, env, _) = running.invoke("turn", &json!({ "do": "env" })).await;
    for (name, told) in [
        (
            "CARRIER_TELNYX_ENDPOINT",
            &running.ready["carrier"]["endpoint"],
        ),
        (
            "CARRIER_TELNYX_API_KEY",
            &running.ready["carrier"]["api_key"],
        ),
        (
            "CARRIER_TELNYX_PUBLIC_KEY",
            &running.ready["carrier"]["public_key"],
        ),
    ] {
        assert_eq!(&env[name], told, "{name}");
    }
    let connection = env["CARRIER_TELNYX_CONNECTION_ID"].as_str().unwrap();
    let notices = env["CARRIER_TELNYX_WEBHOOK_URL"].as_str().unwrap();
    assert!(
        notices.ends_with("/v1/carriers/telnyx/notices"),
        "{notices}"
    );

    let order = json!({
        "phone_numbers": [{ "phone_number": "+12125550110" }],
        "connection_id": connection,
    });
    let placed = ask(&running, "POST", "/v2/number_orders", &order).await;
    assert_eq!(placed.status, 200, "{:?}", placed.json());
    until("the number leads here", || {
        trunk_numbers(&place)["+12125550110"] == connection
    })
    .await;
    let owned = ask(&running, "GET", "/v2/phone_numbers", &Value::Null).await;
    let id = owned.json()["data"][0]["id"].as_str().unwrap().to_owned();
    let away = json!({ "connection_id": "" });
    let path = format!("/v2/phone_numbers/{id}");
    assert_eq!(ask(&running, "PATCH", &path, &away).await.status, 200);
    until("the number leads nowhere", || {
        trunk_numbers(&place) == json!({})
    })
    .await;
}

#[tokio::test]
async fn its_keys_stay_with_the_folder() {
    let place = Place::new();
    let first = place.start();
    let told = |running: &Strowger, name: &str| running.ready["carrier"][name].clone();
    let kept = ["api_key", "public_key"].map(|name| told(&first, name));
    first.kill();
    let second = place.start();
    assert_eq!(
        kept,
        ["api_key", "public_key"].map(|name| told(&second, name))
    );
    let other = Place::new();
    let other = other.start();
    assert_ne!(
        kept,
        ["api_key", "public_key"].map(|name| told(&other, name))
    );
}

#[tokio::test]
async fn the_donors_page_is_for_this_machine_and_its_own_site_alone() {
    let place = Place::new();
    let running = place.start();
    let page = running.ready["practice"].as_str().unwrap().to_owned();
    let seen = http("GET", &page, &[], "").await;
    assert_eq!(seen.status, 200);
    assert!(
        seen.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    // A page that tells no referrer sends its forms with `Origin: null`.
    assert_eq!(seen.headers["referrer-policy"], "same-origin");
    let origin = page.strip_suffix("/practice").unwrap();
    let form = [
        ("origin", origin),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let settings = format!("{page}/settings");
    let set = http("POST", &settings, &form, "manual_donor=true").await;
    assert_eq!(set.status, 303);
    let queue = format!("{page}/queue");
    assert_eq!(http("GET", &queue, &[], "").await.status, 200);
    for refused in [
        ("host", "evil.example"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
    ] {
        let answer = http("GET", &queue, &[refused], "").await;
        assert_eq!(answer.status, 403, "{refused:?}");
    }
    let api = running.ready["carrier"]["endpoint"].as_str().unwrap();
    let foreign = [("origin", "http://localhost:8080")];
    let answer = http("GET", &format!("{api}/v2/public_key"), &foreign, "").await;
    assert_eq!(answer.status, 403);
}

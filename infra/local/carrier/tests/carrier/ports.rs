//! Porting orders.

use crate::client::Bench;
use carrier::NumberRoute;
use serde_json::{Value, json};

/// Fast enough that days pass in a moment.
const FAST: u32 = 1_000_000;

/// <https://developers.telnyx.com/api-reference/portability-checks/run-a-portability-check>
#[tokio::test]
async fn a_check_tells_what_cannot_come() {
    let bench = Bench::new(1, 0).await;
    let numbers = json!({ "phone_numbers": ["+16465552000", "+41445552000", "+41445551000", "+4915112345678"] });
    let rows = bench
        .client
        .post("/v2/portability_checks", numbers)
        .await
        .data();
    let shown = |row: &Value| {
        (
            row["portable"].as_bool().expect("a truth"),
            row["fast_portable"].as_bool().expect("a truth"),
        )
    };
    let rows: Vec<(bool, bool)> = rows.as_array().expect("a list").iter().map(shown).collect();
    assert_eq!(
        rows,
        [(true, true), (true, false), (false, false), (false, false)]
    );
}

/// <https://developers.telnyx.com/docs/numbers/porting/port-in-notifications>
#[tokio::test]
async fn an_order_goes_from_draft_to_ported_and_every_step_is_told() {
    let mut bench = Bench::new(FAST, 0).await;
    let id = bench.client.draft("US-1000", 10).await;
    let confirmed = bench
        .client
        .post(
            &format!("/v2/porting_orders/{id}/actions/confirm"),
            json!({}),
        )
        .await;
    assert!(
        confirmed.json()["meta"]["phone_numbers_url"]
            .as_str()
            .expect("a link")
            .contains(&id)
    );
    for status in ["in-process", "submitted", "foc-date-confirmed", "ported"] {
        let notice = bench.receiver.status(&id, status).await;
        notice.check(&bench.carrier.public_key());
        assert_eq!(
            notice.json()["data"]["event_type"],
            "porting_order.status_changed"
        );
    }
    for _ in 0..10 {
        assert!(matches!(
            bench.routes.recv().await,
            Some(NumberRoute::Here { .. })
        ));
    }
    let order = bench
        .client
        .get(&format!("/v2/porting_orders/{id}"))
        .await
        .data();
    assert_eq!(order["status"], json!({ "value": "ported", "details": [] }));
    assert_eq!(order["activation_settings"]["activation_status"], "Active");
    assert_eq!(order["phone_numbers"].as_array().map(Vec::len), Some(10));
    let numbers = bench
        .client
        .get(&format!(
            "/v2/porting_phone_numbers?filter[porting_order_id]={id}&page[size]=3"
        ))
        .await;
    assert_eq!(numbers.json()["meta"]["total_results"], 10);
    let ported = bench
        .client
        .get("/v2/phone_numbers?filter[source]=ported")
        .await;
    assert_eq!(ported.json()["meta"]["total_results"], 10);
    let jobs = bench
        .client
        .get(&format!("/v2/porting_orders/{id}/activation_jobs"))
        .await
        .data();
    assert_eq!(
        (
            jobs[0]["status"].as_str(),
            jobs[0]["activation_type"].as_str()
        ),
        (Some("completed"), Some("on-demand"))
    );
    let path = format!(
        "/v2/porting/events?filter[type]=porting_order.status_changed&filter[porting_order_id]={id}"
    );
    let events = bench.client.get(&path).await.data();
    assert_eq!(events.as_array().map(Vec::len), Some(4));
    let event = events[0]["id"].as_str().expect("an id");
    assert_eq!(
        bench
            .client
            .post(&format!("/v2/porting/events/{event}/republish"), json!({}))
            .await
            .status,
        204
    );
    bench.receiver.until(|data| data["id"] == event).await;
}

/// <https://developers.telnyx.com/api-reference/porting-orders/submit-a-porting-order>
#[tokio::test]
async fn a_wrong_pin_comes_back_and_is_corrected() {
    let mut bench = Bench::new(FAST, 0).await;
    let id = bench.client.draft("US-1000", 10).await;
    let order = format!("/v2/porting_orders/{id}");
    let wrong = json!({ "end_user": { "admin": { "pin_passcode": "0000" } }, "customer_reference": "mine" });
    bench.client.patch(&order, wrong).await.data();
    bench
        .client
        .post(&format!("{order}/actions/confirm"), json!({}))
        .await
        .data();
    let told = bench.receiver.status(&id, "exception").await.json();
    assert_eq!(
        told["data"]["payload"]["status"]["details"][0]["code"],
        "PASSCODE_PIN_INVALID"
    );
    assert_eq!(told["data"]["payload"]["customer_reference"], "mine");
    let types = bench
        .client
        .get("/v2/porting_orders/exception_types")
        .await
        .data();
    assert_eq!(types.as_array().map(Vec::len), Some(21));
    bench
        .client
        .patch(
            &order,
            json!({ "end_user": { "admin": { "pin_passcode": "4711" } } }),
        )
        .await
        .data();
    bench
        .client
        .post(&format!("{order}/actions/confirm"), json!({}))
        .await;
    bench.receiver.status(&id, "ported").await;
    let comments = bench.client.get(&format!("{order}/comments")).await.data();
    assert_eq!(comments[0]["user_type"], "admin");
    let found = bench.client.get("/v2/porting_orders?filter[customer_reference]=mine&filter[status][in][]=ported&filter[phone_numbers][phone_number][contains]=6465552").await;
    assert_eq!(found.json()["meta"]["total_results"], 1);
}

/// <https://developers.telnyx.com/docs/numbers/porting/cancel-port-order>
#[tokio::test]
async fn a_cancelled_order_is_looked_at_first() {
    let mut bench = Bench::new(FAST, 0).await;
    let id = bench.client.draft("CH-1004", 10).await;
    let order = format!("/v2/porting_orders/{id}");
    bench
        .client
        .post(&format!("{order}/actions/confirm"), json!({}))
        .await
        .data();
    bench.receiver.status(&id, "exception").await;
    let asked = bench
        .client
        .post(&format!("{order}/actions/cancel"), json!({}))
        .await
        .data();
    assert_eq!(asked["status"]["value"], "cancel-pending");
    bench.receiver.status(&id, "cancelled").await;
    let again = bench
        .client
        .post(&format!("{order}/actions/cancel"), json!({}))
        .await;
    assert_eq!(
        (
            again.status,
            again.json()["errors"][0]["source"]["pointer"].as_str()
        ),
        (422, Some("/status"))
    );
}

/// <https://developers.telnyx.com/api-reference/porting-orders/download-a-porting-order-loa-template>
#[tokio::test]
async fn a_draft_has_a_letter_papers_comments_bundles_and_a_token() {
    let mut bench = Bench::new(1, 0).await;
    let id = bench.client.draft("PA-M001", 10).await;
    let order = format!("/v2/porting_orders/{id}");
    let letter = bench.client.get(&format!("{order}/loa_template")).await;
    assert!(letter.bytes.starts_with(b"%PDF-1.4"));
    let said = bench
        .client
        .post(
            &format!("{order}/comments"),
            json!({ "body": "please hurry" }),
        )
        .await;
    assert_eq!(
        (said.status, said.data()["user_type"].as_str()),
        (201, Some("user"))
    );
    bench
        .receiver
        .until(|data| data["payload"]["comment"]["body"] == "please hurry")
        .await;
    let paper = bench.client.document("csr.pdf").await;
    let body =
        json!({ "additional_documents": [{ "document_id": paper, "document_type": "csr" }] });
    let attached = bench
        .client
        .post(&format!("{order}/additional_documents"), body)
        .await
        .data();
    assert_eq!(attached[0]["filename"], "csr.pdf");
    let path = format!(
        "{order}/additional_documents/{}",
        attached[0]["id"].as_str().expect("an id")
    );
    assert_eq!(
        bench
            .client
            .call("DELETE", &path, &json!(null))
            .await
            .status,
        204
    );
    let numbers = bench
        .client
        .get(&format!(
            "/v2/porting_phone_numbers?filter[porting_order_id]={id}"
        ))
        .await
        .data();
    let body = json!({ "phone_number_configurations": [{ "porting_phone_number_id": numbers[0]["id"], "user_bundle_id": "b" }] });
    assert_eq!(
        bench
            .client
            .post("/v2/porting_orders/phone_number_configurations", body)
            .await
            .status,
        201
    );
    let shared = bench
        .client
        .post(
            &format!("{order}/actions/share"),
            json!({ "expires_in_seconds": 60 }),
        )
        .await
        .data();
    assert_eq!(
        shared["token"]
            .as_str()
            .expect("a token")
            .split('.')
            .count(),
        3
    );
    let windows = bench
        .client
        .get(&format!("{order}/allowed_foc_windows"))
        .await
        .data();
    assert_eq!(windows.as_array().map(Vec::len), Some(10));
    assert_eq!(
        bench
            .client
            .call("DELETE", &order, &json!(null))
            .await
            .status,
        204
    );
    bench
        .receiver
        .until(|data| data["event_type"] == "porting_order.deleted")
        .await;
    assert_eq!(bench.client.get(&order).await.status, 404);
}

/// <https://developers.telnyx.com/docs/numbers/porting/getting-started>
#[tokio::test]
async fn five_hundred_numbers_come_in_mixed_outcomes() {
    let mut bench = Bench::new(FAST, 0).await;
    let id = bench.client.draft("CH-3000", 500).await;
    bench
        .client
        .post(
            &format!("/v2/porting_orders/{id}/actions/confirm"),
            json!({}),
        )
        .await
        .data();
    bench.receiver.status(&id, "ported").await;
    for (status, count) in [("Active", 450), ("Failed", 50)] {
        let path = format!(
            "/v2/porting_phone_numbers?filter[porting_order_id]={id}&filter[activation_status]={status}"
        );
        assert_eq!(
            bench.client.get(&path).await.json()["meta"]["total_results"],
            count,
            "{status}"
        );
    }
    for _ in 0..450 {
        assert!(matches!(
            bench.routes.recv().await,
            Some(NumberRoute::Here { .. })
        ));
    }
}

/// <https://developers.telnyx.com/api-reference/connections/retrieve-a-connection>
#[tokio::test]
async fn a_connection_is_there_if_the_platform_has_it() {
    let bench = Bench::new(1, 0).await;
    let there = bench.client.get("/v2/connections/trunk-1").await.data();
    assert_eq!(
        (&there["id"], &there["active"]),
        (&json!("trunk-1"), &json!(true))
    );
    let none = bench.client.get("/v2/connections/nowhere").await;
    assert_eq!(none.status, 404);
}

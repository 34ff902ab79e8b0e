//! Search, reservations, orders and the customer's numbers.

use crate::client::Bench;
use carrier::NumberRoute;
use serde_json::json;

/// Fast enough that days pass in a moment.
const FAST: u32 = 1_000_000;

/// <https://developers.telnyx.com/api-reference/phone-number-search/list-available-phone-numbers>
#[tokio::test]
async fn a_search_narrows_by_country_code_type_and_pattern() {
    let bench = Bench::new(1, 0).await;
    let found = bench
        .client
        .get("/v2/available_phone_numbers?filter[country_code]=CH&filter[national_destination_code]=44&filter[phone_number_type]=local&filter[phone_number][ends_with]=00&filter[features][]=voice&filter[limit]=3")
        .await;
    let numbers = found.data();
    assert_eq!(numbers.as_array().map(Vec::len), Some(3));
    assert_eq!(numbers[0]["phone_number"], "+41445551000");
    assert_eq!(numbers[0]["cost_information"]["monthly_cost"], "2.00");
    assert_eq!(found.json()["metadata"]["total_results"], 3);
    let near = bench
        .client
        .get("/v2/available_phone_numbers?filter[country_code]=US&filter[national_destination_code]=999&filter[best_effort]=true&filter[limit]=2")
        .await;
    assert_eq!(near.json()["meta"]["best_effort_results"], 2);
    let unknown = bench
        .client
        .get("/v2/available_phone_numbers?filter[colour]=red")
        .await;
    assert_eq!(
        (
            unknown.status,
            unknown.json()["errors"][0]["source"]["parameter"].as_str()
        ),
        (422, Some("filter[colour]"))
    );
}

#[tokio::test]
async fn numbers_that_are_there_to_fail_are_found_by_their_digits_alone() {
    let bench = Bench::new(1, 0).await;
    let path = "/v2/available_phone_numbers?filter[country_code]=CH&filter[national_destination_code]=44&filter[limit]=250";
    let any = bench.client.get(path).await.data();
    let any: Vec<&str> = any
        .as_array()
        .expect("numbers")
        .iter()
        .filter_map(|row| row["phone_number"].as_str())
        .collect();
    assert!(any.len() > 100, "{}", any.len());
    assert!(
        !any.iter()
            .any(|number| number.ends_with("98") || number.ends_with("99"))
    );
    let path = format!("{path}&filter[phone_number][ends_with]=99");
    let looked_for = bench.client.get(&path).await.data();
    assert!(
        looked_for[0]["phone_number"]
            .as_str()
            .is_some_and(|number| number.ends_with("99"))
    );
}

/// <https://developers.telnyx.com/api-reference/phone-number-configurations/enable-emergency-for-a-phone-number>
#[tokio::test]
async fn an_address_names_what_it_lacks_and_help_is_switched_off_again() {
    let mut bench = Bench::new(FAST, 0).await;
    let number = "+12125550101";
    let wish = json!({ "phone_numbers": [{ "phone_number": number }] });
    let ordered = bench.client.post("/v2/number_orders", wish).await;
    assert_eq!(ordered.status, 200, "{}", ordered.json());
    bench
        .receiver
        .until(|data| data["event_type"] == "number_order.complete")
        .await;
    let good = json!({ "business_name": "Isthmus", "street_address": "350 Fifth Avenue", "locality": "New York", "country_code": "US" });
    for field in [
        "business_name",
        "street_address",
        "locality",
        "country_code",
    ] {
        let mut bad = good.clone();
        bad.as_object_mut().expect("an object").remove(field);
        let refused = bench.client.post("/v2/addresses", bad).await;
        let pointer = &refused.json()["errors"][0]["source"]["pointer"];
        assert_eq!(pointer, &json!(format!("/{field}")));
    }
    let address = bench.client.post("/v2/addresses", good).await.data();
    let path = format!("/v2/phone_numbers/{number}/actions/enable_emergency");
    let nowhere = json!({ "emergency_enabled": true, "emergency_address_id": "nowhere" });
    assert_eq!(bench.client.post(&path, nowhere).await.status, 422);
    let on = json!({ "emergency_enabled": true, "emergency_address_id": address["id"] });
    let on = bench.client.post(&path, on).await.data();
    assert_eq!(on["emergency"]["emergency_status"], "active");
    let off = bench
        .client
        .post(&path, json!({ "emergency_enabled": false }))
        .await
        .data();
    assert_eq!(off["emergency"]["emergency_address_id"], json!(null));
}

/// <https://developers.telnyx.com/docs/numbers/phone-numbers/number-reservations>
#[tokio::test]
async fn a_reserved_number_is_not_found_by_others_and_can_be_ordered() {
    let mut bench = Bench::new(FAST, 0).await;
    let numbers = json!({ "phone_numbers": [{ "phone_number": "+12125550101" }], "customer_reference": "mine" });
    let slow = Bench::new(1, 0).await;
    let reserved = slow
        .client
        .post("/v2/number_reservations", numbers.clone())
        .await
        .data();
    assert_eq!(reserved["status"], "success");
    assert!(reserved["phone_numbers"][0]["expired_at"].is_string());
    let again = slow
        .client
        .post("/v2/number_reservations", numbers.clone())
        .await;
    assert_eq!(
        again.json()["errors"][0]["source"]["pointer"],
        "/phone_numbers/0/phone_number"
    );
    let path = "/v2/available_phone_numbers?filter[country_code]=US&filter[phone_number][contains]=2125550101";
    assert_eq!(slow.client.get(path).await.data(), json!([]));
    let held = slow
        .client
        .get(&format!("{path}&filter[exclude_held_numbers]=false"))
        .await
        .data();
    assert_eq!(held.as_array().map(Vec::len), Some(1));
    let id = reserved["id"].as_str().expect("an id");
    assert_eq!(
        slow.client
            .post(
                &format!("/v2/number_reservations/{id}/actions/extend"),
                json!({})
            )
            .await
            .status,
        200
    );
    let listed = slow
        .client
        .get("/v2/number_reservations?filter[customer_reference]=mine")
        .await;
    assert_eq!(listed.json()["meta"]["total_results"], 1);
    let order = bench.client.post("/v2/number_orders", numbers).await.data();
    assert_eq!(order["status"], "pending");
    bench
        .receiver
        .until(|data| data["event_type"] == "number_order.complete")
        .await;
}

/// <https://developers.telnyx.com/api-reference/callbacks/number-order-status-update>
#[tokio::test]
async fn an_order_ends_in_part_is_told_signed_and_routed() {
    // The first tries meet a receiver that fails.
    let mut bench = Bench::new(FAST, 2).await;
    let body = json!({
        "phone_numbers": [{ "phone_number": "+12125550110" }, { "phone_number": "+12125550199" }],
        "connection_id": "trunk-1",
        "customer_reference": "order-1",
    });
    let order = bench.client.post("/v2/number_orders", body).await.data();
    let notice = bench
        .receiver
        .until(|data| data["event_type"] == "number_order.complete")
        .await;
    notice.check(&bench.carrier.public_key());
    let told = notice.json();
    assert_eq!(told["meta"]["attempt"], 3);
    assert_eq!(told["data"]["payload"]["id"], order["id"]);
    assert_eq!(told["data"]["payload"]["status"], "success");
    let failed = told["data"]["payload"]["phone_numbers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["status"] == "failure")
        .count();
    assert_eq!(failed, 1);
    let route = bench.routes.recv().await.expect("a route");
    let (number, country) = ("+12125550110".to_owned(), "US".to_owned());
    assert_eq!(
        route,
        NumberRoute::Here {
            number: number.clone(),
            country,
            connection_id: Some("trunk-1".to_owned())
        }
    );
    let mine = bench
        .client
        .get("/v2/phone_numbers?filter[connection_id]=trunk-1")
        .await
        .data();
    let id = mine[0]["id"].as_str().expect("an id");
    assert_eq!(id.len(), 19);
    let edited = bench
        .client
        .patch(
            &format!("/v2/phone_numbers/{id}"),
            json!({ "connection_id": "trunk-2", "tags": ["a"] }),
        )
        .await
        .data();
    assert_eq!(
        (edited["connection_id"].as_str(), edited["tags"][0].as_str()),
        (Some("trunk-2"), Some("a"))
    );
    let gone = bench
        .client
        .call("DELETE", &format!("/v2/phone_numbers/{id}"), &json!(null))
        .await
        .data();
    assert_eq!(gone["status"], "deleted");
    while bench.routes.recv().await.expect("a route")
        != (NumberRoute::Gone {
            number: number.clone(),
        })
    {}
    assert_eq!(
        bench.client.get("/v2/phone_numbers").await.data(),
        json!([])
    );
    bench.carrier.shutdown().await;
}

/// <https://developers.telnyx.com/api-reference/phone-number-orders/update-requirements-for-a-single-phone-number-within-a-number-order>
#[tokio::test]
async fn a_swiss_number_waits_for_its_requirements() {
    let mut bench = Bench::new(FAST, 0).await;
    let slow = Bench::new(1, 0).await;
    let body = json!({ "phone_numbers": [{ "phone_number": "+41445551001" }] });
    let order = slow
        .client
        .post("/v2/number_orders", body.clone())
        .await
        .data();
    assert_eq!(
        (
            order["requirements_met"].as_bool(),
            order["status"].as_str()
        ),
        (Some(false), Some("pending"))
    );
    let sub = order["sub_number_orders_ids"][0].as_str().expect("an id");
    let ended = slow
        .client
        .patch(&format!("/v2/sub_number_orders/{sub}/cancel"), json!({}))
        .await
        .data();
    assert_eq!(ended["status"], "failure");
    let order = slow.client.post("/v2/number_orders", body).await.data();
    let number = &order["phone_numbers"][0];
    let proof = slow.client.document("proof.pdf").await;
    let values: Vec<_> = number["regulatory_requirements"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|each| {
            let value = if each["field_type"] == "document" {
                proof.as_str()
            } else {
                "CHE-123.456.788"
            };
            json!({ "requirement_id": each["requirement_id"], "field_value": value })
        })
        .collect();
    let path = format!(
        "/v2/number_order_phone_numbers/{}",
        number["id"].as_str().expect("an id")
    );
    let edited = slow
        .client
        .patch(&path, json!({ "regulatory_requirements": values }))
        .await
        .data();
    assert_eq!(
        edited["requirements_status"],
        "requirement-info-under-review"
    );
    let wanted = slow.client.get("/v2/requirements?filter[country_code]=CH&filter[action]=ordering&filter[phone_number_type]=local").await.data();
    assert_eq!(
        wanted[0]["requirement_types"].as_array().map(Vec::len),
        Some(2)
    );
    // In a fast world the same number ends for want of its papers.
    bench
        .client
        .post(
            "/v2/number_orders",
            json!({ "phone_numbers": [{ "phone_number": "+41445551002" }] }),
        )
        .await
        .data();
    let told = bench
        .receiver
        .until(|data| data["event_type"] == "number_order.complete")
        .await
        .json();
    assert_eq!(told["data"]["payload"]["status"], "failure");
}

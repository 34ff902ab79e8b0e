//! What holds for every request.

use crate::client::Bench;
use serde_json::json;

/// <https://developers.telnyx.com/development/api-fundamentals/api-errors>
#[tokio::test]
async fn refusals_have_telnyxs_form() {
    let bench = Bench::new(1, 0).await;
    for key in [None, Some("Bearer wrong"), Some("practice")] {
        let headers: Vec<(&str, &str)> =
            key.map(|key| ("authorization", key)).into_iter().collect();
        let refused = bench
            .client
            .send("GET", "/v2/phone_numbers", &headers, Vec::new())
            .await;
        assert_eq!(
            (refused.status, refused.json()["errors"][0]["code"].as_str()),
            (401, Some("10009"))
        );
    }
    let cases = [
        ("GET", "/v2/nothing", json!(null), 404, "10005"),
        ("DELETE", "/v2/number_orders", json!(null), 404, "10005"),
        (
            "GET",
            "/v2/porting_orders/unknown",
            json!(null),
            404,
            "10005",
        ),
        (
            "GET",
            "/v2/porting/loa_configurations",
            json!(null),
            501,
            "10007",
        ),
        (
            "GET",
            "/v2/porting_orders/x/phone_number_blocks",
            json!(null),
            501,
            "10007",
        ),
        ("POST", "/v2/number_orders", json!({}), 422, "10004"),
        (
            "POST",
            "/v2/number_orders",
            json!({ "phone_numbers": [{ "phone_number": "044" }] }),
            422,
            "10016",
        ),
        (
            "POST",
            "/v2/portability_checks",
            json!({ "phone_numbers": 5 }),
            422,
            "10015",
        ),
        (
            "POST",
            "/v2/documents",
            json!({ "file": "bm90IGEgcGRm" }),
            415,
            "10014",
        ),
        (
            "GET",
            "/v2/phone_numbers?page[size]=1000",
            json!(null),
            422,
            "10015",
        ),
        (
            "POST",
            "/v2/porting/events/unknown/republish",
            json!(null),
            404,
            "10005",
        ),
        (
            "PATCH",
            "/v2/portouts/x/ported",
            json!({ "reason": "x" }),
            422,
            "10015",
        ),
    ];
    for (method, path, body, status, code) in cases {
        let refused = bench.client.call(method, path, &body).await;
        assert_eq!(
            (refused.status, refused.json()["errors"][0]["code"].as_str()),
            (status, Some(code)),
            "{method} {path}"
        );
    }
    let headers = [
        ("authorization", "Bearer practice"),
        ("content-type", "application/json"),
    ];
    let broken = bench
        .client
        .send("POST", "/v2/number_orders", &headers, b"{".to_vec())
        .await;
    assert_eq!(broken.status, 422);
    let key = bench.client.get("/v2/public_key").await.data();
    assert_eq!(
        key["public"].as_str(),
        Some(bench.carrier.public_key().as_str())
    );
}

/// <https://developers.telnyx.com/docs/development/api-fundamentals/request-response>
#[tokio::test]
async fn lists_come_in_pages_newest_first() {
    let bench = Bench::new(1, 0).await;
    for last in 10..15 {
        let body = json!({ "phone_numbers": [{ "phone_number": format!("+121255501{last}") }] });
        bench.client.post("/v2/number_orders", body).await.data();
    }
    let page = bench
        .client
        .get("/v2/number_orders?page[number]=2&page[size]=2")
        .await
        .json();
    assert_eq!(
        page["meta"],
        json!({ "page_number": 2, "page_size": 2, "total_pages": 3, "total_results": 5 })
    );
    assert_eq!(
        page["data"][0]["phone_numbers"][0]["phone_number"],
        "+12125550112"
    );
    let old = bench
        .client
        .get("/v2/number_orders?sort[value]=created_at&page[size]=1")
        .await
        .json();
    assert_eq!(
        old["data"][0]["phone_numbers"][0]["phone_number"],
        "+12125550110"
    );
}

/// <https://developers.telnyx.com/api-reference/documents/upload-a-document>
#[tokio::test]
async fn a_document_comes_back_as_it_was_sent() {
    let bench = Bench::new(1, 0).await;
    let body = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bill.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\nbytes\r\n--xyz\r\nContent-Disposition: form-data; name=\"customer_reference\"\r\n\r\nref-1\r\n--xyz--\r\n";
    let headers = [
        ("authorization", "Bearer practice"),
        ("content-type", "multipart/form-data; boundary=xyz"),
    ];
    let made = bench
        .client
        .send("POST", "/v2/documents", &headers, body.into())
        .await
        .data();
    assert_eq!(
        (
            made["filename"].as_str(),
            made["customer_reference"].as_str()
        ),
        (Some("bill.pdf"), Some("ref-1"))
    );
    let id = made["id"].as_str().expect("an id");
    let sent = bench
        .client
        .get(&format!("/v2/documents/{id}/download"))
        .await;
    assert_eq!(&sent.bytes[..], b"%PDF-1.7\r\nbytes");
    assert_eq!(
        bench
            .client
            .call("DELETE", &format!("/v2/documents/{id}"), &json!(null))
            .await
            .status,
        200
    );
    assert_eq!(
        bench
            .client
            .get(&format!("/v2/documents/{id}"))
            .await
            .status,
        404
    );
}

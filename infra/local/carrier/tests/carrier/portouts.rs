//! Port-outs, and the desk of the donor.

use crate::client::{Bench, FORM, form, location};
use axum::http::HeaderValue;
use serde_json::json;

/// Fast enough that days pass in a moment.
const FAST: u32 = 1_000_000;

/// <https://developers.telnyx.com/docs/numbers/porting/port-out-quickstart>
#[tokio::test]
async fn a_port_out_is_rejected_for_its_pin() {
    let mut bench = Bench::new(3600, 0).await;
    let body = json!({ "phone_numbers": [{ "phone_number": "+12125550100" }] });
    bench.client.post("/v2/number_orders", body).await.data();
    bench
        .receiver
        .until(|data| data["event_type"] == "number_order.complete")
        .await;
    bench
        .client
        .patch(
            "/v2/phone_numbers/+12125550100",
            json!({ "external_pin": "8642" }),
        )
        .await
        .data();
    let ask = json!({ "phone_numbers": ["+12125550100"], "pin": "1111", "carrier_name": "Other" });
    let started = bench.client.post("/practice/portouts", ask).await.data();
    let id = started["id"].as_str().expect("an id").to_owned();
    let told = bench
        .receiver
        .until(|data| data["event_type"] == "portout.status_changed")
        .await
        .json();
    assert_eq!(told["data"]["payload"]["attempted_pin"], "1111");
    let codes = bench
        .client
        .get(&format!("/v2/portouts/rejections/{id}?filter[code]=1002"))
        .await
        .data();
    assert_eq!(
        codes,
        json!([{ "code": 1002, "description": "Invalid PIN", "reason_required": false }])
    );
    let path = format!("/v2/portouts/{id}/rejected-pending");
    let answered = bench
        .client
        .patch(&path, json!({ "reason": "1002" }))
        .await
        .data();
    assert_eq!(
        (
            answered["status"].as_str(),
            answered["rejection_code"].as_u64()
        ),
        (Some("rejected-pending"), Some(1002))
    );
    bench
        .receiver
        .until(|data| data["payload"]["status"] == "rejected")
        .await;
    let number = bench
        .client
        .get("/v2/phone_numbers/+12125550100")
        .await
        .data();
    assert_eq!(number["status"], "active");
    let page = bench.client.send("GET", "/practice", &[], Vec::new()).await;
    assert!(page.text().contains("rejected: Invalid PIN (1002)"));
    let paper = bench.client.document("loa.pdf").await;
    let body = json!({ "documents": [{ "document_id": paper, "type": "loa" }] });
    assert_eq!(
        bench
            .client
            .post(&format!("/v2/portouts/{id}/supporting_documents"), body)
            .await
            .status,
        201
    );
    bench
        .client
        .post(
            &format!("/v2/portouts/{id}/comments"),
            json!({ "body": "why?" }),
        )
        .await
        .data();
    let comments = bench
        .client
        .get(&format!("/v2/portouts/{id}/comments"))
        .await
        .data();
    assert_eq!(comments[0]["body"], "why?");
    let listed = bench
        .client
        .get("/v2/portouts?filter[status]=rejected")
        .await;
    assert_eq!(listed.json()["meta"]["total_results"], 1);
    let events = bench.client.get("/v2/portouts/events").await;
    assert_eq!(events.json()["meta"]["total_results"], 4);
}

#[tokio::test]
async fn a_person_answers_with_forms_that_need_no_script() {
    let mut bench = Bench::new(FAST / 10, 0).await;
    let set = bench
        .client
        .send(
            "POST",
            "/practice/settings",
            &[FORM],
            form(&[("manual_donor", "true")]),
        )
        .await;
    assert_eq!(
        (set.status, location(&set).as_str()),
        (303, "/practice?done=1")
    );
    let id = bench.client.draft("CH-1000", 10).await;
    bench
        .client
        .post(
            &format!("/v2/porting_orders/{id}/actions/confirm"),
            json!({}),
        )
        .await
        .data();
    bench.receiver.status(&id, "submitted").await;
    let queue = bench.client.get("/practice/queue").await.data();
    assert_eq!(
        (
            queue[0]["port"]["id"].as_str(),
            queue[0]["records_say"]["answer"].as_str()
        ),
        (Some(id.as_str()), Some("accept"))
    );
    let page = bench.client.send("GET", "/practice", &[], Vec::new()).await;
    let text = page.text();
    assert!(text.contains(&format!("/practice/ports/{id}/accept")) && !text.contains("<script"));
    let path = format!("/practice/ports/{id}/reject");
    let foreign = [FORM, ("origin", "http://elsewhere.example")];
    assert_eq!(
        bench
            .client
            .send("POST", &path, &foreign, form(&[("codes", "OTHER")]))
            .await
            .status,
        403
    );
    let typed = form(&[("codes", "<NO_SUCH_CODE>"), ("comment", "\"call\"")]);
    let wrong = bench.client.send("POST", &path, &[FORM], typed).await;
    assert_eq!(
        (wrong.status, &wrong.headers["referrer-policy"]),
        (422, &HeaderValue::from_static("same-origin"))
    );
    let text = wrong.text();
    for part in [
        "<a href=\"#wrong-codes\">Reason</a>: &quot;&lt;NO_SUCH_CODE&gt;&quot; is no exception code",
        "name=\"comment\" value=\"&quot;call&quot;\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let body = form(&[("codes", "LSR_PENDING"), ("comment", "<b>call</b>")]);
    assert_eq!(
        bench.client.send("POST", &path, &[FORM], body).await.status,
        303
    );
    let told = bench.receiver.status(&id, "exception").await.json();
    assert_eq!(
        told["data"]["payload"]["status"]["details"][0]["code"],
        "LSR_PENDING"
    );
    let events = bench.client.get("/practice/events").await.data();
    assert!(events.as_array().is_some_and(|rows| !rows.is_empty()));
}

#[tokio::test]
async fn what_is_wrong_with_a_port_out_is_said_beside_its_field_and_what_was_typed_stays() {
    let bench = Bench::new(3600, 0).await;
    let typed = form(&[
        ("phone_numbers", "12125550100, +12125550199"),
        ("pin", "0000"),
        ("carrier_name", "Hasty <Telecom>"),
    ]);
    let wrong = bench
        .client
        .send("POST", "/practice/portouts", &[FORM], typed)
        .await;
    let text = wrong.text();
    assert_eq!(wrong.status, 422, "{text}");
    for part in [
        "<a href=\"#wrong-phone_numbers\">Numbers</a>: &quot;12125550100&quot; is not a plus sign and 7 to 15 digits",
        "value=\"12125550100, +12125550199\" required id=\"wrong-phone_numbers\" aria-invalid=\"true\" aria-describedby=\"why-phone_numbers\"",
        "name=\"pin\" value=\"0000\"",
        "value=\"Hasty &lt;Telecom&gt;\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.matches("aria-invalid=\"true\"").count(), 1, "{text}");
    // Whoever opens that address again comes to the page.
    let again = bench
        .client
        .send("GET", "/practice/portouts", &[], Vec::new())
        .await;
    assert_eq!(
        (again.status, location(&again).as_str()),
        (303, "/practice")
    );
}

#[tokio::test]
async fn what_is_wrong_leads_to_no_field_that_is_not_there() {
    let bench = Bench::new(3600, 0).await;
    let refused = async |path: &str, typed: &[(&str, &str)]| {
        let answer = bench.client.send("POST", path, &[FORM], form(typed)).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        answer.text()
    };
    let gone = refused("/practice/ports/gone/foc", &[("foc_datetime", "soon")]).await;
    let words = "<p>Date (UTC): an ISO 8601 date and time</p>";
    assert!(gone.contains(words) && !gone.contains("#wrong-"), "{gone}");
    let path = "/practice/settings";
    let unsaid = refused(path, &[("manual_donor", "maybe")]).await;
    let words = "<p>manual_donor is true or false</p>";
    assert!(unsaid.contains(words), "{unsaid}");
    // A browser that opens that address again comes to the page, a program has the settings.
    let browser = [("accept", "text/html,*/*;q=0.8")];
    let again = bench.client.send("GET", path, &browser, Vec::new()).await;
    assert_eq!(
        (again.status, location(&again).as_str()),
        (303, "/practice")
    );
    let told = bench.client.get(path).await.data();
    assert_eq!(told["manual_donor"], false);
}

//! The API as the AWS SDK speaks it.

mod outside;

use aws_sdk_chimesdkvoice::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_chimesdkvoice::types::*;
use outside::{OURS, Service, THEIRS, config, service};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The error's name.
fn code<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> String {
    error.code().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn applications_and_rules_live_as_in_the_service() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    let client = &service.client;
    let id = &service.application;
    let got = client
        .get_sip_media_application()
        .sip_media_application_id(id)
        .send()
        .await
        .unwrap();
    let got = got.sip_media_application.unwrap();
    assert_eq!(got.name(), Some("main"));
    assert!(
        got.sip_media_application_arn()
            .unwrap()
            .ends_with(&format!(":sma/{id}"))
    );
    assert!(got.created_timestamp().is_some());
    let endpoint = SipMediaApplicationEndpoint::builder()
        .lambda_arn("arn:aws:lambda:us-east-1:000000000000:function:two")
        .build();
    let updated = client
        .update_sip_media_application()
        .sip_media_application_id(id)
        .endpoints(endpoint)
        .send()
        .await
        .unwrap();
    assert!(
        updated.sip_media_application.unwrap().endpoints()[0]
            .lambda_arn()
            .unwrap()
            .ends_with(":two")
    );
    let used = client
        .delete_sip_media_application()
        .sip_media_application_id(id)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(used), "ConflictException");

    let rules = client
        .list_sip_rules()
        .sip_media_application_id(id)
        .send()
        .await
        .unwrap();
    let rule = rules.sip_rules()[0].sip_rule_id().unwrap().to_owned();
    let enabled = client
        .delete_sip_rule()
        .sip_rule_id(&rule)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(enabled), "ConflictException");
    let twice = client
        .create_sip_rule()
        .name("x")
        .trigger_type(SipRuleTriggerType::ToPhoneNumber)
        .trigger_value(OURS);
    assert_eq!(code(twice.send().await.unwrap_err()), "ConflictException");
    let foreign = client
        .create_sip_rule()
        .name("x")
        .trigger_type(SipRuleTriggerType::ToPhoneNumber)
        .trigger_value("+15550100123");
    assert_eq!(
        code(foreign.send().await.unwrap_err()),
        "BadRequestException"
    );
    client
        .update_sip_rule()
        .sip_rule_id(&rule)
        .name("main")
        .disabled(true)
        .send()
        .await
        .unwrap();
    client
        .delete_sip_rule()
        .sip_rule_id(&rule)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(
            client
                .get_sip_rule()
                .sip_rule_id(&rule)
                .send()
                .await
                .unwrap_err()
        ),
        "NotFoundException"
    );
    client
        .delete_sip_media_application()
        .sip_media_application_id(id)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn numbers_are_listed_searched_and_ordered() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    let client = &service.client;
    let listed = client.list_phone_numbers().send().await.unwrap();
    let mut numbers: Vec<_> = listed
        .phone_numbers()
        .iter()
        .map(|n| n.e164_phone_number().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [OURS, "+6565550100"]);
    let number = client
        .get_phone_number()
        .phone_number_id(OURS)
        .send()
        .await
        .unwrap()
        .phone_number
        .unwrap();
    assert_eq!(
        (number.country(), number.status()),
        (Some("CH"), Some(&PhoneNumberStatus::Assigned))
    );
    assert_eq!(
        number.associations()[0].name(),
        Some(&PhoneNumberAssociationName::SipRuleId)
    );
    let countries = client
        .list_supported_phone_number_countries()
        .product_type(PhoneNumberProductType::SipMediaApplicationDialIn);
    let countries = countries.send().await.unwrap();
    let codes: Vec<_> = countries
        .phone_number_countries()
        .iter()
        .map(|c| c.country_code().unwrap())
        .collect();
    assert_eq!(codes, ["CH", "PA", "SG"]);
    let found = client
        .search_available_phone_numbers()
        .country("PA")
        .send()
        .await
        .unwrap();
    assert_eq!(found.e164_phone_numbers(), ["+5072020100"]);
    let order = client
        .create_phone_number_order()
        .product_type(PhoneNumberProductType::SipMediaApplicationDialIn);
    let order = order
        .e164_phone_numbers("+5072020100")
        .e164_phone_numbers("+15550100123")
        .send()
        .await
        .unwrap();
    let order = order.phone_number_order.unwrap();
    assert_eq!(order.status(), Some(&PhoneNumberOrderStatus::Partial));
    let again = client
        .get_phone_number_order()
        .phone_number_order_id(order.phone_number_order_id().unwrap())
        .send()
        .await;
    assert_eq!(
        again
            .unwrap()
            .phone_number_order
            .unwrap()
            .ordered_phone_numbers()
            .len(),
        2
    );
    assert_eq!(
        client
            .list_phone_numbers()
            .send()
            .await
            .unwrap()
            .phone_numbers()
            .len(),
        3
    );
    // Lists give at most 100, searches 500.
    let search = |most: i32| {
        let search = client.search_available_phone_numbers().country("CH");
        search.max_results(most).send()
    };
    assert!(search(500).await.is_ok() && search(501).await.is_err());
    assert!(
        client
            .list_phone_numbers()
            .max_results(101)
            .send()
            .await
            .is_err()
    );
    let page = client
        .list_phone_numbers()
        .max_results(2)
        .send()
        .await
        .unwrap();
    let rest = client
        .list_phone_numbers()
        .next_token(page.next_token().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        (page.phone_numbers().len(), rest.phone_numbers().len()),
        (2, 1)
    );
}

#[tokio::test]
async fn a_voice_connector_keeps_its_settings() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    let client = &service.client;
    let listed = client.list_voice_connectors().send().await.unwrap();
    let connector = &listed.voice_connectors()[0];
    let id = connector.voice_connector_id().unwrap();
    assert_eq!(
        connector.outbound_host_name(),
        Some(format!("{id}.voiceconnector.chime.aws").as_str())
    );
    let got = client
        .get_voice_connector_termination()
        .voice_connector_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(
        got.termination.unwrap().cidr_allowed_list(),
        ["127.0.0.1/32"]
    );
    let wide = Termination::builder()
        .calling_regions("CH")
        .cidr_allowed_list("0.0.0.0/0")
        .build();
    let wide = client
        .put_voice_connector_termination()
        .voice_connector_id(id)
        .termination(wide)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(wide), "BadRequestException");
    let credential = Credential::builder()
        .username("pbx")
        .password("secret")
        .build();
    client
        .put_voice_connector_termination_credentials()
        .voice_connector_id(id)
        .credentials(credential)
        .send()
        .await
        .unwrap();
    let names = client
        .list_voice_connector_termination_credentials()
        .voice_connector_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(names.usernames(), ["pbx"]);
    let route = OriginationRoute::builder()
        .host("192.0.2.1")
        .port(5060)
        .protocol(OriginationRouteProtocol::Udp)
        .priority(1)
        .weight(5);
    let origination = Origination::builder()
        .routes(route.build())
        .disabled(false)
        .build();
    client
        .put_voice_connector_origination()
        .voice_connector_id(id)
        .origination(origination)
        .send()
        .await
        .unwrap();
    let got = client
        .get_voice_connector_origination()
        .voice_connector_id(id)
        .send()
        .await
        .unwrap();
    assert_eq!(
        got.origination.unwrap().routes()[0].host(),
        Some("192.0.2.1")
    );
    let encrypted = client
        .create_voice_connector()
        .name("tls")
        .require_encryption(true)
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(encrypted), "BadRequestException");
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let first = service(config(dir.path())).await;
    let application = first.application.clone();
    let password = first.voice.accounts()[0].password.clone();
    first.voice.shutdown().await;
    drop(first);
    let second = service(config(dir.path())).await;
    assert_eq!(second.application, application);
    assert_eq!(second.voice.accounts()[0].password, password);
    assert_eq!(
        second
            .client
            .list_voice_connectors()
            .send()
            .await
            .unwrap()
            .voice_connectors()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_call_to_nobody_is_accepted_told_and_then_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = service(config(dir.path())).await;
    let call = |from: &str, to: &str| {
        let call = service
            .client
            .create_sip_media_application_call()
            .sip_media_application_id(&service.application);
        call.from_phone_number(from).to_phone_number(to)
    };
    assert_eq!(
        code(call("+15550100123", THEIRS).send().await.unwrap_err()),
        "BadRequestException"
    );
    assert_eq!(
        code(call(OURS, "anna").send().await.unwrap_err()),
        "BadRequestException"
    );
    assert_eq!(
        code(
            call(OURS, THEIRS)
                .sip_headers("Via", "x")
                .send()
                .await
                .unwrap_err()
        ),
        "BadRequestException"
    );
    let placed = call(OURS, THEIRS)
        .arguments_map("call", "7")
        .send()
        .await
        .unwrap();
    let transaction = placed
        .sip_media_application_call
        .unwrap()
        .transaction_id
        .unwrap();
    let first = service.event().await;
    assert_eq!(first["InvocationEventType"], "NEW_OUTBOUND_CALL");
    assert_eq!(
        first["ActionData"]["Parameters"]["Arguments"],
        json!({ "call": "7" })
    );
    assert_eq!(first["CallDetails"]["TransactionId"], transaction.as_str());
    assert_eq!(
        service.event_of("HANGUP").await["ActionData"]["Parameters"]["SipResponseCode"],
        480
    );
    let update = service
        .client
        .update_sip_media_application_call()
        .sip_media_application_id(&service.application);
    let gone = update
        .transaction_id(transaction)
        .arguments("k", "v")
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(gone), "NotFoundException");
}

#[tokio::test]
async fn an_operation_that_is_not_there_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    let error = service
        .client
        .list_voice_connector_groups()
        .send()
        .await
        .unwrap_err();
    assert_eq!(code(error), "ForbiddenException");
}

/// What AWS Support does in a support case.
async fn support(service: &Service, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = axum::http::Request::builder()
        .method(method)
        .uri(format!("/practice/porting-orders{path}"))
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    let answer = service.voice.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), 65_536)
        .await
        .unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_port_that_support_moves_is_read_by_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(config(dir.path())).await;
    let client = &service.client;
    let numbers = ["+41445552000", "+41445552001"];
    let (status, opened) =
        support(&service, "POST", "", json!({ "E164PhoneNumbers": numbers })).await;
    assert_eq!(status, 201, "{opened}");
    let id = opened["PhoneNumberOrder"]["PhoneNumberOrderId"]
        .as_str()
        .unwrap();
    let read = || async {
        let get = client.get_phone_number_order().phone_number_order_id(id);
        get.send().await.unwrap().phone_number_order.unwrap()
    };
    let order = read().await;
    assert_eq!(order.order_type().unwrap().as_str(), "Porting");
    assert_eq!(
        (order.status().unwrap().as_str(), order.foc_date()),
        ("Submitted", None)
    );
    let since = *order.updated_timestamp().unwrap();
    let path = format!("/{id}");
    let foc = json!({ "Status": "FOC", "FocDate": "2026-12-10T09:00:00Z" });
    assert_eq!(support(&service, "PUT", &path, foc).await.0, 200);
    let order = read().await;
    assert_eq!(order.foc_date(), Some("2026-12-10T09:00:00Z"));
    assert!(*order.updated_timestamp().unwrap() >= since);
    let held = || async {
        client
            .list_phone_numbers()
            .send()
            .await
            .unwrap()
            .phone_numbers()
            .len()
    };
    let before = held().await;
    let here = json!({ "Status": "Successful", "Country": "CH", "Failed": [numbers[1]] });
    assert_eq!(support(&service, "PUT", &path, here).await.0, 200);
    assert_eq!(
        read().await.status(),
        Some(&PhoneNumberOrderStatus::Partial)
    );
    assert_eq!(held().await, before + 1);
    let late = support(&service, "PUT", &path, json!({ "Status": "Cancelled" })).await;
    assert_eq!(late.0, 400, "{}", late.1);
}

//! Numbers of other carriers: their calls come through a Voice Connector.

mod outside;
#[path = "outside/phone.rs"]
mod phone;

use aws_sdk_chimesdkvoice::types::{SipRuleTargetApplication, SipRuleTriggerType};
use outside::{Service, hangup, on, service};
use phone::Phone;
use serde_json::json;

/// A number that is not of the account.
const CARRIED: &str = "+41445551000";

/// A rule for the connector's host name; the connector's id.
async fn connector_with_a_rule(service: &Service) -> String {
    let connectors = service.client.list_voice_connectors().send().await.unwrap();
    let connector = connectors.voice_connectors()[0].clone();
    let target = SipRuleTargetApplication::builder()
        .sip_media_application_id(&service.application)
        .priority(1)
        .aws_region("us-east-1")
        .build();
    let rule = service.client.create_sip_rule().name("trunk");
    rule.trigger_type(SipRuleTriggerType::RequestUriHostname)
        .trigger_value(connector.outbound_host_name.unwrap())
        .target_applications(target)
        .send()
        .await
        .unwrap();
    connector.voice_connector_id.unwrap()
}

async fn invite(service: &Service) -> Phone {
    let phone = Phone::new(service.voice.sip_addr()).await;
    let invite = phone.text("INVITE", CARRIED, 1, "", &phone.offer());
    phone.send(&invite).await;
    phone
}

#[tokio::test]
async fn calls_to_a_carried_number_come_until_it_is_taken_back_and_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = service(outside::config(dir.path())).await;
    invite(&first).await.status(404).await;

    assert!(!first.voice.trunk().has("nowhere"));
    let connector = connector_with_a_rule(&first).await;
    assert!(first.voice.trunk().has(&connector));
    // Not of the account: AWS takes no rule for the number itself.
    let refused = first.client.create_sip_rule().name("number");
    let refused = refused
        .trigger_type(SipRuleTriggerType::ToPhoneNumber)
        .trigger_value(CARRIED);
    assert!(refused.send().await.is_err());
    first.voice.trunk().lead(CARRIED, &connector).await.unwrap();
    let busy = |event: &serde_json::Value| on(event, &[("NEW_INBOUND_CALL", json!([hangup(486)]))]);
    first.script.set(busy);
    invite(&first).await.status(486).await;
    let event = first.event_of("NEW_INBOUND_CALL").await;
    assert_eq!(event["CallDetails"]["Participants"][0]["To"], CARRIED);
    first.voice.shutdown().await;
    drop(first);

    let second = service(outside::config(dir.path())).await;
    second.script.set(busy);
    invite(&second).await.status(486).await;
    second.voice.trunk().take_back(CARRIED).await.unwrap();
    invite(&second).await.status(404).await;
}

#[tokio::test]
async fn what_is_no_number_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let service = service(outside::config(dir.path())).await;
    let refused = service.voice.trunk().lead("anna", "c").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        r#""anna" is not an E.164 number like +41445550100"#
    );
}

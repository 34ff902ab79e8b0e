//! Calls and people for tests.

use super::side::Eye;
use contract::view::{CallView, Leg, LegKind, LegStatus, Phase, Rang, Rung, Step, Workflow};
use contract::{CallId, E164, LegId, PersonId, TenantId};

pub(crate) fn lucia() -> Eye {
    Eye {
        person: "p-lucia".into(),
        device: "device-lucia-1".into(),
    }
}

pub(crate) fn operator() -> Eye {
    Eye {
        person: "p-operator".into(),
        device: "device-operator".into(),
    }
}

pub(crate) fn leg(id: &str, kind: LegKind, name: &str) -> Leg {
    Leg {
        id: LegId::from(id),
        kind,
        status: LegStatus::Waiting,
        name: name.to_owned(),
        number: None,
        person: None,
        device: None,
    }
}

/// A phone calls Lucía; nothing rings yet.
pub(crate) fn inbound() -> CallView {
    let mut phone = leg(LegId::CALLER, LegKind::Phone, "+41445550100");
    phone.number = E164::parse("+41445550100").ok();
    phone.status = LegStatus::Connected;
    let mut client = leg(LegId::CALLEE, LegKind::Client, "Luc\u{ed}a M\u{e9}ndez");
    client.person = Some(PersonId::from("p-lucia"));
    CallView {
        id: CallId::from("c-1"),
        tenant: TenantId::from("t-1"),
        workflow: Workflow::InboundCall,
        execution: None,
        rev: 1,
        phase: Phase::Starting,
        state: "Route".to_owned(),
        steps: vec![Step {
            state: "Route".to_owned(),
            at: "2026-11-20T10:00:00.000Z".to_owned(),
        }],
        legs: vec![phone, client],
        rung: Vec::new(),
        dialled: E164::parse("+5078330142").ok(),
        started_at: "2026-11-20T10:00:00.000Z".to_owned(),
        ring_until: None,
        ringing_at: None,
        rang_devices: None,
        answered_at: None,
        ended_at: None,
        outcome: None,
        ended_by: None,
        reason: None,
        digits: String::new(),
    }
}

/// Two people ring together.
pub(crate) fn together() -> CallView {
    let rung = |eye: Eye, name: &str| Rung {
        person: eye.person,
        name: name.to_owned(),
        status: Rang::Ringing,
    };
    let mut call = inbound();
    call.phase = Phase::Ringing;
    call.legs[1].person = None;
    call.legs[1].name = "Sales".to_owned();
    call.rung = vec![
        rung(lucia(), "Luc\u{ed}a M\u{e9}ndez"),
        rung(operator(), "Somebody"),
    ];
    call
}

/// Lucía calls a phone.
pub(crate) fn outbound() -> CallView {
    let mut client = leg(LegId::CALLER, LegKind::Client, "Luc\u{ed}a M\u{e9}ndez");
    client.person = Some(PersonId::from("p-lucia"));
    client.device = Some(lucia().device);
    let mut phone = leg(LegId::CALLEE, LegKind::Phone, "+6565550123");
    phone.number = E164::parse("+6565550123").ok();
    CallView {
        id: CallId::from("c-2"),
        workflow: Workflow::OutboundCall,
        legs: vec![client, phone],
        ..inbound()
    }
}

/// A definition with a turn, a choice, a catch, a loop and an end.
pub(crate) fn definition() -> serde_json::Value {
    serde_json::json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Route",
        "States": {
            "Route": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "MayRing",
                "Catch": [{ "ErrorEquals": ["Route.NoSuchNumber"], "Next": "Refuse" }] },
            "MayRing": { "Type": "Choice",
                "Choices": [{ "Condition": "{% $verdict = 'ring' %}", "Next": "Ring" }], "Default": "Refuse" },
            "Ring": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 30,
                "Next": "Heard", "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "Refuse" }] },
            "Heard": { "Type": "Choice", "Choices": [
                { "Condition": "{% $signal.name = 'client.answer' %}", "Next": "Connect" },
                { "Condition": "{% $signal.name in ['client.decline', 'phone.hungup'] %}", "Next": "Refuse" }],
                "Default": "Ring" },
            "Connect": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Talking" },
            "Talking": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Next": "HangUp" },
            "Refuse": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "HangUp" },
            "HangUp": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true }
        }
    })
}

/// A dossier that waits for the operator.
pub(crate) fn request(id: &str) -> contract::request::RequestView {
    use contract::request::{Kind, Party, RequestView};
    RequestView {
        id: id.into(),
        kind: Kind::VerifyDossier,
        tenant: TenantId::from("t-1"),
        rev: 1,
        execution: Some("arn".to_owned()),
        title: "Isthmus Trading".to_owned(),
        status: "in_review".to_owned(),
        owner: Party::Operator,
        next_action: "Review the dossier".to_owned(),
        deadline: None,
        escalated: None,
        begun_at: "2026-11-20T09:00:00.000Z".to_owned(),
        changed_at: "2026-11-20T09:30:00.000Z".to_owned(),
        ended_at: None,
        outcome: None,
        numbers: Vec::new(),
        task: None,
        actions: Vec::new(),
        steps: Vec::new(),
        timeline: Vec::new(),
        details: serde_json::Value::Null,
    }
}

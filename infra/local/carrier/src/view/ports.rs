//! Porting orders and what belongs to them.

use super::{USER_ID, stamped};
use crate::core::State;
use crate::core::event::Event;
use crate::core::port::parts::{Attachment, Comment, Configuration, Job, Token};
use crate::core::port::{ActivationStatus, ExceptionCode, Port, PortNumber, PortStatus};
use crate::core::time::At;
use serde_json::{Value, json};

/// Numbers that are listed with an order.
const LISTED: usize = 50;

/// The key that the carrier's support knows an order by; none for a draft.
pub fn support_key(port: &Port) -> Option<String> {
    (port.status != PortStatus::Draft).then(|| format!("sr_{}", port.id[..6].to_owned()))
}

fn status(port: &Port) -> Value {
    let details: Vec<Value> = port.details.iter().map(|code| exception(*code)).collect();
    json!({ "value": port.status, "details": details })
}

/// An exception code and its meaning.
pub fn exception(code: ExceptionCode) -> Value {
    json!({ "code": code, "description": code.description() })
}

/// The payload of `porting_order.status_changed`.
pub fn notice(port: &Port) -> Value {
    json!({
        "id": port.id,
        "customer_reference": port.customer_reference,
        "status": status(port),
        "support_key": support_key(port),
        "updated_at": port.stamp.updated_at.iso(),
        "webhook_url": port.webhook_url,
    })
}

/// <https://developers.telnyx.com/api-reference/porting-orders/retrieve-a-porting-order>
pub fn port(state: &State, port: &Port, with_numbers: bool) -> Value {
    let draft = port.status == PortStatus::Draft;
    let requirements: Vec<Value> = port
        .requirements
        .iter()
        .map(|each| {
            json!({
                "record_type": "porting_requirement",
                "requirement_type_id": each.id,
                "field_type": each.field_type,
                "field_value": each.value,
            })
        })
        .collect();
    let mut body = json!({
        "id": port.id,
        "record_type": "porting_order",
        "user_id": USER_ID,
        "status": status(port),
        "support_key": support_key(port),
        "parent_support_key": (!draft).then(|| format!("pr_{}", &port.group[..6])),
        "customer_reference": port.customer_reference,
        "customer_group_reference": port.customer_group_reference,
        "description": "",
        "webhook_url": port.webhook_url,
        "old_service_provider_ocn": port.donor,
        "phone_number_type": port.kind,
        "porting_phone_numbers_count": port.numbers.len(),
        "additional_steps": [],
        "documents": port.documents,
        "misc": port.misc,
        "end_user": { "admin": port.admin, "location": port.location },
        "phone_number_configuration": port.after,
        "requirements": requirements,
        "requirements_met": state.port_lacks(port).is_empty(),
        "user_feedback": port.feedback,
        "activation_settings": {
            "activation_status": order_activation(state, port),
            "fast_port_eligible": port.fast,
            "foc_datetime_requested": port.foc_requested.map(At::iso),
            "foc_datetime_actual": port.foc_actual.map(At::iso),
        },
        "messaging": {
            "enable_messaging": port.enable_messaging,
            "messaging_capable": false,
            "messaging_port_completed": false,
            "messaging_port_status": "not_applicable",
        },
    });
    if with_numbers {
        body["phone_numbers"] = rows(state, port)
            .take(LISTED)
            .map(|row| number(port, row))
            .collect();
    }
    stamped(body, port.stamp)
}

fn rows<'a>(state: &'a State, port: &'a Port) -> impl Iterator<Item = &'a PortNumber> {
    port.numbers
        .iter()
        .filter_map(|id| state.port_numbers.get(id))
}

/// The status that all numbers share; none for a draft or when they differ.
fn order_activation(state: &State, port: &Port) -> Option<ActivationStatus> {
    let mut statuses = rows(state, port).map(|row| row.activation);
    let first = statuses
        .next()
        .filter(|first| *first != ActivationStatus::New)?;
    statuses.all(|status| status == first).then_some(first)
}

/// <https://developers.telnyx.com/api-reference/porting-phone-numbers/list-all-porting-phone-numbers>
pub fn number(port: &Port, row: &PortNumber) -> Value {
    let portability = if port.country == "US" {
        "confirmed"
    } else {
        "provisional"
    };
    let requirements = match port.status {
        PortStatus::Draft => "requirement-info-pending",
        PortStatus::InProcess => "requirement-info-under-review",
        PortStatus::Exception if port.requirements.iter().any(|each| each.declined) => {
            "requirement-info-exception"
        }
        PortStatus::Exception
        | PortStatus::Submitted
        | PortStatus::FocDateConfirmed
        | PortStatus::Ported
        | PortStatus::Cancelled
        | PortStatus::CancelPending => "approved",
    };
    json!({
        "id": row.id,
        "record_type": "porting_phone_number",
        "phone_number": row.number,
        "phone_number_type": port.kind,
        "porting_order_id": port.id,
        "porting_order_status": port.status,
        "support_key": support_key(port),
        "activation_status": row.activation,
        "portability_status": portability,
        "requirements_status": requirements,
    })
}

/// <https://developers.telnyx.com/api-reference/porting-orders/list-porting-order-requirements>
pub fn requirements(state: &State, port: &Port) -> Vec<Value> {
    let types = &state.world.requirements.types;
    port.requirements
        .iter()
        .map(|each| {
            let kind = types.values().find(|kind| kind.id == each.id);
            let status = match (&each.value, each.declined) {
                (None, _) => "requirement-info-pending",
                (Some(_), true) => "requirement-info-exception",
                (Some(_), false) if port.status == PortStatus::Draft => {
                    "requirement-info-under-review"
                }
                (Some(_), false) => "approved",
            };
            json!({
                "record_type": "porting_order_requirement",
                "field_type": each.field_type,
                "field_value": each.value,
                "requirement_status": status,
                "requirement_type": kind.map(super::numbers::requirement_type),
            })
        })
        .collect()
}

/// An activation job.
pub fn job(job: &Job) -> Value {
    let body = json!({
        "id": job.id,
        "record_type": "porting_activation_job",
        "status": job.status,
        "activation_type": if job.on_demand { "on-demand" } else { "scheduled" },
        "activate_at": job.activate_at.iso(),
        "activation_windows": [{ "start_at": job.opens.iso(), "end_at": job.closes.iso() }],
    });
    stamped(body, job.stamp)
}

/// A comment of a porting order.
pub fn comment(comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "record_type": "porting_comment",
        "porting_order_id": comment.subject,
        "body": comment.body,
        "user_type": comment.author,
        "created_at": comment.stamp.created_at.iso(),
    })
}

/// A paper of a porting order.
pub fn attachment(state: &State, attachment: &Attachment) -> Value {
    let document = state.documents.get(&attachment.document);
    let body = json!({
        "id": attachment.id,
        "record_type": "porting_additional_document",
        "porting_order_id": attachment.subject,
        "document_id": attachment.document,
        "document_type": attachment.kind,
        "filename": document.map(|document| document.filename.as_str()),
        "content_type": document.map(|document| document.content_type.as_str()),
    });
    stamped(body, attachment.stamp)
}

/// The bundle of a porting number.
pub fn configuration(configuration: &Configuration) -> Value {
    let body = json!({
        "id": configuration.id,
        "record_type": "porting_phone_number_configuration",
        "porting_phone_number_id": configuration.number,
        "user_bundle_id": configuration.bundle,
    });
    stamped(body, configuration.stamp)
}

/// A sharing token; `token` is its signed form.
pub fn token(row: &Token, token: &str) -> Value {
    json!({
        "id": row.id,
        "record_type": "porting_order_sharing_token",
        "porting_order_id": row.port,
        "token": token,
        "permissions": [row.permission],
        "expires_in_seconds": row.expires_in_s,
        "expires_at": row.ends.iso(),
        "created_at": row.stamp.created_at.iso(),
    })
}

/// <https://developers.telnyx.com/api-reference/porting-events/list-all-porting-events>
pub fn event(event: &Event, subject: &str) -> Value {
    let mut body = json!({
        "id": event.id,
        "record_type": if subject == "portout_id" { "portout_event" } else { "porting_event" },
        "event_type": event.event_type,
        "payload": event.payload,
        "payload_status": "completed",
        "available_notification_methods": if event.payload.is_null() { json!([]) } else { json!(["webhook"]) },
    });
    body[subject] = event.subject.as_str().into();
    stamped(body, event.stamp)
}

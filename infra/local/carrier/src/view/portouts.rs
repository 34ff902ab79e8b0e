//! Port-outs.

use super::USER_ID;
use crate::core::port::parts::Author;
use crate::core::port::parts::{Attachment, Comment};
use crate::core::portout::PortOut;
use crate::core::time::At;
use serde_json::{Value, json};

/// The payload of `portout.status_changed`.
pub fn notice(portout: &PortOut) -> Value {
    json!({
        "id": portout.id,
        "status": portout.status,
        "carrier_name": portout.carrier_name,
        "spid": portout.spid,
        "phone_numbers": portout.numbers,
        "attempted_pin": portout.attempted_pin,
        "rejection_reason": portout.reason,
        "subscriber_name": portout.end_user_name,
        "user_id": USER_ID,
    })
}

/// <https://developers.telnyx.com/api-reference/number-portout/get-a-portout-request>
pub fn portout(portout: &PortOut) -> Value {
    json!({
        "id": portout.id,
        "record_type": "portout",
        "status": portout.status,
        "phone_numbers": portout.numbers,
        "carrier_name": portout.carrier_name,
        "current_carrier": "Practice Carrier",
        "spid": portout.spid,
        "authorized_name": portout.authorized_name,
        "end_user_name": portout.end_user_name,
        "service_address": portout.service_address,
        "city": null,
        "state": null,
        "zip": null,
        "lsr": [],
        "pon": format!("PON{}", &portout.id[..8]),
        "requested_foc_date": portout.requested_foc.iso(),
        "foc_date": portout.foc.map(At::iso),
        "reason": portout.reason,
        "rejection_code": portout.rejection_code,
        "host_messaging": portout.host_messaging,
        "already_ported": portout.ported_at.is_some(),
        "support_key": format!("PO_{}", &portout.id[..6]),
        "vendor": null,
        "user_id": USER_ID,
        "created_at": portout.stamp.created_at.iso(),
        "inserted_at": portout.stamp.created_at.iso(),
        "updated_at": portout.stamp.updated_at.iso(),
    })
}

/// A comment of a port-out.
pub fn comment(comment: &Comment) -> Value {
    let user = match comment.author {
        Author::User => Some(USER_ID),
        Author::Admin => None,
    };
    json!({
        "id": comment.id,
        "record_type": "portout",
        "portout_id": comment.subject,
        "body": comment.body,
        "user_id": user,
        "created_at": comment.stamp.created_at.iso(),
    })
}

/// A paper of a port-out.
pub fn attachment(attachment: &Attachment) -> Value {
    let body = json!({
        "id": attachment.id,
        "record_type": "supporting_document",
        "portout_id": attachment.subject,
        "document_id": attachment.document,
        "type": attachment.kind,
    });
    super::stamped(body, attachment.stamp)
}

//! Filling a porting order in, and what is still missing.
//! <https://developers.telnyx.com/api-reference/porting-orders/edit-a-porting-order>

use super::{Port, PortStatus};
use crate::core::event::Family;
use crate::core::number::E164;
use crate::core::problem::{Code, Problem, Refusal};
use crate::core::time::At;
use crate::core::timer::PortTimer;
use crate::core::{Reply, State};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Longest address of notices, in bytes (Telnyx error 10003).
const MAX_URL: usize = 2000;

/// `old` with the fields that `patch` names.
fn merged<T: Serialize + DeserializeOwned>(
    old: &T,
    patch: Option<&Value>,
    pointer: &str,
) -> Result<Option<T>, Refusal> {
    let Some(patch) = patch else { return Ok(None) };
    let Value::Object(fields) = patch else {
        return Err(Refusal::at(
            Code::Invalid,
            pointer,
            format!("{pointer} is an object"),
        ));
    };
    let mut whole = serde_json::to_value(old).expect("rows are plain values");
    if let Value::Object(known) = &mut whole {
        for (name, value) in fields {
            if let Some(place) = known.get_mut(name) {
                *place = value.clone();
            }
        }
    }
    serde_path_to_error::deserialize(whole)
        .map(Some)
        .map_err(|error| {
            let pointer = format!("{pointer}/{}", error.path().to_string().replace('.', "/"));
            Refusal::at(Code::Invalid, pointer, error.inner().to_string())
        })
}

fn text(body: &Value, name: &str, old: &mut Option<String>) -> Result<bool, Refusal> {
    let Some(new) = crate::core::owned::text_field(body, name)? else {
        return Ok(false);
    };
    *old = new;
    Ok(true)
}

impl State {
    pub(in crate::core) fn edit_port(
        &mut self,
        id: &str,
        body: &Value,
        now: At,
    ) -> Result<Reply, Refusal> {
        let before = self.port(id)?;
        let mut port = before.clone();
        let details = self.edit_details(&mut port, body)?;
        if details {
            match port.status {
                PortStatus::Draft | PortStatus::Exception => {}
                PortStatus::InProcess
                | PortStatus::Submitted
                | PortStatus::FocDateConfirmed
                | PortStatus::Ported
                | PortStatus::Cancelled
                | PortStatus::CancelPending => {
                    return Err(super::illegal(&port, "edited", "a draft or an exception"));
                }
            }
        }
        text(body, "customer_reference", &mut port.customer_reference)?;
        text(
            body,
            "customer_group_reference",
            &mut port.customer_group_reference,
        )?;
        if text(body, "webhook_url", &mut port.webhook_url)? {
            check_url(port.webhook_url.as_deref())?;
        }
        if let Some(after) = merged(
            &port.after,
            body.get("phone_number_configuration"),
            "/phone_number_configuration",
        )? {
            port.after = after;
        }
        if let Some(feedback) = merged(&port.feedback, body.get("user_feedback"), "/user_feedback")?
        {
            port.feedback = feedback;
        }
        let loa_changed = port.documents.loa != before.documents.loa;
        let resubmit = details && port.status == PortStatus::Exception;
        port.stamp.updated_at = now;
        port.corrected |= resubmit;
        let url = port.webhook_url.clone();
        if resubmit {
            // The newest correction starts the wait again.
            port.round += 1;
        }
        self.ports.put(port);
        if loa_changed {
            self.emit(
                Family::Port,
                "porting_order.loa_updated",
                id,
                url,
                Value::Null,
                now,
            );
        }
        if resubmit {
            let due = self.later(self.world.paces.common.resubmit_review_s, now);
            self.port_wakes(id, due, PortTimer::Resubmitted);
        }
        Ok(Reply::One(id.to_owned()))
    }

    /// What the donor or the carrier looks at; whether any of it is in the body.
    fn edit_details(&self, port: &mut Port, body: &Value) -> Result<bool, Refusal> {
        let mut found = false;
        let end_user = body.get("end_user");
        if let Some(admin) = merged(
            &port.admin,
            end_user.and_then(|user| user.get("admin")),
            "/end_user/admin",
        )? {
            (port.admin, found) = (admin, true);
        }
        if let Some(location) = merged(
            &port.location,
            end_user.and_then(|user| user.get("location")),
            "/end_user/location",
        )? {
            (port.location, found) = (location, true);
        }
        if let Some(misc) = merged(
            &port.misc,
            body.get("misc").filter(|misc| !misc.is_null()),
            "/misc",
        )? {
            (port.misc, found) = (misc, true);
        }
        if let Some(documents) = merged(&port.documents, body.get("documents"), "/documents")? {
            for (name, document) in [("loa", &documents.loa), ("invoice", &documents.invoice)] {
                self.known_document(document.as_deref(), &format!("/documents/{name}"))?;
            }
            (port.documents, found) = (documents, true);
        }
        if let Some(date) = body.pointer("/activation_settings/foc_datetime_requested") {
            port.foc_requested = date_of(date)?;
            found = true;
        }
        if let Some(messaging) = body
            .pointer("/messaging/enable_messaging")
            .and_then(Value::as_bool)
        {
            port.enable_messaging = messaging;
        }
        if body
            .get("requirement_group_id")
            .is_some_and(|group| !group.is_null())
        {
            return Err(Refusal::at(
                Code::NotBuilt,
                "/requirement_group_id",
                "the practice carrier has no requirement groups; give documents and requirements themselves",
            ));
        }
        found |= self.edit_requirements(port, body)?;
        Ok(found)
    }

    fn edit_requirements(&self, port: &mut Port, body: &Value) -> Result<bool, Refusal> {
        let Some(list) = body.get("requirements") else {
            return Ok(false);
        };
        let list = list
            .as_array()
            .ok_or_else(|| Refusal::at(Code::Invalid, "/requirements", "requirements is a list"))?;
        for (index, each) in list.iter().enumerate().take(100) {
            let field = |name: &str| {
                each.get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let (kind, value) = (field("requirement_type_id"), field("field_value"));
            let Some(row) = port.requirements.iter_mut().find(|row| row.id == kind) else {
                let pointer = format!("/requirements/{index}/requirement_type_id");
                let detail = format!("this porting order asks for no requirement type {kind:?}");
                return Err(Refusal::at(Code::NoSuchAssociation, pointer, detail));
            };
            if row.field_type == "document" {
                self.known_document(Some(&value), &format!("/requirements/{index}/field_value"))?;
            }
            row.value = Some(value).filter(|value| !value.is_empty());
            row.declined = false;
        }
        Ok(true)
    }

    fn known_document(&self, id: Option<&str>, pointer: &str) -> Result<(), Refusal> {
        match id {
            Some(id) if self.documents.get(id).is_none() => Err(Refusal::at(
                Code::NoSuchAssociation,
                pointer,
                format!("no document has the id {id:?}"),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Everything that keeps a porting order from being submitted.
    #[must_use]
    pub fn port_lacks(&self, port: &Port) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut need = |pointer: &str, present: bool| {
            if !present {
                let name = pointer.rsplit('/').next().unwrap_or(pointer);
                problems.push(Problem {
                    code: Code::Missing,
                    detail: format!("{name} is needed before the order can be submitted"),
                    pointer: Some(pointer.to_owned()),
                });
            }
        };
        let filled =
            |value: &Option<String>| value.as_deref().is_some_and(|text| !text.trim().is_empty());
        let (admin, location) = (&port.admin, &port.location);
        for (pointer, value) in [
            ("/end_user/admin/entity_name", &admin.entity_name),
            ("/end_user/admin/auth_person_name", &admin.auth_person_name),
            ("/end_user/admin/account_number", &admin.account_number),
            (
                "/end_user/location/street_address",
                &location.street_address,
            ),
            ("/end_user/location/locality", &location.locality),
            ("/end_user/location/postal_code", &location.postal_code),
            ("/end_user/location/country_code", &location.country_code),
        ] {
            need(pointer, filled(value));
        }
        need("/documents/loa", port.documents.loa.is_some());
        need("/documents/invoice", port.documents.invoice.is_some());
        let partial_without = port.misc.kind == super::PortType::Partial
            && port.misc.remaining_numbers_action.is_none();
        need("/misc/remaining_numbers_action", !partial_without);
        for (index, requirement) in port.requirements.iter().enumerate() {
            need(
                &format!("/requirements/{index}/field_value"),
                requirement.value.is_some(),
            );
        }
        if let Some(billing) = &port.admin.billing_phone_number
            && let Err(Refusal(more)) = E164::parse(billing, "/end_user/admin/billing_phone_number")
        {
            problems.extend(more);
        }
        problems
    }
}

fn date_of(value: &Value) -> Result<Option<At>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => At::parse(text).map(Some).ok_or_else(wrong_date),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(wrong_date()),
    }
}

fn wrong_date() -> Refusal {
    let pointer = "/activation_settings/foc_datetime_requested";
    Refusal::at(
        Code::Invalid,
        pointer,
        "an ISO 8601 date and time with its offset, as 2026-04-08T15:00:00Z",
    )
}

fn check_url(url: Option<&str>) -> Result<(), Refusal> {
    let fits = url.is_none_or(|url| {
        url.len() <= MAX_URL
            && (url.starts_with("http://") || url.starts_with("https://"))
            && url.parse::<axum::http::Uri>().is_ok()
    });
    if fits {
        return Ok(());
    }
    Err(Refusal::at(
        Code::Invalid,
        "/webhook_url",
        format!("webhook_url is an http or https URL of at most {MAX_URL} bytes"),
    ))
}

/// The event that tells of a comment.
pub(super) fn comment_payload(port: &Port, comment: &super::parts::Comment) -> Value {
    json!({
        "comment": {
            "id": comment.id,
            "body": comment.body,
            "inserted_at": comment.stamp.created_at.iso(),
            "user_id": crate::view::USER_ID,
            "user_type": comment.author.as_str(),
        },
        "porting_order_id": port.id,
        "support_key": crate::view::ports::support_key(port),
    })
}

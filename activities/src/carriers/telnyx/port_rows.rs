//! What Telnyx's answers about ports say, as far as it is needed.
use crate::ports::carriers::{Need, NeedForm};
use crate::ports::porting::{
    Activation, CarrierComment, CarrierPort, CarrierPortOut, CarrierStatus, OutStatus, PortNeed,
};
use contract::E164;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// <https://developers.telnyx.com/api-reference/portability-checks/run-a-portability-check>
#[derive(Debug, Deserialize)]
pub(super) struct Checked {
    pub(super) phone_number: E164,
    pub(super) portable: bool,
    #[serde(default)]
    pub(super) not_portable_reason: Option<String>,
}

/// Something with an id.
#[derive(Debug, Deserialize)]
pub(super) struct Known {
    pub(super) id: String,
}

/// <https://developers.telnyx.com/api-reference/porting-orders/retrieve-a-porting-order>
#[derive(Debug, Deserialize)]
pub(super) struct Ordered {
    pub(super) id: String,
    status: Status,
    #[serde(default)]
    pub(super) customer_reference: Option<String>,
    #[serde(default)]
    old_service_provider_ocn: Option<String>,
    #[serde(default)]
    activation_settings: Settings,
    /// What becomes of the numbers when they are there.
    #[serde(default)]
    phone_number_configuration: Value,
}

/// <https://developers.telnyx.com/api-reference/connections/retrieve-a-connection>
#[derive(Debug, Deserialize)]
pub(super) struct ConnectionRow {
    #[serde(default)]
    pub(super) active: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Status {
    value: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Debug, Deserialize)]
struct Detail {
    code: String,
    /// In words; some name a number.
    #[serde(default)]
    description: Option<String>,
}

impl Detail {
    /// Those of the numbers that it names, with or without the plus sign.
    fn names<'a>(
        &'a self,
        lines: &'a [(E164, Activation)],
    ) -> impl Iterator<Item = (String, E164)> + 'a {
        let text = self.description.as_deref().unwrap_or_default();
        // A number may be the beginning of a longer one.
        let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
        let is_named =
            move |number: &E164| numbers.contains(&number.as_str().trim_start_matches('+'));
        let named = lines.iter().filter(move |(number, _)| is_named(number));
        named.map(move |(number, _)| (self.code.clone(), number.clone()))
    }
}

#[derive(Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    fast_port_eligible: Option<bool>,
    #[serde(default)]
    foc_datetime_actual: Option<String>,
}

/// <https://developers.telnyx.com/api-reference/porting-orders/list-porting-order-requirements>
#[derive(Debug, Deserialize)]
pub(super) struct Requirement {
    #[serde(default)]
    field_type: String,
    #[serde(default)]
    requirement_status: String,
    #[serde(default)]
    requirement_type: Option<Type>,
}

#[derive(Debug, Deserialize)]
struct Type {
    id: String,
    #[serde(default)]
    name: String,
}

impl Ordered {
    pub(super) fn status(&self) -> CarrierStatus {
        match self.status.value.as_str() {
            "draft" => CarrierStatus::Draft,
            "submitted" => CarrierStatus::AtDonor,
            "exception" => CarrierStatus::Refused,
            "foc-date-confirmed" => CarrierStatus::DateConfirmed,
            "ported" => CarrierStatus::Ported,
            "cancel-pending" => CarrierStatus::CancelPending,
            "cancelled" => CarrierStatus::Cancelled,
            // `in-process`, and what Telnyx may add: it has it, and says no more.
            _ => CarrierStatus::InReview,
        }
    }

    /// Why its numbers would not come by this connection, if so.
    pub(super) fn not_on(&self, ours: &str) -> Option<String> {
        let set = self.phone_number_configuration["connection_id"].as_str();
        match set.filter(|id| !id.is_empty()) {
            Some(id) if id == ours => None,
            Some(id) => Some(format!(
                "the carrier's order leads its numbers to the connection {id}, and not to {ours}"
            )),
            None => Some(format!(
                "the carrier's order leads its numbers to no connection; {ours} is ours"
            )),
        }
    }

    pub(super) fn port(
        self,
        lines: Vec<(E164, Activation)>,
        needs: Vec<Requirement>,
    ) -> CarrierPort {
        let status = self.status();
        let details = self.status.details.iter();
        let named = details.flat_map(|detail| detail.names(&lines)).collect();
        CarrierPort {
            status,
            named,
            id: self.id,
            donor: self.old_service_provider_ocn,
            codes: self
                .status
                .details
                .into_iter()
                .map(|row| row.code)
                .collect(),
            changed: None,
            foc: moment(self.activation_settings.foc_datetime_actual.as_deref()),
            on_demand: self.activation_settings.fast_port_eligible == Some(true),
            lines,
            needs: needs.into_iter().filter_map(Requirement::need).collect(),
        }
    }
}

/// A comment on a porting order.
#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    id: String,
    #[serde(default)]
    body: String,
    /// `user`: somebody with our key; `admin` and `system`: Telnyx.
    #[serde(default)]
    user_type: String,
}

impl Comment {
    /// What Telnyx said; what we said is known here.
    pub(super) fn of_the_carrier(self) -> Option<CarrierComment> {
        let theirs = self.user_type != "user" && !self.body.trim().is_empty();
        theirs.then_some(CarrierComment {
            id: self.id,
            text: self.body,
        })
    }
}

impl Requirement {
    fn need(self) -> Option<PortNeed> {
        let kind = self.requirement_type?;
        let form = match self.field_type.as_str() {
            "textual" => NeedForm::Text,
            "document" => NeedForm::Document,
            "address" | "address_id" => NeedForm::Address,
            _ => NeedForm::Action,
        };
        Some(PortNeed {
            need: Need {
                id: kind.id,
                form,
                declined: self.requirement_status == "requirement-info-exception",
            },
            name: kind.name,
        })
    }
}

/// A row of <https://developers.telnyx.com/api-reference/porting-phone-numbers/list-all-porting-phone-numbers>.
pub(super) fn number_of(row: &Value, order: CarrierStatus) -> Option<(E164, Activation)> {
    let number = E164::parse(row["phone_number"].as_str()?).ok()?;
    let activation = match row["activation_status"].as_str().unwrap_or_default() {
        "Active" => Activation::Active,
        "Failed" => Activation::Failed,
        "Conflict" => Activation::Conflict,
        "Sending" | "Activate RDY" => Activation::UnderWay,
        // Before the date it waits for the donor; from then on it is slow.
        "Pending" => match order {
            CarrierStatus::DateConfirmed | CarrierStatus::Ported => Activation::UnderWay,
            CarrierStatus::Draft
            | CarrierStatus::InReview
            | CarrierStatus::AtDonor
            | CarrierStatus::Refused
            | CarrierStatus::CancelPending
            | CarrierStatus::Cancelled => Activation::NotYet,
        },
        _ => Activation::NotYet,
    };
    Some((number, activation))
}

/// <https://developers.telnyx.com/api-reference/number-portout/get-a-portout-request>
#[derive(Debug, Deserialize)]
pub(super) struct OutRow {
    id: String,
    status: String,
    #[serde(default)]
    phone_numbers: Vec<String>,
    #[serde(default)]
    carrier_name: Option<String>,
    #[serde(default)]
    authorized_name: Option<String>,
    #[serde(default)]
    end_user_name: Option<String>,
    #[serde(default)]
    requested_foc_date: Option<String>,
    #[serde(default)]
    foc_date: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl OutRow {
    pub(super) fn port_out(self) -> CarrierPortOut {
        CarrierPortOut {
            status: match self.status.as_str() {
                "authorized" => OutStatus::Authorised,
                "ported" => OutStatus::Ported,
                "rejected-pending" => OutStatus::RejectedPending,
                "rejected" => OutStatus::Rejected,
                "canceled" => OutStatus::Cancelled,
                _ => OutStatus::Pending,
            },
            id: self.id,
            numbers: self
                .phone_numbers
                .iter()
                .filter_map(|text| E164::parse(text).ok())
                .collect(),
            gaining: self
                .carrier_name
                .unwrap_or_else(|| "another carrier".to_owned()),
            pin: None,
            authorised_by: self.authorized_name,
            end_user: self.end_user_name,
            // Telnyx tells none.
            account: None,
            requested_foc: moment(self.requested_foc_date.as_deref()),
            foc: moment(self.foc_date.as_deref()),
            since: moment(self.created_at.as_deref()),
        }
    }
}

fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reason_that_names_a_number_of_the_order_is_kept_with_it() {
        let number = |text: &str| E164::parse(text).unwrap();
        let ordered: Ordered = serde_json::from_value(json!({
            "id": "po-1",
            "status": { "value": "exception", "details": [
                { "code": "PHONE_NUMBER_NOT_PORTABLE", "description": "+41445552001 cannot be ported" },
                { "code": "ACCOUNT_NUMBER_MISMATCH", "description": "The account is 4144555200" },
                { "code": "OTHER" },
            ] },
        }))
        .unwrap();
        let lines = ["+41445552000", "+41445552001", "+4144555200"];
        let lines = lines.map(|text| (number(text), Activation::NotYet));
        let port = ordered.port(lines.to_vec(), Vec::new());
        assert_eq!(
            port.named,
            [
                (
                    "PHONE_NUMBER_NOT_PORTABLE".to_owned(),
                    number("+41445552001")
                ),
                ("ACCOUNT_NUMBER_MISMATCH".to_owned(), number("+4144555200")),
            ]
        );
        assert_eq!(port.codes.len(), 3);
    }
}

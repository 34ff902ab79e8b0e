//! Porting orders. The status table is in [`status`], what the donor answers in [`donor`].
//! <https://developers.telnyx.com/docs/numbers/porting/getting-started>

pub mod create;
pub mod cutover;
pub mod donor;
pub mod edit;
pub mod parts;
pub mod status;
pub mod submit;

use super::event::Family;
use super::number::{E164, NumberType};
use super::order::RequirementValue;
use super::problem::{Code, Refusal};
use super::table::Row;
use super::time::At;
use super::timer::PortTimer;
use super::{Input, Reply, Stamp, State};
use crate::view;
use serde::{Deserialize, Serialize};
pub use status::{ActivationStatus, ExceptionCode, PortEvent, PortStatus};

/// Who the losing account belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Admin {
    /// Person or company.
    pub entity_name: Option<String>,
    /// Who signs.
    pub auth_person_name: Option<String>,
    /// Billing number of the account.
    pub billing_phone_number: Option<String>,
    /// Account number.
    pub account_number: Option<String>,
    /// Tax id.
    pub tax_identifier: Option<String>,
    /// PIN or passcode.
    pub pin_passcode: Option<String>,
    /// Company number.
    pub business_identifier: Option<String>,
}

/// The service address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    /// Street and house.
    pub street_address: Option<String>,
    /// Second line.
    pub extended_address: Option<String>,
    /// Town.
    pub locality: Option<String>,
    /// State, canton or province.
    pub administrative_area: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166 code.
    pub country_code: Option<String>,
}

/// All of the account's numbers, or some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortType {
    /// All.
    Full,
    /// Some.
    Partial,
}

/// What becomes of the numbers that stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remaining {
    /// They stay with the donor.
    Keep,
    /// They are switched off.
    Disconnect,
}

/// Full or partial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Misc {
    /// Full or partial.
    #[serde(rename = "type")]
    pub kind: PortType,
    /// What becomes of the numbers that stay.
    pub remaining_numbers_action: Option<Remaining>,
    /// Billing number of the numbers that stay.
    pub new_billing_phone_number: Option<String>,
}

impl Default for Misc {
    fn default() -> Self {
        Self {
            kind: PortType::Full,
            remaining_numbers_action: None,
            new_billing_phone_number: None,
        }
    }
}

/// The two documents of every order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Papers {
    /// The letter of authorisation.
    pub loa: Option<String>,
    /// The donor's invoice.
    pub invoice: Option<String>,
}

/// What the numbers are set to when they are here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AfterPort {
    /// Billing group.
    pub billing_group_id: Option<String>,
    /// Connection.
    pub connection_id: Option<String>,
    /// Emergency address.
    pub emergency_address_id: Option<String>,
    /// Messaging profile.
    pub messaging_profile_id: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
}

/// What the customer thinks of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feedback {
    /// A comment.
    pub user_comment: Option<String>,
    /// A rating.
    pub user_rating: Option<i64>,
}

/// A porting order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Port {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// What was created together shares this.
    pub group: String,
    /// Where it stands.
    pub status: PortStatus,
    /// Why it is in exception.
    pub details: Vec<ExceptionCode>,
    /// The donor's name.
    pub donor: String,
    /// The donor's code.
    pub ocn: String,
    /// ISO 3166 code.
    pub country: String,
    /// Type of the numbers.
    pub kind: NumberType,
    /// Whether the customer may activate it.
    pub fast: bool,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// The customer's reference of the group.
    pub customer_group_reference: Option<String>,
    /// Where its notices go.
    pub webhook_url: Option<String>,
    /// The losing account.
    pub admin: Admin,
    /// The service address.
    pub location: Location,
    /// Full or partial.
    pub misc: Misc,
    /// Letter and invoice.
    pub documents: Papers,
    /// Other proofs.
    pub requirements: Vec<RequirementValue>,
    /// What the numbers are set to.
    pub after: AfterPort,
    /// What the customer thinks.
    pub feedback: Feedback,
    /// Whether messaging is to come too.
    pub enable_messaging: bool,
    /// The date asked for.
    pub foc_requested: Option<At>,
    /// The date agreed.
    pub foc_actual: Option<At>,
    /// When the wall clock reaches it.
    pub foc_due: Option<At>,
    /// Whether its numbers are being cut over.
    pub cutting_over: bool,
    /// Times it went to the donor.
    pub requests: u32,
    /// Grows with every change of status, so that old timers do nothing.
    pub round: u32,
    /// Whether a corrected order waits to go to the donor again.
    pub corrected: bool,
    /// Its numbers.
    pub numbers: Vec<String>,
}

impl Row for Port {
    const KIND: &'static str = "porting_order";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// A number of a porting order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PortNumber {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Its order.
    pub port: String,
    /// The number.
    pub number: E164,
    /// Where it stands.
    pub activation: ActivationStatus,
}

impl Row for PortNumber {
    const KIND: &'static str = "porting_number";
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl State {
    pub(super) fn port_step(&mut self, input: Input, now: At) -> Result<Reply, Refusal> {
        match input {
            Input::CreatePorts(wanted) => self.create_ports(wanted, now),
            Input::EditPort { id, body } => self.edit_port(&id, &body, now),
            Input::DeletePort(id) => self.delete_port(&id, now),
            Input::ConfirmPort(id) => self.confirm_port(&id, now),
            Input::CancelPort(id) => self.cancel_port(&id, now),
            Input::ActivatePort(id) => self.activate_port(&id, now),
            Input::SharePort {
                id,
                expires_in_s,
                permission,
            } => self.share_port(&id, expires_in_s, &permission, now),
            Input::EditJob {
                port,
                id,
                activate_at,
            } => self.edit_job(&port, &id, activate_at, now),
            Input::CommentPort { id, body, staff } => self.comment_port(&id, &body, staff, now),
            Input::AttachToPort { id, documents } => self.attach_to_port(&id, &documents, now),
            Input::DetachFromPort { id, attachment } => self.detach_from_port(&id, &attachment),
            Input::ConfigurePortNumbers(pairs) => self.configure_port_numbers(&pairs, now),
            Input::DonorAnswers { id, answer } => self.donor_decided(&id, answer, now),
            other => unreachable!("not of porting: {other:?}"),
        }
    }

    pub(super) fn port(&self, id: &str) -> Result<&Port, Refusal> {
        self.ports
            .get(id)
            .ok_or_else(|| Refusal::missing("porting order", id))
    }

    /// Moves an order along the table and tells of it.
    pub(super) fn move_port(
        &mut self,
        id: &str,
        event: PortEvent,
        details: Vec<ExceptionCode>,
        now: At,
    ) -> bool {
        let Some(port) = self.ports.get(id) else {
            return false;
        };
        let Some(next) = port.status.next(event) else {
            return false;
        };
        let port = self.ports.edit(id).expect("seen above");
        port.status = next;
        port.details = details;
        port.round += 1;
        port.corrected = false;
        port.stamp.updated_at = now;
        let (payload, url) = (view::ports::notice(port), port.webhook_url.clone());
        self.emit(
            Family::Port,
            "porting_order.status_changed",
            id,
            url,
            payload,
            now,
        );
        true
    }

    pub(super) fn port_wakes(&mut self, id: &str, due: At, what: PortTimer) {
        let round = self.ports.get(id).map_or(0, |port| port.round);
        self.wake(
            due,
            super::timer::Timer::Port {
                id: id.to_owned(),
                round,
                what,
            },
        );
    }

    pub(super) fn port_woken(&mut self, id: &str, round: u32, what: PortTimer, now: At) {
        if self.ports.get(id).is_none_or(|port| port.round != round) {
            return;
        }
        match what {
            PortTimer::Reviewed => self.port_reviewed(id, now),
            PortTimer::DonorAnswers => self.donor_answers(id, now),
            PortTimer::DonorLimit => self.donor_limit(id, now),
            PortTimer::Resubmitted => self.resubmitted(id, now),
            PortTimer::Foc => self.foc_reached(id, now),
            PortTimer::CancelReviewed => self.cancel_granted(id, now),
        }
    }

    pub(super) fn set_numbers(&mut self, id: &str, status: ActivationStatus, now: At) {
        let numbers = self
            .ports
            .get(id)
            .map(|port| port.numbers.clone())
            .unwrap_or_default();
        for number in numbers {
            if let Some(number) = self
                .port_numbers
                .edit(&number)
                .filter(|number| number.activation != ActivationStatus::Active)
            {
                number.activation = status;
                number.stamp.updated_at = now;
            }
        }
    }
}

fn illegal(port: &Port, what: &str, allowed: &str) -> Refusal {
    let status = port.status.as_str();
    Refusal::at(
        Code::Illegal,
        "/status",
        format!("a porting order that is {status} cannot be {what}; only {allowed} can"),
    )
}

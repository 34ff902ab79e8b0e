//! Port-outs: another carrier asks for the customer's numbers.
//! <https://developers.telnyx.com/docs/numbers/porting/port-out-quickstart>

use super::event::Family;
use super::hand::Holder;
use super::number::E164;
use super::owned::OwnedStatus;
use super::port::parts::{Author, Comment, read_comment};
use super::problem::{Code, Problem, Refusal};
use super::reservation::read_numbers;
use super::table::Row;
use super::time::At;
use super::timer::Timer;
use super::{Reply, Stamp, State};
use crate::view;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Where a port-out stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortOutStatus {
    /// Waits for an answer.
    Pending,
    /// The customer agreed, or did not answer.
    Authorized,
    /// The numbers are gone.
    Ported,
    /// The carrier looks at the rejection.
    RejectedPending,
    /// It will not happen.
    Rejected,
    /// The other carrier took it back.
    Canceled,
}

impl PortOutStatus {
    /// As the API writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorized => "authorized",
            Self::Ported => "ported",
            Self::RejectedPending => "rejected-pending",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
        }
    }
}

/// What the customer may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortOutAnswer {
    /// Let them go.
    Authorized,
    /// Keep them.
    RejectedPending,
}

/// What another carrier sends.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NewPortOut {
    /// The numbers, as sent.
    pub phone_numbers: Vec<String>,
    /// The other carrier.
    pub carrier_name: Option<String>,
    /// Its operator code.
    pub spid: Option<String>,
    /// The PIN that its customer named.
    pub pin: Option<String>,
    /// Who signed there.
    pub authorized_name: Option<String>,
    /// The customer's name there.
    pub end_user_name: Option<String>,
    /// The address there.
    pub service_address: Option<String>,
    /// The date asked for.
    pub requested_foc_date: Option<String>,
}

/// A port-out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PortOut {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Where it stands.
    pub status: PortOutStatus,
    /// The numbers.
    pub numbers: Vec<E164>,
    /// The other carrier.
    pub carrier_name: String,
    /// Its operator code.
    pub spid: String,
    /// The PIN that was named.
    pub attempted_pin: Option<String>,
    /// Who signed there.
    pub authorized_name: Option<String>,
    /// The customer's name there.
    pub end_user_name: Option<String>,
    /// The address there.
    pub service_address: Option<String>,
    /// The date asked for.
    pub requested_foc: At,
    /// The date.
    pub foc: Option<At>,
    /// Why it is rejected.
    pub reason: Option<String>,
    /// The code of the rejection.
    pub rejection_code: Option<u32>,
    /// Whether messaging stays.
    pub host_messaging: bool,
    /// When it was over, with the numbers gone.
    pub ported_at: Option<At>,
}

impl Row for PortOut {
    const KIND: &'static str = "port_out";
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// Codes of rejections: code, meaning, whether a reason must be told. 1002 is the one that Telnyx's pages show; the
/// others are of practice.
pub const REJECTIONS: [(u32, &str, bool); 5] = [
    (1001, "Account number mismatch", false),
    (1002, "Invalid PIN", false),
    (1003, "Name or address mismatch", false),
    (1004, "Port-out protection is on", false),
    (1999, "Other", true),
];

/// The code that a reason begins with or spells out.
fn rejection_code(reason: &str) -> Option<u32> {
    let reason = reason.trim();
    REJECTIONS
        .iter()
        .find(|(code, text, _)| {
            reason.starts_with(&code.to_string()) || reason.eq_ignore_ascii_case(text)
        })
        .map(|(code, _, _)| *code)
}

impl State {
    pub(super) fn start_port_out(&mut self, wanted: NewPortOut, now: At) -> Result<Reply, Refusal> {
        let numbers = read_numbers(&wanted.phone_numbers, "/phone_numbers")?;
        self.room(self.portouts.len(), 1)?;
        let mut problems = Vec::new();
        let mut owned = Vec::new();
        for (index, number) in numbers.iter().enumerate() {
            let row = self
                .owned_id(number.as_str())
                .and_then(|id| self.owned.get(&id));
            match row.filter(|row| row.status == OwnedStatus::Active) {
                Some(row) => owned.push(row.id.clone()),
                None => {
                    let leaves = row.is_some_and(|row| row.status == OwnedStatus::PortOutPending);
                    problems.push(Problem {
                        code: Code::Invalid,
                        detail: if leaves {
                            format!("{number} is in a port-out already")
                        } else {
                            format!("{number} is not an active number of the customer")
                        },
                        pointer: Some(format!("/phone_numbers/{index}")),
                    });
                }
            }
        }
        if !problems.is_empty() {
            return Err(Refusal(problems));
        }
        let requested_foc = match &wanted.requested_foc_date {
            Some(text) => At::parse(text).filter(|date| *date > now).ok_or_else(|| {
                Refusal::at(
                    Code::Invalid,
                    "/requested_foc_date",
                    "an ISO 8601 date and time to come",
                )
            })?,
            None => {
                let span_s = i64::try_from(self.world.paces.common.port_out_foc_s).unwrap_or(0);
                now.plus_ms(span_s.saturating_mul(1000))
            }
        };
        let (id, stamp) = (self.id(), self.stamp(now));
        for row in owned {
            self.owned.edit(&row).expect("seen above").status = OwnedStatus::PortOutPending;
        }
        self.portouts.put(PortOut {
            id: id.clone(),
            stamp,
            status: PortOutStatus::Pending,
            numbers,
            carrier_name: wanted
                .carrier_name
                .unwrap_or_else(|| "Gaining Carrier (practice)".to_owned()),
            spid: wanted.spid.unwrap_or_else(|| "XX01".to_owned()),
            attempted_pin: wanted.pin.filter(|pin| !pin.is_empty()),
            authorized_name: wanted.authorized_name,
            end_user_name: wanted.end_user_name,
            service_address: wanted.service_address,
            requested_foc,
            foc: None,
            reason: None,
            rejection_code: None,
            host_messaging: false,
            ported_at: None,
        });
        let due = self.later_for_people(self.world.paces.common.port_out_answer_s, now);
        self.wake(due, Timer::PortOutLimit(id.clone()));
        self.tell_port_out(&id, now);
        Ok(Reply::One(id))
    }

    fn tell_port_out(&mut self, id: &str, now: At) {
        if let Some(portout) = self.portouts.get(id) {
            let payload = view::portouts::notice(portout);
            self.emit(
                Family::PortOut,
                "portout.status_changed",
                id,
                None,
                payload,
                now,
            );
        }
    }

    fn port_out(&self, id: &str) -> Result<&PortOut, Refusal> {
        self.portouts
            .get(id)
            .ok_or_else(|| Refusal::missing("port-out", id))
    }

    fn move_port_out(&mut self, id: &str, status: PortOutStatus, now: At) {
        if let Some(portout) = self.portouts.edit(id) {
            portout.status = status;
            portout.stamp.updated_at = now;
            self.tell_port_out(id, now);
        }
    }

    pub(super) fn answer_port_out(
        &mut self,
        id: &str,
        answer: PortOutAnswer,
        reason: &str,
        host_messaging: Option<bool>,
        now: At,
    ) -> Result<Reply, Refusal> {
        let portout = self.port_out(id)?;
        if portout.status != PortOutStatus::Pending {
            let detail = format!(
                "a port-out that is {} cannot be answered; only a pending one can",
                portout.status.as_str()
            );
            return Err(Refusal::at(Code::Illegal, "/status", detail));
        }
        let reason = reason.trim().to_owned();
        if reason.is_empty() && answer == PortOutAnswer::RejectedPending {
            return Err(Refusal::at(
                Code::Missing,
                "/reason",
                "a rejection needs a reason",
            ));
        }
        let portout = self.portouts.edit(id).expect("seen above");
        portout.host_messaging = host_messaging.unwrap_or(portout.host_messaging);
        portout.reason = Some(reason).filter(|reason| !reason.is_empty());
        match answer {
            PortOutAnswer::Authorized => self.authorize(id, now),
            PortOutAnswer::RejectedPending => {
                portout.rejection_code = portout.reason.as_deref().and_then(rejection_code);
                self.move_port_out(id, PortOutStatus::RejectedPending, now);
                let due = self.later(self.world.paces.common.port_out_review_s, now);
                self.wake(due, Timer::PortOutReviewed(id.to_owned()));
            }
        }
        Ok(Reply::One(id.to_owned()))
    }

    fn authorize(&mut self, id: &str, now: At) {
        let Some(portout) = self.portouts.edit(id) else {
            return;
        };
        let date = portout.requested_foc;
        portout.foc = Some(date);
        let due = self.settings.scale.reached(date, now);
        self.move_port_out(id, PortOutStatus::Authorized, now);
        let payload = json!({ "id": id, "user_id": view::USER_ID, "foc_date": date.iso() });
        self.emit(
            Family::PortOut,
            "portout.foc_date_changed",
            id,
            None,
            payload,
            now,
        );
        self.wake(due, Timer::PortOutFoc(id.to_owned()));
    }

    /// Nobody answered: it must be let go.
    pub(super) fn port_out_limit(&mut self, id: &str, now: At) {
        if self
            .portouts
            .get(id)
            .is_some_and(|portout| portout.status == PortOutStatus::Pending)
        {
            self.authorize(id, now);
        }
    }

    pub(super) fn port_out_reviewed(&mut self, id: &str, now: At) {
        if self
            .portouts
            .get(id)
            .is_some_and(|portout| portout.status == PortOutStatus::RejectedPending)
        {
            self.keep_numbers(id);
            self.move_port_out(id, PortOutStatus::Rejected, now);
        }
    }

    pub(super) fn port_out_foc(&mut self, id: &str, now: At) {
        let authorized = |portout: &&PortOut| portout.status == PortOutStatus::Authorized;
        let Some(portout) = self.portouts.get(id).filter(authorized).cloned() else {
            return;
        };
        for number in &portout.numbers {
            if let Some(owned) = self.owned_id(number.as_str()) {
                self.leave(
                    &owned,
                    OwnedStatus::PortedOut,
                    Holder::Other(portout.carrier_name.clone()),
                    now,
                );
            }
        }
        self.portouts.edit(id).expect("seen above").ported_at = Some(now);
        self.move_port_out(id, PortOutStatus::Ported, now);
    }

    pub(super) fn cancel_port_out(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let portout = self.port_out(id)?;
        match portout.status {
            PortOutStatus::Pending | PortOutStatus::Authorized | PortOutStatus::RejectedPending => {
            }
            PortOutStatus::Ported | PortOutStatus::Rejected | PortOutStatus::Canceled => {
                let detail = format!("a port-out that is {} is over", portout.status.as_str());
                return Err(Refusal::at(Code::Illegal, "/status", detail));
            }
        }
        self.keep_numbers(id);
        self.move_port_out(id, PortOutStatus::Canceled, now);
        Ok(Reply::One(id.to_owned()))
    }

    fn keep_numbers(&mut self, id: &str) {
        let numbers = self
            .portouts
            .get(id)
            .map(|portout| portout.numbers.clone())
            .unwrap_or_default();
        for number in numbers {
            let owned = self
                .owned_id(number.as_str())
                .and_then(|id| self.owned.edit(&id));
            if let Some(owned) = owned.filter(|owned| owned.status == OwnedStatus::PortOutPending) {
                owned.status = OwnedStatus::Active;
            }
        }
    }

    pub(super) fn comment_port_out(
        &mut self,
        id: &str,
        body: &str,
        staff: bool,
        now: At,
    ) -> Result<Reply, Refusal> {
        self.port_out(id)?;
        self.room(self.comments.len(), 1)?;
        let body = read_comment(body)?;
        let (key, stamp) = (self.id(), self.stamp(now));
        let author = if staff { Author::Admin } else { Author::User };
        let payload =
            json!({ "id": key, "portout_id": id, "user_id": view::USER_ID, "comment": body });
        self.comments.put(Comment {
            id: key.clone(),
            stamp,
            subject: id.to_owned(),
            body,
            author,
        });
        self.emit(
            Family::PortOut,
            "portout.new_comment",
            id,
            None,
            payload,
            now,
        );
        Ok(Reply::One(key))
    }

    pub(super) fn attach_to_port_out(
        &mut self,
        id: &str,
        documents: &[(String, String)],
        now: At,
    ) -> Result<Reply, Refusal> {
        self.port_out(id)?;
        self.attach(id, "/documents", &["loa", "invoice"], documents, now)
    }
}

//! Submitting, the carrier's own look, correcting, cancelling.
//! <https://developers.telnyx.com/docs/numbers/porting/cancel-port-order>

use super::{ActivationStatus, ExceptionCode, PortEvent, PortStatus};
use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::timer::PortTimer;
use crate::core::{Reply, State};

impl State {
    pub(in crate::core) fn confirm_port(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let port = self.port(id)?;
        let again = match port.status {
            PortStatus::Draft => false,
            PortStatus::Exception => true,
            PortStatus::InProcess
            | PortStatus::Submitted
            | PortStatus::FocDateConfirmed
            | PortStatus::Ported
            | PortStatus::Cancelled
            | PortStatus::CancelPending => {
                return Err(super::illegal(port, "submitted", "a draft or an exception"));
            }
        };
        let lacks = self.port_lacks(port);
        if !lacks.is_empty() {
            return Err(Refusal(lacks));
        }
        if again {
            self.resubmitted(id, now);
        } else {
            let review = self.world.pace(&port.country).port_review_s;
            self.move_port(id, PortEvent::Confirmed, Vec::new(), now);
            self.port_wakes(id, self.later(review, now), PortTimer::Reviewed);
        }
        Ok(Reply::One(id.to_owned()))
    }

    /// The carrier has looked: papers that cannot be read come back before any donor sees them.
    pub(in crate::core) fn port_reviewed(&mut self, id: &str, now: At) {
        let Some(unreadable) = self.unreadable(id) else {
            return;
        };
        if unreadable.is_empty() {
            self.move_port(id, PortEvent::Passed, Vec::new(), now);
            self.ask_donor(id, now);
        } else {
            self.papers_refused(id, &unreadable, now);
        }
    }

    pub(in crate::core) fn resubmitted(&mut self, id: &str, now: At) {
        let Some(unreadable) = self.unreadable(id) else {
            return;
        };
        if self
            .ports
            .get(id)
            .is_none_or(|port| !self.port_lacks(port).is_empty())
        {
            return;
        }
        if !unreadable.is_empty() {
            let body = format!(
                "Still not legible or not acceptable: {}",
                unreadable.join(", ")
            );
            self.say(id, &body, super::parts::Author::Admin, now);
            return;
        }
        if self.move_port(id, PortEvent::Resubmitted, Vec::new(), now) {
            self.ask_donor(id, now);
        }
    }

    fn papers_refused(&mut self, id: &str, unreadable: &[String], now: At) {
        self.move_port(id, PortEvent::Faulted, vec![ExceptionCode::Other], now);
        let body = format!("Not legible or not acceptable: {}", unreadable.join(", "));
        self.say(id, &body, super::parts::Author::Admin, now);
    }

    /// Names of the papers and proofs that cannot be used; marks the proofs. None when there is no such order.
    fn unreadable(&mut self, id: &str) -> Option<Vec<String>> {
        let port = self.ports.get(id)?;
        let mut names = Vec::new();
        for (name, document) in [
            ("letter of authorisation", &port.documents.loa),
            ("invoice", &port.documents.invoice),
        ] {
            let legible = document
                .as_ref()
                .and_then(|id| self.documents.get(id))
                .is_some_and(|document| document.legible);
            if !legible {
                names.push(name.to_owned());
            }
        }
        let mut requirements = port.requirements.clone();
        for each in &mut requirements {
            each.declined = !self.acceptable(
                &each.id,
                &each.field_type,
                each.value.as_deref().unwrap_or_default(),
            );
            if each.declined {
                let kind = self
                    .world
                    .requirements
                    .types
                    .values()
                    .find(|kind| kind.id == each.id);
                names.push(kind.map_or_else(|| each.id.clone(), |kind| kind.name.clone()));
            }
        }
        self.ports.edit(id)?.requirements = requirements;
        Some(names)
    }

    pub(in crate::core) fn cancel_port(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let port = self.port(id)?;
        if port.status.next(PortEvent::CancelAsked).is_none() {
            return Err(super::illegal(
                port,
                "cancelled",
                "one that is in-process, submitted, exception or foc-date-confirmed",
            ));
        }
        if let Some(due) = port
            .foc_due
            .filter(|_| port.status == PortStatus::FocDateConfirmed)
        {
            let left_s = self.settings.scale.carrier_s(due.0 - now.0);
            let cutoff_s = self.world.paces.common.cancel_cutoff_s;
            if port.cutting_over || left_s < i64::try_from(cutoff_s).unwrap_or(i64::MAX) {
                let detail = format!(
                    "a porting order cannot be cancelled within {} hours of its FOC date",
                    cutoff_s / 3600
                );
                return Err(Refusal::at(
                    Code::Illegal,
                    "/activation_settings/foc_datetime_actual",
                    detail,
                ));
            }
        }
        self.move_port(id, PortEvent::CancelAsked, Vec::new(), now);
        self.set_numbers(id, ActivationStatus::CancelPending, now);
        let due = self.later(self.world.paces.common.cancel_review_s, now);
        self.port_wakes(id, due, PortTimer::CancelReviewed);
        Ok(Reply::One(id.to_owned()))
    }

    pub(in crate::core) fn cancel_granted(&mut self, id: &str, now: At) {
        if self.move_port(id, PortEvent::CancelGranted, Vec::new(), now) {
            self.set_numbers(id, ActivationStatus::Cancelled, now);
        }
    }
}

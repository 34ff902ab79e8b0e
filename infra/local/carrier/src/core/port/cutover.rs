//! The date: every number is activated by itself, and the order ends when all have settled.
//! <https://developers.telnyx.com/docs/numbers/porting/on-demand-activations>

use super::{ActivationStatus, ExceptionCode, PortEvent, PortStatus};
use crate::core::owned::Source;
use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::timer::Timer;
use crate::core::world::{Behaviour, Cutover};
use crate::core::{Reply, State};

impl State {
    /// The customer starts the cut-over, within the window before the date.
    pub(in crate::core) fn activate_port(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let port = self.port(id)?;
        if port.status != PortStatus::FocDateConfirmed || port.cutting_over {
            return Err(super::illegal(
                port,
                "activated",
                "one that is foc-date-confirmed and not under way",
            ));
        }
        if !port.fast {
            return Err(Refusal::at(
                Code::Illegal,
                "/activation_settings/fast_port_eligible",
                "only FastPort orders of the US are activated on demand",
            ));
        }
        let window_s =
            i64::try_from(self.world.paces.common.activation_window_s).unwrap_or(i64::MAX);
        let left_s = port
            .foc_due
            .map_or(0, |due| self.settings.scale.carrier_s(due.0 - now.0));
        if left_s > window_s {
            let detail = format!(
                "activation opens {} hours before the FOC date",
                window_s / 3600
            );
            return Err(Refusal::at(
                Code::Illegal,
                "/activation_settings/foc_datetime_actual",
                detail,
            ));
        }
        let job = self
            .jobs
            .iter()
            .find(|job| job.port == id)
            .map(|job| job.id.clone());
        self.cut_over(id, now);
        Ok(job.map_or(Reply::Done, Reply::One))
    }

    pub(in crate::core) fn foc_reached(&mut self, id: &str, now: At) {
        let Some(port) = self
            .ports
            .get(id)
            .filter(|port| port.status == PortStatus::FocDateConfirmed && !port.cutting_over)
        else {
            return;
        };
        if self.behaviour(id) == Some(Behaviour::FocExpires) && port.requests <= 1 {
            self.job_ends(id, false, now);
            self.fail_port(id, ExceptionCode::FocExpired, now);
        } else {
            self.cut_over(id, now);
        }
    }

    fn behaviour(&self, id: &str) -> Option<Behaviour> {
        let first = self.ports.get(id)?.numbers.first()?;
        let number = &self.port_numbers.get(first)?.number;
        self.world.record_of(number).map(|record| record.behaviour)
    }

    fn cut_over(&mut self, id: &str, now: At) {
        self.set_numbers(id, ActivationStatus::Sending, now);
        self.job_starts(id, now);
        let Some(port) = self.ports.edit(id) else {
            return;
        };
        port.cutting_over = true;
        // The date's own timer has no more say.
        port.round += 1;
        let (numbers, round) = (port.numbers.clone(), port.round);
        let due = self.later(self.world.paces.common.number_cutover_s, now);
        for number in numbers {
            self.wake(due, Timer::PortNumber { id: number, round });
        }
    }

    pub(in crate::core) fn port_number_woken(&mut self, id: &str, round: u32, now: At) {
        let Some(row) = self.port_numbers.get(id) else {
            return;
        };
        let Some(port) = self
            .ports
            .get(&row.port)
            .filter(|port| port.round == round && port.cutting_over)
        else {
            return;
        };
        let record = self.world.record_of(&row.number);
        let first = port.requests <= 1;
        let behaviour = record.map(|record| record.behaviour);
        let (port, was) = (port.id.clone(), row.activation);
        let common = &self.world.paces.common;
        let (next, again_s) = match was {
            // What was slow or contested comes in the end.
            ActivationStatus::Pending | ActivationStatus::Conflict => {
                (ActivationStatus::Active, None)
            }
            ActivationStatus::Sending if first && behaviour == Some(Behaviour::SvConflict) => {
                (ActivationStatus::Conflict, None)
            }
            ActivationStatus::Sending if first && behaviour == Some(Behaviour::SvFailure) => {
                (ActivationStatus::Failed, None)
            }
            ActivationStatus::Sending => match record
                .and_then(|record| record.cutover_of(&row.number))
            {
                Some(Cutover::Slow) => (ActivationStatus::Pending, Some(common.slow_number_s)),
                Some(Cutover::Conflict) => (ActivationStatus::Conflict, Some(common.conflict_s)),
                Some(Cutover::Fails) => (ActivationStatus::Failed, None),
                None => (ActivationStatus::Active, None),
            },
            ActivationStatus::New
            | ActivationStatus::CancelPending
            | ActivationStatus::Failed
            | ActivationStatus::Concurred
            | ActivationStatus::Active
            | ActivationStatus::Cancelled => return,
        };
        if next == ActivationStatus::Active {
            self.arrive(id, now);
        }
        if let Some(row) = self.port_numbers.edit(id) {
            row.activation = next;
            row.stamp.updated_at = now;
        }
        match again_s {
            Some(span_s) => {
                let due = self.later(span_s, now);
                self.wake(
                    due,
                    Timer::PortNumber {
                        id: id.to_owned(),
                        round,
                    },
                );
            }
            None => self.settle_port(&port, now),
        }
    }

    fn arrive(&mut self, id: &str, now: At) {
        let Some(row) = self.port_numbers.get(id).cloned() else {
            return;
        };
        let Some(port) = self.ports.get(&row.port).cloned() else {
            return;
        };
        let connection = port.after.connection_id.clone();
        let reference = port.customer_reference.clone();
        self.own(
            &row.number,
            &port.country,
            port.kind,
            Source::Port,
            connection,
            reference,
            port.stamp.created_at,
            now,
        );
        if let Some(owned) = self
            .owned_id(row.number.as_str())
            .and_then(|id| self.owned.edit(&id))
        {
            owned.tags = port.after.tags;
            owned.billing_group_id = port.after.billing_group_id;
        }
    }

    /// Ends the order when no number is under way any more.
    fn settle_port(&mut self, id: &str, now: At) {
        let Some(port) = self.ports.get(id) else {
            return;
        };
        let contested = port.requests <= 1 && self.behaviour(id) == Some(Behaviour::SvConflict);
        let (mut active, mut open, mut conflict) = (0, 0, 0);
        for number in port
            .numbers
            .iter()
            .filter_map(|id| self.port_numbers.get(id))
        {
            match number.activation {
                ActivationStatus::Active => active += 1,
                ActivationStatus::Conflict if contested => conflict += 1,
                ActivationStatus::Sending
                | ActivationStatus::Pending
                | ActivationStatus::Conflict => open += 1,
                ActivationStatus::New
                | ActivationStatus::CancelPending
                | ActivationStatus::Failed
                | ActivationStatus::Concurred
                | ActivationStatus::Cancelled => {}
            }
        }
        if open > 0 {
            return;
        }
        self.job_ends(id, active > 0, now);
        if active > 0 {
            self.move_port(id, PortEvent::Arrived, Vec::new(), now);
        } else {
            let code = if conflict > 0 {
                ExceptionCode::SvConflict
            } else {
                ExceptionCode::SvUnknownFailure
            };
            self.fail_port(id, code, now);
        }
    }

    fn fail_port(&mut self, id: &str, code: ExceptionCode, now: At) {
        if let Some(port) = self.ports.edit(id) {
            port.cutting_over = false;
            port.foc_due = None;
        }
        self.move_port(id, PortEvent::Faulted, vec![code], now);
        self.say(id, code.description(), super::parts::Author::Admin, now);
    }
}

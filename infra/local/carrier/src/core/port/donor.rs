//! What a donor answers: its records against the order, or what a person at the practice desk decides.

use super::{ExceptionCode, Port, PortEvent, PortStatus, PortType, Remaining};
use crate::core::number::E164;
use crate::core::problem::{Code, Refusal};
use crate::core::time::At;
use crate::core::timer::PortTimer;
use crate::core::world::{Behaviour, Record, World};
use crate::core::{Reply, State};
use std::collections::BTreeSet;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It lets the numbers go on this date; on the one asked for, or a usual one, when there is none.
    Accept(Option<At>),
    /// It refuses, and may say more.
    Reject(Vec<ExceptionCode>, Option<String>),
    /// It says nothing.
    Silent,
}

fn same(ours: Option<&str>, theirs: &str) -> bool {
    let plain = |text: &str| {
        text.chars()
            .filter(|each| each.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    plain(ours.unwrap_or_default()) == plain(theirs)
}

/// What the donor's records say to the order. `request` counts from 1.
#[must_use]
pub fn decide(world: &World, port: &Port, numbers: &[E164], now: At) -> Answer {
    let records: Vec<Option<&Record>> = numbers
        .iter()
        .map(|number| world.record_of(number))
        .collect();
    let accounts: BTreeSet<&str> = records
        .iter()
        .flatten()
        .map(|record| record.account.as_str())
        .collect();
    let Some(record) = records.iter().flatten().next() else {
        return Answer::Reject(vec![ExceptionCode::PhoneNumberMismatch], None);
    };
    let mut codes = BTreeSet::new();
    if records.iter().any(Option::is_none) {
        codes.insert(ExceptionCode::PhoneNumberMismatch);
    }
    if accounts.len() > 1 {
        codes.insert(ExceptionCode::PortingOrderSplitRequired);
    }
    if let Some(code) = behaved(record.behaviour, port.requests) {
        match code {
            Some(code) => codes.insert(code),
            None => return Answer::Silent,
        };
    }
    codes.extend(who(record, port));
    codes.extend(how_much(record, port, numbers));
    let notice_ms = i64::try_from(world.pace(&port.country).foc_notice_s)
        .unwrap_or(0)
        .saturating_mul(1000);
    if port
        .foc_requested
        .is_some_and(|date| date < now.plus_ms(notice_ms))
    {
        codes.insert(ExceptionCode::FocRejected);
    }
    if codes.is_empty() {
        Answer::Accept(None)
    } else {
        Answer::Reject(codes.into_iter().collect(), None)
    }
}

/// What a record makes its donor do at this request: nothing, a refusal, or silence.
fn behaved(behaviour: Behaviour, request: u32) -> Option<Option<ExceptionCode>> {
    let first = request <= 1;
    match behaviour {
        Behaviour::NotPortable => Some(Some(ExceptionCode::PhoneNumberNotPortable)),
        Behaviour::SpecialFeature => Some(Some(ExceptionCode::PhoneNumberHasSpecialFeature)),
        Behaviour::RateCenter => Some(Some(ExceptionCode::RateCenterNotPortable)),
        Behaviour::OpenOrder if first => Some(Some(ExceptionCode::LsrPending)),
        Behaviour::Other if first => Some(Some(ExceptionCode::Other)),
        Behaviour::Silent if first => Some(None),
        Behaviour::OpenOrder
        | Behaviour::Other
        | Behaviour::Silent
        | Behaviour::Clean
        | Behaviour::FocExpires
        | Behaviour::SvConflict
        | Behaviour::SvFailure => None,
    }
}

/// Name, account, PIN and address.
fn who(record: &Record, port: &Port) -> Vec<ExceptionCode> {
    let (admin, location) = (&port.admin, &port.location);
    let mut codes = Vec::new();
    let mut check = |fits: bool, code| {
        if !fits {
            codes.push(code);
        }
    };
    check(
        same(admin.entity_name.as_deref(), &record.entity),
        ExceptionCode::EntityNameMismatch,
    );
    check(
        same(admin.auth_person_name.as_deref(), &record.person),
        ExceptionCode::AuthPersonMismatch,
    );
    check(
        same(admin.account_number.as_deref(), &record.account),
        ExceptionCode::AccountNumberMismatch,
    );
    let pin = record
        .pin
        .as_deref()
        .is_none_or(|pin| admin.pin_passcode.as_deref() == Some(pin));
    check(pin, ExceptionCode::PasscodePinInvalid);
    let billing = admin
        .billing_phone_number
        .as_deref()
        .is_none_or(|number| number == record.billing.as_str());
    check(billing, ExceptionCode::BtnAtnMismatch);
    let place = same(location.street_address.as_deref(), &record.address.street)
        && same(location.locality.as_deref(), &record.address.locality)
        && same(location.country_code.as_deref(), &record.address.country);
    check(place, ExceptionCode::LocationMismatch);
    check(
        same(location.postal_code.as_deref(), &record.address.postal),
        ExceptionCode::PostalCodeMismatch,
    );
    codes
}

/// All of the account, or some of it.
fn how_much(record: &Record, port: &Port, numbers: &[E164]) -> Option<ExceptionCode> {
    let taken = numbers.iter().filter(|number| record.holds(number)).count() as u64;
    let all = taken == record.count;
    match port.misc.kind {
        PortType::Full if all => None,
        PortType::Partial if all => Some(ExceptionCode::PortTypeIncorrect),
        PortType::Full => Some(ExceptionCode::PortTypeIncorrect),
        PortType::Partial => {
            let keeps = port.misc.remaining_numbers_action == Some(Remaining::Keep);
            let new_billing = port
                .misc
                .new_billing_phone_number
                .as_deref()
                .unwrap_or_default();
            let main = numbers.contains(&record.billing);
            (keeps && main && new_billing.is_empty()).then_some(ExceptionCode::MainBtnPorting)
        }
    }
}

impl State {
    pub(crate) fn numbers_of(&self, port: &Port) -> Vec<E164> {
        port.numbers
            .iter()
            .filter_map(|id| self.port_numbers.get(id))
            .map(|row| row.number.clone())
            .collect()
    }

    /// The order is with the donor from now on.
    pub(in crate::core) fn ask_donor(&mut self, id: &str, now: At) {
        let Some(port) = self.ports.edit(id) else {
            return;
        };
        port.requests += 1;
        port.foc_actual = None;
        port.foc_due = None;
        port.cutting_over = false;
        let pace = self.world.pace(&port.country.clone()).clone();
        self.set_numbers(id, super::ActivationStatus::Pending, now);
        self.port_wakes(
            id,
            self.later(pace.donor_answer_s, now),
            PortTimer::DonorAnswers,
        );
        self.port_wakes(
            id,
            self.later(pace.donor_limit_s, now),
            PortTimer::DonorLimit,
        );
    }

    pub(in crate::core) fn donor_answers(&mut self, id: &str, now: At) {
        if self.memory().manual_donor {
            return;
        }
        let Some(port) = self
            .ports
            .get(id)
            .filter(|port| port.status == PortStatus::Submitted)
        else {
            return;
        };
        match decide(&self.world, port, &self.numbers_of(port), now) {
            Answer::Accept(date) => self.donor_accepts(id, date, now),
            Answer::Reject(codes, said) => self.donor_rejects(id, codes, said, now),
            Answer::Silent => {}
        }
    }

    pub(in crate::core) fn donor_limit(&mut self, id: &str, now: At) {
        if self
            .ports
            .get(id)
            .is_some_and(|port| port.status == PortStatus::Submitted)
        {
            self.donor_rejects(id, vec![ExceptionCode::OspIrresponsive], None, now);
        }
    }

    /// A person answers for the donor.
    pub(in crate::core) fn donor_decided(
        &mut self,
        id: &str,
        answer: Answer,
        now: At,
    ) -> Result<Reply, Refusal> {
        let port = self.port(id)?;
        if port.status != PortStatus::Submitted {
            return Err(super::illegal(
                port,
                "answered by its donor",
                "a submitted one",
            ));
        }
        match answer {
            Answer::Accept(date) => {
                if date.is_some_and(|date| date <= now) {
                    return Err(Refusal::at(
                        Code::Invalid,
                        "/foc_datetime",
                        "the date must be in the future",
                    ));
                }
                self.donor_accepts(id, date, now);
            }
            Answer::Reject(codes, _) if codes.is_empty() => {
                return Err(Refusal::at(
                    Code::Missing,
                    "/codes",
                    "a rejection needs at least one exception code",
                ));
            }
            Answer::Reject(codes, said) => self.donor_rejects(id, codes, said, now),
            Answer::Silent => {
                let limit = self.world.pace(&port.country).donor_limit_s;
                let due = self.later(limit, now);
                self.ports.edit(id).expect("seen above").round += 1;
                self.port_wakes(id, due, PortTimer::DonorLimit);
            }
        }
        Ok(Reply::One(id.to_owned()))
    }

    fn donor_accepts(&mut self, id: &str, date: Option<At>, now: At) {
        let Some(port) = self.ports.edit(id) else {
            return;
        };
        let usual_s = i64::try_from(self.world.pace(&port.country).foc_default_s).unwrap_or(0);
        let wanted = port.foc_requested.filter(|wanted| *wanted > now);
        let date = date
            .or(wanted)
            .unwrap_or_else(|| now.plus_ms(usual_s.saturating_mul(1000)));
        let due = self.settings.scale.reached(date, now);
        port.foc_actual = Some(date);
        port.foc_due = Some(due);
        self.set_numbers(id, super::ActivationStatus::Concurred, now);
        self.move_port(id, PortEvent::DateAgreed, Vec::new(), now);
        self.make_job(id, date, now);
        self.port_wakes(id, due, PortTimer::Foc);
    }

    fn donor_rejects(
        &mut self,
        id: &str,
        codes: Vec<ExceptionCode>,
        said: Option<String>,
        now: At,
    ) {
        let told = codes
            .iter()
            .map(|code| code.description())
            .collect::<Vec<_>>()
            .join(". ");
        self.move_port(id, PortEvent::Faulted, codes, now);
        let body = said.filter(|said| !said.is_empty()).unwrap_or(told);
        self.say(id, &body, super::parts::Author::Admin, now);
    }
}

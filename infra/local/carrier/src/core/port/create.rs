//! A request for numbers becomes porting orders, one for each country, type and donor.
//! <https://developers.telnyx.com/api-reference/porting-orders/create-a-porting-order>

use super::{
    ActivationStatus, Admin, AfterPort, Feedback, Location, Misc, Papers, Port, PortNumber,
    PortStatus,
};
use crate::core::event::Family;
use crate::core::hand::{Holder, Place};
use crate::core::number::{E164, NumberType};
use crate::core::order::RequirementValue;
use crate::core::problem::{Code, Problem, Refusal};
use crate::core::reservation::read_numbers;
use crate::core::time::At;
use crate::core::timer::Timer;
use crate::core::{Reply, State};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct NewPorts {
    /// The numbers, as sent.
    pub numbers: Vec<String>,
    /// The customer's reference.
    pub customer_reference: Option<String>,
    /// The customer's reference of the group.
    pub customer_group_reference: Option<String>,
}

/// What makes an order of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lot {
    country: String,
    kind: NumberType,
    donor: String,
    ocn: String,
}

/// Whether a number can come here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portability {
    /// Why not; empty when it can.
    pub reason: String,
    /// Whether the customer may activate it.
    pub fast: bool,
}

impl State {
    /// Whether a number can come here, as far as is known before the donor is asked.
    #[must_use]
    pub fn portability(&self, number: &E164) -> Portability {
        self.portabilities(std::slice::from_ref(number)).remove(0)
    }

    /// The same for each of several; the open orders are looked through once.
    #[must_use]
    pub fn portabilities(&self, numbers: &[E164]) -> Vec<Portability> {
        let wanted: BTreeSet<&E164> = numbers.iter().collect();
        let open: BTreeSet<&E164> = self
            .port_numbers
            .iter()
            .filter(|each| wanted.contains(&each.number))
            .filter(|each| {
                self.ports
                    .get(&each.port)
                    .is_some_and(|port| !port.status.is_over())
            })
            .map(|each| &each.number)
            .collect();
        numbers
            .iter()
            .map(|number| self.portability_of(number, open.contains(number)))
            .collect()
    }

    fn portability_of(&self, number: &E164, open: bool) -> Portability {
        let reason = match self.place(number) {
            Place::Unknown => "The country of this number is not covered",
            Place::Free => "The number belongs to this carrier; order it instead",
            Place::Held(Holder::Customer(_) | Holder::Ordered(_) | Holder::Reservation(_)) => {
                "The number is with this carrier already"
            }
            Place::Held(Holder::Quarantine) => "The number rests after its release",
            Place::Held(Holder::Other(_)) | Place::Donor | Place::Elsewhere => {
                if open {
                    "The number is in another porting order"
                } else {
                    ""
                }
            }
        };
        let us = self
            .world
            .country_of(number)
            .is_some_and(|country| country.iso == "US");
        Portability {
            reason: reason.to_owned(),
            fast: us && reason.is_empty(),
        }
    }

    fn lot(&self, number: &E164) -> Lot {
        let country = self
            .world
            .country_of(number)
            .map(|country| country.iso.clone())
            .unwrap_or_default();
        let (donor, ocn) = match self.world.record_of(number) {
            Some(record) => (record.donor.clone(), record.ocn.clone()),
            None => (format!("Unknown carrier {country}"), String::new()),
        };
        Lot {
            country,
            kind: self.world.type_of(number),
            donor,
            ocn,
        }
    }

    pub(in crate::core) fn create_ports(
        &mut self,
        wanted: NewPorts,
        now: At,
    ) -> Result<Reply, Refusal> {
        let numbers = read_numbers(&wanted.numbers, "/phone_numbers")?;
        self.room(self.port_numbers.len(), numbers.len())?;
        let mut problems = Vec::new();
        for (index, found) in self.portabilities(&numbers).into_iter().enumerate() {
            if !found.reason.is_empty() {
                problems.push(Problem {
                    code: Code::Invalid,
                    detail: format!("{} is not portable: {}", numbers[index], found.reason),
                    pointer: Some(format!("/phone_numbers/{index}")),
                });
            }
        }
        if !problems.is_empty() {
            return Err(Refusal(problems));
        }
        let mut lots: BTreeMap<Lot, Vec<E164>> = BTreeMap::new();
        for number in numbers {
            lots.entry(self.lot(&number)).or_default().push(number);
        }
        let group = self.id();
        let mut ids = Vec::new();
        for (lot, numbers) in lots {
            ids.push(self.create_port(&wanted, &group, lot, numbers, now));
        }
        if let [first, rest @ ..] = ids.as_slice() {
            for other in rest {
                self.tell_split(first, other, now);
            }
        }
        Ok(Reply::Many(ids))
    }

    fn create_port(
        &mut self,
        wanted: &NewPorts,
        group: &str,
        lot: Lot,
        numbers: Vec<E164>,
        now: At,
    ) -> String {
        let id = self.id();
        let stamp = self.stamp(now);
        let mut rows = Vec::new();
        for number in numbers {
            let (row, stamp) = (self.id(), self.stamp(now));
            let activation = ActivationStatus::New;
            self.port_numbers.put(PortNumber {
                id: row.clone(),
                stamp,
                port: id.clone(),
                number,
                activation,
            });
            rows.push(row);
        }
        let requirements = self
            .world
            .required("porting", &lot.country, lot.kind)
            .into_iter()
            .map(|kind| RequirementValue {
                id: kind.id.clone(),
                field_type: kind.kind.clone(),
                value: None,
                declined: false,
            });
        let port = Port {
            id: id.clone(),
            stamp,
            group: group.to_owned(),
            status: PortStatus::Draft,
            details: Vec::new(),
            donor: lot.donor,
            ocn: lot.ocn,
            fast: lot.country == "US",
            requirements: requirements.collect(),
            country: lot.country,
            kind: lot.kind,
            customer_reference: wanted.customer_reference.clone(),
            customer_group_reference: wanted.customer_group_reference.clone(),
            webhook_url: None,
            admin: Admin::default(),
            location: Location::default(),
            misc: Misc::default(),
            documents: Papers::default(),
            after: AfterPort::default(),
            feedback: Feedback::default(),
            enable_messaging: false,
            foc_requested: None,
            foc_actual: None,
            foc_due: None,
            cutting_over: false,
            requests: 0,
            round: 0,
            corrected: false,
            numbers: rows,
        };
        self.ports.put(port);
        let due = self.later_for_people(self.world.paces.common.draft_retention_s, now);
        self.wake(due, Timer::DraftEnds(id.clone()));
        id
    }

    fn tell_split(&mut self, from: &str, to: &str, now: At) {
        let numbers = self
            .ports
            .get(to)
            .map(|port| port.numbers.clone())
            .unwrap_or_default();
        let numbers: Vec<_> = numbers.iter().map(|id| json!({ "id": id })).collect();
        let payload =
            json!({ "from": { "id": from }, "to": { "id": to }, "porting_phone_numbers": numbers });
        self.emit(Family::Port, "porting_order.split", to, None, payload, now);
    }

    pub(in crate::core) fn delete_port(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let port = self.port(id)?;
        if port.status != PortStatus::Draft {
            return Err(super::illegal(port, "deleted", "a draft"));
        }
        self.drop_draft(id, now);
        Ok(Reply::Done)
    }

    pub(in crate::core) fn draft_ends(&mut self, id: &str, now: At) {
        if self
            .ports
            .get(id)
            .is_some_and(|port| port.status == PortStatus::Draft)
        {
            self.drop_draft(id, now);
        }
    }

    fn drop_draft(&mut self, id: &str, now: At) {
        let Some(port) = self.ports.remove(id) else {
            return;
        };
        for number in &port.numbers {
            self.port_numbers.remove(number);
        }
        let payload = json!({
            "id": port.id,
            "customer_reference": port.customer_reference,
            "created_at": port.stamp.created_at.iso(),
            "updated_at": port.stamp.updated_at.iso(),
            "deleted_at": now.iso(),
            "record_type": "porting_order",
        });
        self.emit(
            Family::Port,
            "porting_order.deleted",
            id,
            port.webhook_url,
            payload,
            now,
        );
    }
}

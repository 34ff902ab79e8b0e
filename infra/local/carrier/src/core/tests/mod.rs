//! The desk in virtual time.

mod orders;
mod portouts;
mod ports;
mod random;

use super::event::{Event, Faults};
use super::hand::Holder;
use super::order::{NewOrder, Outcome};
use super::owned::OwnedStatus;
use super::port::{ExceptionCode, Port, PortStatus};
use super::problem::Refusal;
use super::time::{At, Scale};
use super::world::{Record, World};
use super::{Input, Reply, Settings, State};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Where the tests' time begins: 2026-03-02T08:00:00Z.
const START: At = At(1_772_438_400_000);
const HOUR_MS: i64 = 3_600_000;

/// A desk and the time there.
struct Bench {
    state: State,
    now: At,
}

impl Bench {
    fn new(faults: Faults) -> Self {
        let webhook_url = Some("http://127.0.0.1:9/notices".to_owned());
        let scale = Scale::new(1).expect("in range");
        let settings = Settings {
            scale,
            patience_s: 0,
            webhook_url,
            seed: 1,
            faults,
        };
        Self {
            state: State::new(settings, Arc::new(World::practice())),
            now: START,
        }
    }

    fn step(&mut self, input: Input) -> Result<Reply, Refusal> {
        let _ = self.state.take_changes();
        let shown = format!("{input:?}");
        let result = self.state.step(input, self.now);
        let changes = self.state.take_changes();
        if result.is_err() {
            assert!(
                changes.is_empty(),
                "{shown} was refused and changed {changes:?}"
            );
        }
        self.check();
        result
    }

    fn ids(&mut self, input: Input) -> Vec<String> {
        match self.step(input).expect("is accepted") {
            Reply::Many(ids) => ids,
            Reply::One(id) => vec![id],
            Reply::Done => Vec::new(),
        }
    }

    fn id(&mut self, input: Input) -> String {
        self.ids(input).remove(0)
    }

    /// Lets time pass, timer by timer.
    fn pass_ms(&mut self, ms: i64) {
        let end = self.now.plus_ms(ms);
        while let Some(due) = self.state.next_wake().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.step(Input::Tick).expect("a tick is never refused");
        }
        self.now = end;
    }

    fn pass_hours(&mut self, hours: i64) {
        self.pass_ms(hours * HOUR_MS);
    }

    /// What must hold whatever happens.
    fn check(&self) {
        let mut held = BTreeSet::new();
        for owned in self.state.owned.iter() {
            if matches!(
                owned.status,
                OwnedStatus::Active | OwnedStatus::PortOutPending
            ) {
                assert!(
                    held.insert(owned.number.clone()),
                    "{} is held twice",
                    owned.number
                );
                let hand = self
                    .state
                    .hands
                    .get(owned.number.as_str())
                    .map(|hand| &hand.holder);
                assert_eq!(hand, Some(&Holder::Customer(owned.id.clone())));
            }
        }
        for ordered in self
            .state
            .ordered
            .iter()
            .filter(|ordered| ordered.outcome == Outcome::Pending)
        {
            assert!(
                held.insert(ordered.number.clone()),
                "{} is held twice",
                ordered.number
            );
        }
    }

    fn document(&mut self, name: &str) -> String {
        let (filename, bytes) = (name.to_owned(), b"%PDF-1.4 test".to_vec());
        self.id(Input::Upload(super::document::NewDocument {
            filename,
            bytes,
            customer_reference: None,
        }))
    }

    fn port(&self, id: &str) -> &Port {
        self.state.ports.get(id).expect("an order")
    }

    fn status(&self, id: &str) -> PortStatus {
        self.port(id).status
    }

    /// The statuses that the notices of an order told, in order.
    fn told(&self, id: &str) -> Vec<String> {
        let mut events: Vec<&Event> = self
            .state
            .events
            .iter()
            .filter(|event| {
                event.subject == id && event.event_type == "porting_order.status_changed"
            })
            .collect();
        events.sort_by_key(|event| event.stamp.seq);
        events
            .iter()
            .map(|event| {
                event.payload["status"]["value"]
                    .as_str()
                    .expect("a text")
                    .to_owned()
            })
            .collect()
    }

    fn record(&self, account: &str) -> Record {
        self.state
            .world
            .records
            .iter()
            .find(|record| record.account == account)
            .expect("a record")
            .clone()
    }

    /// A draft for all numbers of a record, or the first few, filled in as the record has it.
    fn draft(&mut self, account: &str, numbers: u64) -> String {
        let record = self.record(account);
        let texts = (0..numbers)
            .map(|offset| record.first.further(offset).as_str().to_owned())
            .collect();
        let wanted = super::port::create::NewPorts {
            numbers: texts,
            ..Default::default()
        };
        let id = self.id(Input::CreatePorts(wanted));
        let body = self.filled(&record, numbers);
        self.id(Input::EditPort {
            id: id.clone(),
            body,
        });
        id
    }

    fn filled(&mut self, record: &Record, numbers: u64) -> Value {
        let (loa, invoice, proof) = (
            self.document("loa.pdf"),
            self.document("invoice.pdf"),
            self.document("proof.pdf"),
        );
        let required = self
            .state
            .world
            .required("porting", &record.country, record.kind);
        let requirements: Vec<Value> = required
            .iter()
            .map(|kind| {
                let value = if kind.kind == "document" {
                    proof.as_str()
                } else {
                    "CHE-123.45"
                };
                json!({ "requirement_type_id": kind.id, "field_value": value })
            })
            .collect();
        let misc = if numbers < record.count {
            json!({ "type": "partial", "remaining_numbers_action": "disconnect" })
        } else {
            json!({ "type": "full" })
        };
        json!({
            "end_user": {
                "admin": {
                    "entity_name": record.entity,
                    "auth_person_name": record.person,
                    "account_number": record.account,
                    "billing_phone_number": record.billing,
                    "pin_passcode": record.pin,
                },
                "location": {
                    "street_address": record.address.street,
                    "locality": record.address.locality,
                    "administrative_area": record.address.area,
                    "postal_code": record.address.postal,
                    "country_code": record.address.country,
                },
            },
            "documents": { "loa": loa, "invoice": invoice },
            "misc": misc,
            "requirements": requirements,
            "phone_number_configuration": { "connection_id": "trunk-1" },
        })
    }

    fn order(&mut self, numbers: &[&str]) -> String {
        let numbers = numbers.iter().map(|number| (*number).to_owned()).collect();
        self.id(Input::Order(NewOrder {
            numbers,
            connection_id: Some("trunk-1".to_owned()),
            ..NewOrder::default()
        }))
    }

    fn codes(&self, id: &str) -> Vec<ExceptionCode> {
        self.port(id).details.clone()
    }
}

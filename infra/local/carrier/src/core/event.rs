//! Notices: what happened, who is to be told, and what goes wrong on the way. Routes likewise.

use super::number::E164;
use super::problem::Refusal;
use super::table::Row;
use super::time::At;
use super::timer::due_key;
use super::{Reply, Stamp, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Most events that are kept; the oldest go first.
pub const MAX_EVENTS: usize = 20_000;
/// How many of the oldest go at once.
const FORGET: usize = 500;
/// Times that a notice is tried.
pub const MAX_ATTEMPTS: u32 = 12;
/// Wait before the second try, in milliseconds of the wall clock; doubled each time.
const FIRST_WAIT_MS: i64 = 500;
/// Longest wait between tries.
const MAX_WAIT_MS: i64 = 60_000;

/// How many notices of a thousand go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faults {
    /// Are never sent, until republished.
    pub lost_per_mille: u16,
    /// Are sent twice.
    pub repeated_per_mille: u16,
    /// Are sent hours late (of the carrier's time).
    pub late_per_mille: u16,
}

impl Faults {
    /// None go wrong.
    pub const NONE: Self = Self {
        lost_per_mille: 0,
        repeated_per_mille: 0,
        late_per_mille: 0,
    };
    /// One in twenty of each kind.
    pub const NOW_AND_THEN: Self = Self {
        lost_per_mille: 50,
        repeated_per_mille: 50,
        late_per_mille: 50,
    };
}

/// What went wrong with a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Never sent.
    Lost,
    /// Sent twice.
    Repeated,
    /// Sent late.
    Late,
}

/// Whose list of events it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// `/porting/events`.
    Port,
    /// `/portouts/events`.
    PortOut,
    /// On none: number orders.
    Order,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// Id.
    pub id: String,
    /// When.
    pub stamp: Stamp,
    /// Whose list it is on.
    pub family: Family,
    /// `porting_order.status_changed`.
    pub event_type: String,
    /// The order.
    pub subject: String,
    /// What is told; null when nothing is.
    pub payload: Value,
    /// Where the notice goes.
    pub url: Option<String>,
    /// What went wrong with it.
    pub fault: Option<Fault>,
    /// Times a receiver took it.
    pub taken: u32,
}

impl Row for Event {
    const KIND: &'static str = "event";
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Event {
    /// The body of the notice: <https://developers.telnyx.com/docs/numbers/porting/port-in-notifications>.
    #[must_use]
    pub fn envelope(&self, attempt: u32, url: &str) -> Value {
        json!({
            "data": {
                "event_type": self.event_type,
                "id": self.id,
                "occurred_at": self.stamp.created_at.iso(),
                "payload": self.payload,
                "record_type": "event",
            },
            "meta": { "attempt": attempt, "delivered_to": url },
        })
    }
}

/// A notice to be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// When.
    pub due: At,
    /// Place in the order of making.
    pub seq: u64,
    /// The event.
    pub event: String,
    /// Where to.
    pub url: String,
    /// Which try this is, from 1.
    pub attempt: u32,
}

impl Row for Delivery {
    const KIND: &'static str = "delivery";
    fn key(&self) -> String {
        due_key(self.due, self.seq)
    }
}

/// A route that the platform has not heard of yet. The newest of a number replaces older ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteNotice {
    /// The number.
    pub number: E164,
    /// ISO 3166 code of its country.
    pub country: String,
    /// Place in the order of making.
    pub seq: u64,
    /// Whether it routes to the customer.
    pub here: bool,
    /// The connection it is assigned to.
    pub connection_id: Option<String>,
}

impl Row for RouteNotice {
    const KIND: &'static str = "route";
    fn key(&self) -> String {
        self.number.as_str().to_owned()
    }
}

impl State {
    /// Notes an event and, when somebody is to be told, the notice.
    pub(super) fn emit(
        &mut self,
        family: Family,
        event_type: &str,
        subject: &str,
        url: Option<String>,
        payload: Value,
        now: At,
    ) {
        let id = self.id();
        let stamp = self.stamp(now);
        let url = url
            .or_else(|| self.settings.webhook_url.clone())
            .filter(|_| !payload.is_null());
        let fault = url.as_ref().and_then(|_| self.fault_of(&id));
        let late_ms = self
            .settings
            .scale
            .wait_ms(self.world.paces.common.late_notice_s);
        if let Some(url) = &url {
            match fault {
                Some(Fault::Lost) => {}
                Some(Fault::Late) => self.send(&id, url, now.plus_ms(late_ms)),
                Some(Fault::Repeated) => {
                    self.send(&id, url, now);
                    self.send(&id, url, now);
                }
                None => self.send(&id, url, now),
            }
        }
        let event_type = event_type.to_owned();
        let subject = subject.to_owned();
        self.events.put(Event {
            id,
            stamp,
            family,
            event_type,
            subject,
            payload,
            url,
            fault,
            taken: 0,
        });
        self.forget_old_events();
    }

    fn fault_of(&self, id: &str) -> Option<Fault> {
        if self.memory().reliable {
            return None;
        }
        let digest = Sha256::new()
            .chain_update(self.settings.seed.to_be_bytes())
            .chain_update(id)
            .finalize();
        let drawn = u16::from_be_bytes([digest[0], digest[1]]) % 1000;
        let Faults {
            lost_per_mille,
            repeated_per_mille,
            late_per_mille,
        } = self.settings.faults;
        if drawn < lost_per_mille {
            Some(Fault::Lost)
        } else if drawn < lost_per_mille + repeated_per_mille {
            Some(Fault::Repeated)
        } else if drawn < lost_per_mille + repeated_per_mille + late_per_mille {
            Some(Fault::Late)
        } else {
            None
        }
    }

    fn send(&mut self, event: &str, url: &str, due: At) {
        let seq = self.count();
        self.deliveries.put(Delivery {
            due,
            seq,
            event: event.to_owned(),
            url: url.to_owned(),
            attempt: 1,
        });
    }

    fn forget_old_events(&mut self) {
        if self.events.len() < MAX_EVENTS + FORGET {
            return;
        }
        let mut oldest: Vec<(u64, String)> = self
            .events
            .iter()
            .map(|event| (event.stamp.seq, event.id.clone()))
            .collect();
        oldest.sort_unstable();
        for (_, id) in oldest.into_iter().take(FORGET) {
            self.events.remove(&id);
        }
    }

    pub(super) fn republish(&mut self, id: &str, now: At) -> Result<Reply, Refusal> {
        let event = self
            .events
            .get(id)
            .ok_or_else(|| Refusal::missing("event", id))?;
        // No address: there is nobody to tell, which is no fault of who asks.
        if let Some(url) = event.url.clone() {
            self.send(id, &url, now);
        }
        Ok(Reply::Done)
    }

    pub(super) fn notice_sent(&mut self, key: &str, taken: bool, now: At) -> Reply {
        let Some(delivery) = self.deliveries.remove(key) else {
            return Reply::Done;
        };
        if taken {
            if let Some(event) = self.events.edit(&delivery.event) {
                event.taken += 1;
            }
        } else if delivery.attempt < MAX_ATTEMPTS {
            let wait = FIRST_WAIT_MS
                .saturating_mul(1 << delivery.attempt.min(20))
                .min(MAX_WAIT_MS)
                / 2;
            let attempt = delivery.attempt + 1;
            self.deliveries.put(Delivery {
                due: now.plus_ms(wait),
                attempt,
                ..delivery
            });
        }
        Reply::Done
    }

    pub(super) fn route(
        &mut self,
        number: &E164,
        country: &str,
        connection_id: Option<String>,
        here: bool,
    ) {
        let seq = self.count();
        let country = country.to_owned();
        self.routes.put(RouteNotice {
            number: number.clone(),
            country,
            seq,
            here,
            connection_id,
        });
    }

    pub(super) fn route_heard(&mut self, number: &str, seq: u64) -> Reply {
        if self
            .routes
            .get(number)
            .is_some_and(|route| route.seq == seq)
        {
            self.routes.remove(number);
        }
        Reply::Done
    }
}

//! The world that activities see, in memory: every port, with faults to order.
mod calls;
mod people;
mod services;

use activities::dial;
use activities::mailbox::Mailbox;
use activities::ports::Unavailable;
use activities::ports::calls::CallRecord;
use activities::ports::clock::Clock;
use activities::ports::connections::Connection;
use activities::ports::directory::{Number, Person, Tenant};
use activities::ports::meetings::Room;
use activities::ports::routings::Routing;
use activities::ports::workflows::{Machine, Status};
use contract::{CallId, E164, LegId, PersonId, Role, TenantId};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

/// When a port call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing happened.
    Before,
    /// It happened, and the answer was lost.
    After,
}

/// How dialling goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialling {
    Works,
    Busy,
    Refused,
}

/// Everything there is.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) mailboxes: BTreeMap<CallId, (u64, Mailbox)>,
    pub(crate) calls: BTreeMap<CallId, CallRecord>,
    pub(crate) rooms: BTreeMap<String, Room>,
    pub(crate) executions: BTreeMap<CallId, (Machine, Value, Status)>,
    pub(crate) start_refused: bool,
    pub(crate) start_fails: u32,
    /// Signals handed over, by token.
    pub(crate) handed: Vec<(String, u64)>,
    pub(crate) spent: BTreeSet<String>,
    pub(crate) complete_fails: u32,
    pub(crate) dialled: Vec<(LegId, String)>,
    pub(crate) dialling: Dialling,
    pub(crate) nudged: Vec<String>,
    pub(crate) gone: BTreeSet<String>,
    pub(crate) tenants: BTreeMap<TenantId, Tenant>,
    pub(crate) people: BTreeMap<PersonId, Person>,
    pub(crate) numbers: BTreeMap<E164, Number>,
    /// Groups and flows by id.
    pub(crate) routings: BTreeMap<String, Value>,
    pub(crate) connections: Vec<Connection>,
    /// Port calls so far, and the one that is to fail.
    pub(crate) port_calls: usize,
    fault: Option<(usize, When)>,
}

/// All ports over one [`State`].
#[derive(Debug)]
pub(crate) struct Fake(pub(crate) Mutex<State>);

pub(crate) const TENANT: &str = "t-1";
pub(crate) const ANA: &str = "p-ana";
pub(crate) const BEA: &str = "p-bea";
pub(crate) const NUMBER: &str = "+41445550100";

pub(crate) fn e164(text: &str) -> E164 {
    E164::parse(text).unwrap()
}

impl State {
    pub(crate) fn put_routing(&mut self, routing: &impl Routing) {
        let kept = serde_json::to_value(routing).expect("JSON");
        self.routings.insert(routing.id().to_owned(), kept);
    }
}

impl Fake {
    /// A tenant with two people, one number each, and Ana's device connected.
    pub(crate) fn new() -> Self {
        let tenant = TenantId::from(TENANT);
        let person = |id: &str, name: &str, number: &str| Person {
            person: id.into(),
            tenant: tenant.clone(),
            name: name.into(),
            email: format!("{name}@example.test"),
            role: Role::Person,
            numbers: vec![e164(number)],
            ring_limit_s: 30,
            language: None,
        };
        let people = [
            person(ANA, "Ana", NUMBER),
            person(BEA, "Bea", "+6565550100"),
        ];
        let numbers = people.iter().map(|person| Number {
            number: person.numbers[0].clone(),
            tenant: tenant.clone(),
            person: Some(person.person.clone()),
            group: None,
            flow: None,
        });
        let countries = ["CH", "SG"].map(str::to_owned).to_vec();
        let dial = dial::DialPolicy {
            countries,
            premium_allowed: false,
        };
        let fake = Self(Mutex::new(State {
            now: Timestamp::from_second(1_790_000_000).unwrap(),
            mailboxes: BTreeMap::new(),
            calls: BTreeMap::new(),
            rooms: BTreeMap::new(),
            executions: BTreeMap::new(),
            start_refused: false,
            start_fails: 0,
            handed: Vec::new(),
            spent: BTreeSet::new(),
            complete_fails: 0,
            dialled: Vec::new(),
            dialling: Dialling::Works,
            nudged: Vec::new(),
            gone: BTreeSet::new(),
            tenants: [(
                tenant.clone(),
                Tenant {
                    tenant: tenant.clone(),
                    name: "One".into(),
                    dial,
                    country: None,
                    closed_at: None,
                },
            )]
            .into(),
            numbers: numbers
                .map(|number| (number.number.clone(), number))
                .collect(),
            people: people
                .into_iter()
                .map(|person| (person.person.clone(), person))
                .collect(),
            routings: BTreeMap::new(),
            connections: Vec::new(),
            port_calls: 0,
            fault: None,
        }));
        fake.connect(ANA, "device-ana");
        fake
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn connect(&self, person: &str, device: &str) {
        self.state().connections.push(Connection {
            id: device.into(),
            tenant: TENANT.into(),
            person: person.into(),
            role: Role::Person,
            device: device.into(),
            session: "s".into(),
            since: 0,
            expires: i64::MAX,
        });
    }

    /// Lets the port call `n` from now fail.
    pub(crate) fn fail(&self, n: usize, when: When) {
        let mut state = self.state();
        state.fault = Some((state.port_calls + n, when));
    }

    pub(crate) fn heal(&self) {
        self.state().fault = None;
    }

    pub(crate) fn record(&self, call: &str) -> CallRecord {
        self.state().calls[&CallId::from(call)].clone()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        let mut state = self.state();
        state.now += jiff::SignedDuration::from_secs(seconds);
    }

    /// One port call: `effect`, unless it is the one that is to fail.
    fn port<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Result<T, Unavailable> {
        let mut state = self.state();
        let this = state.port_calls;
        state.port_calls += 1;
        match state.fault {
            Some((n, When::Before)) if n == this => Err(lost()),
            Some((n, When::After)) if n == this => {
                effect(&mut state);
                Err(lost())
            }
            Some(_) | None => Ok(effect(&mut state)),
        }
    }
}

fn lost() -> Unavailable {
    Unavailable::new("the fake", "a fault to order")
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn sleep(&self, pause: Duration) {
        {
            let mut state = self.state();
            state.now = state.now.checked_add(pause).unwrap();
        }
        tokio::task::yield_now().await;
    }
}

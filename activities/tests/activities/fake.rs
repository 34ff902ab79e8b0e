//! The world that activities see, in memory: every port, with faults to order.
use activities::dial;
use activities::mailbox::Mailbox;
use activities::ports::Unavailable;
use activities::ports::call_control::{CallControl, DialError, NudgeError};
use activities::ports::calls::{CallRecord, Calls, Engaging, Page, Shelf, Whose, Write};
use activities::ports::clock::Clock;
use activities::ports::connections::{Connection, Connections};
use activities::ports::directory::{Credential, Directory, NewTenant, Number, Person, Tenant};
use activities::ports::mailboxes::{Mailboxes, Versioned};
use activities::ports::meetings::{Meetings, OpenError, Room};
use activities::ports::routings::{Kept, Routing, Routings};
use activities::ports::workflows::{
    Handed, Inspected, Machine, Redriven, StartError, Status, Workflows,
};
use contract::{CallId, E164, LegId, PersonId, Role, TenantId};
use jiff::Timestamp;
use serde_json::{Value, json};
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

/// Whether another call engages somebody whom this one names.
fn is_elsewhere(state: &State, record: &CallRecord) -> bool {
    state.calls.values().any(|other| {
        other.view.id != record.view.id
            && !other.private.engaged.is_disjoint(&record.private.engaged)
    })
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

impl Mailboxes for Fake {
    async fn load(&self, call: &CallId) -> Result<Option<Versioned>, Unavailable> {
        self.port(|state| {
            state.mailboxes.get(call).map(|(version, mailbox)| {
                // Through JSON, as the store does it.
                let json = serde_json::to_string(mailbox).unwrap();
                Versioned {
                    version: *version,
                    mailbox: serde_json::from_str(&json).unwrap(),
                }
            })
        })
    }

    async fn store(
        &self,
        call: &CallId,
        mailbox: &Mailbox,
        expected: u64,
    ) -> Result<Write, Unavailable> {
        self.port(|state| {
            if state.mailboxes.get(call).map_or(0, |(version, _)| *version) != expected {
                return Write::Conflict;
            }
            state
                .mailboxes
                .insert(call.clone(), (expected + 1, mailbox.clone()));
            Write::Done
        })
    }
}

impl Calls for Fake {
    async fn create(&self, record: &CallRecord) -> Result<Engaging, Unavailable> {
        self.port(|state| {
            if state.calls.contains_key(&record.view.id) {
                return Engaging::Conflict;
            }
            if is_elsewhere(state, record) {
                return Engaging::Busy;
            }
            state.calls.insert(record.view.id.clone(), record.clone());
            Engaging::Done
        })
    }

    async fn get(&self, call: &CallId) -> Result<Option<CallRecord>, Unavailable> {
        self.port(|state| state.calls.get(call).cloned())
    }

    async fn write(
        &self,
        record: &CallRecord,
        before: &CallRecord,
    ) -> Result<Engaging, Unavailable> {
        self.port(|state| {
            let known = state.calls.get(&record.view.id);
            if known.is_none_or(|known| known.view.rev != before.view.rev) {
                return Engaging::Conflict;
            }
            if is_elsewhere(state, record) {
                return Engaging::Busy;
            }
            let mut stored = record.clone();
            if !stored.view.is_live() {
                stored.private.engaged.clear();
            }
            state.calls.insert(record.view.id.clone(), stored);
            Engaging::Done
        })
    }

    async fn engaged(&self, person: &PersonId) -> Result<Option<CallId>, Unavailable> {
        self.port(|state| {
            let mut calls = state.calls.values();
            let engaging = calls.find(|record| record.private.engaged.contains(person))?;
            Some(engaging.view.id.clone())
        })
    }

    async fn list(
        &self,
        whose: &Whose,
        shelf: Shelf,
        _: u32,
        _: Option<&str>,
    ) -> Result<Page, Unavailable> {
        self.port(|state| {
            let theirs = |record: &&CallRecord| match whose {
                Whose::Person(person) => record.view.people().any(|one| one == person),
                Whose::Tenant(tenant) => record.view.tenant == *tenant,
            };
            let shelved = |record: &&CallRecord| record.view.is_live() == (shelf == Shelf::Live);
            Page {
                records: state
                    .calls
                    .values()
                    .filter(theirs)
                    .filter(shelved)
                    .cloned()
                    .collect(),
                next: None,
            }
        })
    }

    async fn all_live(&self) -> Result<Vec<CallId>, Unavailable> {
        self.port(|state| {
            state
                .calls
                .values()
                .filter(|r| r.view.is_live())
                .map(|r| r.view.id.clone())
                .collect()
        })
    }
}

impl Workflows for Fake {
    async fn start(
        &self,
        machine: Machine,
        name: &str,
        input: &Value,
    ) -> Result<String, StartError> {
        let started = self.port(|state| {
            if state.start_refused {
                return Err(StartError::Refused("StateMachineDoesNotExist".into()));
            }
            if state.start_fails > 0 {
                state.start_fails -= 1;
                return Err(StartError::Unavailable(lost()));
            }
            state.executions.entry(name.into()).or_insert((
                machine,
                input.clone(),
                Status::Running,
            ));
            Ok(format!("arn:{name}"))
        });
        started.map_err(StartError::Unavailable)?
    }

    async fn complete(&self, token: &str, output: &Value) -> Result<Handed, Unavailable> {
        self.port(|state| {
            if state.complete_fails > 0 {
                state.complete_fails -= 1;
                return Err(lost());
            }
            if !state.spent.insert(token.to_owned()) {
                return Ok(Handed::Spent);
            }
            let seq = output["seq"].as_u64().unwrap_or_default();
            state.handed.push((token.to_owned(), seq));
            Ok(Handed::Taken)
        })?
    }

    async fn redrive(&self, _: &str) -> Result<Redriven, Unavailable> {
        Ok(Redriven::Not("calls are not redriven".to_owned()))
    }

    async fn status(&self, _: Machine, name: &str) -> Result<Option<Status>, Unavailable> {
        self.port(|state| {
            state
                .executions
                .get(&CallId::from(name))
                .map(|(_, _, status)| *status)
        })
    }

    async fn inspect(&self, _: &str) -> Result<Option<Inspected>, Unavailable> {
        self.port(|_| None)
    }
}

impl CallControl for Fake {
    async fn dial(
        &self,
        _: &CallId,
        leg: &LegId,
        to: &E164,
        _: &E164,
    ) -> Result<String, DialError> {
        let dialled = self.port(|state| match state.dialling {
            Dialling::Works => {
                state.dialled.push((leg.clone(), to.to_string()));
                Ok(format!("t-{}", state.dialled.len()))
            }
            Dialling::Busy => Err(DialError::Busy),
            Dialling::Refused => Err(DialError::Refused("BadRequest".into())),
        });
        dialled.map_err(DialError::Unknown)?
    }

    async fn nudge(&self, _: &CallId, _: &LegId, transaction_id: &str) -> Result<(), NudgeError> {
        let nudged = self.port(|state| {
            if state.gone.contains(transaction_id) {
                return Err(NudgeError::Gone);
            }
            state.nudged.push(transaction_id.to_owned());
            Ok(())
        });
        nudged.map_err(NudgeError::Unavailable)?
    }
}

impl Meetings for Fake {
    async fn open(&self, call: &CallId, legs: &[LegId]) -> Result<Room, OpenError> {
        let opened = self.port(|state| {
            let id = format!("m-{call}");
            let attendees = legs.iter().map(|leg| {
                (leg.clone(), json!({ "ExternalUserId": leg, "AttendeeId": format!("a-{leg}"), "JoinToken": format!("j-{leg}") }))
            });
            let room = Room { meeting: json!({ "MeetingId": id }), attendees: attendees.collect() };
            state.rooms.entry(id).or_insert(room).clone()
        });
        Ok(opened?)
    }

    async fn close(&self, meeting_id: &str) -> Result<(), Unavailable> {
        self.port(|state| drop(state.rooms.remove(meeting_id)))
    }

    async fn exists(&self, meeting_id: &str) -> Result<bool, Unavailable> {
        self.port(|state| state.rooms.contains_key(meeting_id))
    }
}

impl Connections for Fake {
    async fn add(&self, connection: &Connection) -> Result<(), Unavailable> {
        self.port(|state| state.connections.push(connection.clone()))
    }

    async fn connection(&self, id: &str) -> Result<Option<Connection>, Unavailable> {
        self.port(|state| {
            state
                .connections
                .iter()
                .find(|connection| connection.id == id)
                .cloned()
        })
    }

    async fn remove(&self, gone: &Connection) -> Result<(), Unavailable> {
        self.port(|state| {
            state
                .connections
                .retain(|connection| connection.id != gone.id)
        })
    }

    async fn of_person(&self, person: &PersonId) -> Result<Vec<Connection>, Unavailable> {
        self.port(|state| {
            state
                .connections
                .iter()
                .filter(|c| c.person == *person)
                .cloned()
                .collect()
        })
    }

    async fn of_role(&self, tenant: &TenantId, role: Role) -> Result<Vec<Connection>, Unavailable> {
        self.port(|state| {
            state
                .connections
                .iter()
                .filter(|c| c.tenant == *tenant && c.role == role)
                .cloned()
                .collect()
        })
    }

    async fn of_staff(&self) -> Result<Vec<Connection>, Unavailable> {
        self.port(|state| {
            let staff = state.connections.iter().filter(|c| c.role == Role::Staff);
            staff.cloned().collect()
        })
    }
}

impl Routings for Fake {
    async fn routing<R: Routing>(&self, _: &TenantId, id: &str) -> Result<Option<R>, Unavailable> {
        self.port(|state| {
            let found = state.routings.get(id)?;
            serde_json::from_value(found.clone()).ok()
        })
    }

    async fn routings<R: Routing>(&self, _: &TenantId) -> Result<Vec<R>, Unavailable> {
        self.port(|state| {
            let of_kind = |(id, one): (&String, &Value)| {
                let is_one = id.starts_with(R::PREFIX);
                is_one.then(|| serde_json::from_value(one.clone()).expect("as it was kept"))
            };
            state.routings.iter().filter_map(of_kind).collect()
        })
    }

    async fn keep<R: Routing>(
        &self,
        _: &TenantId,
        routing: &R,
        _: Option<&R>,
    ) -> Result<Kept, Unavailable> {
        self.port(|state| {
            state.put_routing(routing);
            Kept::Done
        })
    }

    async fn strike<R: Routing>(&self, _: &TenantId, routing: &R) -> Result<Kept, Unavailable> {
        self.port(|state| {
            state.routings.remove(routing.id());
            Kept::Done
        })
    }
}

impl Directory for Fake {
    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Tenant>, Unavailable> {
        self.port(|state| state.tenants.get(tenant).cloned())
    }

    async fn person(
        &self,
        tenant: &TenantId,
        person: &PersonId,
    ) -> Result<Option<Person>, Unavailable> {
        self.port(|state| {
            state
                .people
                .get(person)
                .filter(|found| found.tenant == *tenant)
                .cloned()
        })
    }

    async fn people(&self, tenant: &TenantId) -> Result<Vec<Person>, Unavailable> {
        self.port(|state| {
            state
                .people
                .values()
                .filter(|person| person.tenant == *tenant)
                .cloned()
                .collect()
        })
    }

    async fn credential(&self, _: &str) -> Result<Option<Credential>, Unavailable> {
        self.port(|_| None)
    }

    async fn number(&self, number: &E164) -> Result<Option<Number>, Unavailable> {
        self.port(|state| state.numbers.get(number).cloned())
    }

    async fn world(&self) -> Result<dial::World, Unavailable> {
        self.port(|_| activities::seed::sample::world())
    }

    async fn create_tenant(&self, _: &NewTenant) -> Result<Write, Unavailable> {
        self.port(|_| Write::Conflict)
    }

    async fn put_country(&self, _: &dial::Country) -> Result<Write, Unavailable> {
        self.port(|_| Write::Conflict)
    }

    async fn set_ring_limit(
        &self,
        _: &TenantId,
        _: &PersonId,
        _: u32,
    ) -> Result<Write, Unavailable> {
        self.port(|_| Write::Conflict)
    }
}

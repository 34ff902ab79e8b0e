//! The desk's whole behaviour, without I/O and without a clock: [`State::step`] takes an input and a moment, and either
//! refuses it and changes nothing, or changes rows that [`State::take_changes`] hands to the store in one transaction.

pub mod address;
pub mod document;
pub mod event;
pub mod hand;
pub mod number;
pub mod order;
pub mod order_done;
pub mod owned;
pub mod port;
pub mod portout;
pub mod problem;
pub mod reservation;
pub mod table;
pub mod time;
pub mod timer;
pub mod world;

#[cfg(test)]
mod tests;

use address::Address;
use document::{Document, NewDocument};
use event::{Delivery, Event, Faults, RouteNotice};
use hand::Hand;
use order::{NewOrder, Order, Ordered, SubOrder};
use owned::Owned;
use port::parts::{Attachment, Comment, Configuration, Job, Token};
use port::{Port, PortNumber};
use portout::{NewPortOut, PortOut, PortOutAnswer};
use problem::{Code, Refusal};
use reservation::{NewReservation, Reservation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use table::{Row, Table};
use time::{At, Scale};
use timer::Wake;
use uuid::Uuid;
use world::World;

/// Most rows of one kind; more is refused.
pub const MAX_ROWS: usize = 200_000;

/// How this desk is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How fast its world runs.
    pub scale: Scale,
    /// How long it waits at least for its customers' people, in real seconds.
    pub patience_s: u32,
    /// Where notices go when an order names no address of its own.
    pub webhook_url: Option<String>,
    /// Decides ids and faults.
    pub seed: u64,
    /// What happens to notices.
    pub faults: Faults,
}

/// When a thing was made and last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Place in the order of making.
    pub seq: u64,
    /// Creation.
    pub created_at: At,
    /// Last change.
    pub updated_at: At,
}

/// What the desk remembers of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Meta {
    counter: u64,
    /// Whether a person decides for the donors.
    pub manual_donor: bool,
    /// Whether notices are spared their faults.
    pub reliable: bool,
}

impl Row for Meta {
    const KIND: &'static str = "meta";
    fn key(&self) -> String {
        "desk".to_owned()
    }
}

/// Something for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A row, or its end.
    Row {
        /// Its table.
        kind: &'static str,
        /// Its key.
        key: String,
        /// Its JSON; none when it ends.
        body: Option<String>,
    },
    /// A document's bytes, or their end.
    Blob {
        /// The document.
        id: String,
        /// The bytes; none when they end.
        bytes: Option<Vec<u8>>,
    },
}

/// Something that happens to the desk.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the fields of a variant are told by its line")]
pub enum Input {
    /// Time has passed.
    Tick,
    /// Numbers are to be held.
    Reserve(NewReservation),
    /// A reservation is to hold longer.
    ExtendReservation(String),
    /// Numbers are ordered.
    Order(NewOrder),
    /// An order's reference changes.
    EditOrder { id: String, body: Value },
    /// Requirements of an ordered number.
    EditOrdered { id: String, body: Value },
    /// Requirements of all numbers of a sub order.
    EditSubOrder { id: String, body: Value },
    /// A sub order ends.
    CancelSubOrder(String),
    /// Settings of a number.
    EditNumber { id: String, body: Value },
    /// Where help is sent for a number.
    EnableEmergency { id: String, body: Value },
    /// An address of the customer.
    AddAddress(Value),
    /// A number is given back.
    ReleaseNumber(String),
    /// A document arrives.
    Upload(NewDocument),
    /// A document's reference or name changes.
    EditDocument { id: String, body: Value },
    /// A document goes.
    DeleteDocument(String),
    /// Numbers of other carriers are to come here.
    CreatePorts(port::create::NewPorts),
    /// Fields of a porting order.
    EditPort { id: String, body: Value },
    /// A draft goes.
    DeletePort(String),
    /// A porting order is submitted, or submitted again.
    ConfirmPort(String),
    /// A porting order is to end.
    CancelPort(String),
    /// Its numbers are to be activated now.
    ActivatePort(String),
    /// A token for others to see its documents.
    SharePort {
        id: String,
        expires_in_s: u64,
        permission: String,
    },
    /// When a job is to run.
    EditJob {
        port: String,
        id: String,
        activate_at: At,
    },
    /// The customer, or the carrier's staff, says something of a porting order.
    CommentPort {
        id: String,
        body: String,
        staff: bool,
    },
    /// Papers of a porting order.
    AttachToPort {
        id: String,
        documents: Vec<(String, String)>,
    },
    /// A paper goes.
    DetachFromPort { id: String, attachment: String },
    /// Bundles of porting numbers.
    ConfigurePortNumbers(Vec<(String, String)>),
    /// A notice is to be sent again.
    Republish(String),
    /// An answer to a port-out.
    AnswerPortOut {
        id: String,
        answer: PortOutAnswer,
        reason: String,
        host_messaging: Option<bool>,
    },
    /// The customer, or the carrier's staff, says something of a port-out.
    CommentPortOut {
        id: String,
        body: String,
        staff: bool,
    },
    /// Papers of a port-out.
    AttachToPortOut {
        id: String,
        documents: Vec<(String, String)>,
    },
    /// The donor of a porting order answers.
    DonorAnswers {
        id: String,
        answer: port::donor::Answer,
    },
    /// Another carrier asks for numbers.
    StartPortOut(NewPortOut),
    /// Another carrier takes its request back.
    CancelPortOut(String),
    /// Who decides for the donors, and whether notices are spared faults.
    Practice {
        manual_donor: Option<bool>,
        reliable: Option<bool>,
    },
    /// A notice was taken, or not.
    NoticeSent { key: String, taken: bool },
    /// The platform has heard of a route.
    RouteHeard { number: String, seq: u64 },
}

/// What an accepted input made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing that has an id.
    Done,
    /// One thing.
    One(String),
    /// Several things.
    Many(Vec<String>),
}

/// The desk.
#[derive(Debug, Clone)]
pub struct State {
    pub(crate) settings: Settings,
    pub(crate) world: Arc<World>,
    pub(crate) meta: Table<Meta>,
    pub(crate) hands: Table<Hand>,
    pub(crate) reservations: Table<Reservation>,
    pub(crate) orders: Table<Order>,
    pub(crate) sub_orders: Table<SubOrder>,
    pub(crate) ordered: Table<Ordered>,
    pub(crate) owned: Table<Owned>,
    pub(crate) addresses: Table<Address>,
    pub(crate) documents: Table<Document>,
    pub(crate) ports: Table<Port>,
    pub(crate) port_numbers: Table<PortNumber>,
    pub(crate) jobs: Table<Job>,
    pub(crate) comments: Table<Comment>,
    pub(crate) attachments: Table<Attachment>,
    pub(crate) configurations: Table<Configuration>,
    pub(crate) tokens: Table<Token>,
    pub(crate) portouts: Table<PortOut>,
    pub(crate) events: Table<Event>,
    pub(crate) deliveries: Table<Delivery>,
    pub(crate) routes: Table<RouteNotice>,
    pub(crate) wakes: Table<Wake>,
    blobs: Vec<Change>,
}

/// Calls a method of every table.
macro_rules! each_table {
    ($state:expr, $call:ident, $argument:expr) => {{
        $state.meta.$call($argument);
        $state.hands.$call($argument);
        $state.reservations.$call($argument);
        $state.orders.$call($argument);
        $state.sub_orders.$call($argument);
        $state.ordered.$call($argument);
        $state.owned.$call($argument);
        $state.addresses.$call($argument);
        $state.documents.$call($argument);
        $state.ports.$call($argument);
        $state.port_numbers.$call($argument);
        $state.jobs.$call($argument);
        $state.comments.$call($argument);
        $state.attachments.$call($argument);
        $state.configurations.$call($argument);
        $state.tokens.$call($argument);
        $state.portouts.$call($argument);
        $state.events.$call($argument);
        $state.deliveries.$call($argument);
        $state.routes.$call($argument);
        $state.wakes.$call($argument);
    }};
}

impl State {
    /// A desk on which nothing has happened.
    #[must_use]
    pub fn new(settings: Settings, world: Arc<World>) -> Self {
        let mut meta = Table::default();
        meta.put(Meta::default());
        Self {
            settings,
            world,
            meta,
            hands: Table::default(),
            reservations: Table::default(),
            orders: Table::default(),
            sub_orders: Table::default(),
            ordered: Table::default(),
            owned: Table::default(),
            addresses: Table::default(),
            documents: Table::default(),
            ports: Table::default(),
            port_numbers: Table::default(),
            jobs: Table::default(),
            comments: Table::default(),
            attachments: Table::default(),
            configurations: Table::default(),
            tokens: Table::default(),
            portouts: Table::default(),
            events: Table::default(),
            deliveries: Table::default(),
            routes: Table::default(),
            wakes: Table::default(),
            blobs: Vec::new(),
        }
    }

    /// The desk as the store has it; `rows` gives the bodies of a table.
    ///
    /// # Errors
    /// When `rows` fails or a body is not what the table holds.
    pub fn load<E: From<serde_json::Error>>(
        settings: Settings,
        world: Arc<World>,
        mut rows: impl FnMut(&'static str) -> Result<Vec<String>, E>,
    ) -> Result<Self, E> {
        fn fill<T: Row, E: From<serde_json::Error>>(
            table: &mut Table<T>,
            rows: &mut impl FnMut(&'static str) -> Result<Vec<String>, E>,
        ) -> Result<(), E> {
            Ok(table.load(&rows(T::KIND)?)?)
        }
        let mut state = Self::new(settings, world);
        fill(&mut state.meta, &mut rows)?;
        fill(&mut state.hands, &mut rows)?;
        fill(&mut state.reservations, &mut rows)?;
        fill(&mut state.orders, &mut rows)?;
        fill(&mut state.sub_orders, &mut rows)?;
        fill(&mut state.ordered, &mut rows)?;
        fill(&mut state.owned, &mut rows)?;
        fill(&mut state.addresses, &mut rows)?;
        fill(&mut state.documents, &mut rows)?;
        fill(&mut state.ports, &mut rows)?;
        fill(&mut state.port_numbers, &mut rows)?;
        fill(&mut state.jobs, &mut rows)?;
        fill(&mut state.comments, &mut rows)?;
        fill(&mut state.attachments, &mut rows)?;
        fill(&mut state.configurations, &mut rows)?;
        fill(&mut state.tokens, &mut rows)?;
        fill(&mut state.portouts, &mut rows)?;
        fill(&mut state.events, &mut rows)?;
        fill(&mut state.deliveries, &mut rows)?;
        fill(&mut state.routes, &mut rows)?;
        fill(&mut state.wakes, &mut rows)?;
        Ok(state)
    }

    /// What the store must have before an accepted input is answered.
    #[must_use]
    pub fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = std::mem::take(&mut self.blobs);
        each_table!(self, drain, &mut changes);
        changes
    }

    /// Takes one input.
    ///
    /// # Errors
    /// A [`Refusal`]; then nothing is changed.
    pub fn step(&mut self, input: Input, now: At) -> Result<Reply, Refusal> {
        match input {
            Input::Tick => self.tick(now),
            Input::Reserve(wanted) => self.reserve(wanted, now),
            Input::ExtendReservation(id) => self.extend_reservation(&id, now),
            Input::Order(wanted) => self.order(wanted, now),
            Input::EditOrder { id, body } => self.edit_order(&id, &body, now),
            Input::EditOrdered { id, body } => self.edit_ordered(&id, &body, now),
            Input::EditSubOrder { id, body } => self.edit_sub_order(&id, &body, now),
            Input::CancelSubOrder(id) => self.cancel_sub_order(&id, now),
            Input::EditNumber { id, body } => self.edit_number(&id, &body, now),
            Input::EnableEmergency { id, body } => self.enable_emergency(&id, &body, now),
            Input::AddAddress(body) => self.add_address(&body, now),
            Input::ReleaseNumber(id) => self.release_number(&id, now),
            Input::Upload(document) => self.upload(document, now),
            Input::EditDocument { id, body } => self.edit_document(&id, &body, now),
            Input::DeleteDocument(id) => self.delete_document(&id),
            Input::NoticeSent { key, taken } => Ok(self.notice_sent(&key, taken, now)),
            Input::RouteHeard { number, seq } => Ok(self.route_heard(&number, seq)),
            Input::Republish(id) => self.republish(&id, now),
            Input::AnswerPortOut {
                id,
                answer,
                reason,
                host_messaging,
            } => self.answer_port_out(&id, answer, &reason, host_messaging, now),
            Input::CommentPortOut { id, body, staff } => {
                self.comment_port_out(&id, &body, staff, now)
            }
            Input::AttachToPortOut { id, documents } => {
                self.attach_to_port_out(&id, &documents, now)
            }
            Input::StartPortOut(wanted) => self.start_port_out(wanted, now),
            Input::CancelPortOut(id) => self.cancel_port_out(&id, now),
            Input::Practice {
                manual_donor,
                reliable,
            } => Ok(self.practice(manual_donor, reliable)),
            input @ (Input::CreatePorts(_)
            | Input::EditPort { .. }
            | Input::DeletePort(_)
            | Input::ConfirmPort(_)
            | Input::CancelPort(_)
            | Input::ActivatePort(_)
            | Input::SharePort { .. }
            | Input::EditJob { .. }
            | Input::CommentPort { .. }
            | Input::AttachToPort { .. }
            | Input::DetachFromPort { .. }
            | Input::ConfigurePortNumbers(_)
            | Input::DonorAnswers { .. }) => self.port_step(input, now),
        }
    }

    fn practice(&mut self, manual_donor: Option<bool>, reliable: Option<bool>) -> Reply {
        let meta = self.meta.edit("desk").expect("made with the desk");
        meta.manual_donor = manual_donor.unwrap_or(meta.manual_donor);
        meta.reliable = reliable.unwrap_or(meta.reliable);
        Reply::Done
    }

    /// What the desk remembers of itself.
    #[must_use]
    pub fn memory(&self) -> &Meta {
        self.meta.get("desk").expect("made with the desk")
    }

    fn count(&mut self) -> u64 {
        let meta = self.meta.edit("desk").expect("made with the desk");
        meta.counter += 1;
        meta.counter
    }

    fn stamp(&mut self, now: At) -> Stamp {
        Stamp {
            seq: self.count(),
            created_at: now,
            updated_at: now,
        }
    }

    fn id(&mut self) -> String {
        let space = Uuid::from_u64_pair(0x5354_524f_5747_4552, self.settings.seed);
        Uuid::new_v5(&space, &self.count().to_be_bytes()).to_string()
    }

    /// When a carrier's span from now is over.
    fn later(&self, span_s: u64, now: At) -> At {
        now.plus_ms(self.settings.scale.wait_ms(span_s))
    }

    /// When a span is over in which its customers' people have to answer: they have their patience at least, and never more than the span.
    fn later_for_people(&self, span_s: u64, now: At) -> At {
        let patience_s = u64::from(self.settings.patience_s).min(span_s);
        let patience_ms = i64::try_from(patience_s * 1000).unwrap_or(i64::MAX);
        now.plus_ms(self.settings.scale.wait_ms(span_s).max(patience_ms))
    }

    fn room(&self, rows: usize, more: usize) -> Result<(), Refusal> {
        if rows + more <= MAX_ROWS {
            return Ok(());
        }
        Err(Refusal::new(
            Code::TooMany,
            format!("the practice carrier keeps {MAX_ROWS} of a kind"),
        ))
    }

    fn blob(&mut self, id: String, bytes: Option<Vec<u8>>) {
        self.blobs.push(Change::Blob { id, bytes });
    }
}

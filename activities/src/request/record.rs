//! One request as it is stored, and the pure changes of it.
use super::asked::{is_by_people, task_of};
use super::timeline;
use crate::inbox::{Bid, Inbox, Offer, Patience, Stale, TakenIn};
use crate::ports::clock;
use contract::request::end::RequestEndInput;
use contract::request::signal::{Accept, RequestSignal, SignalName};
use contract::request::task::TaskView;
use contract::request::turn::RequestTurnInput;
use contract::request::{Entry, Kind, NumberLine, Party, RequestView, Step};
use contract::{PersonId, RequestId, TaskId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most bytes of JSON that come with one signal: an item of DynamoDB has 400 KB for everything.
pub const MAX_DATA_BYTES: usize = 4 * 1024;
/// Most signals that wait for a turn.
const MAX_PENDING: usize = 32;
/// Most steps that are kept, the newest.
const MAX_STEPS: usize = 200;

/// One request, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// What its tenant and the operators see. `view.rev` is also the version that writes compare.
    pub view: RequestView,
    /// What has happened and which turn waits. Task tokens are in it.
    #[serde(default)]
    pub inbox: Inbox<RequestSignal>,
    /// The last turn that was shown, so that a turn run twice is shown once.
    #[serde(default)]
    pub round: u32,
    /// The deadline that the task which waits had when it was first asked for: asked again right away, it is no less late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// The mail that was sent last about what waits here ([`Reminder::key`](super::Reminder)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<String>,
    /// What only the system knows of this kind, such as a PIN: in no view and in no execution's history.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub hidden: Value,
    /// How often another execution has taken it over from one that is over.
    #[serde(default)]
    pub taken_over: u32,
}

/// The status of a request whose workflow failed.
pub(super) const STALLED: &str = "stalled";
/// The status of one that goes on from where it failed, until its next turn.
pub(super) const RESUMED: &str = "resumed";

/// A request that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its id.
    pub id: RequestId,
    /// What is asked for.
    pub kind: Kind,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who asks, if it is a person.
    pub person: Option<PersonId>,
    /// In a few words.
    pub title: String,
    /// What only this kind has.
    pub details: Value,
    /// Its numbers.
    pub numbers: Vec<NumberLine>,
    /// What nobody but the functions of its kind sees; `null` if nothing.
    pub hidden: Value,
}

/// A signal before the inbox has numbered and dated it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What makes two deliveries the same signal: a task's id, a notice's id, or a command's idempotency key.
    pub key: String,
    /// What happened.
    pub name: SignalName,
    /// What about.
    pub topic: Option<String>,
    /// Who did it.
    pub person: Option<PersonId>,
    /// What came with it; at most [`MAX_DATA_BYTES`].
    pub data: Value,
}

/// What became of a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The open turn took it: hand it over after the write.
    Taken(Offer<RequestSignal>),
    /// It waits for a turn that accepts it.
    Kept,
    /// It was delivered before. If its turn may not have heard of it, hand it over again.
    Known(Option<Offer<RequestSignal>>),
    /// The request has ended.
    Ended,
    /// Too many signals wait: try again later.
    Full,
    /// It has more than [`MAX_DATA_BYTES`] of data.
    TooLarge,
    /// It answers a task that is no longer to be done.
    Overtaken,
}

/// Why a turn was not opened: nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The workflow has left this turn: a function instance that comes late.
    Stale,
    /// The request has ended.
    Ended,
}

impl RequestRecord {
    /// A request that nothing has happened to yet.
    pub fn new(begun: Begun, now: Timestamp) -> Self {
        let at = clock::text(now);
        let view = RequestView {
            id: begun.id,
            kind: begun.kind,
            tenant: begun.tenant,
            rev: 1,
            execution: None,
            title: begun.title,
            status: "begun".to_owned(),
            owner: Party::Platform,
            next_action: "Starts".to_owned(),
            deadline: None,
            escalated: None,
            begun_at: at.clone(),
            changed_at: at.clone(),
            ended_at: None,
            outcome: None,
            numbers: begun.numbers,
            task: None,
            actions: Vec::new(),
            steps: Vec::new(),
            timeline: vec![Entry {
                at,
                by: Party::Customer,
                person: begun.person,
                text: "Asked for it".to_owned(),
                is_comment: false,
            }],
            details: begun.details,
        };
        Self {
            view,
            inbox: Inbox::default(),
            round: 0,
            due: None,
            reminded: None,
            hidden: begun.hidden,
            taken_over: 0,
        }
    }

    /// Takes in a signal. The same key again has no second effect.
    pub fn deliver(&mut self, letter: &Letter, now: Timestamp) -> Delivered {
        if !self.view.is_open() {
            return Delivered::Ended;
        }
        if let Some(seq) = self.inbox.seq_of(&letter.key) {
            let unsettled = self.inbox.taken_seq() == Some(seq);
            return Delivered::Known(self.inbox.offer().filter(|_| unsettled));
        }
        let open = self.view.task.as_ref();
        if task_of(&letter.key).is_some_and(|task| open.is_none_or(|open| open.id.as_str() != task))
        {
            return Delivered::Overtaken;
        }
        if letter.data.to_string().len() > MAX_DATA_BYTES {
            return Delivered::TooLarge;
        }
        let signal = RequestSignal {
            seq: self.inbox.next_seq(),
            name: letter.name,
            topic: letter.topic.clone(),
            at: clock::text(now),
            person: letter.person.clone(),
            data: letter.data.clone(),
        };
        let patience = if self.inbox.pending().len() < MAX_PENDING {
            Patience::Waits
        } else {
            Patience::IsFull
        };
        match self.inbox.take_in(&letter.key, signal, patience) {
            TakenIn::Taken(_) => self.inbox.offer().map_or(Delivered::Kept, Delivered::Taken),
            TakenIn::Kept(_) | TakenIn::Dropped(_) => Delivered::Kept,
            TakenIn::Full => Delivered::Full,
        }
    }

    /// Opens a turn: settles the one before, shows this one, and asks for its task, which is the one before if nobody has done anything
    /// about it. Gives the signal to hand over, if one that it accepts is there already.
    ///
    /// # Errors
    /// [`Refused`] if it is an older turn than the newest, or the request has ended.
    pub fn open_turn(
        &mut self,
        input: &RequestTurnInput,
        now: Timestamp,
    ) -> Result<Option<Offer<RequestSignal>>, Refused> {
        if !self.view.is_open() {
            return Err(Refused::Ended);
        }
        let bid = Bid {
            round: input.round,
            attempt: input.attempt,
            token: &input.token,
            received: input.received,
            accepts: &input.accepts,
        };
        let again = self.inbox.opens_again(&bid);
        let is_new = again || input.round > self.round;
        let (mut task, mut late) = (None, Vec::new());
        if is_new {
            task = self.asks_for(input);
            late = self.forget_late(task.as_ref(), input.received);
        }
        let led_by = self.inbox.open(&bid).map_err(|Stale| Refused::Stale)?;
        if is_new {
            self.round = input.round;
            for person in late {
                let says = "An answer came when it was no longer asked for";
                self.note(self.view.owner, person, says, now);
            }
            if again {
                // What led here was said when this turn opened before.
                let silent = RequestTurnInput {
                    says: None,
                    ..input.clone()
                };
                self.show(&silent, task, led_by.as_ref(), now);
            } else {
                self.show(input, task, led_by.as_ref(), now);
            }
        }
        let offer = self.inbox.offer();
        // A task whose answer is there already, or that somebody made pointless, is in nobody's queue. What a carrier says takes it from
        // nobody: it may be asked for again right away.
        if offer
            .as_ref()
            .is_some_and(|offer| is_by_people(offer.note.name))
        {
            self.view.task = None;
        }
        Ok(offer)
    }

    fn show(
        &mut self,
        input: &RequestTurnInput,
        id: Option<TaskId>,
        led_by: Option<&RequestSignal>,
        now: Timestamp,
    ) {
        let at = clock::text(now);
        let view = &mut self.view;
        let by = led_by.map_or(Party::Platform, |signal| said_by(signal.name, view.owner));
        view.changed_at.clone_from(&at);
        view.status.clone_from(&input.status);
        view.owner = input.owner;
        view.next_action.clone_from(&input.next_action);
        view.deadline.clone_from(&input.deadline);
        let form = input.task.as_ref().map(|task| task.form.as_str());
        let again = view.task.take().filter(|task| form == Some(&task.form));
        match &again {
            None => {
                view.escalated = None;
                self.due = input.task.as_ref().and(input.deadline.clone());
            }
            Some(before) if self.due.is_none() => self.due.clone_from(&before.deadline),
            Some(_) => {}
        }
        let since = again.and_then(|task| task.since);
        view.task = input.task.as_ref().zip(id).map(|(task, id)| TaskView {
            id,
            form: task.form.clone(),
            title: task.title.clone(),
            owner: input.owner,
            since: since.or_else(|| Some(at.clone())),
            deadline: input.deadline.clone(),
            about: task.about.clone(),
        });
        view.actions = actions(&input.accepts);
        merge_numbers(&mut view.numbers, &input.numbers);
        merge(&mut view.details, &input.details);
        if view.steps.len() >= MAX_STEPS {
            view.steps.remove(0);
        }
        view.steps.push(Step {
            state: input.state.clone(),
            at: at.clone(),
        });
        if let Some(text) = &input.says {
            let entry = Entry {
                at,
                by,
                person: led_by.and_then(|signal| signal.person.clone()),
                text: text.clone(),
                is_comment: false,
            };
            timeline::put(&mut view.timeline, entry);
        }
    }

    /// Writes down numbers and fields of `details` that no turn tells, while it has not ended.
    pub fn learn(&mut self, numbers: &[NumberLine], details: &Value) {
        if self.view.is_open() {
            merge_numbers(&mut self.view.numbers, numbers);
            merge(&mut self.view.details, details);
        }
    }

    /// Writes a line for others to read.
    pub fn comment(&mut self, by: Party, person: Option<PersonId>, text: &str, now: Timestamp) {
        self.line(by, person, text, true, now);
    }

    /// Writes down what somebody did beside the workflow.
    pub fn note(&mut self, by: Party, person: Option<PersonId>, text: &str, now: Timestamp) {
        self.line(by, person, text, false, now);
    }

    fn line(
        &mut self,
        by: Party,
        person: Option<PersonId>,
        text: &str,
        is_comment: bool,
        now: Timestamp,
    ) {
        let entry = Entry {
            at: clock::text(now),
            by,
            person,
            text: text.to_owned(),
            is_comment,
        };
        timeline::put(&mut self.view.timeline, entry);
    }

    /// Whether a line of the timeline says this.
    pub fn has_line(&self, text: &str) -> bool {
        timeline::has(&self.view.timeline, text)
    }

    /// The workflow is over and has not ended the request: an operator redrives it, or ends the request. A turn that opens takes this
    /// back.
    pub fn stall(&mut self, says: &str, now: Timestamp) {
        if !self.view.is_open() || self.is_stalled() {
            return;
        }
        let at = clock::text(now);
        self.inbox.leave();
        let view = &mut self.view;
        view.status = STALLED.to_owned();
        view.owner = Party::Operator;
        view.next_action = "Redrive the workflow, or end the request".to_owned();
        (view.deadline, view.task, view.escalated) = (None, None, None);
        view.actions.clear();
        view.changed_at.clone_from(&at);
        let entry = Entry {
            at,
            by: Party::Platform,
            person: None,
            text: says.to_owned(),
            is_comment: false,
        };
        timeline::put(&mut view.timeline, entry);
    }

    /// Whether the workflow failed and has not been redriven.
    pub fn is_stalled(&self) -> bool {
        self.view.is_open() && self.view.status == STALLED
    }

    /// Ends the request: signals are refused from now on. Ending it again changes nothing.
    pub fn end(&mut self, input: &RequestEndInput, now: Timestamp) {
        if !self.view.is_open() {
            return;
        }
        let at = clock::text(now);
        self.inbox.close();
        let view = &mut self.view;
        view.status.clone_from(&input.status);
        view.outcome = Some(input.outcome);
        merge_numbers(&mut view.numbers, &input.numbers);
        merge(&mut view.details, &input.details);
        view.owner = Party::Platform;
        view.next_action = String::new();
        (view.deadline, view.task, view.escalated) = (None, None, None);
        view.actions.clear();
        view.changed_at.clone_from(&at);
        view.ended_at = Some(at.clone());
        let entry = Entry {
            at,
            by: Party::Platform,
            person: None,
            text: input.says.clone(),
            is_comment: false,
        };
        timeline::put(&mut view.timeline, entry);
    }
}

/// What of the signals that a turn accepts is the customer's to send.
fn actions(accepts: &[Accept]) -> Vec<String> {
    let customers = accepts.iter().filter(|accept| match accept.name {
        SignalName::RequestCancel | SignalName::RequestChange => true,
        SignalName::TaskDone
        | SignalName::CarrierNotice
        | SignalName::EmailVerified
        | SignalName::CallTested
        | SignalName::RequestEnded => false,
    });
    customers.cloned().map(String::from).collect()
}

/// Who is behind a signal; `owner` had to act when it came.
fn said_by(name: SignalName, owner: Party) -> Party {
    match name {
        SignalName::TaskDone => owner,
        SignalName::CarrierNotice => Party::Carrier,
        SignalName::RequestCancel | SignalName::RequestChange | SignalName::EmailVerified => {
            Party::Customer
        }
        SignalName::CallTested | SignalName::RequestEnded => Party::Platform,
    }
}

fn merge_numbers(known: &mut Vec<NumberLine>, changed: &[NumberLine]) {
    for line in changed {
        match known.iter_mut().find(|old| old.number == line.number) {
            Some(old) => old.clone_from(line),
            None => known.push(line.clone()),
        }
    }
}

/// Puts the fields of `changed` into `known`; null takes one out (RFC 7396, of the first level).
fn merge(known: &mut Value, changed: &Value) {
    let Value::Object(changed) = changed else {
        return;
    };
    if !known.is_object() {
        *known = Value::Object(serde_json::Map::new());
    }
    let Value::Object(known) = known else { return };
    for (name, value) in changed {
        if value.is_null() {
            known.remove(name);
        } else {
            known.insert(name.clone(), value.clone());
        }
    }
}

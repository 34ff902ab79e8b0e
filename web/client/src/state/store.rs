//! Everything the screens draw from, and the one way it changes.

use super::book::Book;
use super::clock::Millis;
use super::machine::Machine;
use super::media::{Media, MediaEvent};
use super::pace::Pace;
use super::requests::{Page, RequestBook, Shelf};
use super::side::Eye;
use contract::api::calendars::{CalendarView, Calendars};
use contract::api::{Me, Person};
use contract::request::RequestView;
use contract::view::{CallView, Workflow};
use contract::{CallId, DeviceId, PersonId, RequestId};
use std::collections::HashMap;
use std::rc::Rc;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Session {
    /// The cookie is being tried.
    Checking,
    /// Nobody; with the reason if it is not the first visit.
    SignedOut(Option<Farewell>),
    /// Somebody.
    SignedIn(Rc<Me>),
}

/// Why nobody is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// The user signed out.
    ByUser,
    /// The session ended by itself.
    Expired,
    /// The server could not be asked.
    Unreachable,
}

/// The state of the live connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// The first connection is being made.
    Connecting,
    /// Live.
    Open,
    /// Lost; being made again.
    Reconnecting,
}

/// Something that is read from the server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Loaded<T> {
    /// Asked for.
    Loading,
    /// Here.
    Here(T),
    /// Not to be had; what to say.
    Failed(String),
}

/// A call that was asked for and has no answer from the server yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialling {
    /// What was dialled, as shown.
    pub(crate) to: String,
}

/// Everything the screens draw from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Store {
    /// Who is signed in.
    pub(crate) session: Session,
    /// This tab.
    pub(crate) device: DeviceId,
    /// The live connection.
    pub(crate) link: Link,
    /// The calls.
    pub(crate) book: Book,
    /// Where the call log goes on, once its first page is here.
    pub(crate) log: Loaded<Option<String>>,
    /// The tenant's people.
    pub(crate) people: Loaded<Rc<Vec<Person>>>,
    /// The definitions seen so far.
    pub(crate) machines: HashMap<Workflow, Rc<Machine>>,
    /// The requests.
    pub(crate) requests: RequestBook,
    /// Countries' working calendars, once they were asked for.
    pub(crate) calendars: Option<Rc<Vec<Rc<CalendarView>>>>,
    /// How fast days pass, told with the calendars.
    pub(crate) pace: Option<Pace>,
    /// The audio.
    pub(crate) media: Media,
    /// A call on its way to the server.
    pub(crate) dialling: Option<Dialling>,
    /// Calls whose answer is on its way to the server.
    pub(crate) answering: Option<CallId>,
}

/// What can happen.
pub(crate) enum Action {
    /// Somebody signed in.
    SignedIn(Rc<Me>),
    /// Nobody is signed in.
    SignedOut(Farewell),
    /// There was no session to take up.
    NoSession,
    /// The live connection changed.
    Link(Link),
    /// Every live call.
    Snapshot(Vec<CallView>, Millis),
    /// One call.
    Call(Rc<CallView>, Millis),
    /// A call that the server does not know.
    Gone(CallId),
    /// A page of the call log and where it goes on.
    Log(Vec<CallView>, Option<String>, Millis),
    /// The call log could not be read.
    LogFailed(String),
    /// The tenant's people.
    People(Vec<Person>),
    /// They could not be read.
    PeopleFailed(String),
    /// The definition of a workflow.
    Machine(Workflow, Rc<Machine>),
    /// One request; whether it is whole.
    Request(Box<RequestView>, bool),
    /// A page of a list of requests.
    Requests(Page),
    /// Countries' working calendars, and how fast days pass.
    Calendars(Calendars),
    /// A list of requests could not be read, in this connection ([`RequestBook::epoch`]).
    RequestsFailed(Shelf, u32, String),
    /// A request that the server does not know.
    RequestGone(RequestId),
    /// The audio reports.
    Media(MediaEvent),
    /// A call is being asked for, or no longer.
    Dialling(Option<Dialling>),
    /// A call is being answered, or no longer.
    Answering(Option<CallId>),
    /// The user has read how the last call ended.
    Dismiss,
    /// Time goes on.
    Tick(Millis),
}

impl Store {
    /// A page that was just opened.
    pub(crate) fn new(device: DeviceId) -> Self {
        Self {
            session: Session::Checking,
            device,
            link: Link::Connecting,
            book: Book::default(),
            log: Loaded::Loading,
            people: Loaded::Loading,
            machines: HashMap::new(),
            requests: RequestBook::default(),
            calendars: None,
            pace: None,
            media: Media::default(),
            dialling: None,
            answering: None,
        }
    }

    /// Who looks. Without a session nobody does.
    pub(crate) fn eye(&self) -> Eye {
        let person = match &self.session {
            Session::SignedIn(me) => me.person.clone(),
            Session::Checking | Session::SignedOut(_) => PersonId::from(""),
        };
        Eye {
            person,
            device: self.device.clone(),
        }
    }

    /// The signed-in person.
    pub(crate) fn me(&self) -> Option<&Rc<Me>> {
        match &self.session {
            Session::SignedIn(me) => Some(me),
            Session::Checking | Session::SignedOut(_) => None,
        }
    }

    /// The people, as far as known.
    pub(crate) fn people(&self) -> &[Person] {
        match &self.people {
            Loaded::Here(people) => people,
            Loaded::Loading | Loaded::Failed(_) => &[],
        }
    }

    /// What somebody of the tenant is called, also who looks; nothing of one who is not known.
    pub(crate) fn name_of(&self, person: &PersonId) -> Option<&str> {
        let own = self.me().filter(|me| me.person == *person);
        let mut people = self.people().iter();
        let known = people.find(|one| one.person == *person);
        own.map(|me| me.name.as_str())
            .or_else(|| known.map(|one| one.name.as_str()))
    }

    /// The store after something happened.
    pub(crate) fn after(&self, action: Action) -> Self {
        let mut next = self.clone();
        let eye = self.eye();
        match action {
            Action::SignedIn(me) => next.session = Session::SignedIn(me),
            // Nothing of one person's is left for the next.
            Action::SignedOut(why) => {
                next = Self {
                    session: Session::SignedOut(Some(why)),
                    calendars: self.calendars.clone(),
                    pace: self.pace,
                    ..Self::new(self.device.clone())
                };
            }
            Action::NoSession => {
                next = Self {
                    session: Session::SignedOut(None),
                    calendars: self.calendars.clone(),
                    pace: self.pace,
                    ..Self::new(self.device.clone())
                };
            }
            Action::Link(link) => {
                if link == Link::Open && self.link != Link::Open {
                    next.requests.connected();
                }
                next.link = link;
            }
            Action::Snapshot(calls, now) => next.book.snapshot(calls, &eye, now),
            Action::Call(call, now) => next.take(call, &eye, now),
            Action::Gone(call) => next.book.gone(&call),
            Action::Log(calls, more, now) => {
                next.book.page(calls, &eye, now);
                next.log = Loaded::Here(more);
            }
            Action::LogFailed(words) => next.log = Loaded::Failed(words),
            Action::People(people) => next.people = Loaded::Here(Rc::new(people)),
            // Known people stay on the screen when a later reading fails.
            Action::PeopleFailed(words) => {
                if !matches!(next.people, Loaded::Here(_)) {
                    next.people = Loaded::Failed(words);
                }
            }
            Action::Machine(workflow, machine) => {
                next.machines.insert(workflow, machine);
            }
            Action::Request(view, whole) => next.requests.take(*view, whole),
            Action::Requests(page) => next.requests.page(page),
            Action::Calendars(told) => {
                next.pace = Some(Pace::of(&told));
                next.calendars = Some(Rc::new(told.calendars.into_iter().map(Rc::new).collect()));
            }
            Action::RequestsFailed(shelf, epoch, words) => {
                next.requests.failed(shelf, epoch, words);
            }
            Action::RequestGone(id) => next.requests.gone(&id),
            Action::Media(event) => next.media = next.media.after(event),
            Action::Dialling(dialling) => {
                if dialling.is_some() {
                    next.book.dismiss();
                }
                next.dialling = dialling;
            }
            Action::Answering(call) => next.answering = call,
            Action::Dismiss => next.book.dismiss(),
            Action::Tick(now) => next.book.tick(now),
        }
        next
    }

    fn take(&mut self, call: Rc<CallView>, eye: &Eye, now: Millis) {
        let id = call.id.clone();
        self.book.take(call, eye, now);
        let still_rings = self.book.ringing(eye).iter().any(|call| call.id == id);
        if self.answering.as_ref() == Some(&id) && !still_rings {
            self.answering = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples;
    use contract::Role;
    use contract::api::Presence;
    use contract::view::Phase;

    fn signed_in() -> Store {
        let me = Me {
            person: samples::lucia().person,
            tenant: "t-1".into(),
            tenant_name: "Isthmus Trading".into(),
            name: "Luc\u{ed}a M\u{e9}ndez".into(),
            email: "lucia@example.com".into(),
            role: Role::Person,
            numbers: vec![],
        };
        Store::new(samples::lucia().device).after(Action::SignedIn(Rc::new(me)))
    }

    #[test]
    fn signing_out_leaves_nothing_of_the_person() {
        let store = signed_in().after(Action::Call(Rc::new(samples::inbound()), 0));
        let store = store.after(Action::SignedOut(Farewell::ByUser));
        assert_eq!(
            store,
            Store {
                session: Session::SignedOut(Some(Farewell::ByUser)),
                ..Store::new(store.device.clone())
            }
        );
    }

    #[test]
    fn an_answer_is_under_way_until_the_call_stops_ringing() {
        let ringing = CallView {
            phase: Phase::Ringing,
            rev: 2,
            ..samples::inbound()
        };
        let store = signed_in().after(Action::Call(Rc::new(ringing.clone()), 0));
        let store = store.after(Action::Answering(Some(ringing.id.clone())));
        let store = store.after(Action::Call(
            Rc::new(CallView {
                rev: 3,
                ..ringing.clone()
            }),
            0,
        ));
        assert!(store.answering.is_some());
        let store = store.after(Action::Call(
            Rc::new(CallView {
                rev: 4,
                phase: Phase::Ended,
                ..ringing
            }),
            0,
        ));
        assert!(store.answering.is_none());
    }

    #[test]
    fn who_looks_has_a_name_before_the_people_are_known() {
        let anna = Person {
            person: "p-anna".into(),
            name: "Anna Keller".into(),
            email: "anna@example.com".into(),
            numbers: vec![],
            presence: Presence::Available,
        };
        let lucia = samples::lucia().person;
        let store = signed_in();
        assert_eq!(store.name_of(&lucia), Some("Luc\u{ed}a M\u{e9}ndez"));
        assert_eq!(store.name_of(&anna.person), None);
        let store = store.after(Action::People(vec![anna.clone()]));
        assert_eq!(store.name_of(&anna.person), Some("Anna Keller"));
    }

    #[test]
    fn a_failed_reading_keeps_the_people_that_are_known() {
        let store = signed_in()
            .after(Action::People(vec![]))
            .after(Action::PeopleFailed("no".into()));
        assert_eq!(store.people, Loaded::Here(Rc::new(vec![])));
    }
}

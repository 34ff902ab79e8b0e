//! The requests that this page knows: what was read and what was pushed, each by its highest revision.

use super::store::Loaded;
use contract::RequestId;
use contract::request::RequestView;
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// How many requests are kept; beyond it those that ended first are forgotten.
const MAX_KNOWN: usize = 2_000;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// Requests that run.
    Live,
    /// Those that have ended.
    Ended,
    /// Those in which the one who looks has to act.
    Tasks,
}

/// One request as far as it is known.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    view: Rc<RequestView>,
    /// Whether its lists are here.
    whole: bool,
    /// Of which connection it is: what an earlier one told may be old.
    epoch: u32,
}

/// A list of which pages were read.
#[derive(Debug, Clone, PartialEq)]
struct List {
    next: Loaded<Option<String>>,
    epoch: u32,
}

impl List {
    const fn new() -> Self {
        Self {
            next: Loaded::Loading,
            epoch: 0,
        }
    }
}

/// Everything known of requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RequestBook {
    known: HashMap<RequestId, Known>,
    live: List,
    ended: List,
    tasks: List,
    /// One more with each connection.
    epoch: u32,
}

impl Default for RequestBook {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            live: List::new(),
            ended: List::new(),
            tasks: List::new(),
            epoch: 0,
        }
    }
}

impl RequestBook {
    /// A connection was made: what changes from now on is pushed.
    pub(crate) fn connected(&mut self) {
        self.epoch += 1;
    }

    /// Takes a request in. One that is not whole keeps the lists that were known before.
    pub(crate) fn take(&mut self, mut view: RequestView, whole: bool) {
        let epoch = self.epoch;
        if let Some(known) = self.known.get_mut(&view.id) {
            let no_newer = known.view.rev > view.rev
                || (known.view.rev == view.rev && (known.whole || !whole));
            if no_newer {
                known.epoch = epoch;
                return;
            }
            if !whole {
                let before = (*known.view).clone();
                view.numbers = before.numbers;
                view.steps = before.steps;
                view.timeline = before.timeline;
                view.details = before.details;
            }
        }
        let view = Rc::new(view);
        self.known
            .insert(view.id.clone(), Known { view, whole, epoch });
        self.forget();
    }

    fn forget(&mut self) {
        while self.known.len() > MAX_KNOWN {
            let oldest = self
                .known
                .values()
                .min_by_key(|known| (known.view.is_open(), known.view.changed_at.clone()))
                .map(|known| known.view.id.clone());
            let Some(oldest) = oldest else { return };
            self.known.remove(&oldest);
        }
    }

    /// Takes in a page of a list and where it goes on.
    pub(crate) fn page(&mut self, shelf: Shelf, views: Vec<RequestView>, next: Option<String>) {
        for view in views {
            self.take(view, true);
        }
        let epoch = self.epoch;
        *self.list_mut(shelf) = List {
            next: Loaded::Here(next),
            epoch,
        };
    }

    /// A list could not be read. What is known stays.
    pub(crate) fn failed(&mut self, shelf: Shelf, words: String) {
        let epoch = self.epoch;
        let list = self.list_mut(shelf);
        list.epoch = epoch;
        if !matches!(list.next, Loaded::Here(_)) {
            list.next = Loaded::Failed(words);
        }
    }

    /// Nobody may see this request any more, or it never was.
    pub(crate) fn gone(&mut self, id: &RequestId) {
        self.known.remove(id);
    }

    const fn list(&self, shelf: Shelf) -> &List {
        match shelf {
            Shelf::Live => &self.live,
            Shelf::Ended => &self.ended,
            Shelf::Tasks => &self.tasks,
        }
    }

    const fn list_mut(&mut self, shelf: Shelf) -> &mut List {
        match shelf {
            Shelf::Live => &mut self.live,
            Shelf::Ended => &mut self.ended,
            Shelf::Tasks => &mut self.tasks,
        }
    }

    /// Where a list goes on, once it is here.
    pub(crate) const fn more(&self, shelf: Shelf) -> &Loaded<Option<String>> {
        &self.list(shelf).next
    }

    /// Whether a list has to be read: never was, or before the connection was lost.
    pub(crate) const fn wants(&self, shelf: Shelf) -> bool {
        self.list(shelf).epoch != self.epoch
    }

    /// One request.
    pub(crate) fn get(&self, id: &RequestId) -> Option<&Rc<RequestView>> {
        self.known.get(id).map(|known| &known.view)
    }

    /// Whether one request has to be read: not known, not whole, or from before the connection was lost.
    pub(crate) fn wants_one(&self, id: &RequestId) -> bool {
        self.known
            .get(id)
            .is_none_or(|known| !known.whole || known.epoch != self.epoch)
    }

    /// All of them, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Rc<RequestView>> {
        self.known.values().map(|known| &known.view)
    }
}

/// ISO 3166-1 alpha-2 of the country whose calendar counts for a request, if it says one.
pub(crate) fn country(view: &RequestView) -> Option<&str> {
    [
        "/country",
        "/form/country",
        "/order/country",
        "/purposes/0/country",
    ]
    .into_iter()
    .find_map(|path| view.details.pointer(path))
    .and_then(Value::as_str)
    .filter(|country| country.len() == 2)
}

/// The dossier that a request is about, if its details name one; a port has a copy of its own.
pub(crate) fn dossier_of(view: &RequestView) -> Option<String> {
    let dossier = view.details.get("dossier").and_then(Value::as_str);
    dossier.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::request;
    use contract::request::NumberLine;

    fn line() -> NumberLine {
        NumberLine {
            number: contract::E164::parse("+41445550100").unwrap(),
            status: "ordered".to_owned(),
            reason: None,
        }
    }

    #[test]
    fn the_highest_revision_stays() {
        let mut book = RequestBook::default();
        book.take(
            RequestView {
                rev: 3,
                ..request("r-1")
            },
            true,
        );
        book.take(
            RequestView {
                rev: 2,
                status: "old".into(),
                ..request("r-1")
            },
            true,
        );
        assert_eq!(book.get(&"r-1".into()).unwrap().rev, 3);
        assert_eq!(book.get(&"r-1".into()).unwrap().status, "in_review");
    }

    #[test]
    fn a_part_keeps_the_lists_that_are_known_and_asks_for_the_whole() {
        let mut book = RequestBook::default();
        let whole = RequestView {
            rev: 1,
            numbers: vec![line()],
            ..request("r-1")
        };
        book.take(whole.clone(), true);
        assert!(!book.wants_one(&"r-1".into()));
        book.take(
            RequestView {
                rev: 2,
                numbers: vec![],
                status: "submitted".into(),
                ..whole.clone()
            },
            false,
        );
        let now = book.get(&"r-1".into()).unwrap();
        assert_eq!((now.status.as_str(), now.numbers.len()), ("submitted", 1));
        assert!(book.wants_one(&"r-1".into()));
        book.take(RequestView { rev: 2, ..whole }, true);
        assert!(!book.wants_one(&"r-1".into()));
    }

    #[test]
    fn a_new_connection_makes_everything_be_read_again_once() {
        let mut book = RequestBook::default();
        book.connected();
        assert!(book.wants(Shelf::Live));
        book.page(Shelf::Live, vec![request("r-1")], None);
        assert!(!book.wants(Shelf::Live) && !book.wants_one(&"r-1".into()));
        book.connected();
        assert!(book.wants(Shelf::Live) && book.wants_one(&"r-1".into()));
        book.failed(Shelf::Live, "no".into());
        assert!(!book.wants(Shelf::Live), "not asked for in a loop");
        assert_eq!(book.more(Shelf::Live), &Loaded::Here(None));
    }

    #[test]
    fn no_more_are_kept_than_the_limit_and_those_that_run_stay() {
        let mut book = RequestBook::default();
        book.take(request("open"), true);
        for n in 0..MAX_KNOWN {
            let ended = RequestView {
                ended_at: Some("2026-11-20T10:00:00.000Z".into()),
                changed_at: format!("2026-11-20T10:00:00.{n:04}Z"),
                ..request(&format!("r-{n}"))
            };
            book.take(ended, true);
        }
        assert_eq!(book.all().count(), MAX_KNOWN);
        assert!(book.get(&"open".into()).is_some());
        assert!(book.get(&"r-0".into()).is_none());
    }

    #[test]
    fn the_country_is_found_where_each_kind_has_it() {
        let of = |details| RequestView {
            details,
            ..request("r-1")
        };
        assert_eq!(
            country(&of(serde_json::json!({ "country": "CH" }))),
            Some("CH")
        );
        assert_eq!(
            country(&of(serde_json::json!({ "form": { "country": "PA" } }))),
            Some("PA")
        );
        assert_eq!(country(&of(Value::Null)), None);
    }
}

//! The requests that this page knows: what was read and what was pushed, each by its highest revision.

use super::store::Loaded;
use contract::RequestId;
use contract::request::{Kind, RequestView};
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// How many requests are kept; beyond it those that ended are forgotten first, then those that changed first.
const MAX_KNOWN: usize = 5_000;
/// How many pages of a list are read by themselves.
const PAGES_MAX: u32 = 20;

/// Which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shelf {
    /// Requests that run, the nearest deadline first.
    Live,
    /// Those of a kind that run, the nearest deadline first.
    LiveOf(Kind),
    /// Those that have ended, the newest first.
    Ended,
    /// Those of a kind that have ended, the newest first.
    EndedOf(Kind),
    /// Those in which the one who looks has to act, the nearest deadline first.
    Tasks,
}

/// A page of a list as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    /// Of which list.
    pub(crate) shelf: Shelf,
    /// In which connection it was asked for ([`RequestBook::epoch`]).
    pub(crate) epoch: u32,
    /// Where it begins; the first page if not said.
    pub(crate) from: Option<String>,
    /// What is on it.
    pub(crate) views: Vec<RequestView>,
    /// Where the list goes on.
    pub(crate) next: Option<String>,
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
    /// How many pages were read.
    pages: u32,
    /// Whether the last try to read it failed.
    failed: bool,
    epoch: u32,
}

/// What is said of a list that nobody has asked for.
static UNREAD: List = List {
    next: Loaded::Loading,
    pages: 0,
    failed: false,
    epoch: 0,
};

/// Everything known of requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RequestBook {
    known: Rc<HashMap<RequestId, Known>>,
    lists: HashMap<Shelf, List>,
    /// Whether one that runs had to be forgotten: no list is whole then.
    forgot: bool,
    /// One more with each connection.
    epoch: u32,
}

impl RequestBook {
    /// A connection was made: what changes from now on is pushed.
    pub(crate) fn connected(&mut self) {
        self.epoch += 1;
    }

    /// Which connection this is.
    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Takes a request in. One that is not whole keeps the lists that were known before.
    pub(crate) fn take(&mut self, mut view: RequestView, whole: bool) {
        let epoch = self.epoch;
        if let Some(known) = Rc::make_mut(&mut self.known).get_mut(&view.id) {
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
        Rc::make_mut(&mut self.known).insert(view.id.clone(), Known { view, whole, epoch });
        self.forget();
    }

    fn forget(&mut self) {
        while self.known.len() > MAX_KNOWN {
            let known = self.known.values();
            let Some(oldest) = known.min_by(|a, b| age(a).cmp(&age(b))) else {
                return;
            };
            let oldest = oldest.view.clone();
            self.forgot |= oldest.is_open();
            Rc::make_mut(&mut self.known).remove(&oldest.id);
        }
    }

    /// Takes in a page of a list and where it goes on. What was asked for in an earlier connection may be old: it is read again.
    pub(crate) fn page(&mut self, page: Page) {
        if page.epoch != self.epoch {
            return;
        }
        for view in page.views {
            self.take(view, true);
        }
        let list = self.list(page.shelf);
        let read = list.epoch == self.epoch && matches!(list.next, Loaded::Here(_));
        let follows = read && list.next == Loaded::Here(page.from.clone());
        let pages = match &page.from {
            None if read && !list.failed => return,
            None => 1,
            Some(_) if follows => list.pages + 1,
            // Another page was read from there meanwhile.
            Some(_) => return,
        };
        let epoch = self.epoch;
        let list = List {
            next: Loaded::Here(page.next),
            pages,
            failed: false,
            epoch,
        };
        self.lists.insert(page.shelf, list);
    }

    /// A list could not be read, as was tried in this connection. What is known stays.
    pub(crate) fn failed(&mut self, shelf: Shelf, epoch: u32, words: String) {
        if epoch != self.epoch {
            return;
        }
        let before = self.list(shelf).clone();
        let next = match before.next {
            here @ Loaded::Here(_) => here,
            Loaded::Loading | Loaded::Failed(_) => Loaded::Failed(words),
        };
        let list = List {
            next,
            failed: true,
            epoch,
            ..before
        };
        self.lists.insert(shelf, list);
    }

    /// Nobody may see this request any more, or it never was.
    pub(crate) fn gone(&mut self, id: &RequestId) {
        Rc::make_mut(&mut self.known).remove(id);
    }

    fn list(&self, shelf: Shelf) -> &List {
        self.lists.get(&shelf).unwrap_or(&UNREAD)
    }

    /// Where a list goes on, once it is here.
    pub(crate) fn more(&self, shelf: Shelf) -> &Loaded<Option<String>> {
        &self.list(shelf).next
    }

    /// Whether a list has to be read: never was, or before the connection was lost.
    pub(crate) fn wants(&self, shelf: Shelf) -> bool {
        self.list(shelf).epoch != self.epoch
    }

    /// Where a list goes on that is read on by itself: nothing once enough pages are here, or when one could not be read.
    pub(crate) fn onward(&self, shelf: Shelf) -> Option<&str> {
        let list = self.list(shelf);
        let goes_on = list.epoch == self.epoch && !list.failed && list.pages < PAGES_MAX;
        match &list.next {
            Loaded::Here(next) if goes_on => next.as_deref(),
            Loaded::Here(_) | Loaded::Loading | Loaded::Failed(_) => None,
        }
    }

    /// Whether all of a list is known, so that what is known of it can be counted.
    pub(crate) fn is_whole(&self, shelf: Shelf) -> bool {
        let list = self.list(shelf);
        list.epoch == self.epoch && !list.failed && !self.forgot && list.next == Loaded::Here(None)
    }

    /// Whether a list is shown as it was before the connection was lost, because it could not be read again.
    pub(crate) fn is_old(&self, shelf: Shelf) -> bool {
        let list = self.list(shelf);
        list.failed && list.next == Loaded::Here(None)
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

/// By what they are forgotten.
fn age(known: &Known) -> (bool, &str) {
    (known.view.is_open(), known.view.changed_at.as_str())
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
        book.page(page(1, None, "r-1", None));
        assert!(!book.wants(Shelf::Live) && !book.wants_one(&"r-1".into()));
        assert!(book.is_whole(Shelf::Live));
        book.connected();
        assert!(book.wants(Shelf::Live) && book.wants_one(&"r-1".into()));
        assert!(!book.is_whole(Shelf::Live), "it may have changed");
        book.page(page(1, None, "r-1", None));
        book.failed(Shelf::Live, 1, "no".into());
        assert!(book.wants(Shelf::Live), "an answer to another connection");
        book.failed(Shelf::Live, 2, "no".into());
        assert!(!book.wants(Shelf::Live), "not asked for in a loop");
        assert_eq!(book.more(Shelf::Live), &Loaded::Here(None));
        assert!(book.is_old(Shelf::Live) && !book.is_whole(Shelf::Live));
        book.page(page(2, None, "r-1", None));
        assert!(!book.is_old(Shelf::Live) && book.is_whole(Shelf::Live));
    }

    fn page(epoch: u32, from: Option<&str>, id: &str, next: Option<&str>) -> Page {
        Page {
            shelf: Shelf::Live,
            epoch,
            from: from.map(str::to_owned),
            views: vec![request(id)],
            next: next.map(str::to_owned),
        }
    }

    #[test]
    fn a_list_is_read_on_page_after_page_up_to_a_bound() {
        let mut book = RequestBook::default();
        book.connected();
        assert_eq!(book.onward(Shelf::Live), None, "nothing is here yet");
        book.page(page(1, None, "r-0", Some("n-0")));
        for n in 1..PAGES_MAX {
            let at = format!("n-{}", n - 1);
            assert_eq!(book.onward(Shelf::Live), Some(at.as_str()));
            // The first page again, and the same page twice, change nothing.
            book.page(page(1, None, "r-0", Some("n-0")));
            let (id, next) = (format!("r-{n}"), format!("n-{n}"));
            for _ in 0..2 {
                book.page(page(1, Some(at.as_str()), &id, Some(next.as_str())));
            }
        }
        assert_eq!(book.all().count(), PAGES_MAX as usize);
        assert_eq!(book.onward(Shelf::Live), None, "the rest is asked for");
        assert!(!book.is_whole(Shelf::Live));
        let last = format!("n-{}", PAGES_MAX - 1);
        book.page(page(1, Some(last.as_str()), "r-last", None));
        assert!(book.is_whole(Shelf::Live));
        assert!(!book.is_whole(Shelf::LiveOf(Kind::PortIn)), "another list");
    }

    #[test]
    fn a_page_that_fails_is_not_asked_for_in_a_loop() {
        let mut book = RequestBook::default();
        book.connected();
        book.page(page(1, None, "r-0", Some("n-0")));
        book.failed(Shelf::Live, 1, "no".into());
        assert_eq!(book.onward(Shelf::Live), None);
        assert_eq!(book.more(Shelf::Live), &Loaded::Here(Some("n-0".into())));
        book.page(page(1, Some("n-0"), "r-1", Some("n-1")));
        assert_eq!(book.onward(Shelf::Live), Some("n-1"));
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
        assert!(!book.forgot);
        for n in 0..MAX_KNOWN {
            book.take(request(&format!("o-{n}")), true);
        }
        assert!(book.forgot, "what is known of those that run is not all");
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

//! The work queue: which requests are shown, in which order, page by page.

use super::clock::{Millis, parse};
use super::request_words::{is_mine, kind, spelled};
use contract::api::Me;
use contract::request::{Kind, RequestView};
use std::fmt;
use std::rc::Rc;

/// How many rows a page has.
pub(crate) const PAGE: usize = 25;

/// Which requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that wait for the one who looks.
    #[default]
    Mine,
    /// Every one that runs.
    Open,
    /// Those that have ended.
    Ended,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// What is late first, then the nearest deadline; what has none comes last, unless it was escalated.
    #[default]
    Deadline,
    /// The oldest first.
    Age,
    /// What changed last first.
    Changed,
}

/// What is asked of the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Which requests.
    pub(crate) which: Which,
    /// Only of this kind.
    pub(crate) kind: Option<Kind>,
    /// Words that must all be found.
    pub(crate) search: String,
    /// In which order.
    pub(crate) order: Order,
    /// Which page, from 0.
    pub(crate) page: usize,
}

/// What can change that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// Show these.
    Which(Which),
    /// Only this kind, or all.
    Kind(Option<Kind>),
    /// Search for this.
    Search(String),
    /// In this order.
    Order(Order),
    /// This page.
    Page(usize),
}

impl Wanted {
    /// What is asked for after a change: anything but the page leads to the first page.
    pub(crate) fn after(&self, change: Change) -> Self {
        let mut next = Self {
            page: 0,
            ..self.clone()
        };
        match change {
            Change::Which(which) => next.which = which,
            Change::Kind(kind) => next.kind = kind,
            Change::Search(search) => next.search = search,
            Change::Order(order) => next.order = order,
            Change::Page(page) => next.page = page,
        }
        next
    }
}

/// What the queue shows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    /// The rows of this page.
    pub(crate) rows: Vec<Rc<RequestView>>,
    /// This page, from 0.
    pub(crate) page: usize,
    /// How many pages there are, at least one.
    pub(crate) pages: usize,
    /// How many rows there are in all.
    pub(crate) total: usize,
}

/// How many there are of each, whatever else is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Those that wait for the one who looks.
    pub(crate) mine: usize,
    /// Of those, the late ones.
    pub(crate) late: usize,
    /// Those that run.
    pub(crate) open: usize,
    /// Those that have ended.
    pub(crate) ended: usize,
}

/// How many there are, as far as is known: `12`, or `12+` while there may be more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many are known.
    pub(crate) known: usize,
    /// Whether that is all of them.
    pub(crate) is_all: bool,
}

impl Tally {
    /// With what it counts before it, as on a button. Where nothing is known yet, no number is said.
    pub(crate) fn after(self, what: &str) -> String {
        if self.known == 0 && !self.is_all {
            return what.to_owned();
        }
        format!("{what} {self}")
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.is_all { "" } else { "+" };
        write!(f, "{}{more}", self.known)
    }
}

/// What waits for the one who looks, in words. Lists are read by deadline: the late ones are all known once one is that has time.
pub(crate) fn waiting(counted: Counts, is_all: bool) -> String {
    let tally = |known, is_all| Tally { known, is_all };
    let late = tally(counted.late, is_all || counted.late < counted.mine);
    let mine = tally(counted.mine, is_all);
    match (mine.known, late.known) {
        (0, _) if is_all => "Nothing waits for you.".to_owned(),
        (0, _) => String::new(),
        (1, 0) if is_all => "One waits for you.".to_owned(),
        (_, 0) => format!("{mine} wait for you."),
        (_, _) => format!("{mine} wait for you, {late} late."),
    }
}

/// Counts requests.
pub(crate) fn counts<'a>(
    all: impl Iterator<Item = &'a Rc<RequestView>>,
    me: &Me,
    now: Millis,
) -> Counts {
    all.fold(Counts::default(), |mut counts, view| {
        if !view.is_open() {
            counts.ended += 1;
            return counts;
        }
        counts.open += 1;
        if is_mine(view, me) {
            counts.mine += 1;
            counts.late += usize::from(due_since(view).is_some_and(|at| at <= now));
        }
        counts
    })
}

/// A request's deadline.
pub(crate) fn deadline(view: &RequestView) -> Option<Millis> {
    view.deadline.as_deref().and_then(parse)
}

/// By when it is sorted: its deadline, or when it was escalated if it has none, as a request has whose workflow failed.
fn due_since(view: &RequestView) -> Option<Millis> {
    deadline(view).or_else(|| view.escalated.as_deref().and_then(parse))
}

/// The page that is asked for; one behind the last is the last.
pub(crate) fn show<'a>(
    all: impl Iterator<Item = &'a Rc<RequestView>>,
    wanted: &Wanted,
    me: &Me,
) -> Shown {
    let words: Vec<String> = wanted
        .search
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    let mut found: Vec<Rc<RequestView>> = all
        .filter(|view| match wanted.which {
            Which::Mine => is_mine(view, me),
            Which::Open => view.is_open(),
            Which::Ended => !view.is_open(),
        })
        .filter(|view| wanted.kind.is_none_or(|kind| view.kind == kind))
        .filter(|view| matches(view, &words))
        .cloned()
        .collect();
    sort(&mut found, wanted.order);
    let total = found.len();
    let pages = total.div_ceil(PAGE).max(1);
    let page = wanted.page.min(pages - 1);
    Shown {
        rows: found.into_iter().skip(page * PAGE).take(PAGE).collect(),
        page,
        pages,
        total,
    }
}

fn sort(found: &mut [Rc<RequestView>], order: Order) {
    match order {
        Order::Deadline => by_deadline(found),
        Order::Age => found.sort_by(|a, b| (&a.begun_at, &a.id).cmp(&(&b.begun_at, &b.id))),
        Order::Changed => {
            found.sort_by(|a, b| (&b.changed_at, &a.id).cmp(&(&a.changed_at, &b.id)));
        }
    }
}

/// The nearest deadline first, those that have none last. Of thousands each moment is read once.
pub(crate) fn by_deadline(found: &mut [Rc<RequestView>]) {
    found.sort_by_cached_key(|view| {
        let due = due_since(view).unwrap_or(Millis::MAX);
        (due, view.begun_at.clone(), view.id.clone())
    });
}

fn matches(view: &RequestView, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = [
        view.title.as_str(),
        view.id.as_str(),
        view.tenant.as_str(),
        kind(view.kind),
        &spelled(&view.status),
        &view.next_action,
    ]
    .join(" ");
    for line in &view.numbers {
        text.push(' ');
        text.push_str(line.number.as_str());
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::request;
    use contract::Role;
    use contract::request::Party;

    fn ruth() -> Me {
        Me {
            person: "p-ruth".into(),
            tenant: "t-strowger".into(),
            tenant_name: "Strowger".into(),
            name: "Ruth".into(),
            email: String::new(),
            role: Role::Staff,
            numbers: vec![],
        }
    }

    fn with(id: &str, deadline: Option<&str>, owner: Party) -> Rc<RequestView> {
        Rc::new(RequestView {
            deadline: deadline.map(str::to_owned),
            owner,
            ..request(id)
        })
    }

    fn ids(shown: &Shown) -> Vec<&str> {
        shown.rows.iter().map(|view| view.id.as_str()).collect()
    }

    #[test]
    fn the_nearest_deadline_comes_first_and_none_last() {
        let all = [
            with("none", None, Party::Operator),
            with("later", Some("2026-11-24T10:00:00Z"), Party::Operator),
            with("late", Some("2026-11-19T10:00:00Z"), Party::Operator),
            with("carriers", Some("2026-11-18T10:00:00Z"), Party::Carrier),
        ];
        let wanted = Wanted::default();
        assert_eq!(
            ids(&show(all.iter(), &wanted, &ruth())),
            ["late", "later", "none"]
        );
        let open = wanted.after(Change::Which(Which::Open));
        assert_eq!(
            show(all.iter(), &open, &ruth()).rows[0].id.as_str(),
            "carriers"
        );
        let now = parse("2026-11-20T10:00:00Z").unwrap();
        let counts = counts(all.iter(), &ruth(), now);
        assert_eq!(
            (counts.mine, counts.late, counts.open, counts.ended),
            (3, 1, 4, 0)
        );
    }

    #[test]
    fn what_was_escalated_without_a_deadline_comes_before_what_has_time_and_is_late() {
        let stalled = Rc::new(RequestView {
            status: "stalled".to_owned(),
            deadline: None,
            escalated: Some("2026-11-20T09:00:00Z".to_owned()),
            owner: Party::Operator,
            ..request("stalled")
        });
        let all = [
            with("none", None, Party::Operator),
            with("later", Some("2026-11-24T10:00:00Z"), Party::Operator),
            stalled,
        ];
        assert_eq!(
            ids(&show(all.iter(), &Wanted::default(), &ruth())),
            ["stalled", "later", "none"]
        );
        let now = parse("2026-11-20T10:00:00Z").unwrap();
        assert_eq!(counts(all.iter(), &ruth(), now).late, 1);
    }

    #[test]
    fn what_is_not_all_known_is_said_to_be_more() {
        let some = |known, is_all| Tally { known, is_all };
        assert_eq!(some(12, true).after("Open"), "Open 12");
        assert_eq!(some(100, false).after("Open"), "Open 100+");
        assert_eq!(some(0, true).after("Open"), "Open 0");
        assert_eq!(some(0, false).after("Open"), "Open");
        let counts = |mine, late| Counts {
            mine,
            late,
            ..Counts::default()
        };
        for (counted, is_all, words) in [
            (counts(0, 0), true, "Nothing waits for you."),
            (counts(0, 0), false, ""),
            (counts(1, 0), true, "One waits for you."),
            (counts(100, 0), false, "100+ wait for you."),
            (counts(12, 2), true, "12 wait for you, 2 late."),
            (counts(100, 2), false, "100+ wait for you, 2 late."),
            (counts(100, 100), false, "100+ wait for you, 100+ late."),
        ] {
            assert_eq!(waiting(counted, is_all), words);
        }
    }

    #[test]
    fn every_word_of_a_search_must_be_found() {
        let all = [
            with("vd-1", None, Party::Operator),
            with("vd-2", None, Party::Operator),
        ];
        let find = |text: &str| {
            let wanted = Wanted::default().after(Change::Search(text.to_owned()));
            show(all.iter(), &wanted, &ruth()).total
        };
        assert_eq!(find("isthmus dossier"), 2);
        assert_eq!(find("IN REVIEW vd-2"), 1);
        assert_eq!(find("isthmus port"), 0);
    }

    #[test]
    fn a_page_behind_the_last_is_the_last_and_a_filter_leads_to_the_first() {
        let all: Vec<_> = (0..PAGE + 3)
            .map(|n| with(&format!("r-{n:02}"), None, Party::Operator))
            .collect();
        let wanted = Wanted::default().after(Change::Page(9));
        let shown = show(all.iter(), &wanted, &ruth());
        assert_eq!(
            (shown.page, shown.pages, shown.rows.len(), shown.total),
            (1, 2, 3, PAGE + 3)
        );
        let filtered = wanted.after(Change::Kind(Some(Kind::PortIn)));
        assert_eq!(
            (filtered.page, show(all.iter(), &filtered, &ruth()).total),
            (0, 0)
        );
    }
}

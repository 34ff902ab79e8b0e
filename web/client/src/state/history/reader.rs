//! A history taken event by event: which stay each one belongs to, and which stays go on after a redrive.
//!
//! Few events name their state. The others follow an event of the same branch, but for what begins with a redrive, what gives up another
//! branch, and what a Map or a Parallel says of its branches.

use super::{Run, Visit, field};
use crate::state::clock::{Millis, parse};
use contract::api::HistoryEvent;
use std::collections::HashMap;

/// The states that have others inside.
const FORKS: [&str; 2] = ["Map", "Parallel"];

/// What is known of a stay beside what is drawn of it.
struct Stay {
    /// What its state is, as the events say it: `Task`, `Map`.
    word: String,
    /// The stay in the Map or Parallel that it is inside of.
    within: Option<usize>,
    /// It was broken off, so a redrive goes on with it.
    broken: bool,
    /// The stay that it goes on with.
    from: Option<usize>,
    /// The stay that goes on with it.
    again: Option<usize>,
}

/// A history that is being read.
pub(super) struct Reader {
    run: Run,
    /// One for each visit of the run.
    stays: Vec<Stay>,
    /// The stay that each event belongs to.
    chain: HashMap<i64, usize>,
    /// Stays that the last redrive began, and of which nothing was heard since.
    fresh: Vec<usize>,
}

impl Reader {
    /// Nothing has happened yet.
    pub(super) fn new(started: Millis) -> Self {
        Self {
            run: Run {
                started,
                ..Run::default()
            },
            stays: Vec::new(),
            chain: HashMap::new(),
            fresh: Vec::new(),
        }
    }

    /// All that was read.
    pub(super) fn end(self) -> Run {
        self.run
    }

    /// What happened next.
    pub(super) fn take(&mut self, event: &HistoryEvent) {
        let at = parse(&event.at).unwrap_or(self.run.started);
        if let Some(what) = event.kind.strip_prefix("Execution") {
            match what {
                "Started" => {}
                "Redriven" => self.go_on(at),
                _ended => {
                    self.run.ended = Some(at);
                    self.break_off(None, at);
                }
            }
            return;
        }
        let stay = match event.kind.strip_suffix("StateEntered") {
            Some(word) => Some(self.enter(word, event, at)),
            None => self.whose(event),
        };
        let Some(i) = stay else { return };
        self.chain.insert(event.id, i);
        self.fresh.retain(|one| *one != i);
        self.note(i, event, at);
    }

    /// The stay of the event that led to this one, or the one that goes on with it.
    fn previous(&self, event: &HistoryEvent) -> Option<usize> {
        let first = *self.chain.get(&event.previous_id)?;
        let again = |i: &usize| self.stays.get(*i)?.again;
        std::iter::successors(Some(first), again).last()
    }

    /// A stay, and those in the Maps and Parallels around it, from the inside to the outside.
    fn around(&self, i: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(i), move |i| self.stays.get(*i)?.within)
    }

    fn is_inside(&self, i: usize, fork: usize) -> bool {
        i != fork && self.around(i).any(|around| around == fork)
    }

    fn is(&self, i: usize, word: &str) -> bool {
        self.stays.get(i).is_some_and(|stay| stay.word == word)
    }

    fn is_fork(&self, i: usize) -> bool {
        FORKS.into_iter().any(|word| self.is(i, word))
    }

    fn visit(&self, i: usize, is: impl Fn(&Visit) -> bool) -> bool {
        self.run.visits.get(i).is_some_and(is)
    }

    fn is_open(&self, i: usize) -> bool {
        self.visit(i, |visit| visit.exited.is_none())
    }

    fn is_well(&self, i: usize) -> bool {
        self.visit(i, |visit| visit.error.is_none())
    }

    /// A state is entered; one that is entered anew after a redrive goes on with the stay that was begun for it.
    fn enter(&mut self, word: &str, event: &HistoryEvent, at: Millis) -> usize {
        let state = event.state.clone().unwrap_or_default();
        let input = field(&event.details, "input");
        let previous = self.previous(event);
        let begun = |i: &usize| self.visit(*i, |visit| visit.state == state);
        let begun = self.fresh.iter().copied().find(begun);
        let anew = previous.is_none_or(|i| self.fresh.contains(&i));
        if let Some(i) = begun.filter(|_| anew)
            && let Some(visit) = self.run.visits.get_mut(i)
        {
            visit.entered = at;
            visit.input = input;
            return i;
        }
        let before = previous.and_then(|i| self.run.visits.get(i));
        let before = before.map(|visit| visit.state.clone());
        let within = previous.and_then(|i| {
            if self.is_fork(i) && self.is_open(i) {
                return Some(i);
            }
            self.stays.get(i)?.within
        });
        let visit = Visit {
            state,
            entered: at,
            input,
            before,
            ..Visit::default()
        };
        self.begin(visit, word.to_owned(), within, None)
    }

    fn begin(
        &mut self,
        visit: Visit,
        word: String,
        within: Option<usize>,
        from: Option<usize>,
    ) -> usize {
        self.run.visits.push(visit);
        self.stays.push(Stay {
            word,
            within,
            broken: false,
            from,
            again: None,
        });
        self.stays.len() - 1
    }

    /// The stay that an event belongs to.
    fn whose(&self, event: &HistoryEvent) -> Option<usize> {
        let (kind, previous) = (event.kind.as_str(), self.previous(event));
        if let Some(name) = &event.state {
            let is_it = |i: &usize| self.is_open(*i) && self.visit(*i, |v| v.state == *name);
            let last = || (0..self.stays.len()).rev().find(is_it);
            return previous.filter(is_it).or_else(last).or(previous);
        }
        if let Some(word) = kind.strip_suffix("StateAborted") {
            return self.given_up(word, previous?);
        }
        let fork = FORKS.into_iter().find(|word| kind.starts_with(word));
        match (previous, fork) {
            (Some(i), Some(word)) => self.fork_of(i, word, kind).or(previous),
            (Some(_), None) => previous,
            (None, _) => self.begun_for(fork.unwrap_or("Task"), event),
        }
    }

    /// The Map or Parallel that an event speaks of, which follows one of its branches' events.
    fn fork_of(&self, i: usize, word: &str, kind: &str) -> Option<usize> {
        let open = |i: &usize| self.is(*i, word) && self.is_open(*i);
        let mut forks = self.around(i).filter(open);
        // One that has failed does not fail again: it is one around it.
        let fails = kind.ends_with("StateFailed");
        forks.find(|i| !fails || self.is_well(*i))
    }

    /// A stay that is given up because a branch beside it failed. That of the failed branch itself may be, too, and keeps its own error.
    fn given_up(&self, word: &str, because: usize) -> Option<usize> {
        let mut around = self.around(because);
        let fork = around.find(|i| self.is_fork(*i) && self.is_well(*i))?;
        (0..self.stays.len()).find(|i| {
            let other = *i != because && self.is(*i, word) && self.is_inside(*i, fork);
            other && self.is_open(*i) && self.is_well(*i)
        })
    }

    /// The stay that goes on with this event, the first since a redrive: the one whose task was given the same, or else the first.
    fn begun_for(&self, word: &str, event: &HistoryEvent) -> Option<usize> {
        let given = field(&event.details, "parameters");
        let was_given = |i: &usize| {
            let from = self.stays.get(*i).and_then(|stay| stay.from);
            let before = from.and_then(|from| self.run.visits.get(from));
            given.is_some() && before.is_some_and(|visit| visit.parameters == given)
        };
        let mut begun = self.fresh.clone();
        begun.retain(|i| self.is(*i, word));
        let same = begun.iter().copied().find(was_given);
        same.or_else(|| begun.first().copied())
    }

    /// Leaves what is open, inside a Map or Parallel or at all, as a redrive finds it.
    fn break_off(&mut self, inside: Option<usize>, at: Millis) {
        for i in 0..self.stays.len() {
            if !self.is_open(i) || inside.is_some_and(|fork| !self.is_inside(i, fork)) {
                continue;
            }
            if let (Some(visit), Some(stay)) = (self.run.visits.get_mut(i), self.stays.get_mut(i)) {
                visit.exited = Some(at);
                stay.broken = true;
            }
        }
    }

    /// What is inside of a Map or Parallel that was left, or begins anew, does not go on.
    fn settle(&mut self, fork: usize, at: Millis) {
        for i in 0..self.stays.len() {
            if !self.is_inside(i, fork) {
                continue;
            }
            if let (Some(visit), Some(stay)) = (self.run.visits.get_mut(i), self.stays.get_mut(i)) {
                visit.exited.get_or_insert(at);
                stay.broken = false;
            }
            self.fresh.retain(|one| *one != i);
        }
    }

    /// A redrive: what was broken off is entered again, with what came into it. What is around comes before what is inside.
    fn go_on(&mut self, at: Millis) {
        self.run.ended = None;
        self.fresh.clear();
        for i in 0..self.stays.len() {
            let (Some(visit), Some(stay)) = (self.run.visits.get(i), self.stays.get_mut(i)) else {
                continue;
            };
            if !std::mem::take(&mut stay.broken) {
                continue;
            }
            let (word, within) = (stay.word.clone(), stay.within);
            let around = within.and_then(|fork| self.stays.get(fork));
            let within = around.and_then(|fork| fork.again).or(within);
            let visit = Visit {
                state: visit.state.clone(),
                entered: at,
                input: visit.input.clone(),
                before: visit.before.clone(),
                ..Visit::default()
            };
            let again = self.begin(visit, word, within, Some(i));
            self.fresh.push(again);
            if let Some(stay) = self.stays.get_mut(i) {
                stay.again = Some(again);
            }
        }
    }

    fn note(&mut self, i: usize, event: &HistoryEvent, at: Millis) {
        let kind = event.kind.as_str();
        let of = |key: &str| field(&event.details, key);
        if kind.ends_with("StateExited") || kind.ends_with("StateStarted") {
            self.settle(i, at);
        } else if kind.ends_with("StateFailed") {
            self.break_off(Some(i), at);
        }
        // How the whole Map ends is told apart.
        let of_a_part = kind.starts_with("MapIteration") || kind.starts_with("MapRun");
        let Some(visit) = self.run.visits.get_mut(i).filter(|_| !of_a_part) else {
            return;
        };
        if kind.ends_with("StateExited") {
            visit.exited = Some(at);
            visit.output = of("output");
        } else if kind.ends_with("Scheduled") {
            visit.attempts += 1;
            visit.parameters = of("parameters").or_else(|| of("input"));
        } else if kind.ends_with("Succeeded") {
            visit.result = of("output").or(visit.result.take());
            visit.error = None;
        } else if ["Failed", "TimedOut", "Aborted"]
            .into_iter()
            .any(|end| kind.ends_with(end))
        {
            let words = |key: &str| of(key).and_then(|value| value.as_str().map(str::to_owned));
            let name = words("error").unwrap_or_else(|| kind.to_owned());
            visit.error = Some((name, words("cause").unwrap_or_default()));
        }
    }
}

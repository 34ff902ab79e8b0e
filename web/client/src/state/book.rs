//! The calls that a screen knows: those that run, the call log, and what is said for a moment.

use super::clock::Millis;
use super::side::{Eye, Standing};
use contract::CallId;
use contract::view::CallView;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How many entries of the call log are kept in memory.
pub(crate) const MAX_LOG: usize = 500;
/// How many calls are remembered as having rung here.
const MAX_RUNG: usize = 200;
/// How long "answered elsewhere" stays.
pub(crate) const NOTICE_MS: Millis = 6_000;
/// How many notices are shown at once.
const MAX_NOTICES: usize = 4;

/// What became of a call that rang here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// Another device took it.
    AnsweredElsewhere,
    /// It stopped ringing.
    Over,
}

/// Words that stay for some seconds where a call rang.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Notice {
    /// The call.
    pub(crate) call: Rc<CallView>,
    /// What became of it.
    pub(crate) kind: NoticeKind,
    /// When to take it away.
    pub(crate) until: Millis,
}

/// Every call that this screen has heard of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Book {
    live: BTreeMap<CallId, Rc<CallView>>,
    log: Vec<Rc<CallView>>,
    rung: BTreeSet<CallId>,
    unconfirmed: BTreeSet<CallId>,
    notices: Vec<Notice>,
    ended: Option<Rc<CallView>>,
}

impl Book {
    /// Takes a call as it was pushed or read. An older revision than the known one changes nothing.
    pub(crate) fn take(&mut self, call: Rc<CallView>, eye: &Eye, now: Millis) {
        self.unconfirmed.remove(&call.id);
        let known = self.known(&call.id).cloned();
        if known.as_ref().is_some_and(|known| known.rev >= call.rev) {
            return;
        }
        self.notice(known.as_deref(), &call, eye, now);
        if call.is_live() {
            if eye.standing(&call) == Standing::Rings && self.rung.len() < MAX_RUNG {
                self.rung.insert(call.id.clone());
            }
            if eye.standing(&call) == Standing::Here {
                self.ended = None;
            }
            self.live.insert(call.id.clone(), call);
        } else {
            let was_here = known
                .as_deref()
                .is_some_and(|known| eye.standing(known) == Standing::Here);
            if was_here {
                self.ended = Some(call.clone());
            }
            self.live.remove(&call.id);
            self.log_in(call);
        }
    }

    fn known(&self, id: &CallId) -> Option<&Rc<CallView>> {
        self.live
            .get(id)
            .or_else(|| self.log.iter().find(|call| call.id == *id))
    }

    fn notice(&mut self, known: Option<&CallView>, call: &Rc<CallView>, eye: &Eye, now: Millis) {
        let rang =
            known.is_some_and(|known| known.is_live() && eye.standing(known) == Standing::Rings);
        let kind = match (rang, call.is_live(), eye.standing(call)) {
            (true, true, Standing::Elsewhere) => NoticeKind::AnsweredElsewhere,
            (true, false, _) => NoticeKind::Over,
            (true, true, Standing::Rings | Standing::Here | Standing::Foreign) | (false, _, _) => {
                return;
            }
        };
        self.notices
            .retain(|notice| notice.call.id != call.id && notice.until > now);
        self.notices.push(Notice {
            call: call.clone(),
            kind,
            until: now + NOTICE_MS,
        });
        let over = self.notices.len().saturating_sub(MAX_NOTICES);
        self.notices.drain(..over);
    }

    fn log_in(&mut self, call: Rc<CallView>) {
        self.log.retain(|known| known.id != call.id);
        let at = self
            .log
            .partition_point(|known| known.started_at > call.started_at);
        self.log.insert(at, call);
        self.log.truncate(MAX_LOG);
    }

    /// Takes every live call at once. Calls that are not among them may have ended unseen: they stay until each is
    /// read again (see [`Book::unconfirmed`]).
    pub(crate) fn snapshot(&mut self, calls: Vec<CallView>, eye: &Eye, now: Millis) {
        let present: BTreeSet<CallId> = calls.iter().map(|call| call.id.clone()).collect();
        self.unconfirmed = self
            .live
            .keys()
            .filter(|id| !present.contains(*id))
            .cloned()
            .collect();
        for call in calls {
            self.take(Rc::new(call), eye, now);
        }
    }

    /// Calls that run as far as we know but that the last snapshot did not have.
    pub(crate) fn unconfirmed(&self) -> Vec<CallId> {
        self.unconfirmed.iter().cloned().collect()
    }

    /// The server knows no such call any more.
    pub(crate) fn gone(&mut self, id: &CallId) {
        self.unconfirmed.remove(id);
        self.live.remove(id);
    }

    /// Takes a page of the call log.
    pub(crate) fn page(&mut self, calls: Vec<CallView>, eye: &Eye, now: Millis) {
        for call in calls {
            self.take(Rc::new(call), eye, now);
        }
    }

    /// Takes away what was said long enough.
    pub(crate) fn tick(&mut self, now: Millis) {
        self.notices.retain(|notice| notice.until > now);
    }

    /// The user has read how the last call ended.
    pub(crate) fn dismiss(&mut self) {
        self.ended = None;
    }

    /// Every live call, oldest first.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Rc<CallView>> {
        self.live.values()
    }

    /// One call, live or ended.
    pub(crate) fn call(&self, id: &CallId) -> Option<&Rc<CallView>> {
        self.known(id)
    }

    /// The call log, newest first.
    pub(crate) fn log(&self) -> &[Rc<CallView>] {
        &self.log
    }

    /// The calls that ring here, the one that rings longest first.
    pub(crate) fn ringing(&self, eye: &Eye) -> Vec<Rc<CallView>> {
        let mut calls: Vec<_> = self
            .live
            .values()
            .filter(|call| eye.standing(call) == Standing::Rings)
            .cloned()
            .collect();
        calls.sort_by(|a, b| a.started_at.cmp(&b.started_at));
        calls
    }

    /// The call in hand: the newest that this device has.
    pub(crate) fn in_hand(&self, eye: &Eye) -> Option<Rc<CallView>> {
        let here = self
            .live
            .values()
            .filter(|call| eye.standing(call) == Standing::Here);
        here.max_by(|a, b| a.started_at.cmp(&b.started_at)).cloned()
    }

    /// The call that was in hand and is over, until the user has read it.
    pub(crate) fn ended(&self) -> Option<&Rc<CallView>> {
        self.ended.as_ref()
    }

    /// Words to show where calls rang.
    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether this device rang for a call since the page was opened.
    pub(crate) fn rang_here(&self, id: &CallId) -> bool {
        self.rung.contains(id)
    }
}

#[cfg(test)]
mod tests;

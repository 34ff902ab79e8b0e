//! The events of a page.

use std::collections::VecDeque;

use super::{Ask, MAX_PAGE_BYTES};
use crate::core::history::Event;

/// The events of a page as they are found: no more than it may show.
pub(super) struct Shown {
    pub(super) events: VecDeque<Event>,
    bytes: usize,
    most: usize,
    /// The newest are wanted, not the oldest.
    newest: bool,
    /// There are further ones.
    pub(super) more: bool,
}

impl Shown {
    pub(super) fn new(ask: Ask) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            most: ask.most,
            newest: ask.reverse,
            more: false,
        }
    }

    /// Takes the next event; if that is too much, the one that is wanted least goes. Says whether another one is wanted.
    pub(super) fn take(&mut self, event: Event) -> bool {
        self.bytes += event.size();
        self.events.push_back(event);
        while self.events.len() > self.most
            || (self.events.len() > 1 && self.bytes > MAX_PAGE_BYTES)
        {
            let gone = if self.newest {
                self.events.pop_front()
            } else {
                self.events.pop_back()
            };
            self.bytes -= gone.map_or(0, |gone| gone.size());
            self.more = true;
        }
        self.newest || !self.more
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }
}

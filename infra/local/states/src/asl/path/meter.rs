//! What the evaluation of one field may look at and hold.
//!
//! Data has 256 KiB, but a path such as `$..a..b` can ask for the square of it, and a template can copy it as often as it has
//! members: nothing else ends that.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use regex_lite::Regex;

use super::find::{Found, find_within};
use super::pattern::Pattern;
use super::{Path, Roots};

/// Most text that one path may look at, in bytes: about a second's work.
pub(super) const MAX_PATH_WORK_BYTES: u64 = 128 * 1_048_576;
/// Most text that all paths and functions of a field may look at, in bytes.
pub(super) const MAX_FIELD_WORK_BYTES: u64 = 1_024 * 1_048_576;
/// Most text that a field may make, in bytes: far above what a state takes, so that little more than that is still told by the
/// limit of states.
pub(in crate::asl) const MAX_ROOM_BYTES: usize = 16 * 1_048_576;

/// Of one field.
#[derive(Debug)]
pub(in crate::asl) struct Meter {
    /// Bytes that may still be looked at.
    left: Cell<u64>,
    /// Bytes that are held: what was made so far, and what it is made of.
    held: Cell<usize>,
}

impl Meter {
    pub(in crate::asl) fn new() -> Self {
        Self {
            left: Cell::new(MAX_FIELD_WORK_BYTES),
            held: Cell::new(0),
        }
    }

    /// Notes that so much text is looked at.
    pub(in crate::asl) fn look(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(bytes as u64));
    }

    /// Was too much looked at?
    pub(in crate::asl) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// Notes that so much text is made.
    pub(in crate::asl) fn hold(&self, bytes: usize) {
        self.held.set(self.held.get().saturating_add(bytes));
    }

    /// How much is held.
    pub(in crate::asl) fn held(&self) -> usize {
        self.held.get()
    }

    /// Says how much is still held: the rest has been let go.
    pub(in crate::asl) fn settle(&self, bytes: usize) {
        self.held.set(bytes);
    }

    /// Is more held than there is room for?
    pub(in crate::asl) fn is_full(&self) -> bool {
        self.held.get() > MAX_ROOM_BYTES
    }
}

/// What the search for one path, and for those in its filters, shares.
pub(super) struct Work<'t, 'm> {
    meter: &'m Meter,
    left: Cell<u64>,
    /// What paths from `$`, `$$` and variables inside filters lead to: it is the same for every item.
    fixed: RefCell<HashMap<*const Path, Option<Cow<'t, str>>>>,
    /// Compiled only while they are used: a definition has room for many.
    patterns: RefCell<HashMap<*const Pattern, Option<Regex>>>,
}

impl<'t, 'm> Work<'t, 'm> {
    pub(super) fn new(meter: &'m Meter) -> Self {
        Self {
            meter,
            left: Cell::new(MAX_PATH_WORK_BYTES),
            fixed: RefCell::default(),
            patterns: RefCell::default(),
        }
    }

    pub(super) fn meter(&self) -> &'m Meter {
        self.meter
    }

    /// Notes that so much text is looked at.
    pub(super) fn charge(&self, bytes: usize) {
        self.meter.look(bytes);
        self.left.set(self.left.get().saturating_sub(bytes as u64));
    }

    /// Is there nothing left, for this path or for its field?
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0 || self.meter.is_spent()
    }

    /// What a path that does not begin at the item leads to; followed once.
    pub(super) fn fixed(&self, path: &Path, roots: &'t dyn Roots) -> Option<Cow<'t, str>> {
        let known = self.fixed.borrow().get(&std::ptr::from_ref(path)).cloned();
        known.unwrap_or_else(|| {
            let root = roots.root(&path.root);
            let found: Option<Found<'t>> = root.map(|root| find_within(path, root, roots, self));
            let found = found.and_then(Result::ok);
            let mut fixed = self.fixed.borrow_mut();
            fixed.insert(std::ptr::from_ref(path), found.clone());
            found
        })
    }

    /// Does the whole text match?
    pub(super) fn matches(&self, pattern: &Pattern, text: &str) -> bool {
        self.charge(pattern.cost(text));
        if self.is_spent() {
            return false;
        }
        let mut patterns = self.patterns.borrow_mut();
        let compiled = patterns
            .entry(std::ptr::from_ref(pattern))
            .or_insert_with(|| {
                self.charge(pattern.bytes());
                pattern.compiled()
            });
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

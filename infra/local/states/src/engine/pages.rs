//! Pages of histories. A page is told from the last milestone before it, not from the beginning: so it costs about what it
//! shows.
//!
//! A milestone is an execution as it was behind one of its records, and where in the log that record is. They are laid as
//! histories are told, kept as bytes, so that their size is known, and can be dropped at any time. As frames know only the
//! frame before them, the way from the last one back to a page is long; posts on it make that short the next time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::archive::ArchiveError;
use super::entry::{Entry, Trace};
use super::{Inner, Revision};
use crate::core::history::{Event, Narrator};
use crate::core::{Execution, ExecutionId, Identity, Record};
use crate::log::{Position, Reader};

/// Events from one milestone to the next.
const MILESTONE_EVENTS: u32 = 256;
/// Records from one milestone to the next, where few of them are events.
const MILESTONE_RECORDS: u32 = 4_096;
/// Most milestones of one execution. If there are more, every second goes and the next ones are laid half as often.
const MAX_MILESTONES: usize = 128;
/// Most bytes of the milestones of one execution; as above.
const MAX_BYTES_OF_ONE: usize = 16 * 1_048_576;
/// Frames from one post to the next.
const POST_FRAMES: usize = 64;
/// Most posts of one execution. If there are more, every second goes.
const MAX_POSTS: usize = 2_048;
/// Most executions whose milestones are kept; whichever was read longest ago goes first.
const MAX_TALES: usize = 64;
/// Most bytes of all milestones; as above.
const MAX_BYTES: usize = 64 * 1_048_576;

/// About how many bytes of events a page shows at most: AWS ends pages by size too. One event is always shown.
pub(super) const MAX_PAGE_BYTES: usize = 8 * 1_048_576;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask {
    /// The last event that the pages before have shown.
    pub(crate) shown: Option<u32>,
    /// The newest event first.
    pub(crate) reverse: bool,
    /// Most events.
    pub(crate) most: usize,
    /// Inputs and outputs are told too.
    pub(crate) with_data: bool,
}

/// A page of a history.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// In the order that was asked for.
    pub(crate) events: Vec<Event>,
    /// There are further ones.
    pub(crate) more: bool,
    /// How many records were told for it.
    pub(crate) told: usize,
    /// How many frames were read for it.
    pub(crate) read: usize,
}

/// The events of a page as they are found: no more than it may show.
struct Shown {
    events: VecDeque<Event>,
    bytes: usize,
    most: usize,
    /// The newest are wanted, not the oldest.
    newest: bool,
    /// There are further ones.
    more: bool,
}

impl Shown {
    fn new(ask: Ask) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            most: ask.most,
            newest: ask.reverse,
            more: false,
        }
    }

    /// Takes the next event; if that is too much, the one that is wanted least goes. Says whether another one is wanted.
    fn take(&mut self, event: Event) -> bool {
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

    fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }
}

/// How far a history has been told: a frame, and how many of its records.
type Place = (Position, u32);

#[derive(Debug)]
struct Milestone {
    place: Place,
    /// The last event.
    event: u32,
    /// Number of the definition that the execution runs.
    revision: u64,
    /// The execution.
    execution: Vec<u8>,
}

/// The milestones of one execution, in order.
#[derive(Debug, Clone)]
struct Tale {
    milestones: Vec<Arc<Milestone>>,
    /// Some of its frames, in order.
    posts: Vec<Position>,
    /// They are laid so many times farther apart than usual.
    sparse: u32,
    /// When it was read last, as a count.
    used: u64,
}

impl Default for Tale {
    fn default() -> Self {
        Self {
            milestones: Vec::new(),
            posts: Vec::new(),
            sparse: 1,
            used: 0,
        }
    }
}

impl Tale {
    fn bytes(&self) -> usize {
        self.milestones.iter().map(|m| m.execution.len()).sum()
    }

    /// The last one from which the event behind `event` can be told.
    fn before(&self, event: u32) -> Option<&Arc<Milestone>> {
        self.milestones.iter().rev().find(|m| m.event <= event)
    }

    /// A frame that is not before `event`: the next milestone's, or `last`.
    fn upper(&self, event: u32, last: Position) -> Position {
        let next = self.milestones.iter().find(|m| m.event >= event);
        next.map_or(last, |m| m.place.0.min(last))
    }

    fn add(&mut self, laid: Laid) {
        self.posts.extend(laid.posts);
        self.posts.sort_unstable();
        self.posts.dedup();
        while self.posts.len() > MAX_POSTS {
            every_second(&mut self.posts);
        }
        for milestone in laid.milestones {
            let at = self
                .milestones
                .binary_search_by_key(&milestone.place, |m| m.place);
            if let Err(at) = at {
                self.milestones.insert(at, milestone);
            }
        }
        while self.milestones.len() > MAX_MILESTONES || self.bytes() > MAX_BYTES_OF_ONE {
            self.sparse = self.sparse.saturating_mul(2);
            every_second(&mut self.milestones);
        }
    }
}

fn every_second<T>(list: &mut Vec<T>) {
    let mut number = 0;
    list.retain(|_| {
        number += 1;
        number % 2 == 0
    });
}

/// What a telling found for the next ones.
#[derive(Debug, Clone, Default)]
struct Laid {
    milestones: Vec<Arc<Milestone>>,
    posts: Vec<Position>,
}

impl Laid {
    fn bytes(&self) -> usize {
        self.milestones.iter().map(|m| m.execution.len()).sum()
    }
}

/// The milestones of the histories that were read last.
#[derive(Debug, Default)]
pub(super) struct Tales(Mutex<(HashMap<ExecutionId, Tale>, u64)>);

impl Tales {
    fn of(&self, id: ExecutionId) -> Tale {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.0.get(&id).cloned().unwrap_or_default()
    }

    fn add(&self, id: ExecutionId, laid: Laid) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tales, uses) = &mut *table;
        let nothing = laid.milestones.is_empty() && laid.posts.is_empty();
        if nothing && !tales.contains_key(&id) {
            return;
        }
        *uses += 1;
        let tale = tales.entry(id).or_default();
        tale.used = *uses;
        tale.add(laid);
        while tales.len() > MAX_TALES || tales.values().map(Tale::bytes).sum::<usize>() > MAX_BYTES
        {
            let oldest = tales.iter().min_by_key(|(_, tale)| tale.used);
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return;
            };
            tales.remove(&oldest);
        }
    }

    /// Executions and bytes that are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> (usize, usize) {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = table.0.values().map(Tale::bytes).sum();
        (table.0.len(), bytes)
    }
}

impl Inner {
    /// A page of the history up to `last`, which must be durable. `revisions` are those of the slot.
    pub(crate) fn page(
        &self,
        id: ExecutionId,
        last: Position,
        revisions: &[Arc<Revision>],
        ask: Ask,
    ) -> Result<Page, ArchiveError> {
        let mut telling = self.telling(id, last, revisions, ask.with_data);
        let page = telling.page(ask);
        self.keep(telling);
        page
    }

    /// Begins to read a history.
    pub(super) fn telling<'a>(
        &'a self,
        id: ExecutionId,
        last: Position,
        revisions: &'a [Arc<Revision>],
        with_data: bool,
    ) -> Telling<'a> {
        Telling {
            reader: &self.reader,
            id,
            last,
            revisions,
            with_data,
            tale: self.tales.of(id),
            laid: Laid::default(),
            told: 0,
            read: 0,
        }
    }

    /// Keeps what a reading has found for the next ones.
    pub(super) fn keep(&self, telling: Telling<'_>) {
        self.tales.add(telling.id, telling.laid);
    }
}

/// One reading of a history.
pub(super) struct Telling<'a> {
    reader: &'a Reader,
    id: ExecutionId,
    last: Position,
    revisions: &'a [Arc<Revision>],
    with_data: bool,
    tale: Tale,
    laid: Laid,
    told: usize,
    read: usize,
}

/// How far a telling is.
pub(super) struct Course {
    /// Number of the definition.
    pub(super) revision: u64,
    /// How many records of the frame have been told.
    pub(super) done: u32,
    /// Records since the last milestone.
    since: u32,
}

impl Course {
    /// Begins with this definition, by number.
    pub(super) fn new(revision: u64) -> Self {
        Self {
            revision,
            done: 0,
            since: 0,
        }
    }
}

/// What a frame says: with which of its records which definition begins, by number; and what happened.
pub(super) struct Part {
    identity: Option<Identity>,
    pub(super) turns: Vec<(usize, u64)>,
    pub(super) records: Vec<Record>,
}

impl<'a> Telling<'a> {
    fn page(&mut self, ask: Ask) -> Result<Page, ArchiveError> {
        // One more than is shown says whether there are more.
        let wanted = u32::try_from(ask.most + 1).unwrap_or(u32::MAX);
        let mut shown = Shown::new(ask);
        match (ask.reverse, ask.shown) {
            (false, before) => {
                let from = before.unwrap_or(0);
                self.between(from, from.saturating_add(wanted), &mut shown)?;
            }
            (true, Some(before)) => {
                let to = before.saturating_sub(1);
                self.between(to.saturating_sub(wanted), to, &mut shown)?;
            }
            (true, None) => self.newest(wanted, &mut shown)?,
        }
        let mut events = Vec::from(shown.events);
        if ask.reverse {
            events.reverse();
        }
        Ok(Page {
            events,
            more: shown.more,
            told: self.told,
            read: self.read,
        })
    }

    /// The events behind `from` up to `to`.
    fn between(&mut self, from: u32, to: u32, shown: &mut Shown) -> Result<(), ArchiveError> {
        if from >= to {
            return Ok(());
        }
        let begin = self.tale.before(from).cloned();
        let upper = self.tale.upper(to, self.last);
        self.tell(begin, upper, |event| {
            let (of_page, more) = (event.id > from && event.id <= to, event.id < to);
            let wanted = !of_page || shown.take(event);
            wanted && more
        })
    }

    /// The last events.
    fn newest(&mut self, most: u32, shown: &mut Shown) -> Result<(), ArchiveError> {
        let begin = self.tale.milestones.last().cloned();
        let whole = begin.is_none();
        let mut total = begin.as_ref().map_or(0, |m| m.event);
        self.tell(begin, self.last, |event| {
            total = event.id;
            shown.take(event)
        })?;
        if whole || shown.more {
            return Ok(());
        }
        shown.clear();
        let mut newest = Telling {
            laid: Laid::default(),
            tale: self.tale.clone(),
            ..*self
        };
        newest.tale.add(self.laid.clone());
        let told = newest.between(total.saturating_sub(most), total, shown);
        (self.told, self.read) = (newest.told, newest.read);
        self.laid.milestones.append(&mut newest.laid.milestones);
        self.laid.posts.append(&mut newest.laid.posts);
        told
    }

    /// Tells from `begin`, or from the beginning, up to the end of `upper`, as long as `each` wants more.
    fn tell(
        &mut self,
        begin: Option<Arc<Milestone>>,
        upper: Position,
        mut each: impl FnMut(Event) -> bool,
    ) -> Result<(), ArchiveError> {
        let id = self.id.0;
        let broken = || ArchiveError::Broken(id);
        let from = begin.as_ref().map(|m| m.place.0);
        let behind = |post: &Position| from.is_none_or(|from| *post > from) && *post < upper;
        let posts: Vec<Position> = self.tale.posts.iter().copied().filter(behind).collect();
        let mut stops = posts.into_iter().chain([upper]);
        let mut reached = stops.next().unwrap_or(upper);
        let mut path = self.path(from, reached)?;
        let (execution, revision, mut skip) = match begin {
            Some(begin) => {
                let execution = postcard::from_bytes(&begin.execution).map_err(|_| broken())?;
                (execution, begin.revision, begin.place.1)
            }
            None => {
                let (execution, revision) = self.begins(*path.front().ok_or_else(broken)?)?;
                (execution, revision, 0)
            }
        };
        let region = execution.identity.region().to_owned();
        let first = self.revision(revision)?;
        let mut narrator = Narrator::new(execution, &first.definition, &region, self.with_data);
        let mut course = Course::new(revision);
        loop {
            for at in path {
                let course = (&mut narrator, &mut course);
                if !self.tell_frame((at, skip), course, &mut each)? {
                    return Ok(());
                }
                skip = 0;
            }
            let Some(stop) = stops.next() else {
                return Ok(());
            };
            path = self.path(Some(reached), stop)?;
            // That one has been told.
            path.pop_front();
            reached = stop;
        }
    }

    /// The execution before anything has happened to it, and the number of its definition, by its first frame.
    pub(super) fn begins(&mut self, first: Position) -> Result<(Execution, u64), ArchiveError> {
        let id = self.id.0;
        let broken = || ArchiveError::Broken(id);
        let first = self.part(first)?;
        let identity = first.identity.ok_or_else(broken)?;
        let (_, revision) = *first.turns.first().ok_or_else(broken)?;
        Ok((Execution::new(Arc::new(identity)), revision))
    }

    /// Tells a frame from one of its records on. Says whether `each` wants more.
    pub(super) fn tell_frame<'n>(
        &mut self,
        (at, skip): Place,
        (narrator, course): (&mut Narrator<'n>, &mut Course),
        each: &mut impl FnMut(Event) -> bool,
    ) -> Result<bool, ArchiveError>
    where
        'a: 'n,
    {
        let part = self.part(at)?;
        let records = part.records.iter().zip(1_u32..).skip(skip as usize);
        for (record, done) in records {
            let turn = |(turn, _): &&(usize, u64)| *turn + 1 == done as usize;
            if let Some((_, number)) = part.turns.iter().find(turn) {
                course.revision = *number;
                narrator.goes_on_with(&self.revision(*number)?.definition);
            }
            let event = narrator.tell(record);
            let event = event.map_err(|_| ArchiveError::Broken(self.id.0))?;
            self.told += 1;
            course.done = done;
            course.since += 1;
            let last = narrator.execution().last_event;
            let sparse = self.tale.sparse;
            let spaced =
                event.is_some() && last.is_multiple_of(MILESTONE_EVENTS.saturating_mul(sparse));
            if spaced || course.since >= MILESTONE_RECORDS.saturating_mul(sparse) {
                course.since = 0;
                self.lay((at, done), course.revision, narrator.execution());
            }
            if event.is_some_and(|event| !each(event)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn lay(&mut self, place: Place, revision: u64, execution: &Execution) {
        let known = &self.tale.milestones;
        if known.binary_search_by_key(&place, |m| m.place).is_ok() {
            return;
        }
        if let Ok(bytes) = postcard::to_stdvec(execution) {
            self.laid.milestones.push(Arc::new(Milestone {
                place,
                event: execution.last_event,
                revision,
                execution: bytes,
            }));
        }
        // Of many large ones no more is held meanwhile than is kept in the end.
        while self.laid.bytes() > MAX_BYTES_OF_ONE {
            self.tale.sparse = self.tale.sparse.saturating_mul(2);
            every_second(&mut self.laid.milestones);
        }
    }

    pub(super) fn revision(&self, number: u64) -> Result<&'a Revision, ArchiveError> {
        let revisions: &'a [Arc<Revision>] = self.revisions;
        let found = revisions.iter().find(|r| r.text.number == number);
        let found = found.map(|revision| &**revision);
        found.ok_or(ArchiveError::Broken(self.id.0))
    }

    /// The frames from `begin`, or from the first one, to `upper`.
    pub(super) fn path(
        &mut self,
        begin: Option<Position>,
        upper: Position,
    ) -> Result<VecDeque<Position>, ArchiveError> {
        let mut path = VecDeque::from([upper]);
        let mut at = upper;
        while Some(at) != begin {
            self.read += 1;
            let Trace { id, previous, .. } = Entry::trace(&self.reader.read(at)?);
            match previous {
                Some(previous) if id == Some(self.id.0) => at = previous,
                // The first one; or no frame of this execution, which is found when its records are read.
                Some(_) | None if begin.is_none() => break,
                Some(_) | None => return Err(ArchiveError::Broken(self.id.0)),
            }
            path.push_front(at);
            if path.len().is_multiple_of(POST_FRAMES) {
                self.laid.posts.push(at);
            }
        }
        Ok(path)
    }

    pub(super) fn part(&mut self, at: Position) -> Result<Part, ArchiveError> {
        self.read += 1;
        let broken = || ArchiveError::Broken(self.id.0);
        let (of, identity, turns, records) =
            match Entry::read(&self.reader.read(at)?).map_err(|_| broken())? {
                Entry::Moved { id, records, .. } => (id, None, Vec::new(), records),
                Entry::Redriven {
                    id,
                    revision,
                    records,
                    ..
                } => (id, None, vec![(0, revision)], records),
                Entry::Started {
                    id,
                    revision,
                    identity,
                    records,
                } => (id, Some(identity), vec![(0, revision)], records),
                Entry::Imported {
                    id,
                    turns,
                    identity,
                    records,
                } => {
                    let place = |at| usize::try_from(at).unwrap_or(usize::MAX);
                    let turns = turns.into_iter().map(|(at, number)| (place(at), number));
                    (id, Some(identity), turns.collect(), records)
                }
                Entry::Revision(_)
                | Entry::Machine(_)
                | Entry::MachineGone(_)
                | Entry::Forgotten(_)
                | Entry::Activity(_)
                | Entry::ActivityGone(_)
                | Entry::EncryptedActivity(..)
                | Entry::Stopping(_)
                | Entry::JobStopped(_)
                | Entry::ExpressStarted { .. }
                | Entry::ExpressEnded(_) => return Err(broken()),
            };
        if of != self.id.0 {
            return Err(broken());
        }
        Ok(Part {
            identity,
            turns,
            records,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milestones(bytes: usize, count: u32) -> Laid {
        let posts = (1..=count).map(|number| Position::new(1, number));
        let milestones = (1..=count).map(|number| {
            Arc::new(Milestone {
                place: (Position::new(1, number), 1),
                event: number,
                revision: 1,
                execution: vec![0; bytes],
            })
        });
        Laid {
            milestones: milestones.collect(),
            posts: posts.collect(),
        }
    }

    #[test]
    fn no_more_is_kept_than_the_bounds_say_and_what_was_read_last_stays() {
        let tales = Tales::default();
        for id in 1..=100 {
            tales.add(ExecutionId(id), milestones(100, 3));
            tales.add(ExecutionId(1), Laid::default());
        }
        assert_eq!(tales.kept(), (MAX_TALES, MAX_TALES * 300));
        assert_eq!(tales.of(ExecutionId(1)).milestones.len(), 3);
        for id in 101..=120 {
            tales.add(ExecutionId(id), milestones(200_000, 60));
        }
        let (_, bytes) = tales.kept();
        assert!((MAX_BYTES / 2..=MAX_BYTES).contains(&bytes), "{bytes}");
        assert_eq!(tales.of(ExecutionId(120)).milestones.len(), 60);
    }

    #[test]
    fn milestones_of_one_execution_that_are_too_many_or_too_large_get_sparse() {
        let tales = Tales::default();
        tales.add(ExecutionId(1), milestones(1, 1_000));
        let tale = tales.of(ExecutionId(1));
        assert_eq!((tale.milestones.len(), tale.sparse), (125, 8));
        assert_eq!(tale.posts.len(), 1_000);
        tales.add(ExecutionId(1), milestones(0, 2_100));
        assert_eq!(tales.of(ExecutionId(1)).posts.len(), 1_050);
        tales.add(ExecutionId(2), milestones(1_048_576, 40));
        let tale = tales.of(ExecutionId(2));
        assert_eq!((tale.milestones.len(), tale.sparse), (10, 4));
        tales.add(ExecutionId(3), milestones(MAX_BYTES_OF_ONE + 1, 1));
        assert_eq!(tales.of(ExecutionId(3)).milestones.len(), 0);
    }
}

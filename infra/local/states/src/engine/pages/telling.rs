//! Records told as events, from a milestone or from the beginning on; on the way further milestones are laid.

use std::sync::Arc;

use super::Telling;
use super::milestones::{MAX_BYTES_OF_ONE, Milestone, Place, every_second};
use crate::core::Execution;
use crate::core::history::{Event, Narrator};
use crate::engine::archive::ArchiveError;
use crate::log::Position;

/// Events from one milestone to the next.
const MILESTONE_EVENTS: u32 = 256;
/// Records from one milestone to the next, where few of them are events.
const MILESTONE_RECORDS: u32 = 4_096;

/// How far a telling is.
pub(in crate::engine) struct Course {
    /// Number of the definition.
    pub(in crate::engine) revision: u64,
    /// How many records of the frame have been told.
    pub(in crate::engine) done: u32,
    /// Records since the last milestone.
    since: u32,
}

impl Course {
    /// Begins with this definition, by number.
    pub(in crate::engine) fn new(revision: u64) -> Self {
        Self {
            revision,
            done: 0,
            since: 0,
        }
    }
}

impl<'a> Telling<'a> {
    /// Tells from `begin`, or from the beginning, up to the end of `upper`, as long as `each` wants more.
    pub(super) fn tell(
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
    pub(in crate::engine) fn begins(
        &mut self,
        first: Position,
    ) -> Result<(Execution, u64), ArchiveError> {
        let id = self.id.0;
        let broken = || ArchiveError::Broken(id);
        let first = self.part(first)?;
        let identity = first.identity.ok_or_else(broken)?;
        let (_, revision) = *first.turns.first().ok_or_else(broken)?;
        Ok((Execution::new(Arc::new(identity)), revision))
    }

    /// Tells a frame from one of its records on. Says whether `each` wants more.
    pub(in crate::engine) fn tell_frame<'n>(
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
}

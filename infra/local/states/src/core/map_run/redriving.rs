//! A map run that goes on after its end.
//!
//! Source: developer guide, "Redriving Map Runs in Step Functions executions". Children that ended well are kept; the others
//! wait until there is room for them and are redriven, those that were never started go on as if nothing had been.

use super::{Child, Counts, MapRun, Misfit, Phase};
use crate::asl::errors;
use crate::core::Status;
use crate::core::redrive::is_too_old;

impl MapRun {
    /// Readies the run of a closed execution to go on. False if its state has to start a new run instead: what failed was
    /// the making of children, and the same run would fail the same way.
    pub(in crate::core) fn ready_to_redrive(&mut self) -> bool {
        if let Some(problem) = &self.problem
            && !matches!(
                problem.error.as_str(),
                errors::EXCEED_TOLERATED_FAILURE
                    | errors::ITEM_READER_FAILED
                    | errors::RESULT_WRITER_FAILED
            )
        {
            return false;
        }
        match self.phase {
            // It has not started, or has ended well and only its state has not.
            Phase::Preparing | Phase::Told => {}
            Phase::Ended if self.problem.is_none() => {}
            Phase::Reading | Phase::Running | Phase::Writing | Phase::Ended | Phase::Redriving => {
                self.phase = Phase::Redriving;
            }
        }
        true
    }

    /// The children that are to be redriven. Express ones always can be: they start anew.
    pub(in crate::core) fn redrivable(&self, express: bool, now_ms: i64) -> Vec<u32> {
        let children = self.children.iter().enumerate();
        children
            .filter(|(_, child)| {
                child.end.as_ref().is_some_and(|end| {
                    let lost = end.is_permanent()
                        || (!express && is_too_old(end.started_ms, end.stopped_ms, now_ms));
                    end.status != Status::Succeeded && !lost
                })
            })
            .map(|(index, _)| index as u32)
            .collect()
    }

    /// The run goes on, and these children with it. Whoever else did not end well has failed for good.
    pub(super) fn redriven(&mut self, children: &[u32], at_ms: i64) -> Result<(), Misfit> {
        self.wait_no_more()?;
        self.redrives += 1;
        self.redriven_ms = Some(at_ms);
        self.problem = None;
        self.written = None;
        self.told = 0;
        self.phase = match &self.settings.reading {
            Some(_) if self.children.is_empty() => Phase::Reading,
            Some(_) | None => Phase::Running,
        };
        for index in children {
            self.shift(*index, false)?;
            self.waiting.insert(*index);
        }
        self.executions.not_redrivable = 0;
        self.taken.not_redrivable = 0;
        for (index, child) in self.children.iter_mut().enumerate() {
            match &mut child.end {
                None => child.attempt = self.redrives,
                Some(end) if !self.waiting.contains(&(index as u32)) => {
                    end.spent = true;
                    if end.is_permanent() {
                        self.executions.not_redrivable += 1;
                        self.taken.not_redrivable += child.items;
                    }
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// There is room for these: they run again.
    pub(super) fn started_again(&mut self, children: &[u32]) -> Result<(), Misfit> {
        for index in children {
            if !self.waiting.remove(index) {
                return Err(Misfit);
            }
            let child = self.children.get_mut(*index as usize).ok_or(Misfit)?;
            child.end = None;
            child.attempt = self.redrives;
            for (counts, number) in numbers(&mut self.executions, &mut self.taken, child) {
                counts.waiting = counts.waiting.checked_sub(number).ok_or(Misfit)?;
                counts.running += number;
            }
        }
        Ok(())
    }

    /// Children that still wait to be redriven do not any more: they stay as they ended.
    pub(super) fn wait_no_more(&mut self) -> Result<(), Misfit> {
        for index in std::mem::take(&mut self.waiting) {
            self.shift(index, true)?;
        }
        Ok(())
    }

    /// Items and children by status, if the run ends now: what runs is stopped, and what waits stays as it ended.
    pub(in crate::core) fn counts_at_end(&self) -> [Counts; 2] {
        let mut counts = [self.item_counts(), self.execution_counts()];
        for index in &self.waiting {
            let child = self.children.get(*index as usize);
            if let Some((child, end)) = child.and_then(|c| Some((c, c.end.as_ref()?))) {
                *counts[0].of(end.status) += child.items;
                *counts[1].of(end.status) += 1;
            }
        }
        for counts in &mut counts {
            counts.waiting = 0;
            counts.aborted += std::mem::take(&mut counts.running);
        }
        counts
    }

    /// Moves a child between those that wait and those that ended as it did.
    fn shift(&mut self, index: u32, back: bool) -> Result<(), Misfit> {
        let child = self.children.get(index as usize).ok_or(Misfit)?;
        let status = child.end.as_ref().ok_or(Misfit)?.status;
        if matches!(status, Status::Succeeded | Status::Running) {
            return Err(Misfit);
        }
        for (counts, number) in numbers(&mut self.executions, &mut self.taken, child) {
            let (from, to) = (counts.waiting, *counts.of(status));
            if back {
                counts.waiting = from.checked_sub(number).ok_or(Misfit)?;
                *counts.of(status) += number;
            } else {
                *counts.of(status) = to.checked_sub(number).ok_or(Misfit)?;
                counts.waiting += number;
            }
        }
        Ok(())
    }
}

/// By how much each count changes with a child.
fn numbers<'a>(
    executions: &'a mut Counts,
    taken: &'a mut Counts,
    child: &Child,
) -> [(&'a mut Counts, u32); 2] {
    [(executions, 1), (taken, child.items)]
}

//! Map runs as they show in the records of their execution: what `DescribeMapRun` and `ListMapRuns` tell.

use std::collections::BTreeMap;

use super::apply::Misfit;
use super::map_run::{Counts, MapRun, Phase, RunId, Settings};
use super::record::{Record, What};
use super::{Doing, Execution, Status};

/// A map run, as of the last record.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    /// The end of its ARN.
    pub uuid: [u8; 16],
    /// How it was asked for.
    pub settings: Settings,
    /// How it stands. It never times out.
    pub status: Status,
    /// When it started, in milliseconds since 1970.
    pub started_ms: i64,
    /// When it ended.
    pub stopped_ms: Option<i64>,
    /// Items by status.
    pub items: Counts,
    /// Children by status.
    pub executions: Counts,
    /// How often it was redriven.
    pub redrives: u32,
    /// The last redrive, in milliseconds since 1970.
    pub redriven_ms: Option<i64>,
}

impl RunSummary {
    fn of(run: &MapRun) -> Self {
        Self {
            uuid: run.uuid,
            settings: run.settings.clone(),
            status: Status::Running,
            started_ms: run.started_ms,
            stopped_ms: None,
            items: run.item_counts(),
            executions: run.execution_counts(),
            redrives: run.redrives,
            redriven_ms: run.redriven_ms,
        }
    }

    /// A run that goes on, as its execution knows it; `None` of one that has not started, has ended or is yet to be redriven,
    /// of which only the records tell.
    pub fn live(execution: &Execution, id: RunId) -> Option<Self> {
        let (_, _, run) = execution.run(id)?;
        match run.phase {
            Phase::Reading | Phase::Running | Phase::Writing | Phase::Ended => Some(Self::of(run)),
            Phase::Preparing | Phase::Told | Phase::Redriving => None,
        }
    }

    fn end(&mut self, [items, executions]: [Counts; 2], status: Status, at_ms: i64) {
        self.status = status;
        self.stopped_ms = Some(at_ms);
        self.items = items;
        self.executions = executions;
    }
}

/// The map runs that `records` tell of, in the order of their starts.
pub fn runs_of(
    mut execution: Execution,
    records: &[Record],
) -> Result<BTreeMap<RunId, RunSummary>, Misfit> {
    let mut runs: BTreeMap<RunId, RunSummary> = BTreeMap::new();
    for record in records {
        let before = running(&execution, record);
        execution.apply(record)?;
        match &record.what {
            What::MapRunStarted { .. }
            | What::ItemsRead { .. }
            | What::ItemsLoaded { .. }
            | What::ChildrenStarted(_)
            | What::ChildrenEnded(_)
            | What::MapRunRedriven { .. }
            | What::ChildrenRedriven(_)
            | What::MapRunBroke(_)
            | What::MapRunUpdated { .. } => {
                if let Some(Doing::Running(run)) =
                    execution.branches.get(&record.branch).map(|b| &b.doing)
                {
                    runs.insert(run.id, RunSummary::of(run));
                }
            }
            What::MapRunSucceeded => ended(&mut runs, &before, Status::Succeeded, record.at_ms),
            What::MapRunFailed(_) => ended(&mut runs, &before, Status::Failed, record.at_ms),
            What::MapRunAborted
            | What::Aborted { .. }
            | What::IterationAborted { .. }
            | What::Failed(_)
            | What::Stopped { .. }
            | What::TimedOut => ended(&mut runs, &before, Status::Aborted, record.at_ms),
            _other => {}
        }
    }
    Ok(runs)
}

/// How many items each child of a run took, by its place, as `records` tell.
pub fn items_of_children(
    mut execution: Execution,
    records: &[Record],
    run: RunId,
) -> Result<Vec<u32>, Misfit> {
    let mut items = Vec::new();
    for record in records {
        if let What::ChildrenStarted(starts) = &record.what
            && let Some(branch) = execution.branches.get(&record.branch)
            && let Doing::Running(of) = &branch.doing
            && of.id == run
        {
            items.extend(starts.iter().map(|start| start.items));
        }
        execution.apply(record)?;
    }
    Ok(items)
}

/// The runs that this record may end.
fn running(execution: &Execution, record: &Record) -> Vec<(RunId, [Counts; 2])> {
    let id = |doing: &Doing| match doing {
        Doing::Running(run) => Some((run.id, run.counts_at_end())),
        _other => None,
    };
    match &record.what {
        What::MapRunSucceeded
        | What::MapRunFailed(_)
        | What::MapRunAborted
        | What::Aborted { .. }
        | What::IterationAborted { .. } => {
            let branch = execution.branches.get(&record.branch);
            branch.and_then(|b| id(&b.doing)).into_iter().collect()
        }
        What::Failed(_) | What::Stopped { .. } | What::TimedOut => execution
            .branches
            .values()
            .filter_map(|b| id(&b.doing))
            .collect(),
        _other => Vec::new(),
    }
}

fn ended(
    runs: &mut BTreeMap<RunId, RunSummary>,
    those: &[(RunId, [Counts; 2])],
    status: Status,
    at_ms: i64,
) {
    for (id, counts) in those {
        if let Some(run) = runs.get_mut(id).filter(|r| r.status == Status::Running) {
            run.end(*counts, status, at_ms);
        }
    }
}

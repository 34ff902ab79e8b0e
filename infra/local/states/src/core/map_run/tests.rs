//! Random runs, ends in random order, crashes behind any record: every item runs exactly once, or is pending when the
//! run failed, and results stay in order. Redriven after it failed or was stopped, a run goes on with what did not succeed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::asl;
use crate::core::redrive::{redrive, unfinished};
use crate::core::run_summary::{RunSummary, runs_of};
use crate::core::specimen::started;
use crate::core::{Execution, ExecutionId, Input, Record, Step, World, step};

#[test]
fn a_uuid_says_whose_run_it_is() {
    for id in [0, 1, 17, 0xfff, 0x1000, 0x1234_5678_9abc, (1 << 60) - 1] {
        for run in [1, 4, u32::MAX] {
            let uuid = run_uuid(ExecutionId(id), RunId(run), 0xdead_beef_0123_4567);
            assert_eq!(
                owner_of(uuid),
                Some((ExecutionId(id), RunId(run))),
                "{id} {run}"
            );
            assert_eq!(uuid::Uuid::from_bytes(uuid).get_version_num(), 8);
        }
    }
    assert_eq!(owner_of([0; 16]), None);
}

#[test]
fn a_child_has_one_name_and_no_other_has_it() {
    let names: std::collections::BTreeSet<String> =
        (0..1_000).map(|index| child_name([7; 16], index)).collect();
    assert_eq!(names.len(), 1_000);
    assert_eq!(child_name([7; 16], 3), child_name([7; 16], 3));
    assert_ne!(child_name([7; 16], 3), child_name([8; 16], 3));
}

#[test]
fn a_child_that_was_stopped_and_cannot_go_on_is_a_failure_of_a_redriven_run_only() {
    let mut run = MapRun::new(Items::none());
    let ended = |run: &mut MapRun, status: Status, spent: bool| {
        let index = run.children.len() as u32;
        run.children.push(Child {
            first: index,
            items: 1,
            input: None,
            end: None,
            attempt: 0,
        });
        run.taken.running += 1;
        run.executions.running += 1;
        let end = ChildEnd {
            index,
            status,
            output: None,
            problem: None,
            started_ms: 0,
            stopped_ms: 1,
            attempt: 0,
            redrives: 0,
            spent,
        };
        assert!(run.ended(&[end]).is_ok());
    };
    ended(&mut run, Status::Aborted, true);
    assert!(!run.exceeded(), "somebody stopped it");
    run.redrives = 1;
    assert!(run.exceeded());
    run.settings.tolerated_count = Some(1);
    assert!(!run.exceeded());
    // One that is stopped and could go on uses nothing up, one that fails does, besides the one that cannot go on.
    ended(&mut run, Status::Aborted, false);
    assert!(!run.exceeded());
    ended(&mut run, Status::Failed, false);
    assert!(run.exceeded());
    run.settings.tolerated_count = Some(2);
    assert!(!run.exceeded());
}

/// A child, as the shell has it.
#[derive(Debug, Clone, Copy)]
struct Model {
    first: u32,
    items: u32,
    end: Option<Status>,
    attempt: u32,
}

/// The shell, as a model: what was started stays started, whatever the parent forgets.
struct Shell {
    definition: asl::Definition,
    execution: Execution,
    start: Execution,
    records: Vec<Record>,
    /// Children by place.
    children: BTreeMap<u32, Model>,
    bad: u16,
}

impl Shell {
    fn new(case: &Case) -> Self {
        let mut map = json!({
            "Type": "Map", "Label": "L", "MaxConcurrency": case.concurrency, "End": true,
            "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } },
            "ToleratedFailureCount": case.tolerated,
        });
        if let Some(size) = case.batch {
            map["ItemBatcher"] = json!({ "MaxItemsPerBatch": size });
        }
        let text = json!({ "QueryLanguage": "JSONata", "StartAt": "M", "States": { "M": map } });
        let items: Vec<u8> = (0..case.items).collect();
        let start = started(Json::trusted(json!(items).to_string()));
        Self {
            definition: asl::compile(&text.to_string()).expect("it is well-formed"),
            execution: start.clone(),
            start,
            records: Vec::new(),
            children: BTreeMap::new(),
            bad: case.bad,
        }
    }

    /// Steps; with `cut`, all but so many records of the step are lost, and with them what should have followed.
    fn step(&mut self, input: Input, cut: Option<usize>) {
        let world = world(&self.definition);
        let Ok(done) = step(&mut self.execution, &world, input) else {
            return;
        };
        self.commit(done, cut);
    }

    /// Goes on after the end.
    fn redrive(&mut self, cut: Option<usize>) {
        let branches = unfinished(self.start.clone(), &self.records, &self.definition);
        let world = world(&self.definition);
        let branches = branches.expect("records fit");
        let done = redrive(&mut self.execution, &world, branches, None, 0);
        self.commit(done, cut);
    }

    fn commit(&mut self, done: Step, cut: Option<usize>) {
        match cut {
            None => {
                self.records.extend(done.records);
                self.act(done.effects);
            }
            Some(kept) => {
                self.records.extend(done.records.into_iter().take(kept));
                self.execution = self.start.clone();
                for record in &self.records {
                    self.execution.apply(record).expect("records fit");
                }
                let effects = self.execution.unanswered();
                self.act(effects);
                self.step(Input::Go, None);
            }
        }
    }

    fn act(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::StartChildren { run, children, .. } => {
                    let Some((_, _, found)) = self.execution.run(run) else {
                        continue;
                    };
                    for index in children {
                        let child = &found.children[index as usize];
                        let new = Model {
                            first: child.first,
                            items: child.items,
                            end: None,
                            attempt: child.attempt,
                        };
                        let known = self.children.entry(index).or_insert(new);
                        if known.attempt < child.attempt && known.end != Some(Status::Succeeded) {
                            *known = new;
                        }
                    }
                }
                Effect::StopChildren { children } => {
                    let attempts = children.iter().map(|(_, attempt)| *attempt);
                    let most = attempts.max().unwrap_or(0);
                    for child in self.children.values_mut().filter(|c| c.attempt <= most) {
                        child.end.get_or_insert(Status::Aborted);
                    }
                }
                Effect::Again => self.step(Input::Go, None),
                Effect::Call { .. } | Effect::StopChild(_) | Effect::StopJob { .. } => {}
                Effect::Closed(_) => {}
                Effect::ReadItems { .. } | Effect::WriteResults { .. } => {}
            }
        }
    }

    /// The run, while it goes on.
    fn run(&self) -> Option<RunId> {
        self.execution
            .branches
            .values()
            .find_map(|branch| match &branch.doing {
                crate::core::Doing::Running(run) => Some(run.id),
                _other => None,
            })
    }

    /// Is what the execution tells of its run, while it goes on, what its records tell?
    fn tells_the_same(&self) -> bool {
        let live = self
            .run()
            .and_then(|id| RunSummary::live(&self.execution, id));
        live.is_none_or(|live| {
            let runs = runs_of(self.start.clone(), &self.records).expect("records fit");
            runs.values().next_back() == Some(&live)
        })
    }

    /// Ends one of the children that the parent does not know to have ended.
    fn end_one(&mut self, which: usize, cut: Option<usize>) -> bool {
        let Some(run) = self.run() else { return false };
        let open: Vec<u32> = {
            let Some((_, _, found)) = self.execution.run(run) else {
                return false;
            };
            found.running().map(|(index, _)| index).collect()
        };
        if open.is_empty() {
            return false;
        }
        let index = open[which % open.len()];
        let bad = self.bad;
        let Some(child) = self.children.get_mut(&index) else {
            panic!("child {index} runs and was never started");
        };
        let mut items = child.first..child.first + child.items;
        let fails = items.any(|item| bad >> (item % 16) & 1 == 1);
        let status = *child.end.get_or_insert(if fails {
            Status::Failed
        } else {
            Status::Succeeded
        });
        let end = end_of(index, *child, status);
        // An end of an earlier attempt that comes late says nothing.
        let late = ChildEnd {
            attempt: end.attempt.wrapping_sub(1),
            ..end_of(index, *child, Status::Aborted)
        };
        let ends = vec![late, end.clone(), end];
        self.step(Input::ChildrenEnded { run, ends }, cut);
        true
    }
}

fn end_of(index: u32, child: Model, status: Status) -> ChildEnd {
    let well = status == Status::Succeeded;
    ChildEnd {
        index,
        status,
        output: well.then(|| Json::trusted(child.first.to_string())),
        problem: (!well).then(|| Problem {
            error: "Bad".into(),
            cause: None,
        }),
        started_ms: 1,
        stopped_ms: 2,
        attempt: child.attempt,
        redrives: 0,
        spent: false,
    }
}

fn world(definition: &asl::Definition) -> World<'_> {
    World {
        definition,
        id: ExecutionId(1),
        activity: &|_| true,
        token: &|_| String::new(),
        now_ms: 2_000,
        context: None,
        deleting: false,
        tested: None,
        spent: &|| false,
    }
}

#[derive(Debug, Clone)]
struct Case {
    items: u8,
    concurrency: u8,
    batch: Option<u8>,
    tolerated: u8,
    /// Items (by number, of sixteen) that fail.
    bad: u16,
    /// Which child ends next, and where the step is cut short.
    turns: Vec<(usize, Option<usize>)>,
}

fn cases() -> impl Strategy<Value = Case> {
    (
        0_u8..30,
        0_u8..6,
        proptest::option::of(1_u8..5),
        0_u8..4,
        prop_oneof![2 => Just(0), 3 => any::<u16>(), 3 => (0_u16..16).prop_map(|bit| 1 << bit)],
        proptest::collection::vec(
            (any::<usize>(), proptest::option::weighted(0.4, 0_usize..6)),
            40,
        ),
    )
        .prop_map(|(items, concurrency, batch, tolerated, bad, turns)| Case {
            items,
            concurrency,
            batch,
            tolerated,
            bad,
            turns,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_item_runs_once_or_is_pending_when_the_run_failed(case in cases()) {
        let mut shell = Shell::new(&case);
        shell.step(Input::Go, None);
        for (which, cut) in &case.turns {
            if !shell.end_one(*which, *cut) {
                break;
            }
            if let Some((_, _, run)) = shell.run().and_then(|id| shell.execution.run(id)) {
                prop_assert!(run.executions.running <= run.concurrency());
                prop_assert!(shell.tells_the_same());
            }
        }
        while shell.end_one(0, None) {}
        prop_assert_ne!(shell.execution.status, Status::Running);

        let mut next = 0;
        for child in shell.children.values() {
            prop_assert_eq!(child.first, next, "items go to children once and in order");
            next += child.items;
        }
        let failed: u32 = shell.children.values()
            .filter(|child| child.end != Some(Status::Succeeded))
            .map(|child| child.items)
            .sum();
        let well = failed <= u32::from(case.tolerated);
        prop_assert_eq!(shell.execution.status == Status::Succeeded, well);
        if well {
            prop_assert_eq!(next, u32::from(case.items), "a run that ends well leaves nothing");
            let output = shell.execution.end.as_ref().and_then(|end| end.output.clone()).expect("an output");
            let output: Vec<Value> = serde_json::from_str(output.as_str()).expect("an array");
            let expected: Vec<Value> = shell.children.values()
                .map(|child| match child.end {
                    Some(Status::Succeeded) => json!(child.first),
                    _other => json!("FAILED"),
                })
                .collect();
            let told: Vec<Value> = output.into_iter()
                .map(|result| if result.is_object() { result["Status"].clone() } else { result })
                .collect();
            prop_assert_eq!(told, expected, "results stay in order");
        }
        let runs = runs_of(shell.start.clone(), &shell.records).expect("records fit");
        let run = runs.values().next().expect("a run");
        prop_assert_eq!(run.items.total(), u32::from(case.items));
        prop_assert_eq!(run.items.pending, u32::from(case.items) - next);
        prop_assert_eq!(run.status == Status::Succeeded, well);
    }
    #[test]
    fn a_redriven_run_goes_on_with_what_did_not_succeed(
        case in cases(),
        attempts in proptest::collection::vec(
            (any::<u16>(), 0_usize..30, any::<bool>(), proptest::option::of(0_usize..4)), 1..4),
    ) {
        let mut shell = Shell::new(&case);
        shell.step(Input::Go, None);
        let mut turns = case.turns.iter().cycle();
        let mut succeeded = std::collections::BTreeSet::new();
        let ends = attempts.iter().map(|a| Some(*a)).chain([None]);
        for attempt in ends {
            let (_, turns_of_it, stops, cut) = attempt.unwrap_or((0, 1_000, false, None));
            for _ in 0..turns_of_it {
                let (which, cut) = turns.next().expect("they never end");
                if !shell.end_one(*which, *cut) {
                    break;
                }
                if let Some((_, _, run)) = shell.run().and_then(|id| shell.execution.run(id)) {
                    prop_assert!(run.executions.running <= run.concurrency());
                    prop_assert_eq!(run.item_counts().total(), u32::from(case.items));
                    prop_assert!(shell.tells_the_same());
                }
            }
            if stops {
                shell.step(Input::Stop { error: None, cause: None }, cut);
            } else {
                while shell.end_one(0, None) {}
            }
            for (index, child) in &shell.children {
                let well = child.end == Some(Status::Succeeded);
                prop_assert!(well || !succeeded.contains(index), "{} succeeded and ran again", index);
                if well {
                    succeeded.insert(*index);
                }
            }
            if shell.execution.status == Status::Succeeded || attempt.is_none() {
                break;
            }
            shell.bad = attempt.map_or(0, |(bad, ..)| bad);
            if shell.execution.status != Status::Running {
                shell.redrive(cut);
            }
        }
        shell.bad = 0;
        while shell.execution.status != Status::Succeeded {
            if shell.execution.status != Status::Running {
                shell.redrive(None);
            }
            while shell.end_one(0, None) {}
        }
        let runs = runs_of(shell.start.clone(), &shell.records).expect("records fit");
        prop_assert_eq!(runs.len(), 1, "it is one run");
        let run = runs.values().next().expect("a run");
        prop_assert_eq!(run.status, Status::Succeeded);
        prop_assert_eq!((run.items.total(), run.items.waiting, run.items.pending), (u32::from(case.items), 0, 0));
        let redriven = shell.records.iter().filter(|r| matches!(r.what, What::MapRunRedriven { .. }));
        prop_assert_eq!(run.redrives as usize, redriven.count());
        prop_assert_eq!(run.executions.succeeded as usize, shell.children.values()
            .filter(|child| child.end == Some(Status::Succeeded)).count());
    }
}

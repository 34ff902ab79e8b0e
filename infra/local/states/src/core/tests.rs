//! Random machines, random events, virtual time: the records alone rebuild an execution, wherever it was cut short.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::history::Narrator;
use super::specimen::started;
use super::*;
use crate::asl;
use crate::integration::TaskError;

/// A state of a random machine, before it has a name and a successor.
#[derive(Debug, Clone)]
enum Shape {
    Pass(u8),
    Wait(u8),
    Task {
        callback: bool,
        timeout: Option<u8>,
        heartbeat: bool,
        retry: Option<u8>,
        catch: bool,
    },
    Choice(u8),
    Parallel(Vec<Vec<Shape>>),
    Map {
        items: u8,
        concurrency: u8,
        selects: bool,
        retry: bool,
        each: Vec<Shape>,
    },
    Fail,
}

fn shape(depth: u32) -> BoxedStrategy<Shape> {
    let task = (
        any::<bool>(),
        proptest::option::of(5_u8..50),
        any::<bool>(),
        proptest::option::of(0_u8..3),
        any::<bool>(),
    )
        .prop_map(|(callback, timeout, heartbeat, retry, catch)| Shape::Task {
            callback,
            timeout,
            heartbeat,
            retry,
            catch,
        });
    let leaf = prop_oneof![
        3 => (0_u8..3).prop_map(Shape::Pass),
        2 => (0_u8..20).prop_map(Shape::Wait),
        6 => task,
        2 => any::<u8>().prop_map(Shape::Choice),
        1 => Just(Shape::Fail),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let branches =
        proptest::collection::vec(proptest::collection::vec(shape(depth - 1), 1..4), 1..4);
    let map = (
        0_u8..5,
        0_u8..4,
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(shape(depth - 1), 1..4),
    )
        .prop_map(|(items, concurrency, selects, retry, each)| Shape::Map {
            items,
            concurrency,
            selects,
            retry,
            each,
        });
    prop_oneof![6 => leaf, 2 => branches.prop_map(Shape::Parallel), 2 => map].boxed()
}

/// States lead forward only, so every machine ends.
fn machine(shapes: &[Shape], prefix: &str) -> Value {
    let name = |i: usize| format!("{prefix}{i}");
    // An inner scope may not assign to a variable of an outer one.
    let variable = |name: &str| format!("{name}_{}", prefix.replace('.', "_"));
    let mut states = serde_json::Map::new();
    for (i, shape) in shapes.iter().enumerate() {
        let next = name(i + 1);
        let mut state = match shape {
            Shape::Pass(0) => json!({ "Type": "Pass" }),
            Shape::Pass(1) => {
                json!({ "Type": "Pass", "Output": { "n": "{% $random() %}", "in": 1 } })
            }
            Shape::Pass(_) => {
                json!({ "Type": "Pass", "Assign": { variable("v"): "{% $states.context.State.Name %}" } })
            }
            Shape::Wait(seconds) => json!({ "Type": "Wait", "Seconds": seconds }),
            Shape::Task {
                callback,
                timeout,
                heartbeat,
                retry,
                catch,
            } => {
                let suffix = if *callback { ".waitForTaskToken" } else { "" };
                let mut task = json!({
                    "Type": "Task", "Resource": format!("arn:aws:states:::lambda:invoke{suffix}"),
                    "Arguments": { "FunctionName": "f", "Payload": "{% $states.context.State.RetryCount %}" },
                    "Assign": { variable("got"): "{% $states.result %}" }
                });
                if let Some(seconds) = timeout {
                    task["TimeoutSeconds"] = json!(seconds);
                }
                if *heartbeat {
                    task["HeartbeatSeconds"] = json!(4);
                }
                if let Some(attempts) = retry {
                    task["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": attempts, "JitterStrategy": "FULL" }]);
                }
                if *catch {
                    task["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": next }]);
                }
                task
            }
            Shape::Choice(odds) => json!({ "Type": "Choice",
                "Choices": [{ "Condition": format!("{{% $random() * 255 < {odds} %}}"), "Next": next }],
                "Default": name(shapes.len()) }),
            Shape::Parallel(branches) => {
                let branches: Vec<Value> = branches
                    .iter()
                    .enumerate()
                    .map(|(b, shapes)| machine(shapes, &format!("{prefix}{i}.{b}.")))
                    .collect();
                json!({ "Type": "Parallel", "Branches": branches,
                    "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": next }] })
            }
            Shape::Map {
                items,
                concurrency,
                selects,
                retry,
                each,
            } => {
                let items: Vec<u8> = (0..*items).collect();
                let mut map = json!({ "Type": "Map", "Items": items, "MaxConcurrency": concurrency,
                    "ItemProcessor": machine(each, &format!("{prefix}{i}.m.")),
                    "Assign": { variable("all"): "{% $states.result %}" },
                    "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": next }] });
                if *selects {
                    map["ItemSelector"] = json!({ "at": "{% $states.context.Map.Item.Index %}", "u": "{% $uuid() %}" });
                }
                if *retry {
                    map["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
                }
                map
            }
            Shape::Fail => json!({ "Type": "Fail", "Error": "Made" }),
        };
        if !matches!(shape, Shape::Choice(_) | Shape::Fail) {
            state["Next"] = json!(next);
        }
        states.insert(name(i), state);
    }
    states.insert(name(shapes.len()), json!({ "Type": "Succeed" }));
    json!({ "StartAt": name(0), "States": states })
}

/// What the world does next, chosen by numbers so that it fits whatever is under way.
#[derive(Debug, Clone)]
enum Move {
    Answer { which: usize, fails: bool },
    Report { which: usize, fails: bool },
    Beat { which: usize },
    Pass { seconds: u8 },
    Stop,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        6 => (any::<usize>(), proptest::bool::weighted(0.3)).prop_map(|(which, fails)| Move::Answer { which, fails }),
        6 => (any::<usize>(), proptest::bool::weighted(0.3)).prop_map(|(which, fails)| Move::Report { which, fails }),
        2 => any::<usize>().prop_map(|which| Move::Beat { which }),
        5 => (0_u8..10).prop_map(|seconds| Move::Pass { seconds }),
        1 => Just(Move::Stop),
    ];
    proptest::collection::vec(one, 0..60)
}

fn pending(execution: &Execution, which: usize) -> Option<TaskId> {
    let tasks: Vec<TaskId> = execution
        .branches
        .values()
        .filter_map(|b| match &b.doing {
            Doing::Tasking(task) => Some(task.id),
            _other => None,
        })
        .collect();
    tasks.get(which.checked_rem(tasks.len())?).copied()
}

fn input(execution: &Execution, made: &Move) -> Option<Input> {
    let problem = || TaskError {
        error: "Bad".into(),
        cause: "luck".into(),
    };
    Some(match made {
        Move::Answer { which, fails } => {
            let outcome = if *fails {
                Err(problem())
            } else {
                Ok(Json::trusted("{\"a\":1}"))
            };
            Input::Answered {
                task: pending(execution, *which)?,
                outcome,
            }
        }
        Move::Report { which, fails } => {
            let outcome = if *fails {
                Err((Some("Bad".into()), None))
            } else {
                Ok(Json::trusted("2"))
            };
            Input::Reported {
                task: pending(execution, *which)?,
                outcome,
            }
        }
        Move::Beat { which } => Input::Beat {
            task: pending(execution, *which)?,
        },
        Move::Pass { .. } => Input::Tick,
        Move::Stop => Input::Stop {
            error: None,
            cause: Some("enough".into()),
        },
    })
}

struct Run {
    definition: Definition,
    execution: Execution,
    now_ms: i64,
    all: Vec<Record>,
}

impl Run {
    fn new(shapes: &[Shape]) -> Self {
        let mut definition = machine(shapes, "s");
        definition["QueryLanguage"] = json!("JSONata");
        definition["TimeoutSeconds"] = json!(100_000);
        let definition =
            asl::compile(&definition.to_string()).expect("random machines are well-formed");
        Self {
            definition,
            execution: started(Json::trusted("{}")),
            now_ms: 1_000,
            all: Vec::new(),
        }
    }

    /// Steps, and checks the step against every way of being cut short.
    fn step(&mut self, input: Input) {
        let token = |task: TaskId| format!("t{}", task.0);
        let world = World {
            definition: &self.definition,
            id: ExecutionId(1),
            token: &token,
            activity: &|_| true,
            now_ms: self.now_ms,
            context: None,
            deleting: false,
            tested: None,
            spent: &|| false,
        };
        let before = self.execution.clone();
        let Ok(done) = step(&mut self.execution, &world, input.clone()) else {
            assert_eq!(before, self.execution, "what is refused changes nothing");
            return;
        };
        let mut again = before.clone();
        let repeated =
            step(&mut again, &world, input.clone()).expect("the same input, taken again");
        assert_eq!(
            repeated.records, done.records,
            "the same input gives the same records"
        );
        let mut cut = before;
        for record in &done.records {
            let bytes = postcard::to_stdvec(record).expect("records are written");
            let read: Record = postcard::from_bytes(&bytes).expect("records are read");
            assert_eq!(&read, record);
            cut.apply(&read).expect("records fit");
            // A tick fires what is due before anything else moves; other steps go on from any record.
            if cut.status == Status::Running && input != Input::Tick {
                let mut resumed = cut.clone();
                step(&mut resumed, &world, Input::Go).expect("what is cut short goes on");
                assert_eq!(resumed, self.execution, "cut short behind {record:?}");
            }
        }
        assert_eq!(cut, self.execution, "the records rebuild the execution");
        assert!(!self.execution.is_ready(), "nothing is left undone");
        self.all.extend(done.records);
    }

    /// A world that answers everything lets every machine end.
    fn finish(&mut self) {
        for _ in 0..10_000 {
            if self.execution.status != Status::Running {
                return;
            }
            match pending(&self.execution, 0) {
                Some(task) => {
                    let outcome = Ok(Json::trusted("3"));
                    self.step(Input::Answered {
                        task,
                        outcome: outcome.clone(),
                    });
                    self.step(Input::Reported {
                        task,
                        outcome: Ok(Json::trusted("3")),
                    });
                }
                None => {
                    self.now_ms = self
                        .execution
                        .next_deadline_ms()
                        .expect("it waits for a time")
                        .max(self.now_ms);
                    self.step(Input::Tick);
                }
            }
        }
        panic!("no end: {:?}", self.execution);
    }

    fn check_history(&self) {
        let start = Execution::new(Arc::clone(&self.execution.identity));
        let mut narrator = Narrator::new(start, &self.definition, "r", true);
        let mut id = 0;
        for record in &self.all {
            if let Some(event) = narrator.tell(record).expect("every record can be told") {
                id += 1;
                assert_eq!(event.id, id);
                assert!(event.previous < event.id);
            }
        }
        assert_eq!(id, self.execution.last_event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_machine_under_any_events_is_rebuilt_by_its_records_and_ends(
        shapes in proptest::collection::vec(shape(2), 1..7),
        moves in moves(),
    ) {
        let mut run = Run::new(&shapes);
        run.step(Input::Go);
        for made in &moves {
            if let Move::Pass { seconds } = made {
                run.now_ms += i64::from(*seconds) * 1_000;
            }
            if let Some(input) = input(&run.execution, made) {
                run.step(input);
            }
        }
        run.finish();
        run.check_history();
        let bytes = postcard::to_stdvec(&run.execution).expect("states are written");
        prop_assert_eq!(postcard::from_bytes::<Execution>(&bytes).expect("states are read"), run.execution);
    }
}

#[test]
fn a_call_without_a_recorded_answer_is_made_again_and_an_answered_one_is_not() {
    let task = Shape::Task {
        callback: true,
        timeout: None,
        heartbeat: false,
        retry: None,
        catch: false,
    };
    let mut run = Run::new(&[task]);
    run.step(Input::Go);
    let id = pending(&run.execution, 0).expect("a task");
    assert!(matches!(run.execution.unanswered()[..], [Effect::Call { task, .. }] if task == id));
    run.step(Input::Answered {
        task: id,
        outcome: Ok(Json::trusted("null")),
    });
    assert_eq!(run.execution.unanswered(), []);
    assert!(
        run.execution
            .pending(id)
            .is_some_and(|(_, task)| task.arguments.is_none()),
        "and its arguments are let go"
    );
}

/// A machine whose branches all wait, and an execution of it that has waited for long.
fn full(resource: &str) -> Run {
    let branch = |n: u32| {
        let task = json!({ "Type": "Task", "Resource": resource, "TimeoutSeconds": 5, "End": true,
            "Arguments": { "FunctionName": "f", "Payload": 1 } });
        json!({ "StartAt": format!("T{n}"), "States": { format!("T{n}"): task } })
    };
    let branches: Vec<Value> = (0..40).map(branch).collect();
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "P",
        "States": { "P": { "Type": "Parallel", "Branches": branches, "End": true } } });
    let mut run = Run::new(&[]);
    run.definition = asl::compile(&definition.to_string()).expect("a machine");
    run.step(Input::Go);
    run.execution.last_event = MAX_EVENTS - 10;
    run
}

#[test]
fn what_happens_to_many_branches_at_once_makes_no_history_longer_than_it_may_be() {
    let callback = "arn:aws:states:::lambda:invoke.waitForTaskToken";
    let activity = "arn:aws:states:us-east-1:000000000000:activity:a";
    let answered = |task| Input::Answered {
        task,
        outcome: Ok(Json::trusted("1")),
    };
    let claimed = |task| Input::Claimed { task, worker: None };
    type Happens<'a> = &'a dyn Fn(TaskId) -> Input;
    let cases: [(&str, Happens<'_>); 3] = [
        (callback, &answered),
        (activity, &claimed),
        (callback, &|_| Input::Tick),
    ];
    for (resource, happens) in cases {
        let mut run = full(resource);
        run.now_ms += 60_000;
        let world = World {
            definition: &run.definition,
            id: ExecutionId(1),
            token: &|_| String::new(),
            activity: &|_| true,
            now_ms: run.now_ms,
            context: None,
            deleting: false,
            tested: None,
            spent: &|| false,
        };
        while let Some(task) = pending(&run.execution, 0).filter(|_| run.execution.end.is_none()) {
            let of = (0..40).find_map(|which| {
                let task = pending(&run.execution, which)?;
                let (_, known) = run.execution.pending(task)?;
                (!known.submitted).then_some(task)
            });
            let taken = step(&mut run.execution, &world, happens(of.unwrap_or(task)));
            assert!(taken.is_ok(), "{resource}: {taken:?}");
            assert!(run.execution.last_event <= MAX_EVENTS, "{resource}");
        }
        let end = run.execution.end.as_ref().expect("it has ended");
        assert_eq!(end.error.as_deref(), Some("States.Runtime"), "{resource}");
        assert!(run.execution.last_event + 3 > MAX_EVENTS, "{resource}");
    }
}

#[test]
fn a_second_call_that_a_history_has_no_room_to_tell_of_is_not_made() {
    let mut run = full("arn:aws:states:::lambda:invoke");
    let task = pending(&run.execution, 0).expect("a task");
    let world = World {
        definition: &run.definition,
        id: ExecutionId(1),
        token: &|_| String::new(),
        activity: &|_| true,
        now_ms: run.now_ms,
        context: None,
        deleting: false,
        tested: None,
        spent: &|| false,
    };
    let mut calls = 0;
    while run.execution.end.is_none() {
        let taken = step(&mut run.execution, &world, Input::CalledAgain { task });
        let taken = taken.expect("the task is under way");
        let told = taken.records.iter();
        let told = told.filter(|record| matches!(record.what, What::TaskStarted));
        let made = taken.effects.iter();
        let made = made.filter(|effect| matches!(effect, Effect::Call { .. }));
        let made = made.count();
        assert_eq!(told.count(), made, "each is told of");
        calls += made;
    }
    assert!(calls > 0 && run.execution.last_event <= MAX_EVENTS);
    let end = run.execution.end.as_ref().expect("it has ended");
    assert_eq!(end.error.as_deref(), Some("States.Runtime"));
}

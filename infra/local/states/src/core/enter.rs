//! The work of a state, by kind. What a state does once it has been entered, and again on each retry.

use std::sync::Arc;

use super::advance::{exited, in_state, unevaluated};
use super::context::Here;
use super::record::{Problem, Scheduled, What};
use super::step::{Effect, Stepper, too_large};
use super::{BranchId, Doing, MAX_PAYLOAD_BYTES, Pending};
use crate::asl::choice::Choice;
use crate::asl::expression::Failure;
use crate::asl::parallel::Parallel;
use crate::asl::task::{MAX_TIMEOUT_S, Task};
use crate::asl::wait::Wait;
use crate::asl::{Fail, Kind, Seconds, Text, Then, errors};
use crate::integration::Family;
use crate::json::Json;

impl Stepper<'_> {
    /// Does the work of the branch's state.
    pub(super) fn work(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let here = Here {
            execution: self.execution,
            branch,
            world: self.world,
            item: None,
        };
        let state = here.state();
        let what = match &state.kind {
            Kind::Pass | Kind::Succeed => pass(&here),
            Kind::Choice(choice) => choose(&here, choice),
            Kind::Wait(wait) => wait_until(&here, wait),
            Kind::Parallel(parallel) => fork(&here, parallel),
            Kind::Map(map) => super::map::begin(&here, map),
            Kind::Fail(fail) => broken(&here, fail),
            Kind::Task(task) => match schedule(&here, task) {
                Ok(scheduled) => What::Scheduled(scheduled),
                Err(what) => what,
            },
        };
        let offered = matches!((&what, &state.kind), (What::Scheduled(_), Kind::Task(task))
            if task.resource.family == Family::Activity);
        self.write(id, what);
        if offered {
            // In the same step: the time that the task will have is told from that of its schedule.
            self.call(id);
        }
    }

    /// Makes the call of a scheduled task.
    pub(super) fn call(&mut self, id: BranchId) {
        let Some(branch) = self.execution.branches.get(&id) else {
            return;
        };
        let Doing::Calling(Pending {
            id: task,
            arguments: Some(arguments),
            ..
        }) = &branch.doing
        else {
            return;
        };
        let call = Effect::Call {
            task: *task,
            state: branch.state,
            arguments: arguments.clone(),
        };
        let what = match &self.world.definition.state(branch.state).kind {
            Kind::Task(of) if of.resource.family == Family::Activity => What::Offered,
            _called => What::TaskStarted,
        };
        self.write(id, what);
        self.step.effects.push(call);
    }
}

fn pass(here: &Here<'_>) -> What {
    let state = here.state();
    let left = state.data.leave(&here.scope(None, None));
    exited(here, left, state.then, true)
}

fn choose(here: &Here<'_>, choice: &Choice) -> What {
    let scope = here.scope(None, None);
    let data = &here.state().data;
    let root = match data.root(&scope) {
        Ok(root) => root,
        Err(failure) => return unevaluated(here, failure, true),
    };
    let sight = Scope {
        input: &root,
        ..scope
    };
    match choice.first(&sight) {
        Ok(None) => {}
        Ok(Some((i, rule))) => {
            let left = data.leave_by_rule(&rule.way, &scope, &format!("Choices[{i}]/"));
            return exited(here, left, Then::Next(rule.next), true);
        }
        Err(failure) => return unevaluated(here, failure, true),
    }
    let state = here.state();
    match choice.default {
        Some(next) => {
            let left = data.leave(&scope);
            exited(here, left, Then::Next(next), true)
        }
        None => {
            let sentence = "Failed to transition out of the state. The state does not have a 'Default' and no rule of \
                            its 'Choices' matched";
            let cause = in_state(state, here.branch.entered_event, sentence);
            What::Broke {
                problem: Problem {
                    error: errors::NO_CHOICE_MATCHED.to_owned(),
                    cause: Some(cause),
                },
                uncaught: true,
            }
        }
    }
}

fn wait_until(here: &Here<'_>, wait: &Wait) -> What {
    let scope = here.scope(None, None);
    let until_ms = here.state().data.root(&scope).and_then(|root| {
        let scope = Scope {
            input: &root,
            ..scope
        };
        wait.until_ms(&scope, here.branch.entered_ms)
    });
    match until_ms {
        Ok(until_ms) => What::Waiting { until_ms },
        Err(failure) => unevaluated(here, failure, true),
    }
}

/// What a Parallel state begins with: its branches and their input, or why there is none.
pub(super) fn fork(here: &Here<'_>, parallel: &Parallel) -> What {
    let starts = parallel
        .branches
        .iter()
        .map(|flow| here.world.definition.flows[usize::from(*flow)].start)
        .collect();
    let input = match here.state().data.enter(&here.scope(None, None)) {
        Ok(input) if input.len() > MAX_PAYLOAD_BYTES => return too_long(here),
        Ok(input) => (input != here.branch.data).then_some(input),
        Err(failure) => return unevaluated(here, failure, false),
    };
    What::ParallelStarted { starts, input }
}

fn broken(here: &Here<'_>, fail: &Fail) -> What {
    let scope = here.scope(None, None);
    let read = |text: &Option<Text>, field| {
        text.as_ref()
            .map(|text| text.read(&scope, field))
            .transpose()
    };
    match (read(&fail.error, "Error"), read(&fail.cause, "Cause")) {
        (Ok(error), Ok(cause)) => What::Broke {
            problem: Problem::cut(error.unwrap_or_default(), cause),
            uncaught: true,
        },
        (Err(failure), _) | (_, Err(failure)) => unevaluated(here, failure, true),
    }
}

/// The task to schedule, or what to write instead.
fn schedule(here: &Here<'_>, task: &Task) -> Result<Scheduled, What> {
    let resource = &task.resource;
    if resource.family == Family::Activity && !(here.world.activity)(&resource.arn) {
        return Err(no_activity(here, &resource.arn));
    }
    let scope = here.scope(None, None);
    let failed = |failure| unevaluated(here, failure, false);
    let data = &here.state().data;
    let root = data.root(&scope).map_err(failed)?;
    let sight = Scope {
        input: &root,
        ..scope
    };
    let limit = |seconds: &Option<Seconds>, field| match seconds {
        None => Ok(None),
        Some(seconds) => seconds.read(&sight, field, 1, MAX_TIMEOUT_S).map(Some),
    };
    let arguments = data.enter(&scope).map_err(failed)?;
    if arguments.len() > MAX_PAYLOAD_BYTES {
        return Err(too_long(here));
    }
    let timeout_s = limit(&task.timeout, "TimeoutSeconds").map_err(failed)?;
    let heartbeat_s = limit(&task.heartbeat, "HeartbeatSeconds").map_err(failed)?;
    if let (Some(timeout_s), Some(heartbeat_s)) = (timeout_s, heartbeat_s)
        && heartbeat_s >= timeout_s
    {
        return Err(failed(too_slow(task, heartbeat_s, timeout_s)));
    }
    let role_arn = match &task.credentials {
        None => None,
        Some(credentials) => {
            let evaluated = credentials.json(&sight, "Credentials").map_err(failed)?;
            Some(role_of(&evaluated).ok_or_else(|| no_role(here, &evaluated))?)
        }
    };
    Ok(Scheduled {
        arguments,
        timeout_s,
        heartbeat_s,
        role_arn,
    })
}

/// A heartbeat that its timeout would never leave the time for. Literals are compared when the definition is read.
fn too_slow(task: &Task, heartbeat_s: u32, timeout_s: u32) -> Failure {
    let sentence = format!(
        "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds', but they are {heartbeat_s} and {timeout_s}."
    );
    let limits = [&task.heartbeat, &task.timeout];
    let evaluated = limits
        .iter()
        .any(|limit| matches!(limit, Some(Seconds::Expression(_))));
    if evaluated {
        Failure::expression("HeartbeatSeconds", sentence)
    } else {
        Failure::runtime(sentence)
    }
}

/// `RoleArn` of `Credentials`.
fn role_of(credentials: &Json) -> Option<Arc<str>> {
    let value: serde_json::Value = serde_json::from_str(credentials.as_str()).ok()?;
    value["RoleArn"].as_str().map(Arc::from)
}

fn no_role(here: &Here<'_>, credentials: &Json) -> What {
    let sentence = format!(
        "'RoleArn' in 'Credentials' must be a string but 'Credentials' is {}.",
        credentials.as_str()
    );
    What::Broke {
        problem: Problem {
            error: errors::RUNTIME.to_owned(),
            cause: Some(in_state(here.state(), here.branch.entered_event, &sentence)),
        },
        uncaught: false,
    }
}

fn no_activity(here: &Here<'_>, arn: &str) -> What {
    let sentence = format!("The activity {arn} does not exist.");
    What::Broke {
        problem: Problem {
            error: errors::RUNTIME.to_owned(),
            cause: Some(in_state(here.state(), here.branch.entered_event, &sentence)),
        },
        uncaught: false,
    }
}

fn too_long(here: &Here<'_>) -> What {
    What::Broke {
        problem: too_large(&here.state().name),
        uncaught: false,
    }
}

type Scope<'a> = crate::asl::expression::Scope<'a>;

/// The error output of a Catch: `{"Error": ..., "Cause": ...}`. Recorded from AWS: an error without a name has nulls for what it
/// lacks.
pub(super) fn error_output(error: &str, cause: Option<&str>) -> Json {
    let nameless = error.is_empty();
    let mut out = String::from("{\"Error\":");
    if nameless {
        out.push_str("null");
    } else {
        crate::json::push_string(&mut out, error);
    }
    match cause {
        Some(cause) => {
            out.push_str(",\"Cause\":");
            crate::json::push_string(&mut out, cause);
        }
        None if nameless => out.push_str(",\"Cause\":null"),
        None => {}
    }
    out.push('}');
    Json::trusted(out)
}

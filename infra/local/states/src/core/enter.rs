//! The work of a state, by kind. What a state does once it has been entered, and again on each retry.

use super::advance::{Gives, evaluation_failed, exited, in_state};
use super::context::Here;
use super::record::{Problem, Scheduled, What};
use super::step::{Effect, Stepper, too_large};
use super::{BranchId, Doing, MAX_PAYLOAD_BYTES, Pending};
use crate::asl::choice::{Choice, Condition};
use crate::asl::expression::Failure;
use crate::asl::parallel::Parallel;
use crate::asl::task::{MAX_TIMEOUT_S, Task};
use crate::asl::wait::{MAX_WAIT_S, Wait};
use crate::asl::{Fail, Kind, Seconds, Text, Then, errors};
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
        };
        let state = here.state();
        let what = match &state.kind {
            Kind::Pass | Kind::Succeed => pass(&here),
            Kind::Choice(choice) => choose(&here, choice),
            Kind::Wait(wait) => wait_until(&here, wait),
            Kind::Parallel(parallel) => fork(&here, parallel),
            Kind::Fail(fail) => broken(&here, fail),
            Kind::Task(task) => match schedule(&here, task) {
                Ok(scheduled) => What::Scheduled(scheduled),
                Err(what) => what,
            },
        };
        self.write(id, what);
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
        self.write(id, What::TaskStarted);
        self.step.effects.push(call);
    }
}

fn pass(here: &Here<'_>) -> What {
    let state = here.state();
    let gives = Gives {
        assign: state.assign.as_ref(),
        output: state.output.as_ref(),
        then: state.then,
    };
    exited(here, &gives, None, None, None, "", true)
}

fn choose(here: &Here<'_>, choice: &Choice) -> What {
    for (i, rule) in choice.rules.iter().enumerate() {
        let place = format!("Choices[{i}]/");
        let holds = match &rule.condition {
            Condition::Literal(flag) => Ok(*flag),
            Condition::Expression(expression) => {
                expression.boolean(&here.scope(None, None), &format!("{place}Condition"))
            }
        };
        match holds {
            Ok(false) => {}
            Ok(true) => {
                let gives = Gives {
                    assign: rule.assign.as_ref(),
                    output: rule.output.as_ref(),
                    then: Then::Next(rule.next),
                };
                return exited(here, &gives, None, None, None, &place, true);
            }
            Err(failure) => return evaluation_failed(here, failure, true),
        }
    }
    let state = here.state();
    match choice.default {
        Some(next) => {
            let gives = Gives {
                assign: state.assign.as_ref(),
                output: state.output.as_ref(),
                then: Then::Next(next),
            };
            exited(here, &gives, None, None, None, "", true)
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
    let until_ms = match wait {
        Wait::For(seconds) => seconds_of(seconds, &scope, "Seconds", 0, MAX_WAIT_S)
            .map(|s| here.branch.entered_ms + i64::from(s) * 1_000),
        Wait::Until(text) => text_of(text, &scope, "Timestamp").and_then(|text| {
            text.parse::<jiff::Timestamp>()
                .map(|at| at.as_millisecond())
                .map_err(|_| Failure {
                    field: "Timestamp".to_owned(),
                    sentence: format!(
                        "The value '{text}' of the field 'Timestamp' is not a time as in RFC 3339."
                    ),
                })
        }),
    };
    match until_ms {
        Ok(until_ms) => What::Waiting { until_ms },
        Err(failure) => evaluation_failed(here, failure, true),
    }
}

fn fork(here: &Here<'_>, parallel: &Parallel) -> What {
    let starts = parallel
        .branches
        .iter()
        .map(|flow| here.world.definition.flows[usize::from(*flow)].start)
        .collect();
    let input = match parallel
        .arguments
        .as_ref()
        .map(|t| t.json(&here.scope(None, None), "Arguments"))
    {
        None => None,
        Some(Ok(input)) if input.len() > MAX_PAYLOAD_BYTES => return too_long(here),
        Some(Ok(input)) => Some(input),
        Some(Err(failure)) => return evaluation_failed(here, failure, false),
    };
    What::ParallelStarted { starts, input }
}

fn broken(here: &Here<'_>, fail: &Fail) -> What {
    let scope = here.scope(None, None);
    let read = |text: &Option<Text>, field| {
        text.as_ref()
            .map(|text| text_of(text, &scope, field))
            .transpose()
    };
    match (read(&fail.error, "Error"), read(&fail.cause, "Cause")) {
        (Ok(error), Ok(cause)) => What::Broke {
            problem: Problem {
                error: error.unwrap_or_default(),
                cause,
            },
            uncaught: true,
        },
        (Err(failure), _) | (_, Err(failure)) => evaluation_failed(here, failure, true),
    }
}

/// The task to schedule, or what to write instead.
fn schedule(here: &Here<'_>, task: &Task) -> Result<Scheduled, What> {
    let scope = here.scope(None, None);
    let failed = |failure| evaluation_failed(here, failure, false);
    let arguments = match &task.arguments {
        Some(template) => template.json(&scope, "Arguments").map_err(failed)?,
        None => here.branch.data.clone(),
    };
    if arguments.len() > MAX_PAYLOAD_BYTES {
        return Err(too_long(here));
    }
    let limit = |seconds: &Option<Seconds>, field| match seconds {
        None => Ok(None),
        Some(seconds) => seconds_of(seconds, &scope, field, 1, MAX_TIMEOUT_S).map(Some),
    };
    let timeout_s = limit(&task.timeout, "TimeoutSeconds").map_err(failed)?;
    let heartbeat_s = limit(&task.heartbeat, "HeartbeatSeconds").map_err(failed)?;
    Ok(Scheduled {
        arguments,
        timeout_s,
        heartbeat_s,
    })
}

fn too_long(here: &Here<'_>) -> What {
    What::Broke {
        problem: too_large(&here.state().name),
        uncaught: false,
    }
}

type Scope<'a> = crate::asl::expression::Scope<'a>;

fn text_of(text: &Text, scope: &Scope<'_>, field: &str) -> Result<String, Failure> {
    match text {
        Text::Literal(text) => Ok(text.clone()),
        Text::Expression(expression) => expression.string(scope, field),
    }
}

fn seconds_of(
    seconds: &Seconds,
    scope: &Scope<'_>,
    field: &str,
    least: u32,
    most: u32,
) -> Result<u32, Failure> {
    match seconds {
        Seconds::Literal(seconds) => Ok(*seconds),
        Seconds::Expression(expression) => expression.whole(scope, field, least, most),
    }
}

/// The error output of a Catch: `{"Error": ..., "Cause": ...}`.
pub(super) fn error_output(error: &str, cause: Option<&str>) -> Json {
    let mut out = String::from("{\"Error\":");
    crate::json::push_string(&mut out, error);
    if let Some(cause) = cause {
        out.push_str(",\"Cause\":");
        crate::json::push_string(&mut out, cause);
    }
    out.push('}');
    Json::trusted(out)
}

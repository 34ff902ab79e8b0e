//! What tasks did: functions, activities and the other services each have events of their own.

use serde_json::{Map, Value, json};

use super::{Named, Narrator, Told, named, problem_details};
use crate::asl::State;
use crate::core::apply::Misfit;
use crate::core::record::{Scheduled, What};
use crate::integration::{Family, Resource};
use crate::json::Json;

impl Narrator<'_> {
    pub(super) fn of_task(&self, resource: &Resource, what: &What) -> Result<Told, Misfit> {
        match resource.family {
            Family::Task => self.of_service(resource, what),
            Family::LambdaFunction => self.of_function(resource, what),
            Family::Activity => self.of_activity(resource, what),
        }
    }

    fn of_service(&self, resource: &Resource, what: &What) -> Result<Told, Misfit> {
        let mut details = Map::new();
        details.insert("resourceType".into(), json!(resource.service));
        details.insert("resource".into(), json!(resource.action));
        let (kind, key) = match what {
            What::Scheduled(scheduled) => {
                details.insert("region".into(), json!(self.region));
                details.insert("parameters".into(), json!(scheduled.arguments.as_str()));
                limit(&mut details, "timeoutInSeconds", scheduled.timeout_s);
                limit(&mut details, "heartbeatInSeconds", scheduled.heartbeat_s);
                credentials(&mut details, scheduled);
                ("TaskScheduled", "taskScheduledEventDetails")
            }
            What::TaskStarted => ("TaskStarted", "taskStartedEventDetails"),
            What::Submitted { output }
            | What::ChildStarted { output, .. }
            | What::JobStarted { output, .. } => {
                self.put(&mut details, "output", output);
                ("TaskSubmitted", "taskSubmittedEventDetails")
            }
            What::TaskSucceeded { result } => {
                self.put(&mut details, "output", result);
                ("TaskSucceeded", "taskSucceededEventDetails")
            }
            What::TaskFailed(problem) => {
                details.extend(problem_details(problem));
                ("TaskFailed", "taskFailedEventDetails")
            }
            What::TaskTimedOut(problem) => {
                details.extend(problem_details(problem));
                ("TaskTimedOut", "taskTimedOutEventDetails")
            }
            _other => return Err(Misfit),
        };
        Ok((kind.into(), Some((key, Value::Object(details)))))
    }

    /// How functions and activities end: the event and the name of its details, for success, failure and time-out.
    fn end_of(
        &self,
        what: &What,
        ends: &[Named; 3],
        details: &mut Map<String, Value>,
    ) -> Result<Named, Misfit> {
        let [succeeded, failed, timed_out] = *ends;
        match what {
            What::TaskSucceeded { result } => {
                self.put(details, "output", result);
                Ok(succeeded)
            }
            What::TaskFailed(problem) => {
                *details = problem_details(problem);
                Ok(failed)
            }
            What::TaskTimedOut(problem) => {
                *details = problem_details(problem);
                Ok(timed_out)
            }
            _other => Err(Misfit),
        }
    }

    fn of_function(&self, resource: &Resource, what: &What) -> Result<Told, Misfit> {
        let mut details = Map::new();
        let (kind, key) = match what {
            What::Scheduled(scheduled) => {
                details.insert("resource".into(), json!(resource.arn));
                self.put(&mut details, "input", &scheduled.arguments);
                limit(&mut details, "timeoutInSeconds", scheduled.timeout_s);
                credentials(&mut details, scheduled);
                (
                    "LambdaFunctionScheduled",
                    "lambdaFunctionScheduledEventDetails",
                )
            }
            What::TaskStarted => return Ok(("LambdaFunctionStarted".into(), None)),
            what => self.end_of(what, &FUNCTION_ENDS, &mut details)?,
        };
        Ok((kind.into(), Some((key, Value::Object(details)))))
    }

    fn of_activity(&self, resource: &Resource, what: &What) -> Result<Told, Misfit> {
        let mut details = Map::new();
        let (kind, key) = match what {
            What::Scheduled(scheduled) => {
                details.insert("resource".into(), json!(resource.arn));
                self.put(&mut details, "input", &scheduled.arguments);
                limit(&mut details, "timeoutInSeconds", scheduled.timeout_s);
                limit(&mut details, "heartbeatInSeconds", scheduled.heartbeat_s);
                ("ActivityScheduled", "activityScheduledEventDetails")
            }
            What::Claimed { worker } => {
                details.extend(worker.iter().map(|w| ("workerName".to_owned(), json!(w))));
                ("ActivityStarted", "activityStartedEventDetails")
            }
            What::OfferFailed(problem) => {
                details = problem_details(problem);
                (
                    "ActivityScheduleFailed",
                    "activityScheduleFailedEventDetails",
                )
            }
            what => self.end_of(what, &ACTIVITY_ENDS, &mut details)?,
        };
        Ok((kind.into(), Some((key, Value::Object(details)))))
    }

    pub(super) fn exited(
        &self,
        state: &State,
        output: &Json,
        assigned: &[(std::sync::Arc<str>, Json)],
    ) -> Value {
        let mut details = named(state);
        self.put(&mut details, "output", output);
        if !assigned.is_empty() && self.with_data {
            let variables: Map<String, Value> = assigned
                .iter()
                .map(|(name, value)| (name.to_string(), json!(value.as_str())))
                .collect();
            details.insert("assignedVariables".into(), Value::Object(variables));
            details.insert(
                "assignedVariablesDetails".into(),
                json!({ "truncated": false }),
            );
        }
        Value::Object(details)
    }
}

const FUNCTION_ENDS: [Named; 3] = [
    (
        "LambdaFunctionSucceeded",
        "lambdaFunctionSucceededEventDetails",
    ),
    ("LambdaFunctionFailed", "lambdaFunctionFailedEventDetails"),
    (
        "LambdaFunctionTimedOut",
        "lambdaFunctionTimedOutEventDetails",
    ),
];
const ACTIVITY_ENDS: [Named; 3] = [
    ("ActivitySucceeded", "activitySucceededEventDetails"),
    ("ActivityFailed", "activityFailedEventDetails"),
    ("ActivityTimedOut", "activityTimedOutEventDetails"),
];

fn limit(details: &mut Map<String, Value>, name: &str, seconds: Option<u32>) {
    if let Some(seconds) = seconds {
        details.insert(name.to_owned(), json!(seconds));
    }
}

fn credentials(details: &mut Map<String, Value>, scheduled: &Scheduled) {
    if let Some(role_arn) = &scheduled.role_arn {
        details.insert("taskCredentials".into(), json!({ "roleArn": &**role_arn }));
    }
}

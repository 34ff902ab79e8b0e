//! [`Workflows`] on AWS Step Functions.
use super::history;
use super::{Aws, unavailable};
use crate::ports::Unavailable;
use crate::ports::workflows::{
    Handed, Inspected, Machine, Redriven, StartError, Status, Workflows,
};
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

const SERVICE: &str = "Step Functions";
/// Most events of a history that are read.
const MAX_EVENTS: usize = 1_000;

/// `arn:aws:states:<region>:<account>:stateMachine:<name>` and an execution's name give the execution's ARN.
fn execution_arn(state_machine: &str, name: &str) -> String {
    format!(
        "{}:{name}",
        state_machine.replacen(":stateMachine:", ":execution:", 1)
    )
}

impl Workflows for Aws {
    async fn start(
        &self,
        machine: Machine,
        name: &str,
        input: &Value,
    ) -> Result<String, StartError> {
        let machine = self.names.state_machine(machine);
        let start = self
            .states
            .start_execution()
            .state_machine_arn(&machine)
            .name(name)
            .input(input.to_string());
        match start.send().await {
            Ok(started) => Ok(started.execution_arn),
            Err(error) => match error.as_service_error() {
                // It was started before, and may even be over.
                Some(StartExecutionError::ExecutionAlreadyExists(_)) => {
                    Ok(execution_arn(&machine, name))
                }
                Some(
                    refused @ (StartExecutionError::ExecutionLimitExceeded(_)
                    | StartExecutionError::InvalidArn(_)
                    | StartExecutionError::InvalidExecutionInput(_)
                    | StartExecutionError::InvalidName(_)
                    | StartExecutionError::StateMachineDeleting(_)
                    | StartExecutionError::StateMachineDoesNotExist(_)
                    | StartExecutionError::ValidationException(_)),
                ) => Err(StartError::Refused(refused.to_string())),
                Some(_) | None => Err(StartError::Unavailable(unavailable(SERVICE)(error))),
            },
        }
    }

    async fn complete(&self, token: &str, output: &Value) -> Result<Handed, Unavailable> {
        match self
            .states
            .send_task_success()
            .task_token(token)
            .output(output.to_string())
            .send()
            .await
        {
            Ok(_) => Ok(Handed::Taken),
            Err(error) => match error.as_service_error() {
                Some(spent)
                    if spent.is_task_timed_out()
                        || spent.is_task_does_not_exist()
                        || spent.is_invalid_token() =>
                {
                    Ok(Handed::Spent)
                }
                Some(_) | None => Err(unavailable(SERVICE)(error)),
            },
        }
    }

    async fn status(&self, machine: Machine, name: &str) -> Result<Option<Status>, Unavailable> {
        let arn = execution_arn(&self.names.state_machine(machine), name);
        match self
            .states
            .describe_execution()
            .execution_arn(arn)
            .send()
            .await
        {
            Ok(found) => Ok(Some(match found.status {
                ExecutionStatus::Running | ExecutionStatus::PendingRedrive => Status::Running,
                ExecutionStatus::Succeeded => Status::Over("SUCCEEDED"),
                ExecutionStatus::TimedOut => Status::Over("TIMED_OUT"),
                ExecutionStatus::Aborted => Status::Over("ABORTED"),
                // `FAILED`, and what the service invents.
                _ => Status::Over("FAILED"),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_execution_does_not_exist()) =>
            {
                Ok(None)
            }
            Err(error) => Err(unavailable(SERVICE)(error)),
        }
    }

    async fn redrive(&self, execution: &str) -> Result<Redriven, Unavailable> {
        let redrive = self.states.redrive_execution().execution_arn(execution);
        let Err(error) = redrive.send().await else {
            return Ok(Redriven::Runs);
        };
        let refused = error.as_service_error();
        let why = refused.filter(|e| {
            e.is_execution_not_redrivable() || e.is_execution_does_not_exist() || e.is_invalid_arn()
        });
        let Some(why) = why.map(ToString::to_string) else {
            return Err(unavailable(SERVICE)(error));
        };
        // It was redriven by somebody else, or by us, and the answer was lost.
        let describe = self.states.describe_execution().execution_arn(execution);
        let runs = describe.send().await.is_ok_and(|found| {
            matches!(
                found.status,
                ExecutionStatus::Running | ExecutionStatus::PendingRedrive
            )
        });
        Ok(if runs {
            Redriven::Runs
        } else {
            Redriven::Not(why)
        })
    }

    async fn inspect(&self, execution: &str) -> Result<Option<Inspected>, Unavailable> {
        let found = match self
            .states
            .describe_execution()
            .execution_arn(execution)
            .send()
            .await
        {
            Ok(found) => found,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_execution_does_not_exist()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(unavailable(SERVICE)(error)),
        };
        let machine = self
            .states
            .describe_state_machine_for_execution()
            .execution_arn(execution);
        let machine = machine.send().await.map_err(unavailable(SERVICE))?;
        let (mut events, mut next, mut truncated) = (Vec::new(), None, false);
        loop {
            let page = self
                .states
                .get_execution_history()
                .execution_arn(execution)
                .include_execution_data(true);
            let page = page
                .max_results(1_000)
                .set_next_token(next)
                .send()
                .await
                .map_err(unavailable(SERVICE))?;
            events.extend(page.events.iter().map(history::event));
            next = page.next_token;
            truncated |= events.len() > MAX_EVENTS || next.is_some() && events.len() >= MAX_EVENTS;
            if next.is_none() || truncated {
                break;
            }
        }
        events.truncate(MAX_EVENTS);
        Ok(Some(Inspected {
            status: found.status.as_str().to_owned(),
            definition: serde_json::from_str(&machine.definition)
                .map_err(|error| Unavailable::new(SERVICE, error))?,
            events,
            truncated,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_executions_arn_follows_from_the_state_machines_and_its_name() {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:inbound-call";
        let arn = execution_arn(machine, "c-1");
        assert_eq!(
            arn,
            "arn:aws:states:us-east-1:000000000000:execution:inbound-call:c-1"
        );
    }
}

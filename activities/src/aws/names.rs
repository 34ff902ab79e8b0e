//! The names that a deployment gives its tables, state machines and media application.
use contract::view::Workflow;
use std::collections::HashMap;

/// Names from the environment; each has the default that the stack of this repository uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Table of calls (`TABLE_CALLS`).
    pub calls: String,
    /// Table of mailboxes (`TABLE_MAILBOXES`).
    pub mailboxes: String,
    /// Table of requests (`TABLE_REQUESTS`).
    pub requests: String,
    /// Table of tenants, people, numbers, sessions and world data (`TABLE_DIRECTORY`).
    pub directory: String,
    /// Table of WebSocket connections (`TABLE_CONNECTIONS`).
    pub connections: String,
    /// ARN of the state machine `inbound-call` (`STATE_MACHINE_INBOUND_CALL`).
    pub inbound_call: String,
    /// ARN of the state machine `outbound-call` (`STATE_MACHINE_OUTBOUND_CALL`).
    pub outbound_call: String,
    /// ARN of the state machine `client-call` (`STATE_MACHINE_CLIENT_CALL`).
    pub client_call: String,
    /// `SipMediaApplicationId` of the application that dials (`SIP_MEDIA_APPLICATION_ID`).
    pub sip_media_application: String,
    /// `MediaRegion` of meetings (`MEETING_MEDIA_REGION`).
    pub media_region: String,
    /// Bucket of prompts (`PROMPTS_BUCKET`).
    pub prompts_bucket: String,
    /// Where the WebSocket API is managed (`WEBSOCKET_ENDPOINT`), such as
    /// `https://<api>.execute-api.<region>.amazonaws.com/<stage>`.
    pub web_socket_endpoint: Option<String>,
}

impl Names {
    /// From the process's environment.
    pub fn from_env() -> Self {
        Self::from_map(&std::env::vars().collect())
    }

    /// From a map of environment variables. An empty value counts as none.
    pub fn from_map(env: &HashMap<String, String>) -> Self {
        let given = |key: &str| env.get(key).filter(|value| !value.is_empty()).cloned();
        let or = |key: &str, default: &str| given(key).unwrap_or_else(|| default.to_owned());
        let region = or("AWS_REGION", "us-east-1");
        let account = or("AWS_ACCOUNT_ID", "000000000000");
        let machine = |key: &str, name: &str| {
            or(
                key,
                &format!("arn:aws:states:{region}:{account}:stateMachine:{name}"),
            )
        };
        Self {
            calls: or("TABLE_CALLS", "calls"),
            mailboxes: or("TABLE_MAILBOXES", "mailboxes"),
            requests: or("TABLE_REQUESTS", "requests"),
            directory: or("TABLE_DIRECTORY", "directory"),
            connections: or("TABLE_CONNECTIONS", "connections"),
            inbound_call: machine("STATE_MACHINE_INBOUND_CALL", "inbound-call"),
            outbound_call: machine("STATE_MACHINE_OUTBOUND_CALL", "outbound-call"),
            client_call: machine("STATE_MACHINE_CLIENT_CALL", "client-call"),
            sip_media_application: or("SIP_MEDIA_APPLICATION_ID", ""),
            media_region: or("MEETING_MEDIA_REGION", &region),
            prompts_bucket: or("PROMPTS_BUCKET", "prompts"),
            web_socket_endpoint: given("WEBSOCKET_ENDPOINT"),
        }
    }

    /// The ARN of a workflow's state machine.
    pub fn state_machine(&self, workflow: Workflow) -> &str {
        match workflow {
            Workflow::InboundCall => &self.inbound_call,
            Workflow::OutboundCall => &self.outbound_call,
            Workflow::ClientCall => &self.client_call,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_wins_over_the_defaults_and_an_empty_value_counts_as_none() {
        let env = [
            ("TABLE_CALLS", "prod-calls"),
            ("TABLE_MAILBOXES", ""),
            ("AWS_REGION", "eu-central-1"),
        ];
        let names = Names::from_map(
            &env.into_iter()
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
        );
        assert_eq!(names.calls, "prod-calls");
        assert_eq!(names.mailboxes, "mailboxes");
        assert_eq!(names.media_region, "eu-central-1");
        let arn = "arn:aws:states:eu-central-1:000000000000:stateMachine:client-call";
        assert_eq!(names.state_machine(Workflow::ClientCall), arn);
    }
}

//! The names that a deployment gives its tables, state machines and media application.
use crate::ports::webhooks::Secret;
use crate::ports::workflows::Machine;
use crate::webhooks::address::Allowed;
use contract::E164;
use std::collections::{BTreeMap, HashMap};

/// What the environment variable of a state machine's ARN begins with.
const STATE_MACHINE: &str = "STATE_MACHINE_";

/// Names from the environment; each has the default that the stack of this repository uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Table of calls (`TABLE_CALLS`).
    pub calls: String,
    /// Table of mailboxes (`TABLE_MAILBOXES`).
    pub mailboxes: String,
    /// Table of requests (`TABLE_REQUESTS`).
    pub requests: String,
    /// Table of dossiers (`TABLE_DOSSIERS`).
    pub dossiers: String,
    /// Table of tenants, people, numbers, sessions and world data (`TABLE_DIRECTORY`).
    pub directory: String,
    /// Table of WebSocket connections (`TABLE_CONNECTIONS`).
    pub connections: String,
    /// What ARNs of state machines begin with: `arn:aws:states:<region>:<account>:stateMachine:`.
    pub state_machines: String,
    /// ARNs of state machines that are named otherwise than their definitions, by the definition's name
    /// (`STATE_MACHINE_INBOUND_CALL` for `inbound-call`).
    pub renamed_state_machines: BTreeMap<String, String>,
    /// `SipMediaApplicationId` of the application that dials (`SIP_MEDIA_APPLICATION_ID`).
    pub sip_media_application: String,
    /// The region that this runs in (`AWS_REGION`).
    pub region: String,
    /// The number that test calls show, one of the account's (`TEST_CALL_FROM`, E.164); none: no test calls are made.
    pub test_call_from: Option<E164>,
    /// `MediaRegion` of meetings (`MEETING_MEDIA_REGION`).
    pub media_region: String,
    /// By how much the waits of requests and webhooks are divided (`TIME_SCALE`): 1 but for practice.
    pub time_scale: u32,
    /// How long people have at least for what they are asked, in real seconds (`PATIENCE_S`): 0 but for practice by hand.
    pub patience_s: u32,
    /// Whether the list of invented names is enough to screen a dossier (`PRACTICE_SCREENING`, `true`): for practice.
    pub practice_screening: bool,
    /// Where people reach this platform (`PUBLIC_URL`), such as `https://phone.example`.
    pub public_url: String,
    /// The keys that sign tokens and links (`TOKEN_KEY`).
    pub token_key: Secret,
    /// Bucket of prompts (`PROMPTS_BUCKET`).
    pub prompts_bucket: String,
    /// Bucket of documents (`DOCUMENTS_BUCKET`).
    pub documents_bucket: String,
    /// Whom mails come from (`MAIL_FROM`): an address or `Name <address>` that SES has verified.
    pub mail_from: String,
    /// Whom mails about tasks of the phone company's own people go to (`OPERATORS_MAIL`): addresses, separated by commas; none: nobody is
    /// written to.
    pub operators_mail: Vec<String>,
    /// Table of webhooks and their deliveries (`TABLE_WEBHOOKS`).
    pub webhooks: String,
    /// Addresses that webhooks may lead to beyond the public internet (`WEBHOOK_ALLOWED_ADDRESSES`), such as `10.0.0.0/8`.
    pub webhook_addresses: Allowed,
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
        let renamed = env.iter().filter_map(|(key, arn)| {
            let name = key.strip_prefix(STATE_MACHINE)?;
            (!arn.is_empty()).then(|| (name.to_ascii_lowercase().replace('_', "-"), arn.clone()))
        });
        Self {
            calls: or("TABLE_CALLS", "calls"),
            mailboxes: or("TABLE_MAILBOXES", "mailboxes"),
            requests: or("TABLE_REQUESTS", "requests"),
            dossiers: or("TABLE_DOSSIERS", "dossiers"),
            directory: or("TABLE_DIRECTORY", "directory"),
            connections: or("TABLE_CONNECTIONS", "connections"),
            state_machines: format!("arn:aws:states:{region}:{account}:stateMachine:"),
            renamed_state_machines: renamed.collect(),
            sip_media_application: or("SIP_MEDIA_APPLICATION_ID", ""),
            test_call_from: given("TEST_CALL_FROM").and_then(|text| E164::parse(&text).ok()),
            media_region: or("MEETING_MEDIA_REGION", &region),
            time_scale: or("TIME_SCALE", "1").parse().unwrap_or(1),
            patience_s: or("PATIENCE_S", "0").parse().unwrap_or(0),
            practice_screening: or("PRACTICE_SCREENING", "") == "true",
            public_url: or("PUBLIC_URL", "http://localhost"),
            token_key: Secret(or("TOKEN_KEY", "")),
            prompts_bucket: or("PROMPTS_BUCKET", "prompts"),
            documents_bucket: or("DOCUMENTS_BUCKET", "documents"),
            mail_from: or("MAIL_FROM", "Strowger <no-reply@localhost>"),
            operators_mail: listed(&or("OPERATORS_MAIL", "")),
            webhooks: or("TABLE_WEBHOOKS", "webhooks"),
            webhook_addresses: Allowed::parse(&or("WEBHOOK_ALLOWED_ADDRESSES", "")),
            region,
            web_socket_endpoint: given("WEBSOCKET_ENDPOINT"),
        }
    }

    /// The ARN of a state machine.
    pub fn state_machine(&self, machine: Machine) -> String {
        let renamed = self.renamed_state_machines.get(machine.name()).cloned();
        renamed.unwrap_or_else(|| format!("{}{}", self.state_machines, machine.name()))
    }
}

/// What a text lists, separated by commas.
fn listed(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::view::Workflow;

    #[test]
    fn operators_are_listed_apart_by_commas() {
        let read = |text: &str| {
            let env = HashMap::from([("OPERATORS_MAIL".to_owned(), text.to_owned())]);
            Names::from_map(&env).operators_mail
        };
        assert_eq!(
            read(" a@x.example, b@x.example ,"),
            ["a@x.example", "b@x.example"]
        );
        assert!(read("").is_empty());
    }

    #[test]
    fn the_environment_wins_over_the_defaults_and_an_empty_value_counts_as_none() {
        let env = [
            ("TABLE_CALLS", "prod-calls"),
            ("TABLE_MAILBOXES", ""),
            ("AWS_REGION", "eu-central-1"),
            ("STATE_MACHINE_INBOUND_CALL", "arn:renamed"),
            ("STATE_MACHINE_OUTBOUND_CALL", ""),
        ];
        let names = Names::from_map(
            &env.into_iter()
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
        );
        assert_eq!(names.calls, "prod-calls");
        assert_eq!(names.mailboxes, "mailboxes");
        assert_eq!(names.media_region, "eu-central-1");
        let arn = |name| format!("arn:aws:states:eu-central-1:000000000000:stateMachine:{name}");
        for (workflow, machine) in [
            (Workflow::ClientCall, arn("client-call")),
            (Workflow::OutboundCall, arn("outbound-call")),
            (Workflow::InboundCall, "arn:renamed".to_owned()),
        ] {
            assert_eq!(names.state_machine(workflow.into()), machine);
        }
    }
}

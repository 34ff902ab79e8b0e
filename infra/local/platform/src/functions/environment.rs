//! The environment that functions find, as Lambda sets it.
//!
//! Source: Lambda developer guide, "Defined runtime environment variables".

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::names::{self, ACCESS_KEY_ID, ACCOUNT, REGION};
use crate::stack::FunctionSpec;

/// The AWS services that functions call; each gets its own endpoint variable.
const SERVICES: [&str; 7] = [
    "SFN",
    "DYNAMODB",
    "CHIME_SDK_VOICE",
    "CHIME_SDK_MEETINGS",
    "APIGATEWAYMANAGEMENTAPI",
    "LAMBDA",
    "SESV2",
];

/// What every function finds.
#[derive(Debug, Clone)]
pub struct Surroundings {
    shared: BTreeMap<String, String>,
}

impl Surroundings {
    /// The environment for functions that call the AWS APIs at `aws`.
    pub fn new(aws: SocketAddr) -> Self {
        let endpoint = format!("http://{aws}");
        let mut surroundings = Self {
            shared: BTreeMap::new(),
        };
        surroundings.set("AWS_ENDPOINT_URL", &endpoint);
        for service in SERVICES {
            surroundings.set(&format!("AWS_ENDPOINT_URL_{service}"), &endpoint);
        }
        for (name, value) in [
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_ACCOUNT_ID", ACCOUNT),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            // The developer's own profiles and credentials stay out of it.
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
        ] {
            surroundings.set(name, value);
        }
        for passed_on in ["PATH", "RUST_LOG", "RUST_BACKTRACE"] {
            if let Ok(value) = std::env::var(passed_on) {
                surroundings.set(passed_on, &value);
            }
        }
        surroundings
    }

    /// Adds a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.shared.insert(name.to_owned(), value.to_owned());
    }

    /// The whole environment of one function.
    pub(super) fn of(
        &self,
        name: &str,
        spec: &FunctionSpec,
        runtime_api: &str,
    ) -> BTreeMap<String, String> {
        let mut all = self.shared.clone();
        let own = [
            ("_HANDLER", name.to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
            ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                spec.memory_size.to_string(),
            ),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "local".to_owned()),
            (
                "AWS_LAMBDA_MAX_CONCURRENCY",
                spec.reserved_concurrent_executions.to_string(),
            ),
        ];
        all.extend(
            own.into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        all.extend(spec.environment.clone());
        all
    }

    /// S3 has an address of its own, and looks at who asks.
    pub fn s3(&mut self, endpoint: &str, secret_access_key: &str) {
        self.set("AWS_ENDPOINT_URL_S3", endpoint);
        self.set("AWS_SECRET_ACCESS_KEY", secret_access_key);
    }

    /// Names the tables, as `TABLE_<NAME>`.
    pub fn tables<'a>(&mut self, tables: impl Iterator<Item = &'a String>) {
        for table in tables {
            self.set(&format!("TABLE_{}", shout(table)), table);
        }
    }

    /// Names the buckets, as `<NAME>_BUCKET`.
    pub fn buckets<'a>(&mut self, buckets: impl Iterator<Item = &'a String>) {
        for bucket in buckets {
            self.set(&format!("{}_BUCKET", shout(bucket)), bucket);
        }
    }

    /// Names the state machines, as `STATE_MACHINE_<NAME>`, by ARN.
    pub fn state_machines<'a>(&mut self, machines: impl Iterator<Item = &'a String>) {
        for machine in machines {
            self.set(
                &format!("STATE_MACHINE_{}", shout(machine)),
                &names::state_machine_arn(machine),
            );
        }
    }
}

fn shout(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Stack;

    #[test]
    fn a_function_finds_its_handler_its_tables_and_its_workflows() {
        let stack = Stack::embedded().expect("stack");
        let mut surroundings = Surroundings::new(SocketAddr::from(([127, 0, 0, 1], 4566)));
        surroundings.tables(stack.tables.keys());
        surroundings.state_machines(stack.state_machines.keys());
        let found = surroundings.of("turn", &stack.functions["turn"], "127.0.0.1:9001");
        for (name, value) in [
            ("_HANDLER", "turn"),
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("AWS_LAMBDA_MAX_CONCURRENCY", "16"),
            ("AWS_ENDPOINT_URL_CHIME_SDK_VOICE", "http://127.0.0.1:4566"),
            ("TABLE_CALLS", "calls"),
            (
                "STATE_MACHINE_INBOUND_CALL",
                "arn:aws:states:us-east-1:000000000000:stateMachine:inbound-call",
            ),
        ] {
            assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
        }
    }
}

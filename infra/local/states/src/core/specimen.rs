//! The execution that tests of the core begin with.

use std::sync::Arc;

use super::{Execution, Identity, Via, Workflow};
use crate::json::Json;

/// A Standard execution `e` of the machine `m` that was started at second 1 and has not taken a step. Nothing of it is left to
/// chance.
pub(super) fn started(input: Json) -> Execution {
    Execution::new(Arc::new(Identity {
        arn: "arn:aws:states:r:1:execution:m:e".into(),
        machine_arn: "arn:aws:states:r:1:stateMachine:m".into(),
        workflow: Workflow::Standard,
        via: Via::default(),
        role_arn: "arn:aws:iam::1:role/r".into(),
        started_ms: 1_000,
        input,
        seed: 7,
        started_by: None,
        origin: None,
        trace_header: None,
    }))
}

//! The predefined error names and how `ErrorEquals` matches them.
//!
//! Source: states-language.net, "Errors", and the developer guide, "Handling errors in Step Functions workflows".

/// Any error but the terminal ones.
pub const ALL: &str = "States.ALL";
/// A task or execution ran too long.
pub const TIMEOUT: &str = "States.Timeout";
/// A task did not beat in time. Also matched by [`TIMEOUT`].
pub const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
/// Any task error but a timeout.
pub const TASK_FAILED: &str = "States.TaskFailed";
/// A branch of a Parallel state failed.
pub const BRANCH_FAILED: &str = "States.BranchFailed";
/// No rule matched and there is no `Default`.
pub const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
/// An expression failed, or gave something that its field does not take.
pub const QUERY_EVALUATION: &str = "States.QueryEvaluationError";
/// A path inside `Parameters` or `ResultSelector` leads to nothing.
pub const PARAMETER_PATH: &str = "States.ParameterPathFailure";
/// A result cannot be written where `ResultPath` says.
pub const RESULT_PATH: &str = "States.ResultPathMatchFailure";
/// An intrinsic function refused its arguments.
pub const INTRINSIC: &str = "States.IntrinsicFailure";
/// More items of a map run failed than may.
pub const EXCEED_TOLERATED_FAILURE: &str = "States.ExceedToleratedFailureThreshold";
/// The items of a map run could not be read.
pub const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
/// The results of a map run could not be written.
pub const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";
/// A payload is larger than 256 KiB. Terminal.
pub const DATA_LIMIT: &str = "States.DataLimitExceeded";
/// The execution cannot go on: a path leads to nothing, the history is full. Terminal; nothing catches or retries it.
pub const RUNTIME: &str = "States.Runtime";

/// Errors that `States.ALL` and `States.TaskFailed` do not catch.
fn is_terminal(error: &str) -> bool {
    error == DATA_LIMIT || error == RUNTIME
}

fn is_timeout(error: &str) -> bool {
    error == TIMEOUT || error == HEARTBEAT_TIMEOUT
}

/// Does the name `pattern` of an `ErrorEquals` match `error`, raised by a Parallel state or not?
pub fn matches(pattern: &str, error: &str, from_branch: bool) -> bool {
    // Recorded from AWS: it always ends the execution, even where it is named.
    if error == RUNTIME {
        return false;
    }
    match pattern {
        ALL => !is_terminal(error),
        TASK_FAILED => !is_timeout(error) && !is_terminal(error),
        TIMEOUT => is_timeout(error),
        BRANCH_FAILED => from_branch && !is_terminal(error),
        exact => exact == error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_take_what_the_guide_says_and_no_more() {
        assert!(matches(ALL, "Any", false));
        assert!(!matches(ALL, DATA_LIMIT, false));
        assert!(!matches(ALL, RUNTIME, false));
        assert!(!matches(RUNTIME, RUNTIME, true));
        assert!(matches(TASK_FAILED, "Any", false));
        assert!(!matches(TASK_FAILED, TIMEOUT, false));
        assert!(matches(TIMEOUT, HEARTBEAT_TIMEOUT, false));
        assert!(!matches(HEARTBEAT_TIMEOUT, TIMEOUT, false));
        assert!(matches(DATA_LIMIT, DATA_LIMIT, false));
        assert!(matches(BRANCH_FAILED, "Any", true));
        assert!(!matches(BRANCH_FAILED, "Any", false));
    }
}

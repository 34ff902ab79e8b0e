//! The errors of the API, with AWS's names and words.

use axum::http::StatusCode;
use serde_json::json;

use crate::asl::Diagnostic;
use crate::engine::DriveError;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// No such operation, or not here.
    #[error("The operation '{0}' is not known here")]
    UnknownOperation(String),
    /// The body is not what the operation takes.
    #[error("The request body cannot be read: {0}")]
    Serialization(String),
    /// A member is missing or out of range.
    #[error("1 validation error detected: {0}")]
    Validation(String),
    /// A member whose value the operation cannot use.
    #[error("{message}")]
    Unfit {
        /// What is wrong and what is allowed.
        message: String,
        /// `reason`, if AWS names one.
        reason: Option<&'static str>,
    },
    /// The ARN of a Distributed Map where only a state machine's is taken.
    #[error("State machine ARN with a Map Run label is not supported by this operation: {0}")]
    Labelled(String),
    /// What is asked for contradicts what is there.
    #[error("{0}")]
    Conflict(String),
    /// More versions or aliases than a machine may have.
    #[error("{0}")]
    ServiceQuotaExceeded(String),
    /// A logging configuration that cannot be used.
    #[error("Invalid Logging Configuration: {0}")]
    InvalidLoggingConfiguration(String),
    /// An encryption configuration that cannot be used.
    #[error("Invalid Encryption Configuration: {0}")]
    InvalidEncryptionConfiguration(String),
    /// The execution cannot be redriven.
    #[error("{0}")]
    ExecutionNotRedrivable(String),
    /// The request comes from where requests are not taken from.
    #[error("{0}")]
    Forbidden(String),
    /// The request is larger than any.
    #[error("The request is larger than {0} bytes")]
    TooLarge(usize),
    /// Not an ARN, or not one of the right kind.
    #[error("Invalid Arn: '{0}'")]
    InvalidArn(String),
    /// A name that is not allowed.
    #[error("Invalid Name: '{0}'")]
    InvalidName(String),
    /// A definition that cannot be used.
    #[error("Invalid State Machine Definition: '{0}'")]
    InvalidDefinition(String),
    /// A definition that the operation does not take.
    #[error("{0}")]
    PlainInvalidDefinition(String),
    /// An input that is not JSON.
    #[error("Invalid State Machine Execution Input: '{0}'")]
    InvalidExecutionInput(String),
    /// An output that is not JSON.
    #[error("Invalid Output: '{0}'")]
    InvalidOutput(String),
    /// A token that was not made here, or a page token.
    #[error("Invalid Token: '{0}'")]
    InvalidToken(String),
    /// A parameter that is needed.
    #[error("{0}")]
    MissingRequiredParameter(String),
    /// Another machine has the name.
    #[error("State Machine Already Exists: '{0}'")]
    StateMachineAlreadyExists(String),
    /// There is no such machine.
    #[error("State Machine Does Not Exist: '{0}'")]
    StateMachineDoesNotExist(String),
    /// The machine is going.
    #[error("State Machine is being deleted: '{0}'")]
    StateMachineDeleting(String),
    /// The operation is not for machines of this type.
    #[error("{0}")]
    StateMachineTypeNotSupported(String),
    /// Another execution has the name.
    #[error("Execution Already Exists: '{0}'")]
    ExecutionAlreadyExists(String),
    /// There is no such execution.
    #[error("Execution Does Not Exist: '{0}'")]
    ExecutionDoesNotExist(String),
    /// Too many open executions.
    #[error("The maximum number of running executions has been reached: {0}")]
    ExecutionLimitExceeded(usize),
    /// Too many machines.
    #[error("The maximum number of state machines has been reached: {0}")]
    StateMachineLimitExceeded(usize),
    /// There is no such activity.
    #[error("Activity Does Not Exist: '{0}'")]
    ActivityDoesNotExist(String),
    /// An activity of that name is there, with another encryption.
    #[error("Activity Already Exists: '{0}'")]
    ActivityAlreadyExists(String),
    /// Too many activities.
    #[error("The maximum number of activities has been reached: {0}")]
    ActivityLimitExceeded(usize),
    /// Too many workers wait for one activity.
    #[error(
        "The maximum number of workers concurrently polling for activity tasks has been reached: {0}"
    )]
    ActivityWorkerLimitExceeded(usize),
    /// The execution of the task is not known.
    #[error("Task does not exist")]
    TaskDoesNotExist,
    /// The task is over.
    #[error("Task Timed Out: 'Provided task does not exist anymore'")]
    TaskTimedOut,
    /// There is no such version, alias or map run.
    #[error("Request references a resource that does not exist.")]
    ResourceNotFound(String),
    /// There is no such resource to tag.
    #[error("Resource not found: '{0}'")]
    NothingToTag(String),
    /// More than 50.
    #[error("A resource can have at most {0} tags")]
    TooManyTags(usize),
    /// The disk does not keep up.
    #[error("Rate exceeded: the log waits for the disk; try again")]
    Throttled,
    /// The log has failed.
    #[error("The log of the engine cannot be written; nothing can be accepted")]
    Log,
    /// A history cannot be read.
    #[error("{0}")]
    Internal(String),
}

impl ApiError {
    /// The error's name on the wire.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Serialization(_) => "SerializationException",
            Self::Validation(_) | Self::Unfit { .. } | Self::Labelled(_) => "ValidationException",
            Self::Conflict(_) => "ConflictException",
            Self::ServiceQuotaExceeded(_) => "ServiceQuotaExceededException",
            Self::InvalidLoggingConfiguration(_) => "InvalidLoggingConfiguration",
            Self::InvalidEncryptionConfiguration(_) => "InvalidEncryptionConfiguration",
            Self::ExecutionNotRedrivable(_) => "ExecutionNotRedrivable",
            Self::Forbidden(_) => "AccessDeniedException",
            Self::TooLarge(_) => "RequestEntityTooLargeException",
            Self::InvalidArn(_) => "InvalidArn",
            Self::InvalidName(_) => "InvalidName",
            Self::InvalidDefinition(_) | Self::PlainInvalidDefinition(_) => "InvalidDefinition",
            Self::InvalidExecutionInput(_) => "InvalidExecutionInput",
            Self::InvalidOutput(_) => "InvalidOutput",
            Self::InvalidToken(_) => "InvalidToken",
            Self::MissingRequiredParameter(_) => "MissingRequiredParameter",
            Self::StateMachineAlreadyExists(_) => "StateMachineAlreadyExists",
            Self::StateMachineDoesNotExist(_) => "StateMachineDoesNotExist",
            Self::StateMachineDeleting(_) => "StateMachineDeleting",
            Self::StateMachineTypeNotSupported(_) => "StateMachineTypeNotSupported",
            Self::ExecutionAlreadyExists(_) => "ExecutionAlreadyExists",
            Self::ExecutionDoesNotExist(_) => "ExecutionDoesNotExist",
            Self::ExecutionLimitExceeded(_) => "ExecutionLimitExceeded",
            Self::StateMachineLimitExceeded(_) => "StateMachineLimitExceeded",
            Self::ActivityDoesNotExist(_) => "ActivityDoesNotExist",
            Self::ActivityAlreadyExists(_) => "ActivityAlreadyExists",
            Self::ActivityLimitExceeded(_) => "ActivityLimitExceeded",
            Self::ActivityWorkerLimitExceeded(_) => "ActivityWorkerLimitExceeded",
            Self::TaskDoesNotExist => "TaskDoesNotExist",
            Self::TaskTimedOut => "TaskTimedOut",
            Self::ResourceNotFound(_) | Self::NothingToTag(_) => "ResourceNotFound",
            Self::TooManyTags(_) => "TooManyTags",
            Self::Throttled => "ThrottlingException",
            Self::Log => "ServiceUnavailableException",
            Self::Internal(_) => "InternalFailure",
        }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Log => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _client => StatusCode::BAD_REQUEST,
        }
    }

    /// The response body.
    pub(crate) fn body(&self) -> String {
        let mut body = json!({ "__type": self.name(), "message": self.to_string() });
        if let Some(reason) = self.reason() {
            body["reason"] = json!(reason);
        }
        if let Self::ResourceNotFound(arn) | Self::NothingToTag(arn) = self {
            body["resourceName"] = json!(arn);
        }
        body.to_string()
    }

    /// `reason` of a validation error, for the cases that AWS names.
    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Unfit { reason, .. } => *reason,
            Self::Labelled(_) => Some("API_DOES_NOT_SUPPORT_LABELED_ARNS"),
            _other => None,
        }
    }

    /// The operation is not for machines of this type.
    pub(crate) fn not_for_this_type() -> Self {
        let message = "This operation is not supported by this type of state machine";
        Self::StateMachineTypeNotSupported(message.to_owned())
    }

    /// A definition is refused for all of this.
    pub(crate) fn refused(found: &[Diagnostic]) -> Self {
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        Self::InvalidDefinition(told.join(", "))
    }

    /// A validation error in words of its own.
    pub(crate) fn unfit(message: impl Into<String>) -> Self {
        Self::Unfit {
            message: message.into(),
            reason: None,
        }
    }

    /// A member is none of the values that it can have.
    pub(crate) fn not_in(member: &str, value: &str, allowed: &[&str]) -> Self {
        Self::Validation(format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: Member must satisfy enum value set: [{}]",
            allowed.join(", ")
        ))
    }

    /// A member that must be there is not.
    pub(crate) fn missing(member: &str) -> Self {
        Self::Validation(format!(
            "Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    }

    /// A member has characters that it cannot have.
    pub(crate) fn no_match(member: &str, pattern: &str) -> Self {
        Self::Validation(format!(
            "Value at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: {pattern}"
        ))
    }

    /// A member is shorter than the one character that it must have.
    pub(crate) fn empty(member: &str) -> Self {
        Self::Validation(format!(
            "Value '' at '{member}' failed to satisfy constraint: Member must have length greater than or equal to 1"
        ))
    }

    /// A short member is too long: AWS says what it is.
    pub(crate) fn longer(member: &str, value: &str, most: usize) -> Self {
        Self::Validation(format!(
            "Value '{value}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {most}"
        ))
    }

    /// A member is too long.
    pub(crate) fn too_long(member: &str, most: usize) -> Self {
        Self::Validation(format!(
            "Value at '{member}' failed to satisfy constraint: Member must have length less than or equal to {most}"
        ))
    }
}

impl From<DriveError> for ApiError {
    fn from(error: DriveError) -> Self {
        match error {
            DriveError::Log(_) => Self::Log,
            DriveError::NoExecution => Self::TaskDoesNotExist,
            DriveError::Refused(_) => Self::TaskTimedOut,
        }
    }
}

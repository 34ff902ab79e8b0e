//! Why a request is refused, in Telnyx's words: <https://developers.telnyx.com/development/api-fundamentals/api-errors>.

/// A kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A required field is missing.
    Missing,
    /// No such thing.
    NotFound,
    /// No or a wrong API key.
    Unauthenticated,
    /// The same thing is there already.
    Duplicate,
    /// The body is of a type that is not read.
    MediaType,
    /// Not well-formed, or not an allowed value.
    Invalid,
    /// Not a number in +E.164.
    NotE164,
    /// A field names something that does not exist.
    NoSuchAssociation,
    /// Not in this status, or not now.
    Illegal,
    /// More than this carrier keeps.
    TooMany,
    /// Telnyx has it; the practice carrier has not.
    NotBuilt,
    /// The store failed.
    Unexpected,
}

impl Code {
    /// Telnyx's number and title, and the HTTP status.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str, u16) {
        match self {
            Self::Missing => ("10004", "Missing required parameter", 422),
            Self::NotFound => ("10005", "Resource not found", 404),
            Self::Unauthenticated => ("10009", "Authentication failed", 401),
            Self::Duplicate => ("10012", "Duplicate resource", 422),
            Self::MediaType => ("10014", "Unsupported Media Type", 415),
            Self::Invalid | Self::Illegal => ("10015", "Bad Request", 422),
            Self::NotE164 => ("10016", "Phone number must be in +E.164 format", 422),
            Self::NoSuchAssociation => ("10017", "Associated resource does not exist", 422),
            Self::TooMany => ("10011", "Too many requests", 429),
            Self::NotBuilt => ("10007", "Unexpected error", 501),
            Self::Unexpected => ("10007", "Unexpected error", 500),
        }
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// What is wrong and what is allowed.
    pub detail: String,
    /// JSON pointer of the field, or the name of the query parameter.
    pub pointer: Option<String>,
}

/// A refused request; nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(|problem| problem.detail.as_str()).collect::<Vec<_>>().join("; "))]
pub struct Refusal(pub Vec<Problem>);

impl Refusal {
    /// One problem without a field.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(vec![Problem {
            code,
            detail: detail.into(),
            pointer: None,
        }])
    }

    /// One problem of a field.
    pub fn at(code: Code, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self(vec![Problem {
            code,
            detail: detail.into(),
            pointer: Some(pointer.into()),
        }])
    }

    /// `what` with this id is not there.
    pub fn missing(what: &str, id: &str) -> Self {
        Self::new(Code::NotFound, format!("no {what} has the id {id}"))
    }
}

//! Refusals: every answer that is not what was asked for.
use crate::people::passwords::HashError;
use crate::people::{KeyRefused, TokenError};
use crate::ports::Unavailable;
use axum::Json;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::Problem;

/// A status and a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub(super) status: StatusCode,
    pub(super) problem: Problem,
    retry_after_s: Option<i64>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, error: &str, message: impl Into<String>) -> Self {
        let problem = Problem {
            error: error.to_owned(),
            message: message.into(),
            field: None,
        };
        Self {
            status,
            problem,
            retry_after_s: None,
        }
    }

    /// The same, of a field.
    #[must_use]
    pub(super) fn of(mut self, field: impl Into<String>) -> Self {
        self.problem.field = Some(field.into());
        self
    }

    /// The same, of a field of a part of the body.
    #[must_use]
    pub(super) fn within(self, part: &str) -> Self {
        match self.problem.field.clone() {
            Some(field) => self.of(format!("{part}.{field}")),
            None => self,
        }
    }

    /// The same, with when to try again, in whole seconds.
    #[must_use]
    pub(super) fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// The problem's name.
    pub fn error(&self) -> &str {
        &self.problem.error
    }

    /// A field that does not fit.
    pub(super) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Request.BadField",
            message,
        )
        .of(field)
    }

    /// A header that is missing or does not fit.
    pub(super) fn header(name: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Request.BadHeader", message).of(name)
    }

    /// The state of things does not allow it.
    pub(super) fn conflict(error: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, error, message)
    }

    /// What is not of the caller's tenant: one of another tenant, and one that never was, are the same. `kind` is its name in
    /// errors, such as `Person`.
    pub(super) fn no_such(kind: &str) -> Self {
        let message = format!("the tenant has no such {}", kind.to_lowercase());
        Self::new(StatusCode::NOT_FOUND, &format!("{kind}.NotFound"), message)
    }

    /// An id that is nobody's, or not the caller's to know: the answers do not differ.
    pub(super) fn no_such_call() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Call.NotFound",
            "there is no such call",
        )
    }

    pub(super) fn no_such_route(path: &str) -> Self {
        let message = format!("there is nothing at {path}: /docs lists what there is");
        Self::new(StatusCode::NOT_FOUND, "Request.NoSuchRoute", message)
    }

    pub(super) fn no_such_method(method: &Method, path: &str) -> Self {
        let message = format!("{method} is not possible at {path}: /docs lists what is");
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Request.MethodNotAllowed",
            message,
        )
    }

    /// The caller's tenant was closed.
    pub(super) fn closed() -> Self {
        Self::unauthorised("Session.Closed", "this account is closed")
    }

    pub(super) fn unauthorised(error: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, error, message)
    }
}

/// A place in a body as this API names it, such as `addresses[0].street`, from a JSON pointer (RFC 6901) into it.
pub(super) fn place(pointer: &str) -> String {
    let parts = pointer.split('/').filter(|part| !part.is_empty());
    parts.fold(String::new(), |place, part| {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            return format!("{place}[{part}]");
        }
        let name = part.replace("~1", "/").replace("~0", "~");
        if place.is_empty() {
            name
        } else {
            format!("{place}.{name}")
        }
    })
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        let name = match error {
            TokenError::Invalid => "Session.Invalid",
            TokenError::Expired => "Session.Expired",
        };
        Self::unauthorised(name, error.to_string())
    }
}

impl From<KeyRefused> for Refused {
    fn from(error: KeyRefused) -> Self {
        let name = match error {
            KeyRefused::Invalid => "ApiKey.Invalid",
            KeyRefused::Revoked => "ApiKey.Revoked",
            KeyRefused::Expired => "ApiKey.Expired",
            KeyRefused::MakerGone => "ApiKey.MakerGone",
            KeyRefused::Closed => "Session.Closed",
        };
        Self::unauthorised(name, error.to_string())
    }
}

impl From<Unavailable> for Refused {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "a request was put off");
        let message = "a service behind this one is not available: try again with the same key";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            contract::error::STORE_UNAVAILABLE,
            message,
        )
        .retry_after(1)
    }
}

impl From<HashError> for Refused {
    fn from(error: HashError) -> Self {
        tracing::error!(
            error = crate::shell::chain(&error),
            "a password was not checked"
        );
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Session.Unavailable",
            "signing in does not work now",
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.problem)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(value) = self
            .retry_after_s
            .and_then(|seconds| seconds.to_string().parse().ok())
        {
            headers.insert(header::RETRY_AFTER, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_named_as_a_path_in_the_body() {
        for (pointer, named) in [
            ("", ""),
            ("/decision", "decision"),
            ("/addresses/0/street", "addresses[0].street"),
            (
                "/endUser/registerIds/12/number",
                "endUser.registerIds[12].number",
            ),
            ("/answer/a~1b~01", "answer.a/b~1"),
        ] {
            assert_eq!(place(pointer), named, "{pointer}");
        }
    }

    #[test]
    fn a_field_of_a_part_is_named_within_it_and_what_has_no_field_is_not() {
        let within = |refused: Refused| refused.within("form").problem.field;
        let field = Refused::field("endUser.website", "no");
        assert_eq!(within(field).as_deref(), Some("form.endUser.website"));
        assert_eq!(within(Refused::closed()), None);
    }
}

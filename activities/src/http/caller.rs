//! Who makes a request: the bearer token, checked on every route that has a [`Caller`] among its arguments.
use super::{Api, Ports, Refused};
use crate::people::{Caller, access};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::sync::Arc;

impl<P: Ports> FromRequestParts<Arc<Api<P>>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api<P>>) -> Result<Self, Refused> {
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        // The scheme's name has no case (RFC 9110 §11.1).
        let token = value
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match (token, values.next()) {
            (Some((_, token)), None) => Ok(access::verify(
                &api.keys,
                token.trim(),
                api.ports.now().as_second(),
            )?),
            (Some(_), Some(_)) | (None, _) => {
                let message = "an access token is needed, in the header Authorization: Bearer ..";
                Err(Refused::unauthorised("Session.Missing", message))
            }
        }
    }
}

//! Reading requests: bodies and keys, each with words for what does not fit.
use super::Refused;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use contract::{CallId, DeviceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

/// Largest body, in bytes.
pub(super) const BODY_MAX: usize = 16 * 1024;
/// The header that makes a request have one effect however often it is sent.
pub(super) const KEY_HEADER: &str = "Idempotency-Key";

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + Serialize, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            let message = "the body is JSON, with the header Content-Type: application/json";
            return Err(Refused::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Request.BadType",
                message,
            )
            .of("Content-Type"));
        }
        let bytes = to_bytes(request.into_body(), BODY_MAX).await.map_err(|_| {
            let message = format!("the body has at most {BODY_MAX} bytes");
            Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "Request.TooLarge", message)
        })?;
        read(&bytes).map(Self)
    }
}

/// Reads a JSON body; says which field does not fit.
pub(super) fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, Refused> {
    // Serde would read a list as a struct's fields in order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        let message = "the body is not JSON: it is an object, such as {..}";
        return Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "Request.BadJson",
            message,
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let is_json = || serde_json::from_slice::<Value>(bytes).is_ok();
        if !error.inner().is_data() && path != "." && is_json() {
            // A number where a word is wanted, or a list that is too long for a pair: serde calls that no JSON, too.
            let message =
                "a value of another kind is expected: /docs lists the fields of this request";
            return Refused::field(&path, message);
        }
        refuse(&path, error.inner())
    })?;
    json.end().map_err(|error| refuse(".", &error))?;
    match unread(bytes, &value) {
        Some(field) => {
            let message =
                format!("unknown field `{field}`: /docs lists the fields of this request");
            Err(Refused::field(&field, message))
        }
        None => Ok(value),
    }
}

/// A field that was given and is not in what was read; `.` if what was given is no object. Serde lets them pass in a tagged body whose variant has no fields.
pub(crate) fn unread(bytes: &[u8], value: &impl Serialize) -> Option<String> {
    let given: Value = serde_json::from_slice(bytes).ok()?;
    let read = serde_json::to_value(value).ok()?;
    let Some(given) = given.as_object() else {
        return Some(".".to_owned());
    };
    // What is null or an empty list is what is left out when it is written again.
    let says_something = |value: &Value| !value.is_null() && *value != Value::Array(Vec::new());
    given
        .iter()
        .find(|(field, value)| says_something(value) && read.get(field.as_str()).is_none())
        .map(|(field, _)| field.clone())
}

fn refuse(path: &str, error: &serde_json::Error) -> Refused {
    // "unknown field `x`, expected .. at line 1 column 2": the place means nothing to a program's author.
    let text = error.to_string();
    let message = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message);
    match error.classify() {
        Category::Data => {}
        Category::Io | Category::Syntax | Category::Eof => {
            return Refused::new(
                StatusCode::BAD_REQUEST,
                "Request.BadJson",
                format!("the body is not JSON: {text}"),
            );
        }
    }
    let named = || message.split('`').nth(1).map(str::to_owned);
    let field = match path {
        // A tagged body is read in two steps, and the path is lost on the way. The one tag of this API is `command`.
        "." | "?" if message.starts_with("unknown variant") => Some("command".to_owned()),
        "." | "?" => named(),
        path if message.starts_with("missing field") || message.starts_with("unknown field") => {
            named().map(|name| {
                if path.ends_with(&name) {
                    path.to_owned()
                } else {
                    format!("{path}.{name}")
                }
            })
        }
        path => Some(path.to_owned()),
    };
    let refused = Refused::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Request.BadField",
        in_words_of_json(message),
    );
    match field {
        Some(field) => refused.of(field),
        None => refused,
    }
}

/// What serde says of a value, without the names of Rust's types.
fn in_words_of_json(message: &str) -> String {
    let Some((what, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let what = match what {
        "invalid type: map" => "invalid type: object",
        "invalid type: sequence" => "invalid type: list",
        what => what,
    };
    let whole = |least: i128, most: i128| format!("a whole number from {least} to {most}");
    let allowed = match expected {
        "u8" => whole(0, u8::MAX.into()),
        "u16" => whole(0, u16::MAX.into()),
        "u32" => whole(0, u32::MAX.into()),
        "u64" | "usize" => whole(0, u64::MAX.into()),
        "i32" => whole(i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => whole(i64::MIN.into(), i64::MAX.into()),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => match other.rsplit_once(" of size ") {
            Some((_, size)) => format!("a list of {size}"),
            None => other.to_owned(),
        },
    };
    format!("{what}, expected {allowed}")
}

/// Whether a text is `length` characters of `A-Za-z0-9_-`.
pub(super) fn is_plain(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A line of text in a body, of 1 to `most` characters.
pub(super) fn line(field: &str, text: &str, most: usize) -> Result<(), Refused> {
    let fits = contract::line::fits(text, most);
    fits.then_some(())
        .ok_or_else(|| Refused::field(field, contract::line::allowed(most)))
}

/// The request's `Idempotency-Key`.
pub(super) struct Key(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let mut values = parts.headers.get_all(KEY_HEADER).iter();
        let key = values
            .next()
            .and_then(|value| value.to_str().ok())
            .filter(|key| is_plain(key, 8..=64));
        match (key, values.next()) {
            (Some(key), None) => Ok(Self(key.to_owned())),
            (Some(_), Some(_)) | (None, _) => {
                let message = "one Idempotency-Key is needed, 8 to 64 characters of A-Za-z0-9_-: new for each new wish, the same when \
                               sending it again";
                Err(Refused::header(KEY_HEADER, message))
            }
        }
    }
}

/// The call in a path. An id that cannot be one is nobody's.
pub(super) fn call_id(text: &str) -> Result<CallId, Refused> {
    is_plain(text, 1..=80)
        .then(|| CallId::from(text))
        .ok_or_else(Refused::no_such_call)
}

/// A device's id out of a body.
pub(super) fn check_device(device: &DeviceId) -> Result<(), Refused> {
    let fits = is_device(device.as_str());
    fits.then_some(())
        .ok_or_else(|| Refused::field("device", "a device is 8 to 64 characters of A-Za-z0-9_-"))
}

/// Whether a text can be a device's id.
pub(crate) fn is_device(text: &str) -> bool {
    is_plain(text, 8..=64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::api::{Command, PlaceCall, SignIn};
    use contract::number::api::OrderNumbers;
    use contract::onboarding::api::NewOnboarding;
    use contract::port::api::SignLetter;

    fn refused<T: DeserializeOwned + Serialize>(body: &str) -> (String, Option<String>) {
        let problem = match read::<T>(body.as_bytes()) {
            Ok(_) => panic!("read: {body}"),
            Err(refused) => serde_json::to_value(response_problem(&refused)).unwrap(),
        };
        (
            problem["error"].as_str().unwrap().to_owned(),
            problem["field"].as_str().map(str::to_owned),
        )
    }

    fn response_problem(refused: &Refused) -> contract::api::Problem {
        refused.problem.clone()
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        let field = |name: &str| ("Request.BadField".to_owned(), Some(name.to_owned()));
        assert_eq!(refused::<SignIn>(r#"{"email":"a"}"#), field("password"));
        assert_eq!(
            refused::<SignIn>(r#"{"email":"a","password":1}"#),
            field("password")
        );
        assert_eq!(
            refused::<SignIn>(r#"{"email":"a","password":"b","x":1}"#),
            field("x")
        );
        assert_eq!(
            refused::<PlaceCall>(r#"{"to":null,"device":"d"}"#),
            field("to")
        );
        assert_eq!(
            refused::<Command>(r#"{"command":"dance"}"#),
            field("command")
        );
        assert_eq!(
            refused::<Command>(r#"{"command":"answer"}"#),
            field("device")
        );
        assert_eq!(refused::<Command>(r"{}"), field("command"));
        assert_eq!(
            refused::<Command>(r#"{"command":"hang_up","who":"all"}"#),
            field("who")
        );
    }

    #[test]
    fn what_is_expected_is_told_in_words_of_json() {
        fn told<T: DeserializeOwned + Serialize>(body: &str) -> String {
            match read::<T>(body.as_bytes()) {
                Ok(_) => panic!("read: {body}"),
                Err(refused) => refused.problem.message,
            }
        }
        let whole = "a whole number from 0 to 4294967295";
        assert_eq!(
            told::<OrderNumbers>(r#"{"count":-1}"#),
            format!("invalid value: integer `-1`, expected {whole}")
        );
        assert_eq!(
            told::<OrderNumbers>(r#"{"count":1.5}"#),
            format!("invalid type: floating point `1.5`, expected {whole}")
        );
        assert_eq!(
            told::<OrderNumbers>(r#"{"numbers":{}}"#),
            "invalid type: object, expected a list"
        );
        assert_eq!(
            told::<NewOnboarding>(r#"{"person":null}"#),
            "invalid type: null, expected an object"
        );
        assert_eq!(
            told::<SignLetter>(r#"{"strokes":[[1]]}"#),
            "invalid type: integer `1`, expected a list of 2"
        );
        assert_eq!(
            told::<SignIn>(r#"{", expected u8":1}"#),
            "unknown field `, expected u8`, expected `email` or `password`"
        );
        assert_eq!(
            told::<Command>(r#"{"command":"hang_up","who":"all"}"#),
            "unknown field `who`: /docs lists the fields of this request"
        );
    }

    #[test]
    fn a_value_of_another_kind_is_a_field_that_does_not_fit_and_json_all_the_same() {
        let field = |name: &str| ("Request.BadField".to_owned(), Some(name.to_owned()));
        for wrong in ["5", "null", "[]", "true"] {
            let body = format!(r#"{{"kind":{wrong}}}"#);
            assert_eq!(refused::<NewOnboarding>(&body), field("kind"), "{body}");
        }
        assert_eq!(
            refused::<SignLetter>(r#"{"strokes":[[[1,2,3]]]}"#),
            field("strokes[0][0]")
        );
    }

    #[test]
    fn what_is_not_json_is_called_so() {
        for body in [
            "",
            "{",
            "nonsense",
            "{\"email\":\"a\",\"password\":\"b\"} x",
            "{\"email\":nothing}",
            "\u{feff}{}",
        ] {
            assert_eq!(refused::<SignIn>(body).0, "Request.BadJson", "{body}");
        }
    }
}

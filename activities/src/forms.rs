//! Forms: the JSON Schemas by which tasks are filled in (`workflows/forms`, one file each).
//!
//! The page draws a form from its schema, the API checks the answer against it, and the workflow gets what was checked. So a
//! new kind of task costs a file.
use include_dir::{Dir, include_dir};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../workflows/forms");
static FORMS: LazyLock<BTreeMap<String, Form>> =
    LazyLock::new(|| FILES.files().filter_map(read).collect());

/// A form's own word, beside those of JSON Schema: the field's day or moment must be still to come.
const AHEAD: &str = "x-ahead";

/// A form.
#[derive(Debug)]
pub struct Form {
    /// Its JSON Schema (draft 2020-12), with `title` and `description` per field for people.
    pub schema: Value,
    validator: Validator,
}

/// A field that is filled in wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field, as a JSON pointer (RFC 6901); one that is missing or unknown by the name that it has or would have. Empty for the whole.
    pub field: String,
    /// What is wrong and what is allowed.
    pub why: String,
}

fn read(file: &include_dir::File<'static>) -> Option<(String, Form)> {
    let name = file.path().to_str()?.strip_suffix(".json")?.to_owned();
    let schema: Value = serde_json::from_slice(file.contents()).ok()?;
    // Formats are asserted: a 31st of February is no date, though it looks like one.
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let validator = options.build(&schema).ok()?;
    Some((name, Form { schema, validator }))
}

/// The form of this name.
pub fn find(name: &str) -> Option<&'static Form> {
    FORMS.get(name)
}

impl Form {
    /// Checks an answer that is given now.
    ///
    /// # Errors
    /// [`Wrong`] for the first field that is filled in wrongly.
    pub fn check(&self, answer: &Value, now: Timestamp) -> Result<(), Wrong> {
        self.validator.validate(answer).map_err(|error| Wrong {
            field: place(&error),
            why: error.to_string(),
        })?;
        let fields = self.schema["properties"].as_object().into_iter().flatten();
        for (name, _) in fields.filter(|(_, field)| field[AHEAD] == true) {
            if answer[name].as_str().is_some_and(|text| is_over(text, now)) {
                return Err(Wrong {
                    field: format!("/{name}"),
                    why: format!("{} is over; allowed is what is still to come", answer[name]),
                });
            }
        }
        Ok(())
    }
}

/// Which field is meant: of one that is missing or unknown the validator names what it would be in.
fn place(error: &ValidationError<'_>) -> String {
    let at = error.instance_path().to_string();
    let name = match error.kind() {
        ValidationErrorKind::Required { property } => property.as_str(),
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.first().map(String::as_str)
        }
        _ => None,
    };
    match name {
        // RFC 6901 §3.
        Some(name) => format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
        None => at,
    }
}

/// Whether a moment has passed, or a day has ended everywhere on earth.
fn is_over(text: &str, now: Timestamp) -> bool {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return moment <= now;
    }
    let last = TimeZone::fixed(Offset::constant(-12));
    text.parse::<Date>()
        .is_ok_and(|day| day < now.to_zoned(last).date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_file_is_a_form() {
        let files = FILES.files().map(|file| file.path().to_path_buf());
        let not_read: Vec<_> = files
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .filter(|path| {
                path.to_str()
                    .and_then(|path| find(path.strip_suffix(".json")?))
                    .is_none()
            })
            .collect();
        assert!(not_read.is_empty(), "{not_read:?}");
        assert!(!FORMS.is_empty());
    }

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().expect("a moment")
    }

    #[test]
    fn what_must_be_ahead_is_ahead_somewhere_on_earth() {
        let review = find("review").expect("the form of reviews");
        let until = |day: &str| json!({ "decision": "approve_provisionally", "until": day });
        for day in ["2026-11-20", "2026-11-21", "2027-01-01"] {
            assert_eq!(review.check(&until(day), now()), Ok(()), "{day}");
        }
        let wrong = review.check(&until("2026-11-19"), now());
        assert_eq!(wrong.expect_err("over everywhere").field, "/until");
        let date = find("port-date").expect("the form of dates");
        let another = |foc: &str| json!({ "decision": "another", "foc": foc });
        assert_eq!(
            date.check(&another("2026-11-20T13:00:01+01:00"), now()),
            Ok(())
        );
        let wrong = date.check(&another("2026-11-20T13:00:00+01:00"), now());
        assert_eq!(wrong.expect_err("over").field, "/foc");
    }

    #[test]
    fn an_answer_is_checked_and_its_wrong_field_named() {
        let review = find("review").expect("the form of reviews");
        assert_eq!(
            review.check(&json!({ "decision": "approve" }), now()),
            Ok(())
        );
        for (answer, field) in [
            (json!([]), ""),
            (json!({}), "/decision"),
            (json!({ "decision": "maybe" }), "/decision"),
            // Wanted because of the decision.
            (json!({ "decision": "reject" }), "/reasons"),
            (json!({ "decision": "approve_provisionally" }), "/until"),
            (
                json!({ "decision": "reject", "reasons": [{ "about": "Invoice" }] }),
                "/reasons/0/reason",
            ),
            (
                json!({ "decision": "approve_provisionally", "until": "soon" }),
                "/until",
            ),
            (
                json!({ "decision": "approve_provisionally", "until": "2026-02-31" }),
                "/until",
            ),
            (json!({ "decision": "approve", "more": 1 }), "/more"),
            (json!({ "decision": "approve", "a/b~": 1 }), "/a~1b~0"),
        ] {
            let wrong = review.check(&answer, now()).expect_err(&answer.to_string());
            assert_eq!(wrong.field, field, "{answer}: {}", wrong.why);
        }
    }
}

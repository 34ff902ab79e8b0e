//! Reading the fields of JSONPath states.

use jsonata_core::value::JValue;

use super::data::{Data, JsonPath, Jsonata, Language, Pick};
use super::diagnostic::Code;
use super::fields::{Fields, Findings};
use super::path::{Path, Place};
use crate::json::Json;

/// Fields that exist in JSONPath states only.
pub(super) const FIELDS: &[&str] = &[
    "InputPath",
    "OutputPath",
    "ResultPath",
    "Parameters",
    "ResultSelector",
    "Result",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "ErrorPath",
    "CausePath",
    "ItemsPath",
    "MaxConcurrencyPath",
    "Variable",
];
/// Fields that exist in JSONata states only.
pub(super) const JSONATA_FIELDS: &[&str] = &["Arguments", "Output", "Condition", "Items"];

/// Reads how data passes through a state. Fields that the kind of state has not are refused elsewhere.
pub(super) fn data(fields: &Fields<'_>, catches: bool, findings: &mut Findings) -> Data {
    let assign = fields.assign(findings);
    match fields.language {
        Language::Jsonata => Data::Jsonata(Box::new(Jsonata {
            arguments: fields.template("Arguments", findings),
            assign,
            output: fields.template("Output", findings),
        })),
        Language::JsonPath => Data::JsonPath(Box::new(JsonPath {
            input: pick(fields, "InputPath", findings),
            parameters: fields.template("Parameters", findings),
            result: fields.get("Result").map(|value| {
                let at = fields.pointer("Result");
                Json::trusted(findings.spellings.text(value, &at))
            }),
            selector: fields.template("ResultSelector", findings),
            place: place(fields, findings).unwrap_or(Place::Whole),
            output: pick(fields, "OutputPath", findings),
            assign,
            catches,
        })),
    }
}

/// `InputPath` or `OutputPath`.
fn pick(fields: &Fields<'_>, name: &str, findings: &mut Findings) -> Pick {
    match fields.get(name) {
        None => Pick::Whole,
        Some(JValue::Null) => Pick::Nothing,
        Some(_) => match fields.path(name, findings) {
            Some(path) if path.is_whole_data() => Pick::Whole,
            Some(path) => Pick::Path(path),
            None => Pick::Whole,
        },
    }
}

/// `ResultPath`, if it is given.
pub(super) fn place(fields: &Fields<'_>, findings: &mut Findings) -> Option<Place> {
    if matches!(fields.get("ResultPath")?, JValue::Null) {
        return Some(Place::Nowhere);
    }
    let text = fields.string("ResultPath", findings)?;
    match Place::parse(text) {
        Ok(place) => Some(place),
        Err(why) => {
            let message = format!("Value is not a Reference Path: {why}");
            findings.error(Code::Schema, fields.pointer("ResultPath"), message);
            None
        }
    }
}

impl Fields<'_> {
    /// A path.
    pub(super) fn path(&self, name: &str, findings: &mut Findings) -> Option<Path> {
        let text = self.string(name, findings)?;
        match Path::parse(text) {
            Ok(path) => Some(path),
            Err(why) => {
                let message = format!("Value is not a valid JSONPath: {why}");
                findings.error(Code::Schema, self.pointer(name), message);
                None
            }
        }
    }
}

//! What a Map state has in mode `DISTRIBUTED`. Source: developer guide, "Using Map state in Distributed mode" and the
//! pages "ItemReader", "ItemBatcher", "ResultWriter".

mod batcher;
mod reader;
mod writer;

use jsonata_core::value::JValue;
use sha2::{Digest, Sha256};

use super::compile::Compiler;
use super::data::Language;
use super::diagnostic::Code;
use super::fields::{Fields, Findings};
use super::map::{Amount, MAX_ITEMS, amount, percentage};
use super::template::Template;

pub use batcher::{Batcher, MAX_BATCH_BYTES};
pub use reader::{Csv, Format, Reader, Source};
pub use writer::{Transformation, Writer};

/// Longest `Label`, in characters.
pub const MAX_LABEL_CHARS: usize = 40;
/// What a label may not hold (guide, "Label").
const NOT_IN_LABELS: &str = "?*<>{}[]:;,\\|^~$#%&`\"";
/// What belongs to mode `DISTRIBUTED`.
#[derive(Debug)]
pub struct Distributed {
    /// How the children run.
    pub kind: Kind,
    /// `Label`; one is made if there is none.
    pub label: String,
    /// `ItemReader`.
    pub reader: Option<Reader>,
    /// `ItemBatcher`.
    pub batcher: Option<Batcher>,
    /// `ResultWriter`.
    pub writer: Option<Writer>,
    /// `ToleratedFailureCount`.
    pub tolerated_count: Option<Amount>,
    /// `ToleratedFailurePercentage`.
    pub tolerated_percentage: Option<Amount>,
}

/// `ExecutionType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Children are Standard executions.
    Standard,
    /// Children are Express executions: five minutes, and not listed.
    Express,
}

/// Reads `ProcessorConfig`: `None` for mode `INLINE`.
pub(super) fn mode(
    processor: &JValue,
    state: &Fields<'_>,
    name: &str,
    findings: &mut Findings,
) -> Option<Kind> {
    let config = processor.get("ProcessorConfig")?;
    let at = format!("{}/ProcessorConfig", state.pointer(name));
    let fields = Fields::new(config, at, state.language, findings)?;
    fields.only(&[&["Mode", "ExecutionType"]], "ProcessorConfig", findings);
    let kind = match fields.string("ExecutionType", findings) {
        Some("STANDARD") => Some(Kind::Standard),
        Some("EXPRESS") => Some(Kind::Express),
        Some(_) => {
            let message = "'ExecutionType' must be STANDARD or EXPRESS";
            findings.error(Code::Schema, fields.pointer("ExecutionType"), message);
            None
        }
        None => None,
    };
    match fields.string("Mode", findings) {
        Some("DISTRIBUTED") => {
            if fields.get("ExecutionType").is_none() {
                let message = "These fields are required: [ExecutionType]";
                findings.error(Code::Schema, fields.at.clone(), message);
            }
            kind
        }
        Some("INLINE") | None => {
            if kind.is_some() {
                let message = "'ExecutionType' belongs to the mode DISTRIBUTED";
                findings.error(Code::Schema, fields.pointer("ExecutionType"), message);
            }
            None
        }
        Some(_) => {
            let message = "'Mode' must be INLINE or DISTRIBUTED";
            findings.error(Code::Schema, fields.pointer("Mode"), message);
            None
        }
    }
}

/// Fields of a Map state in mode `DISTRIBUTED` only; the last two in JSONPath only.
const OWN: &[&str] = &[
    "Label",
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
];

/// As [`OWN`], in one language.
pub(super) fn own(language: Language) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &OWN[..6],
        Language::JsonPath => OWN,
    }
}

pub(super) fn read(
    compiler: &mut Compiler,
    fields: &Fields<'_>,
    kind: Option<Kind>,
) -> Option<Box<Distributed>> {
    let made = made_label(&compiler.digest, &fields.at);
    let findings = &mut compiler.findings;
    let Some(kind) = kind else {
        // Recorded from AWS: mode INLINE may have the tolerated failures, without effect. They must be well-formed all the same.
        let (_count, _percentage) = tolerated(fields, findings);
        let refused = OWN.iter().filter(|name| !name.starts_with("Tolerated"));
        for name in refused.filter(|name| fields.get(name).is_some()) {
            let message = format!("The field '{name}' belongs to the mode DISTRIBUTED");
            findings.error(Code::Schema, fields.pointer(name), message);
        }
        return None;
    };
    let (tolerated_count, tolerated_percentage) = tolerated(fields, findings);
    Some(Box::new(Distributed {
        kind,
        label: label(fields, findings).unwrap_or(made),
        reader: reader::read(fields, findings),
        batcher: batcher::read(fields, findings),
        writer: writer::read(fields, findings),
        tolerated_count,
        tolerated_percentage,
    }))
}

/// `ToleratedFailureCount` and `ToleratedFailurePercentage`.
fn tolerated(fields: &Fields<'_>, findings: &mut Findings) -> (Option<Amount>, Option<Amount>) {
    let most = f64::from(MAX_ITEMS);
    (
        amount(fields, "ToleratedFailureCount", most, findings),
        percentage(fields, "ToleratedFailurePercentage", findings),
    )
}

/// A label for a state that has none: the same for the same definition.
fn made_label(definition: &[u8; 32], at: &str) -> String {
    let hash = Sha256::new()
        .chain_update(definition)
        .chain_update(at)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .to_string()
}

fn label(fields: &Fields<'_>, findings: &mut Findings) -> Option<String> {
    let label = fields.string("Label", findings)?;
    let at = fields.pointer("Label");
    if label.is_empty() || label.chars().count() > MAX_LABEL_CHARS {
        let message = format!("'Label' must have 1 to {MAX_LABEL_CHARS} characters");
        findings.error(Code::LabelName, at, message);
    } else if let Some(bad) = label
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || NOT_IN_LABELS.contains(*c))
    {
        findings.error(
            Code::LabelName,
            at,
            format!("Label contains invalid character: '{bad}'"),
        );
    }
    Some(label.to_owned())
}

/// How the arguments are called.
fn arguments_name(language: Language) -> &'static str {
    match language {
        Language::Jsonata => "Arguments",
        Language::JsonPath => "Parameters",
    }
}

fn arguments(fields: &Fields<'_>, findings: &mut Findings) -> Option<Template> {
    let name = arguments_name(fields.language);
    if fields.get(name).is_some_and(|value| !value.is_object()) {
        let message = format!("'{name}' must be an object");
        findings.error(Code::Schema, fields.pointer(name), message);
        return None;
    }
    fields.template(name, findings)
}

//! `ResultWriter`: where results go, and what is told of them.

use serde::{Deserialize, Serialize};

use super::arguments;
use super::arguments_name;
use crate::asl::diagnostic::Code;
use crate::asl::expression::{Failure, Scope};
use crate::asl::fields::{Fields, Findings};
use crate::asl::template::Template;
use crate::json::Json;

const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

/// `ResultWriter`.
/// As a definition has it, or evaluated: then with JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer<Arguments = Template> {
    /// `Parameters` or `Arguments`: bucket and prefix. Without them results are only transformed.
    pub arguments: Option<Arguments>,
    /// `WriterConfig`.`Transformation`.
    pub transformation: Transformation,
    /// `WriterConfig`.`OutputType` is `JSONL`.
    pub lines: bool,
}

impl<Arguments> Default for Writer<Arguments> {
    fn default() -> Self {
        Self {
            arguments: None,
            transformation: Transformation::None,
            lines: false,
        }
    }
}

impl Writer {
    /// Evaluates it.
    pub fn evaluated(&self, scope: &Scope<'_>) -> Result<Writer<Json>, Failure> {
        let arguments = self.arguments.as_ref();
        Ok(Writer {
            arguments: arguments
                .map(|arguments| arguments.json(scope, "ResultWriter/Arguments"))
                .transpose()?,
            transformation: self.transformation,
            lines: self.lines,
        })
    }
}

/// What is told of a child that ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Transformation {
    /// Everything: ARN, input, output, times.
    #[default]
    None,
    /// Its output.
    Compact,
    /// Its output; of an array, its elements.
    Flatten,
}

pub(super) fn read(fields: &Fields<'_>, findings: &mut Findings) -> Option<Writer> {
    let value = fields.get("ResultWriter")?;
    let fields = Fields::new(
        value,
        fields.pointer("ResultWriter"),
        fields.language,
        findings,
    )?;
    fields.only(
        &[&["Resource", arguments_name(fields.language), "WriterConfig"]],
        "ResultWriter",
        findings,
    );
    let arguments = arguments(&fields, findings);
    let resource = fields.string("Resource", findings);
    if resource.is_some_and(|resource| resource != PUT_OBJECT) {
        let message = format!("'Resource' of a ResultWriter must be {PUT_OBJECT}");
        findings.error(Code::Schema, fields.pointer("Resource"), message);
    }
    let config = fields.get("WriterConfig");
    if resource.is_some() != arguments.is_some() || (resource.is_none() && config.is_none()) {
        let message = "A ResultWriter has WriterConfig, or Resource with its bucket and prefix, or all of them";
        findings.error(Code::Schema, fields.at.clone(), message);
    }
    let mut writer = Writer {
        arguments,
        ..Writer::default()
    };
    if let Some(config) = config {
        let config = Fields::new(
            config,
            fields.pointer("WriterConfig"),
            fields.language,
            findings,
        )?;
        writer_config(&config, &mut writer, findings);
    }
    Some(writer)
}

fn writer_config(config: &Fields<'_>, writer: &mut Writer, findings: &mut Findings) {
    config.only(
        &[&["OutputType", "Transformation"]],
        "WriterConfig",
        findings,
    );
    match config.string("Transformation", findings) {
        None | Some("NONE") => {}
        Some("COMPACT") => writer.transformation = Transformation::Compact,
        Some("FLATTEN") => writer.transformation = Transformation::Flatten,
        Some(_) => {
            let message = "'Transformation' must be NONE, COMPACT or FLATTEN";
            findings.error(Code::Schema, config.pointer("Transformation"), message);
        }
    }
    match config.string("OutputType", findings) {
        None | Some("JSON") => {}
        Some("JSONL") => writer.lines = true,
        Some(_) => {
            let message = "'OutputType' must be JSON or JSONL";
            findings.error(Code::Schema, config.pointer("OutputType"), message);
        }
    }
}

//! `ItemReader`: where items come from, and in which form.

use jsonata_core::value::JValue;

use super::{arguments, arguments_name};
use crate::asl::diagnostic::Code;
use crate::asl::fields::{Fields, Findings};
use crate::asl::map::{Amount, MAX_ITEMS, amount};
use crate::asl::template::Template;

const GET_OBJECT: &str = "arn:aws:states:::s3:getObject";
const LIST_OBJECTS: &str = "arn:aws:states:::s3:listObjectsV2";

/// `ItemReader`.
#[derive(Debug)]
pub struct Reader {
    /// What is read.
    pub source: Source,
    /// `Parameters` or `Arguments`: bucket and key, or bucket and prefix.
    pub arguments: Template,
    /// `MaxItems`.
    pub max_items: Option<Amount>,
}

/// What an `ItemReader` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One object.
    Object(Format),
    /// The list of the objects of a bucket.
    Listing {
        /// `Transformation` is `LOAD_AND_FLATTEN`: not the list but the objects' items, in this format.
        load: Option<Format>,
    },
}

/// `InputType`: how an object holds items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// One JSON value.
    Json {
        /// `ItemsPointer`: where in it the items are (RFC 6901).
        pointer: Option<String>,
    },
    /// A JSON value in each line.
    JsonLines,
    /// Delimited text.
    Csv(Csv),
    /// A list of files of an S3 inventory report.
    Inventory,
    /// A list of files as Athena's `UNLOAD` writes it; the files are in this format.
    AthenaManifest(Box<Format>),
}

/// How delimited text is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// `CSVHeaders` (`CSVHeaderLocation` `GIVEN`); without them the first row is the header.
    pub headers: Option<Vec<String>>,
    /// `CSVDelimiter`.
    pub delimiter: char,
}

pub(super) fn read(fields: &Fields<'_>, findings: &mut Findings) -> Option<Reader> {
    let value = fields.get("ItemReader")?;
    let fields = Fields::new(
        value,
        fields.pointer("ItemReader"),
        fields.language,
        findings,
    )?;
    fields.only(
        &[&["Resource", arguments_name(fields.language), "ReaderConfig"]],
        "ItemReader",
        findings,
    );
    let config = match fields.get("ReaderConfig") {
        Some(config) => Some(Fields::new(
            config,
            fields.pointer("ReaderConfig"),
            fields.language,
            findings,
        )?),
        None => None,
    };
    if let Some(config) = &config {
        config.only(
            &[&[
                "InputType",
                "Transformation",
                "ManifestType",
                "CSVHeaderLocation",
                "CSVHeaders",
                "CSVDelimiter",
                "ItemsPointer",
                "MaxItems",
                "MaxItemsPath",
            ]],
            "ReaderConfig",
            findings,
        );
    }
    let source = match fields.string("Resource", findings) {
        Some(GET_OBJECT) => Source::Object(format(&fields, config.as_ref(), findings)?),
        Some(LIST_OBJECTS) => Source::Listing {
            load: load(&fields, config.as_ref(), findings)?,
        },
        _ => {
            let message =
                format!("'Resource' of an ItemReader must be {GET_OBJECT} or {LIST_OBJECTS}");
            findings.error(Code::Schema, fields.pointer("Resource"), message);
            return None;
        }
    };
    let arguments = arguments(&fields, findings);
    if arguments.is_none() && !findings.has_errors() {
        findings.missing(&fields.at, arguments_name(fields.language));
    }
    let max_items = config
        .as_ref()
        .and_then(|config| amount(config, "MaxItems", f64::from(MAX_ITEMS), findings));
    Some(Reader {
        source,
        arguments: arguments?,
        max_items,
    })
}

/// Of a listing: whether, and in which format, its objects are loaded.
fn load(
    fields: &Fields<'_>,
    config: Option<&Fields<'_>>,
    findings: &mut Findings,
) -> Option<Option<Format>> {
    let Some(config) = config else {
        return Some(None);
    };
    match config.string("Transformation", findings) {
        None | Some("NONE") => Some(None),
        Some("LOAD_AND_FLATTEN") => format(fields, Some(config), findings).map(Some),
        Some(_) => {
            let message = "'Transformation' must be NONE or LOAD_AND_FLATTEN";
            findings.error(Code::Schema, config.pointer("Transformation"), message);
            None
        }
    }
}

fn format(
    reader: &Fields<'_>,
    config: Option<&Fields<'_>>,
    findings: &mut Findings,
) -> Option<Format> {
    let Some(config) = config else {
        let message = "These fields are required: [ReaderConfig]";
        findings.error(Code::Schema, reader.at.clone(), message);
        return None;
    };
    let format = match config.string("InputType", findings) {
        Some("JSON") => Format::Json {
            pointer: pointer(config, findings),
        },
        Some("JSONL") => Format::JsonLines,
        Some("CSV") => Format::Csv(csv(config, findings)?),
        Some("MANIFEST") => return manifest(config, findings),
        Some("PARQUET") => {
            let message =
                "'InputType' PARQUET is not supported here: use CSV, JSON, JSONL or MANIFEST";
            findings.error(Code::Schema, config.pointer("InputType"), message);
            return None;
        }
        _ => {
            let message = "'InputType' must be CSV, JSON, JSONL, MANIFEST or PARQUET";
            findings.error(Code::Schema, config.pointer("InputType"), message);
            return None;
        }
    };
    if config.get("ManifestType").is_none() {
        return Some(format);
    }
    match config.string("ManifestType", findings) {
        Some("ATHENA_DATA") => Some(Format::AthenaManifest(Box::new(format))),
        _ => {
            let message =
                "'ManifestType' must be ATHENA_DATA, or S3_INVENTORY with the InputType MANIFEST";
            findings.error(Code::Schema, config.pointer("ManifestType"), message);
            None
        }
    }
}

fn manifest(config: &Fields<'_>, findings: &mut Findings) -> Option<Format> {
    match config.string("ManifestType", findings) {
        None | Some("S3_INVENTORY") => Some(Format::Inventory),
        _ => {
            let message = "With the InputType MANIFEST 'ManifestType' must be S3_INVENTORY; for ATHENA_DATA name the \
                           InputType of its files";
            findings.error(Code::Schema, config.pointer("ManifestType"), message);
            None
        }
    }
}

fn pointer(config: &Fields<'_>, findings: &mut Findings) -> Option<String> {
    let pointer = config.string("ItemsPointer", findings)?;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        let message = "'ItemsPointer' must be a JSON pointer like /orders/items (RFC 6901)";
        findings.error(Code::Schema, config.pointer("ItemsPointer"), message);
    }
    Some(pointer.to_owned())
}

fn csv(config: &Fields<'_>, findings: &mut Findings) -> Option<Csv> {
    let headers = match config.string("CSVHeaderLocation", findings) {
        Some("FIRST_ROW") => None,
        Some("GIVEN") => {
            let headers: Option<Vec<String>> = config
                .get("CSVHeaders")
                .and_then(JValue::as_array)
                .and_then(|names| {
                    names
                        .iter()
                        .map(|n| n.as_str().map(str::to_owned))
                        .collect()
                });
            let Some(headers) = headers.filter(|headers| !headers.is_empty()) else {
                let message =
                    "'CSVHeaders' must be an array of names with the CSVHeaderLocation GIVEN";
                findings.error(Code::Schema, config.pointer("CSVHeaders"), message);
                return None;
            };
            Some(headers)
        }
        _ => {
            let message = "'CSVHeaderLocation' must be FIRST_ROW or GIVEN";
            findings.error(Code::Schema, config.pointer("CSVHeaderLocation"), message);
            return None;
        }
    };
    let delimiter = match config.string("CSVDelimiter", findings) {
        None | Some("COMMA") => ',',
        Some("PIPE") => '|',
        Some("SEMICOLON") => ';',
        Some("SPACE") => ' ',
        Some("TAB") => '\t',
        Some(_) => {
            let message = "'CSVDelimiter' must be COMMA, PIPE, SEMICOLON, SPACE or TAB";
            findings.error(Code::Schema, config.pointer("CSVDelimiter"), message);
            return None;
        }
    };
    Some(Csv { headers, delimiter })
}

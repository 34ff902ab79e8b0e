//! What a Map state has in mode `DISTRIBUTED`. Source: developer guide, "Using Map state in Distributed mode" and the
//! pages "ItemReader", "ItemBatcher", "ResultWriter".

use jsonata_core::value::JValue;
use sha2::{Digest, Sha256};

use super::compile::Compiler;
use super::data::Language;
use super::diagnostic::Code;
use super::fields::{Fields, Findings};
use super::map::{Amount, MAX_ITEMS, amount, percentage};
use super::template::Template;

/// Longest `Label`, in characters.
pub const MAX_LABEL_CHARS: usize = 40;
/// Largest batch, in bytes (guide: 256 KiB).
pub const MAX_BATCH_BYTES: u32 = 262_144;
/// What a label may not hold (guide, "Label").
const NOT_IN_LABELS: &str = "?*<>{}[]:;,\\|^~$#%&`\"";
const GET_OBJECT: &str = "arn:aws:states:::s3:getObject";
const LIST_OBJECTS: &str = "arn:aws:states:::s3:listObjectsV2";
const PUT_OBJECT: &str = "arn:aws:states:::s3:putObject";

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

/// `ItemBatcher`.
#[derive(Debug)]
pub struct Batcher {
    /// `MaxItemsPerBatch`.
    pub max_items: Option<Amount>,
    /// `MaxInputBytesPerBatch`.
    pub max_bytes: Option<Amount>,
    /// `BatchInput`.
    pub input: Option<Template>,
}

/// `ResultWriter`.
#[derive(Debug)]
pub struct Writer {
    /// `Parameters` or `Arguments`: bucket and prefix. Without them results are only transformed.
    pub arguments: Option<Template>,
    /// `WriterConfig`.`Transformation`.
    pub transformation: Transformation,
    /// `WriterConfig`.`OutputType` is `JSONL`.
    pub lines: bool,
}

/// What is told of a child that ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Transformation {
    /// Everything: ARN, input, output, times.
    #[default]
    None,
    /// Its output.
    Compact,
    /// Its output; of an array, its elements.
    Flatten,
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
        for name in OWN.iter().filter(|name| fields.get(name).is_some()) {
            let message = format!("The field '{name}' belongs to the mode DISTRIBUTED");
            findings.error(Code::Schema, fields.pointer(name), message);
        }
        return None;
    };
    Some(Box::new(Distributed {
        kind,
        label: label(fields, findings).unwrap_or(made),
        reader: reader(fields, findings),
        batcher: batcher(fields, findings),
        writer: writer(fields, findings),
        tolerated_count: amount(
            fields,
            "ToleratedFailureCount",
            f64::from(MAX_ITEMS),
            findings,
        ),
        tolerated_percentage: percentage(fields, "ToleratedFailurePercentage", findings),
    }))
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
        findings.error(Code::Schema, at, message);
    } else if let Some(bad) = label
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || NOT_IN_LABELS.contains(*c))
    {
        findings.error(
            Code::Schema,
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

fn reader(fields: &Fields<'_>, findings: &mut Findings) -> Option<Reader> {
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

fn batcher(fields: &Fields<'_>, findings: &mut Findings) -> Option<Batcher> {
    let value = fields.get("ItemBatcher")?;
    let fields = Fields::new(
        value,
        fields.pointer("ItemBatcher"),
        fields.language,
        findings,
    )?;
    let own = &[
        "BatchInput",
        "MaxItemsPerBatch",
        "MaxInputBytesPerBatch",
        "MaxItemsPerBatchPath",
        "MaxInputBytesPerBatchPath",
    ];
    let own = match fields.language {
        Language::Jsonata => &own[..3],
        Language::JsonPath => &own[..],
    };
    fields.only(&[own], "ItemBatcher", findings);
    if !own[1..].iter().any(|name| fields.get(name).is_some()) {
        let message =
            "An ItemBatcher has at least one of: [MaxItemsPerBatch, MaxInputBytesPerBatch]";
        findings.error(Code::Schema, fields.at.clone(), message);
    }
    let batcher = Batcher {
        max_items: amount(&fields, "MaxItemsPerBatch", f64::from(MAX_ITEMS), findings),
        max_bytes: amount(
            &fields,
            "MaxInputBytesPerBatch",
            f64::from(MAX_BATCH_BYTES),
            findings,
        ),
        input: fields.template("BatchInput", findings),
    };
    for (name, amount) in [
        ("MaxItemsPerBatch", &batcher.max_items),
        ("MaxInputBytesPerBatch", &batcher.max_bytes),
    ] {
        if matches!(amount, Some(Amount::Literal(number)) if *number < 1.0) {
            let message = format!("'{name}' must be at least 1");
            findings.error(Code::Schema, fields.pointer(name), message);
        }
    }
    Some(batcher)
}

fn writer(fields: &Fields<'_>, findings: &mut Findings) -> Option<Writer> {
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
        transformation: Transformation::None,
        lines: false,
        arguments,
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

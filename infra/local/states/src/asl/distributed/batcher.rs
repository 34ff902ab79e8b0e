//! `ItemBatcher`: how many items a child gets.

use serde::{Deserialize, Serialize};

use crate::asl::data::Language;
use crate::asl::diagnostic::Code;
use crate::asl::expression::{Failure, Scope};
use crate::asl::fields::{Fields, Findings};
use crate::asl::map::{Amount, MAX_ITEMS, amount};
use crate::asl::template::Template;
use crate::json::Json;

/// Largest batch, in bytes (guide: 256 KiB).
pub const MAX_BATCH_BYTES: u32 = 262_144;

/// `ItemBatcher`.
/// As a definition has it, or evaluated: then with numbers and JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batcher<Number = Amount, Input = Template> {
    /// `MaxItemsPerBatch`.
    pub max_items: Option<Number>,
    /// `MaxInputBytesPerBatch`.
    pub max_bytes: Option<Number>,
    /// `BatchInput`.
    pub input: Option<Input>,
}

impl Batcher {
    /// Evaluates it.
    pub fn evaluated(&self, scope: &Scope<'_>) -> Result<Batcher<u32, Json>, Failure> {
        let whole = |amount: &Option<Amount>, name: &str, most| {
            let field = format!("ItemBatcher/{name}");
            let amount = amount.as_ref();
            amount.map(|a| a.whole(scope, &field, most)).transpose()
        };
        let input = self.input.as_ref();
        Ok(Batcher {
            max_items: whole(&self.max_items, "MaxItemsPerBatch", MAX_ITEMS)?,
            max_bytes: whole(&self.max_bytes, "MaxInputBytesPerBatch", MAX_BATCH_BYTES)?,
            input: input
                .map(|input| input.json(scope, "ItemBatcher/BatchInput"))
                .transpose()?,
        })
    }
}

pub(super) fn read(fields: &Fields<'_>, findings: &mut Findings) -> Option<Batcher> {
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

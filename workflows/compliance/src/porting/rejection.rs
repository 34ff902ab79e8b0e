//! What a carrier's or clearing house's refusal means to a customer.

use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use thiserror::Error;

/// Fields of an order that a correction may be about; those of a dossier are JSON pointers into it.
const ORDER_FIELDS: [&str; 6] = [
    "/order/numbers",
    "/order/pin",
    "/order/portType",
    "/order/requestedFoc",
    "/order/remainingNumbers",
    "/order/newBillingNumber",
];
/// How pointers into a dossier begin.
const DOSSIER_FIELDS: [&str; 5] = [
    "/endUser/",
    "/authorisedPerson/",
    "/previousService/",
    "/addresses/",
    "/documents/",
];

/// What can be done after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mend {
    /// Correct the fields and submit again.
    Correct,
    /// Something has to be done at the losing provider; then submit again as it is.
    AtOldProvider,
    /// Nothing by the customer: we or the carrier go on.
    Ours,
    /// These numbers cannot be ported.
    Never,
}

/// One code of one scheme.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rejection {
    /// Whose code it is: `telnyx`, `teldas`, `sg`, `pa`.
    pub scheme: String,
    /// The code.
    pub code: String,
    /// For the customer: what it means and what to do.
    pub words: String,
    /// The fields that correct it, as JSON pointers into the dossier or under `/order/`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// What can be done.
    pub mend: Mend,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

impl Rejection {
    /// Whether the order can be submitted again, corrected or as it is.
    pub fn can_resubmit(&self) -> bool {
        match self.mend {
            Mend::Correct | Mend::AtOldProvider | Mend::Ours => true,
            Mend::Never => false,
        }
    }
}

/// Every code that is known.
#[derive(Debug, Clone, Default)]
pub struct Rejections {
    rows: BTreeMap<(String, String), Rejection>,
}

/// Why a text is no table of codes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadRejections {
    /// Not JSON of that form.
    #[error("the codes do not read: {0}")]
    Text(String),
    /// A row cannot be right.
    #[error("{scheme} {code}: {wrong}")]
    Row {
        /// Whose code.
        scheme: String,
        /// The code.
        code: String,
        /// What is wrong.
        wrong: String,
    },
}

impl Rejections {
    /// Reads the table and checks it.
    ///
    /// # Errors
    /// [`BadRejections`] with the first thing that is wrong.
    pub fn read(text: &str) -> Result<Self, BadRejections> {
        let list: Vec<Rejection> =
            serde_json::from_str(text).map_err(|error| BadRejections::Text(error.to_string()))?;
        let mut rows = BTreeMap::new();
        for row in list {
            let refuse = |wrong: String| {
                Err(BadRejections::Row {
                    scheme: row.scheme.clone(),
                    code: row.code.clone(),
                    wrong,
                })
            };
            let known = |field: &&String| {
                ORDER_FIELDS.contains(&field.as_str())
                    || DOSSIER_FIELDS
                        .iter()
                        .any(|begins| field.starts_with(begins))
            };
            if let Some(field) = row.fields.iter().find(|field| !known(field)) {
                return refuse(format!("no dossier or order has the field {field}"));
            }
            if (row.mend == Mend::Correct) == row.fields.is_empty() {
                return refuse("fields are named exactly if correcting them helps".to_owned());
            }
            let key = (row.scheme.clone(), row.code.clone());
            if rows.contains_key(&key) {
                return refuse("it is there twice".to_owned());
            }
            rows.insert(key, row);
        }
        Ok(Self { rows })
    }

    /// A code's row. A code that nobody has written down goes to an operator: none.
    pub fn find(&self, scheme: &str, code: &str) -> Option<&Rejection> {
        self.rows.get(&(scheme.to_owned(), code.to_owned()))
    }

    /// Every row by scheme and code.
    pub fn all(&self) -> impl Iterator<Item = &Rejection> {
        self.rows.values()
    }
}

//! Rows as Telnyx's API shows them. Field names and values are those of its published types.

pub mod numbers;
pub mod orders;
pub mod portouts;
pub mod ports;

use crate::core::Stamp;
use serde_json::{Map, Value};

/// The one customer of the practice carrier.
pub const USER_ID: &str = "40d68ba2-0847-4df2-be9c-b0e0cb673e75";

/// Adds `created_at` and `updated_at`.
pub(crate) fn stamped(mut body: Value, stamp: Stamp) -> Value {
    if let Value::Object(fields) = &mut body {
        put_stamp(fields, stamp);
    }
    body
}

fn put_stamp(fields: &mut Map<String, Value>, stamp: Stamp) {
    fields.insert("created_at".to_owned(), stamp.created_at.iso().into());
    fields.insert("updated_at".to_owned(), stamp.updated_at.iso().into());
}

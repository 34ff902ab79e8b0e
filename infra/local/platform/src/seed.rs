//! The sample data: made once, by a function, and kept with the data.

use std::fs;
use std::io;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fail::StartError;
use crate::folder::{Folder, write_private};
use crate::functions::Functions;
use crate::stack::Stack;

/// Sample people with their credentials, and numbers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Sample {
    /// Their tenant.
    #[serde(default)]
    pub tenant: Value,
    /// Name, email, password, role and number of each.
    pub people: Vec<Value>,
    /// The practice carrier's numbers.
    pub numbers: Vec<Value>,
}

/// The sample data, made at first start.
pub async fn sample(
    folder: &Folder,
    stack: &Stack,
    functions: &Functions,
) -> Result<Sample, StartError> {
    let path = folder.path("sample.json");
    match fs::read(&path) {
        Ok(text) => {
            return serde_json::from_slice(&text)
                .map_err(|wrong| StartError::part("sample data", wrong));
        }
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(StartError::Unwritable { path, source }),
    }
    let numbers: Vec<&str> = stack
        .phone_numbers
        .iter()
        .map(|number| number.e164.as_str())
        .collect();
    let request = json!({ "sample": true, "numbers": numbers }).to_string();
    let answer = functions
        .invoke(&stack.sample_data.function, Bytes::from(request))
        .await
        .map_err(|error| StartError::part("sample data", error))?;
    let sample: Sample =
        serde_json::from_slice(&answer).map_err(|wrong| StartError::part("sample data", wrong))?;
    write_private(&path, &answer).map_err(|source| StartError::Unwritable { path, source })?;
    Ok(sample)
}

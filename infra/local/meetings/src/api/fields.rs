//! Reads the fields of a request, so that every error names the one it is about.

use super::ApiError;
use serde_json::{Map, Value};

/// A JSON object, and where it is in the request.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    path: String,
    map: Map<String, Value>,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self {
                path: String::new(),
                map,
            }),
            Ok(_) => Err(ApiError::BadRequest(
                "the request body must be a JSON object".to_owned(),
            )),
            Err(error) => Err(ApiError::BadRequest(format!(
                "the request body is not JSON: {error}"
            ))),
        }
    }

    /// An error about a field.
    pub(super) fn wrong(&self, name: &str, rule: &str) -> ApiError {
        ApiError::BadRequest(format!("{}{name}: {rule}", self.path))
    }

    /// A field's value; null is absent, as the SDKs mean it.
    fn value(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|v| !v.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "must be a string")),
        }
    }

    /// A string of `least..=most` characters.
    pub(super) fn text_of(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<&str>, ApiError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        if (least..=most).contains(&text.chars().count()) {
            Ok(Some(text))
        } else {
            Err(self.wrong(name, &format!("must have {least} to {most} characters")))
        }
    }

    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| self.wrong(name, "is required"))
    }

    pub(super) fn count(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, ApiError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let count = value
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| (least..=most).contains(n));
        count.map(Some).ok_or_else(|| {
            self.wrong(
                name,
                &format!("must be a whole number from {least} to {most}"),
            )
        })
    }

    /// One of some words.
    pub(super) fn word<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        allowed: &str,
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let known = serde_json::from_value(value.clone()).ok();
        known
            .map(Some)
            .ok_or_else(|| self.wrong(name, &format!("must be one of {allowed}")))
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self {
                path: format!("{}{name}.", self.path),
                map: map.clone(),
            })),
            Some(_) => Err(self.wrong(name, "must be an object")),
        }
    }

    fn list(&self, name: &str, least: usize, most: usize) -> Result<Option<&Vec<Value>>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(list)) if (least..=most).contains(&list.len()) => Ok(Some(list)),
            Some(_) => Err(self.wrong(
                name,
                &format!("must be a list of {least} to {most} entries"),
            )),
        }
    }

    pub(super) fn objects(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<Vec<Self>>, ApiError> {
        let Some(list) = self.list(name, least, most)? else {
            return Ok(None);
        };
        let fields = list.iter().enumerate().map(|(at, value)| match value {
            Value::Object(map) => Ok(Self {
                path: format!("{}{name}[{at}].", self.path),
                map: map.clone(),
            }),
            _ => Err(self.wrong(&format!("{name}[{at}]"), "must be an object")),
        });
        fields.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn texts(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<Vec<String>>, ApiError> {
        let Some(list) = self.list(name, least, most)? else {
            return Ok(None);
        };
        let texts = list.iter().enumerate().map(|(at, value)| match value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.wrong(&format!("{name}[{at}]"), "must be a string")),
        });
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// The request without one field, for comparing it with another.
    pub(super) fn without(&self, name: &str) -> Value {
        let mut map = self.map.clone();
        map.remove(name);
        Value::Object(map)
    }
}

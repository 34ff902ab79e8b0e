//! Members of request bodies and queries, each with an error that names it.

use super::Failure;
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// A request body.
#[derive(Debug)]
pub(super) struct Fields(Map<String, Value>);

fn bad(name: &str, what: &str) -> Failure {
    Failure::BadRequest(format!("{name} {what}"))
}

impl Fields {
    pub(super) fn parse(body: &Bytes) -> Result<Self, Failure> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Failure::BadRequest(
                "the body must be a JSON object".to_owned(),
            )),
            Err(error) => Err(Failure::BadRequest(format!(
                "the body is not JSON: {error}"
            ))),
        }
    }

    pub(super) fn of(value: &Value, name: &str) -> Result<Self, Failure> {
        value
            .as_object()
            .cloned()
            .map(Self)
            .ok_or_else(|| bad(name, "must be an object"))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    /// A text of `least` to `most` characters.
    pub(super) fn text(&self, name: &str, least: usize, most: usize) -> Result<String, Failure> {
        self.optional_text(name, least, most)?
            .ok_or_else(|| bad(name, "is required"))
    }

    pub(super) fn optional_text(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<String>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if (least..=most).contains(&text.chars().count()) => {
                Ok(Some(text.clone()))
            }
            Some(_) => Err(bad(
                name,
                &format!("must be a string of {least} to {most} characters"),
            )),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(bad(name, "must be true or false")),
        }
    }

    pub(super) fn number(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_u64().filter(|n| (least..=most).contains(n)) {
                Some(number) => Ok(Some(number)),
                None => Err(bad(
                    name,
                    &format!("must be a whole number between {least} and {most}"),
                )),
            },
        }
    }

    pub(super) fn list(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<&Vec<Value>>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) if (least..=most).contains(&list.len()) => Ok(Some(list)),
            Some(_) => Err(bad(
                name,
                &format!("must be a list of {least} to {most} items"),
            )),
        }
    }

    pub(super) fn texts(
        &self,
        name: &str,
        least: usize,
        most: usize,
    ) -> Result<Option<Vec<String>>, Failure> {
        let Some(list) = self.list(name, least, most)? else {
            return Ok(None);
        };
        let texts = list
            .iter()
            .map(|v| v.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>();
        texts
            .map(Some)
            .ok_or_else(|| bad(name, "must be a list of strings"))
    }

    /// A map of strings, at most `most` pairs.
    pub(super) fn map(
        &self,
        name: &str,
        most: usize,
    ) -> Result<Option<BTreeMap<String, String>>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(map)) if map.len() <= most => {
                let pairs = map
                    .iter()
                    .map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())))
                    .collect::<Option<_>>();
                pairs
                    .map(Some)
                    .ok_or_else(|| bad(name, "must hold strings only"))
            }
            Some(_) => Err(bad(name, &format!("must be a map of at most {most} pairs"))),
        }
    }
}

/// The query of a request.
#[derive(Debug, Default)]
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Query::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|error| Failure::BadRequest(error.to_string()))
    }
}

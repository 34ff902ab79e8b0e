//! Query strings in Telnyx's deep style: `filter[phone_number][contains]=55&page[size]=10`. Names are kept with dots:
//! `filter.phone_number.contains`; `filter[status][in][]` is a list named `filter.status`.

use crate::core::problem::{Code, Refusal};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// Most parameters that are read.
const MAX_PARAMETERS: usize = 500;

/// The parameters of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Query(BTreeMap<String, Vec<String>>);

impl Query {
    fn read(text: &str) -> Self {
        let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).take(MAX_PARAMETERS) {
            map.entry(dotted(&name))
                .or_default()
                .push(value.into_owned());
        }
        Self(map)
    }

    /// The first value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str)
    }

    /// All values of a name.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// What follows `filter.`, with the values.
    pub(crate) fn filters(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .filter_map(|(name, values)| Some((name.strip_prefix("filter.")?, values.as_slice())))
    }

    /// A whole number within bounds.
    pub(crate) fn number(
        &self,
        name: &str,
        usual: usize,
        least: usize,
        most: usize,
    ) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(usual);
        };
        text.parse()
            .ok()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| {
                let detail = if most == usize::MAX {
                    format!("a number from {least}")
                } else {
                    format!("a number from {least} to {most}")
                };
                Refusal::at(Code::Invalid, name.to_owned(), detail)
            })
    }

    /// `true` or `false`.
    pub(crate) fn truth(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::at(Code::Invalid, name.to_owned(), "true or false")),
        }
    }
}

fn dotted(name: &str) -> String {
    let mut parts: Vec<&str> = name
        .split(['[', ']', '.'])
        .filter(|part| !part.is_empty())
        .collect();
    // `[in]`, `[eq]` and `[]` say how a list or a value is written, not what it is.
    while parts.len() > 1 && matches!(parts.last(), Some(&("in" | "eq"))) {
        parts.pop();
    }
    parts.join(".")
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_name_are_one() {
        let deep = Query::read("filter[end_user][admin][entity_name]=A&page[size]=5");
        let flat = Query::read("filter%5Bend_user.admin.entity_name%5D=A&page%5Bsize%5D=5");
        assert_eq!(deep, flat);
        assert_eq!(
            deep.filters().next(),
            Some(("end_user.admin.entity_name", &["A".to_owned()][..]))
        );
        assert_eq!(
            Query::read("filter[status][in][]=a&filter[status][in][]=b").all("filter.status"),
            ["a", "b"]
        );
        assert!(
            Query::read("page[size]=0")
                .number("page.size", 20, 1, 250)
                .is_err()
        );
    }
}

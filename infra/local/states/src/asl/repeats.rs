//! State names that stand twice in one `States` object: a tree of the definition has only the last of them.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::diagnostic::{Code, Diagnostic, Severity};
use super::spelling::escaped;

/// Every name that is used twice in the same object of states. Reads the text, which is well-formed.
pub(super) fn refused(definition: &str) -> Vec<Diagnostic> {
    let mut search = Search::default();
    // What cannot be read is refused elsewhere.
    let _read =
        Reader(&mut search).deserialize(&mut serde_json::Deserializer::from_str(definition));
    search.found
}

#[derive(Debug, Default)]
struct Search {
    /// The names, and places in arrays, that lead to the value being read.
    way: Vec<String>,
    found: Vec<Diagnostic>,
}

impl Search {
    fn repeated(&mut self, name: &str) {
        if !is_states(&self.way) {
            return;
        }
        let way: String = self
            .way
            .iter()
            .map(|s| format!("/{}", escaped(s)))
            .collect();
        self.found.push(Diagnostic {
            severity: Severity::Error,
            code: Code::DuplicateName,
            message: format!(
                "The name '{name}' is used twice: state names are unique in the whole definition"
            ),
            location: format!("{way}/{}", escaped(name)),
        });
    }
}

/// Does the way from the root lead to the `States` of a machine, and not to data that has such a name?
fn is_states(way: &[String]) -> bool {
    let mut rest: Vec<&str> = way.iter().map(String::as_str).collect();
    loop {
        rest = match rest.as_slice() {
            ["States"] => return true,
            ["States", _, "ItemProcessor" | "Iterator", rest @ ..] => rest.to_vec(),
            ["States", _, "Branches", _, rest @ ..] => rest.to_vec(),
            _elsewhere => return false,
        };
    }
}

struct Reader<'s>(&'s mut Search);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if seen.contains(&name) {
                self.0.repeated(&name);
            }
            self.0.way.push(name.clone());
            members.next_value_seed(Reader(&mut *self.0))?;
            self.0.way.pop();
            seen.insert(name);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for place in 0_usize.. {
            self.0.way.push(place.to_string());
            let more = items.next_element_seed(Reader(&mut *self.0))?;
            self.0.way.pop();
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_found_in_states_only() {
        let text = r#"{"States": {"A": 1, "B": {"Branches": [{"States": {"C~": [], "C~": null}}],
            "Result": {"States": {"X": 1, "X": 2}}, "x": 1.5, "x": -1}, "A": true}, "States2": {"A": "", "A": ""}}"#;
        let at: Vec<String> = refused(text).into_iter().map(|d| d.location).collect();
        assert_eq!(at, ["/States/B/Branches/0/States/C~0", "/States/A"]);
    }
}

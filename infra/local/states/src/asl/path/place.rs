//! Reference paths, and writing into JSON at one: `ResultPath`.
//!
//! Source: states-language.net, "Reference Paths". A reference path names exactly one place: only names and indices.

use super::walk::{self, Kind};
use super::{NotAPath, Path, Root, Step};
use crate::json::push_string;

/// Where a result goes.
#[derive(Debug)]
pub enum Place {
    /// `null`: nowhere, it is discarded.
    Nowhere,
    /// `$`: in place of everything.
    Whole,
    /// At a path.
    At(Path),
}

/// The path leads through something that is neither object nor array, or beyond an array's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::asl) struct NoPlace {
    /// The step that cannot be taken.
    pub(in crate::asl) step: String,
}

impl Path {
    /// Parses a reference path.
    pub fn parse_reference(text: &str) -> Result<Self, NotAPath> {
        let path = Self::parse(text)?;
        let simple = path.steps.iter().all(|step| match step {
            Step::Member(_) => true,
            Step::Index(index) => *index >= 0,
            Step::Members(_) | Step::Indices(_) | Step::Slice(..) | Step::All => false,
            Step::Descend | Step::Filter(_) | Step::Call(_) => false,
        });
        if simple {
            return Ok(path);
        }
        Err(NotAPath {
            why: "a reference path has only names and indices",
            at: 1,
            source_text: text.to_owned(),
        })
    }
}

impl Place {
    /// Parses `ResultPath`.
    pub fn parse(text: &str) -> Result<Self, NotAPath> {
        let path = Path::parse_reference(text)?;
        if path.root != Root::Data {
            return Err(NotAPath {
                why: "a result can only be written below '$'",
                at: 1,
                source_text: text.to_owned(),
            });
        }
        Ok(if path.is_whole_data() {
            Self::Whole
        } else {
            Self::At(path)
        })
    }
}

impl Path {
    /// `input` with `value` at this place. Names that are missing on the way are made.
    pub(in crate::asl) fn written(&self, input: &str, value: &str) -> Result<String, NoPlace> {
        let mut out = String::with_capacity(input.len() + value.len() + 16);
        put(&self.steps, Some(input), value, &mut out)?;
        Ok(out)
    }
}

fn put(steps: &[Step], node: Option<&str>, value: &str, out: &mut String) -> Result<(), NoPlace> {
    match steps.split_first() {
        None => walk::compact(value, out),
        Some((Step::Member(name), rest)) => {
            let node = match node {
                // Nothing, or null, becomes an object.
                None => "{}",
                Some(node) if walk::kind(node) == Kind::Null => "{}",
                Some(node) if walk::kind(node) == Kind::Object => node,
                Some(_) => return Err(NoPlace { step: name.clone() }),
            };
            put_member(name, rest, node, value, out)?;
        }
        Some((Step::Index(index), rest)) => {
            let no_place = || NoPlace {
                step: format!("[{index}]"),
            };
            let node = node
                .filter(|node| walk::kind(node) == Kind::Array)
                .ok_or_else(no_place)?;
            let wanted = usize::try_from(*index).map_err(|_| no_place())?;
            if walk::items(node).nth(wanted).is_none() {
                return Err(no_place());
            }
            for (i, item) in walk::items(node).enumerate() {
                out.push(if i == 0 { '[' } else { ',' });
                if i == wanted {
                    put(rest, Some(item), value, out)?;
                } else {
                    walk::compact(item, out);
                }
            }
            out.push(']');
        }
        // A reference path has no other steps.
        Some((_, _)) => {
            return Err(NoPlace {
                step: String::new(),
            });
        }
    }
    Ok(())
}

fn put_member(
    name: &str,
    rest: &[Step],
    node: &str,
    value: &str,
    out: &mut String,
) -> Result<(), NoPlace> {
    let mut done = false;
    let mut first = true;
    let mut comma = |out: &mut String| {
        out.push(if std::mem::take(&mut first) { '{' } else { ',' });
    };
    // Of two members of one name the last counts, so the others go.
    let last = walk::members(node)
        .enumerate()
        .filter(|(_, (key, _))| walk::key_is(key, name))
        .map(|(i, _)| i)
        .last();
    for (i, (key, old)) in walk::members(node).enumerate() {
        if walk::key_is(key, name) && Some(i) != last {
            continue;
        }
        comma(out);
        out.push('"');
        out.push_str(key);
        out.push_str("\":");
        if Some(i) == last {
            put(rest, Some(old), value, out)?;
            done = true;
        } else {
            walk::compact(old, out);
        }
    }
    if !done {
        comma(out);
        push_string(out, name);
        out.push(':');
        put(rest, None, value, out)?;
    }
    out.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::Meter;
    use super::super::same::same;
    use super::super::walk::tests::any_json;
    use super::*;

    fn written(path: &str, input: &str, value: &str) -> Result<String, NoPlace> {
        Path::parse_reference(path).unwrap().written(input, value)
    }

    #[test]
    fn what_is_missing_on_the_way_is_made_and_the_rest_stays() {
        assert_eq!(
            written("$.a.b", r#"{ "x" : 1 }"#, "2").unwrap(),
            r#"{"x":1,"a":{"b":2}}"#
        );
        assert_eq!(
            written("$.x", r#"{"x":1,"y":2}"#, "[ 3 ]").unwrap(),
            r#"{"x":[3],"y":2}"#
        );
        assert_eq!(
            written("$.x[1].y", r#"{"x":[0,{}]}"#, "1").unwrap(),
            r#"{"x":[0,{"y":1}]}"#
        );
        assert_eq!(written("$.a", "null", "1").unwrap(), r#"{"a":1}"#);
    }

    #[test]
    fn a_place_inside_a_text_or_beyond_an_end_is_none() {
        assert!(written("$.a.b", r#"{"a":"text"}"#, "1").is_err());
        assert!(written("$.a[2]", r#"{"a":[1]}"#, "1").is_err());
        assert!(written("$.a", "[1]", "1").is_err());
    }

    #[test]
    fn only_places_below_the_data_can_be_written() {
        for text in [
            "$$.a",
            "$var",
            "$[*]",
            "$..a",
            "$[?(@.a)]",
            "$[1:2]",
            "$['a','b']",
            "a",
        ] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_found_there(
            input in any_json(), value in any_json(),
            names in proptest::collection::vec("[a-c '\"\\\\]{1,3}", 1..4),
        ) {
            let mut text = String::from("$");
            for name in &names {
                text.push_str(&format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")));
            }
            let path = Path::parse_reference(&text).unwrap();
            if let Ok(out) = path.written(&input.to_string(), &value.to_string()) {
                let _json: Value = serde_json::from_str(&out).unwrap();
                let found = path.find(&out, &Meter::new()).unwrap();
                prop_assert!(same(&found, &value.to_string()));
            }
        }

        #[test]
        fn no_text_makes_the_parser_stumble(text in "[$@.\\[\\]()?*:,'a-c0-9=<>!&| -]{0,24}") {
            let _either = Path::parse(&text);
        }
    }
}

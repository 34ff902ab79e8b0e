//! What the members of requests and answers are, and what they are called on the wire: neither forms nor XML say whether
//! something is a list, a map, a number or a time.
//!
//! `members.txt` names only what is not text. The rows of a service are read when it is first asked.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

const TABLE: &str = include_str!("members.txt");

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, or anything in a request that is written like text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A time.
    Time,
    /// Bytes, in Base64 on the wire.
    Bytes,
    /// Members of its own.
    Structure,
    /// Items, each an element `item`; those of a `flat` one stand beside each other, under the name of the list.
    List {
        item: &'static str,
        flat: bool,
        of: Box<Kind>,
    },
    /// Entries, each with an element for the key and one for the value; `flat` as of a list.
    Map {
        key: &'static str,
        value: &'static str,
        flat: bool,
        of: Box<Kind>,
    },
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// What it is.
    pub(super) kind: Kind,
    /// Its name on the other side, where that is another one.
    pub(super) name: Option<&'static str>,
}

static TEXT: Member = Member {
    kind: Kind::Text,
    name: None,
};

/// The members of all requests, or of all answers, of a service.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// By name; where a name means several things, by what encloses it, too (`Volume.State`).
    members: HashMap<&'static str, Member>,
    /// Names in the longest key.
    longest: usize,
}

impl Rules {
    /// The member at the end of this path, which begins with the operation.
    pub(super) fn member(&self, path: &[String]) -> &Member {
        let longest = self.longest.min(path.len());
        let found = (1..=longest).rev().find_map(|length| {
            let end = path.get(path.len() - length..)?;
            self.members.get(end.join(".").as_str())
        });
        found.unwrap_or(&TEXT)
    }

    fn add(&mut self, of: Kind, members: &'static str) {
        for told in members.split(' ') {
            let (path, name) = match told.split_once('=') {
                Some((path, name)) => (path, Some(name)),
                None => (told, None),
            };
            self.longest = self.longest.max(path.split('.').count());
            let kind = of.clone();
            self.members.insert(path, Member { kind, name });
        }
    }
}

/// A service's members.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// Of requests, by the names that tasks give them.
    pub(super) request: Rules,
    /// Of answers, by the names on the wire.
    pub(super) answer: Rules,
}

static SHAPES: LazyLock<HashMap<&'static str, OnceLock<Shapes>>> = LazyLock::new(|| {
    let services = rows().map(|[service, ..]| (service, OnceLock::new()));
    services.collect()
});
static NONE: LazyLock<Shapes> = LazyLock::new(Shapes::default);

/// The members of a service.
pub(super) fn of(service: &str) -> &'static Shapes {
    match SHAPES.get(service) {
        Some(shapes) => shapes.get_or_init(|| read(service)),
        None => &NONE,
    }
}

fn read(service: &str) -> Shapes {
    let mut shapes = Shapes::default();
    for [_, side, told, members] in rows().filter(|[of, ..]| *of == service) {
        let rules = match side {
            "request" => &mut shapes.request,
            _answer => &mut shapes.answer,
        };
        rules.add(kind(told), members);
    }
    shapes
}

fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    let told = TABLE.lines().filter(|line| !line.starts_with('#'));
    told.filter_map(|line| line.split('|').collect::<Vec<_>>().try_into().ok())
}

fn kind(told: &'static str) -> Kind {
    let (word, rest) = first(told);
    match word {
        "number" => Kind::Number,
        "boolean" => Kind::Boolean,
        "time" => Kind::Time,
        "bytes" => Kind::Bytes,
        "structure" => Kind::Structure,
        "flat" => Kind::List {
            item: "",
            flat: true,
            of: Box::new(kind(rest)),
        },
        "list" => {
            let (item, of) = first(rest);
            Kind::List {
                item,
                flat: false,
                of: Box::new(kind(of)),
            }
        }
        "map" | "flatmap" => {
            let (key, rest) = first(rest);
            let (value, of) = first(rest);
            Kind::Map {
                key,
                value,
                flat: word == "flatmap",
                of: Box::new(kind(of)),
            }
        }
        _text => Kind::Text,
    }
}

fn first(told: &'static str) -> (&'static str, &'static str) {
    told.split_once(' ').unwrap_or((told, ""))
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    const KINDS: [&str; 10] = [
        "text",
        "number",
        "boolean",
        "time",
        "bytes",
        "structure",
        "list",
        "flat",
        "map",
        "flatmap",
    ];

    #[test]
    fn every_row_is_understood_and_is_of_a_service() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(rows().count(), lines.count());
        for [service, side, told, members] in rows() {
            assert!(table::service(service).is_some(), "{service}");
            assert!(["request", "answer"].contains(&side), "{side}");
            assert!(KINDS.contains(&first(told).0), "{told}");
            assert!(!members.split(' ').any(str::is_empty), "{service} {told}");
        }
    }

    #[test]
    fn every_service_that_speaks_xml_has_members_of_answers() {
        for name in table::names() {
            let protocol = table::service(name).unwrap().protocol;
            let xml = matches!(
                protocol,
                table::Protocol::Query { .. }
                    | table::Protocol::Ec2 { .. }
                    | table::Protocol::RestXml { .. }
            );
            assert_eq!(of(name).answer.members.is_empty(), !xml, "{name}");
        }
    }

    #[test]
    fn what_encloses_a_member_decides_where_its_name_does_not() {
        let mut rules = Rules::default();
        rules.add(Kind::Number, "Value");
        rules.add(Kind::Boolean, "Limits.Value");
        rules.add(kind("list member text"), "Get.Limits.Value=Values");
        let member = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|name| (*name).to_owned()).collect();
            rules.member(&path).clone()
        };
        assert_eq!(member(&["List", "Value"]).kind, Kind::Number);
        assert_eq!(member(&["List", "Limits", "Value"]).kind, Kind::Boolean);
        let list = member(&["Get", "Limits", "Value"]);
        assert_eq!(
            (list.kind, list.name),
            (kind("list member text"), Some("Values"))
        );
        assert_eq!(member(&["List", "Other"]), TEXT);
    }
}

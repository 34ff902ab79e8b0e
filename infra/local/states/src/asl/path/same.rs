//! When two JSON values are the same, and which of two comes first: the one answer for Choice rules, filters of paths and
//! intrinsic functions.
//!
//! Numbers are the same by value, texts by their characters, objects by their members in any order (of two members of one name
//! the last counts). Every value has one canonical text, made in one pass, so a comparison takes no longer than reading both.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::decimal::Decimal;
use super::walk::{self, Kind};

/// Are two nodes the same JSON?
pub(in crate::asl) fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    walk::kind(a) == walk::kind(b) && !(is_plain(a) && is_plain(b)) && canonical(a) == canonical(b)
}

/// Is a node the same as one of a list's items?
pub(in crate::asl) fn is_among(node: &str, list: &str) -> bool {
    let (kind, plain) = (walk::kind(node), is_plain(node));
    let mut wanted = None;
    walk::items(list).any(|item| {
        if item == node {
            return true;
        }
        walk::kind(item) == kind
            && !(plain && is_plain(item))
            && canonical(item) == *wanted.get_or_insert_with(|| canonical(node))
    })
}

/// Is there no other way to write the node? Then it is the same only as what is written so too.
fn is_plain(node: &str) -> bool {
    match walk::kind(node) {
        Kind::Null | Kind::Boolean => true,
        Kind::Number => node.bytes().all(|byte| byte.is_ascii_digit()),
        Kind::String => !node.contains('\\'),
        Kind::Array | Kind::Object => false,
    }
}

/// The canonical texts of a list's items.
pub(super) fn set(list: &str) -> HashSet<String> {
    walk::items(list).map(canonical).collect()
}

/// How two numbers stand, or two texts; other nodes have no order.
pub(in crate::asl) fn order(a: &str, b: &str) -> Option<Ordering> {
    match (walk::kind(a), walk::kind(b)) {
        (Kind::Number, Kind::Number) => Some(Decimal::of(a)?.order(&Decimal::of(b)?)),
        (Kind::String, Kind::String) => {
            let (a, b) = (walk::string(a)?, walk::string(b)?);
            // By UTF-16 units, as Java does.
            Some(a.encode_utf16().cmp(b.encode_utf16()))
        }
        _other => None,
    }
}

/// One text for all ways to write a value. It is no JSON.
pub(in crate::asl) fn canonical(node: &str) -> String {
    let mut writer = Writer {
        text: node,
        at: 0,
        out: String::with_capacity(node.len()),
    };
    writer.value(0);
    writer.out
}

struct Writer<'a> {
    text: &'a str,
    /// What was read.
    at: usize,
    out: String,
}

/// Where in the output a member is.
struct Member {
    from: usize,
    /// Behind its name.
    name_end: usize,
    end: usize,
}

impl Writer<'_> {
    fn value(&mut self, depth: usize) {
        self.skip(b" \t\n\r:");
        let bytes = self.text.as_bytes();
        match bytes.get(self.at) {
            Some(b'{') if depth <= walk::MAX_DEPTH => self.object(depth),
            Some(b'[') if depth <= walk::MAX_DEPTH => self.array(depth),
            _scalar => {
                let end = walk::end_of_value(bytes, self.at);
                let node = &self.text[self.at..end];
                self.at = end;
                self.scalar(node);
            }
        }
    }

    /// Goes to the next item or member; `false` at the closing bracket, which is stepped over.
    fn goes_on(&mut self) -> bool {
        self.skip(b" \t\n\r,");
        match self.text.as_bytes().get(self.at) {
            None => false,
            Some(b']' | b'}') => {
                self.at += 1;
                false
            }
            Some(_value) => true,
        }
    }

    fn skip(&mut self, signs: &[u8]) {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(|byte| signs.contains(byte)) {
            self.at += 1;
        }
    }

    fn array(&mut self, depth: usize) {
        self.at += 1;
        self.out.push('[');
        while self.goes_on() {
            self.value(depth + 1);
            self.out.push(',');
        }
        self.out.push(']');
    }

    fn object(&mut self, depth: usize) {
        self.at += 1;
        let start = self.out.len();
        self.out.push('{');
        let mut members = Vec::new();
        while self.goes_on() {
            let from = self.out.len() - start;
            let end = walk::end_of_string(self.text.as_bytes(), self.at);
            let name = &self.text[self.at..end];
            self.at = end;
            self.string(name);
            let name_end = self.out.len() - start;
            self.value(depth + 1);
            self.out.push(',');
            members.push(Member {
                from,
                name_end,
                end: self.out.len() - start,
            });
        }
        self.out.push('}');
        self.sort(start, members);
    }

    /// Brings the members of the object that begins at `start` into the order of their names.
    fn sort(&mut self, start: usize, mut members: Vec<Member>) {
        let written = &self.out[start..];
        let is_sorted = members
            .windows(2)
            .all(|pair| pair[0].name(written) < pair[1].name(written));
        if is_sorted {
            return;
        }
        let written = self.out.split_off(start);
        // Of two of one name the last stays the last.
        members.sort_by(|a, b| a.name(&written).cmp(b.name(&written)));
        self.out.push('{');
        for (i, member) in members.iter().enumerate() {
            let next = members.get(i + 1);
            if next.is_none_or(|next| next.name(&written) != member.name(&written)) {
                self.out.push_str(&written[member.from..member.end]);
            }
        }
        self.out.push('}');
    }

    fn scalar(&mut self, node: &str) {
        match walk::kind(node) {
            Kind::Number => match Decimal::of(node) {
                Some(number) => number.write(&mut self.out),
                None => self.out.push_str(node),
            },
            Kind::String => self.string(node),
            // What nests too deep is taken as text.
            Kind::Array | Kind::Object => walk::compact(node, &mut self.out),
            Kind::Null | Kind::Boolean => self.out.push_str(node),
        }
    }

    /// A text with its quotes.
    fn string(&mut self, node: &str) {
        match text(node) {
            Some(text) => crate::json::push_string(&mut self.out, &text),
            // A lone surrogate is no text: it is the same only as what is written so.
            None => {
                self.out.push('?');
                self.out.push_str(node);
            }
        }
    }
}

impl Member {
    fn name<'a>(&self, written: &'a str) -> &'a str {
        &written[self.from..self.name_end]
    }
}

fn text(node: &str) -> Option<Cow<'_, str>> {
    if node.contains('\\') {
        return serde_json::from_str::<String>(node).ok().map(Cow::Owned);
    }
    let inner = node.strip_prefix('"')?.strip_suffix('"')?;
    Some(Cow::Borrowed(inner))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::walk::tests::any_json;
    use super::*;

    proptest! {
        #[test]
        fn two_values_are_the_same_when_a_parser_says_so(a in any_json(), b in any_json()) {
            prop_assert_eq!(same(&a.to_string(), &b.to_string()), a == b);
            let pretty = serde_json::to_string_pretty(&a).unwrap();
            prop_assert!(same(&a.to_string(), &pretty));
        }
    }

    #[test]
    fn what_is_written_otherwise_is_the_same() {
        for (a, b) in [
            ("1.0", "1"),
            ("-0", "0"),
            ("[1e2]", "[ 100.0 ]"),
            (
                r#"{"a":1,"b":{"d":[2],"c":3}}"#,
                r#"{ "b": {"c":3.0, "d":[2e0]}, "a":1 }"#,
            ),
            (r#"{"a":1,"a":2}"#, r#"{"\u0061":2}"#),
            (r#""\u00e9\/""#, "\"\u{e9}/\""),
            (r#"{"b":{},"a":[]}"#, r#"{"a":[],"b":{}}"#),
        ] {
            assert!(same(a, b), "{a} {b}");
            assert!(is_among(a, &format!("[null,{b}]")), "{a} {b}");
        }
    }

    #[test]
    fn what_is_not_the_same_is_told_apart() {
        for (a, b) in [
            ("1", "\"1\""),
            ("9007199254740993", "9007199254740992"),
            ("true", "false"),
            ("null", "false"),
            ("[]", "{}"),
            ("[1,2]", "[12]"),
            ("[[1],2]", "[[1,2]]"),
            // As many members, and each of the first has its like in the second.
            (r#"{"a":1,"a":1}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#),
            (r#""\ud800""#, r#""\\ud800""#),
        ] {
            assert!(!same(a, b), "{a} {b}");
            assert!(!same(b, a), "{a} {b}");
            assert!(!is_among(a, &format!("[{b}]")), "{a} {b}");
        }
    }

    #[test]
    fn nesting_without_end_is_compared_without_end_of_stack() {
        let deep = |end: &str| format!("{}{end}{}", "[".repeat(100_000), "]".repeat(100_000));
        let spaced = deep("1").replacen("[1]", "[ 1 ]", 1);
        assert!(same(&deep("1"), &deep("1")));
        assert!(!same(&deep("1"), &spaced.replace('1', "2")));
        assert!(!same(&deep("1"), &deep("2")));
    }

    #[test]
    fn large_objects_are_compared_in_one_pass() {
        let written = |names: &mut dyn Iterator<Item = u32>| {
            let members: Vec<String> = names.map(|n| format!("\"{n}\":{n}")).collect();
            format!("{{{}}}", members.join(","))
        };
        let (up, down) = (written(&mut (0..20_000)), written(&mut (0..20_000).rev()));
        assert!(same(&up, &down));
        assert!(!same(&up, &down.replacen("\"7\":7,", "\"7\":8,", 1)));
    }
}

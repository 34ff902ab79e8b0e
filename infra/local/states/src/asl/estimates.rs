//! How much text a call of a built-in function makes, at the most or about, told from its arguments.
//!
//! An argument may be left out where the context stands for it, so where an estimate can do without, it does not ask which
//! argument is which.

use jsonata_core::functions::string;
use jsonata_core::value::JValue;

use super::sizes::{ENTRY_BYTES, MATCH_BYTES};

/// Longest number that is written out, in digits.
const NUMBER_DIGITS: usize = 400;
/// In a text of at most so many bytes as many matches are supposed: to find them takes longer than to have room for them.
const SHORT_TEXT_BYTES: usize = 256;
/// How many matches a function in the place of a pattern is thought to find.
const FOUND: usize = 131_072;

/// A call: its context and its arguments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) context: &'a JValue,
    pub(super) args: &'a [JValue],
}

impl<'a> Given<'a> {
    /// The arguments that are texts.
    fn texts(self) -> impl Iterator<Item = &'a str> {
        self.args.iter().filter_map(JValue::as_str)
    }

    /// The largest argument that is a number; that of the context if there is none.
    fn largest(self) -> f64 {
        let numbers = self.args.iter().filter_map(JValue::as_f64).map(f64::abs);
        let context = self.context.as_f64().map_or(0.0, f64::abs);
        numbers.reduce(f64::max).unwrap_or(context)
    }

    fn argument(self, index: usize) -> &'a JValue {
        self.args.get(index).unwrap_or(&JValue::Undefined)
    }

    /// The text that a function of `count` texts and a limit works on, and the arguments behind it.
    fn subject(self, count: usize) -> (&'a str, &'a [JValue]) {
        let is_left_out = self.args.len() < count || self.argument(count - 1).as_f64().is_some();
        match self.args {
            [subject, rest @ ..] if !is_left_out => (subject.as_str().unwrap_or_default(), rest),
            all => (self.context.as_str().unwrap_or_default(), all),
        }
    }
}

/// Of what makes no more of a text than there is.
pub(super) fn same(given: Given<'_>) -> usize {
    let context = given.context.as_str().map_or(0, str::len);
    given
        .texts()
        .map(str::len)
        .fold(context, usize::saturating_add)
}

/// Of what writes each byte as three at the most.
pub(super) fn thrice(given: Given<'_>) -> usize {
    same(given).saturating_mul(3)
}

/// `$pad(text, width, character)`
pub(super) fn padded(given: Given<'_>) -> usize {
    let width = given.largest() as usize;
    // The longest character has four bytes.
    width.saturating_mul(4).saturating_add(same(given))
}

/// `$join(texts, separator)`
pub(super) fn joined(given: Given<'_>) -> usize {
    let separator = given.argument(1).as_str().map_or(0, str::len);
    let first = given.argument(0);
    let one = std::slice::from_ref(first);
    let items = first.as_array().map_or(one, Vec::as_slice);
    let items = items.iter().map(|item| item.as_str().map_or(0, str::len));
    items.fold(0, |sum: usize, bytes| {
        sum.saturating_add(bytes.saturating_add(separator))
    })
}

/// `$fromMillis(time, picture, zone)`, `$now(picture, zone)`: a picture may ask for any number of digits, as `[D,9999999]` does.
pub(super) fn dated(given: Given<'_>) -> usize {
    let numbers = given
        .texts()
        .flat_map(|picture| picture.split(|c: char| !c.is_ascii_digit()));
    let widths = numbers.map(|digits| match digits {
        "" => 0,
        digits => digits.parse().unwrap_or(usize::MAX),
    });
    let widths = widths.fold(0, usize::saturating_add);
    // A character has at most four bytes, and is held twice.
    widths.saturating_add(same(given)).saturating_mul(8)
}

/// `$formatInteger(number, picture)`: in Roman numerals every thousand is a letter.
pub(super) fn whole(given: Given<'_>) -> usize {
    let is_roman = given.texts().any(|picture| picture.contains(['i', 'I']));
    let thousands = given.largest() / 1_000.0;
    let letters = if is_roman { thousands as usize } else { 0 };
    let picture = same(given).saturating_add(NUMBER_DIGITS);
    // Between the digits may be separators; a character has at most four bytes.
    picture.saturating_mul(8).saturating_add(letters)
}

/// `$formatNumber(number, picture, options)`: an option may be a long text, and stand behind every digit.
pub(super) fn decimal(given: Given<'_>) -> usize {
    let options = given.args.iter().filter_map(JValue::as_object);
    let options = options.flat_map(|options| options.values());
    let longest = options.filter_map(JValue::as_str).map(str::len).max();
    let digits = same(given).saturating_add(NUMBER_DIGITS);
    digits.saturating_mul(longest.unwrap_or(0).saturating_add(4))
}

/// `$split(text, separator, limit)`
pub(super) fn split(given: Given<'_>) -> usize {
    let (text, rest) = given.subject(2);
    let pieces = match rest.first() {
        Some(JValue::String(separator)) if separator.is_empty() => text.chars().count(),
        Some(separator) => found(text, separator).matches,
        None => 0,
    };
    let pieces = pieces.saturating_add(1);
    pieces
        .saturating_mul(ENTRY_BYTES)
        .saturating_add(text.len())
}

/// `$match(text, pattern, limit)`
pub(super) fn matched(given: Given<'_>) -> usize {
    let (text, rest) = given.subject(2);
    let Some(pattern @ JValue::Regex { .. }) = rest.first() else {
        return text.len();
    };
    let found = found(text, pattern);
    let each = found.groups.saturating_mul(ENTRY_BYTES) + MATCH_BYTES;
    let groups = found.groups.saturating_mul(text.len());
    let matches = found.matches.min(limit(rest.get(1)));
    matches.saturating_mul(each).saturating_add(groups)
}

/// `$replace(text, pattern, by, limit)`. What a function puts in the place of a match is counted when it does.
pub(super) fn replaced(given: Given<'_>) -> usize {
    let (text, rest) = given.subject(3);
    let [pattern, by, ..] = rest else {
        return text.len();
    };
    let by = by.as_str().unwrap_or_default();
    let matches = found(text, pattern).matches.min(limit(rest.get(2)));
    // A dollar may stand for the match, or for a group of it.
    let inserted = by.matches('$').count().saturating_mul(text.len());
    let replaced = matches.saturating_mul(by.len());
    replaced.saturating_add(inserted).saturating_add(text.len())
}

/// How many matches are asked for. One more is made.
fn limit(given: Option<&JValue>) -> usize {
    let limit = given.and_then(JValue::as_f64);
    limit.map_or(usize::MAX, |limit| (limit as usize).saturating_add(1))
}

struct Found {
    matches: usize,
    groups: usize,
}

/// How often a pattern is found in a text, and how many groups it has.
fn found(text: &str, pattern: &JValue) -> Found {
    match pattern {
        JValue::String(part) if !part.is_empty() => Found {
            matches: text.matches(&**part).count(),
            groups: 0,
        },
        JValue::Regex { pattern, .. } if text.len() <= SHORT_TEXT_BYTES => Found {
            matches: text.len() + 1,
            groups: pattern.matches('(').count() + 1,
        },
        JValue::Regex { pattern, flags } => match string::build_regex(pattern, flags) {
            Ok(regex) => Found {
                matches: regex.find_iter(text).count(),
                groups: regex.captures_len(),
            },
            // The call itself says what is wrong with it.
            Err(_) => Found {
                matches: 0,
                groups: 0,
            },
        },
        JValue::Lambda(_) | JValue::Builtin { .. } => Found {
            matches: FOUND,
            groups: 0,
        },
        _other => Found {
            matches: 0,
            groups: 0,
        },
    }
}

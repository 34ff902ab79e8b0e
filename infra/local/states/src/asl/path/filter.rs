//! Filters: `[?(@.price < 10 && @.name)]`.
//!
//! Operands are paths from `@` (the item), `$`, `$$` (the context object) or a variable, and literals. Values of different
//! kinds are never equal, and only two numbers or two strings have an order.

use std::borrow::Cow;
use std::sync::Arc;

use super::find::find_within;
use super::meter::Work;
use super::parse::Cursor;
use super::pattern::Pattern;
use super::same::{self, same};
use super::walk::{self, Kind};
use super::{MAX_PATH_BYTES, NotAPath, Path, Root, Roots};

/// Deepest nesting of parentheses and `!`.
const MAX_DEPTH: usize = 32;

/// A condition on an item.
#[derive(Debug)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// The path leads to something.
    Exists(Path),
    Compare(Operand, Operator, Operand),
    Matches(Operand, Box<Pattern>),
}

#[derive(Debug)]
pub(super) enum Operand {
    Path(Path),
    /// JSON text.
    Literal(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Contains,
    SubsetOf,
    AnyOf,
    NoneOf,
    Size,
    Empty,
}

/// Longer signs first: `<=` is not `<`.
const SIGNS: &[(&str, Operator)] = &[
    ("===", Operator::Equal),
    ("!==", Operator::NotEqual),
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];
const WORDS: &[(&str, Operator)] = &[
    ("in", Operator::In),
    ("nin", Operator::NotIn),
    ("contains", Operator::Contains),
    ("subsetof", Operator::SubsetOf),
    ("anyof", Operator::AnyOf),
    ("noneof", Operator::NoneOf),
    ("size", Operator::Size),
    ("empty", Operator::Empty),
];

type Read<T> = Result<T, NotAPath>;

impl Cursor<'_> {
    /// The filter behind `[?`.
    pub(super) fn filter(&mut self) -> Read<Filter> {
        self.space();
        self.expect("(", "a filter is written [?( ... )]")?;
        let filter = self.either(0)?;
        self.space();
        self.expect(")", "')' of the filter is missing")?;
        Ok(filter)
    }

    fn either(&mut self, depth: usize) -> Read<Filter> {
        let mut all = vec![self.both(depth)?];
        loop {
            self.space();
            if !self.eat("||") {
                break;
            }
            all.push(self.both(depth)?);
        }
        Ok(single_or(all, Filter::Or))
    }

    fn both(&mut self, depth: usize) -> Read<Filter> {
        let mut all = vec![self.one(depth)?];
        loop {
            self.space();
            if !self.eat("&&") {
                break;
            }
            all.push(self.one(depth)?);
        }
        Ok(single_or(all, Filter::And))
    }

    fn one(&mut self, depth: usize) -> Read<Filter> {
        if depth > MAX_DEPTH {
            return self.fail("the filter is nested deeper than 32");
        }
        self.space();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.bump();
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.eat("(") {
            let inner = self.either(depth + 1)?;
            self.space();
            self.expect(")", "')' is missing")?;
            return Ok(inner);
        }
        let left = self.operand()?;
        self.space();
        if self.eat("=~") {
            self.space();
            return Ok(Filter::Matches(left, Box::new(self.pattern()?)));
        }
        if let Some((sign, operator)) = SIGNS.iter().find(|(sign, _)| self.rest().starts_with(sign))
        {
            self.eat(sign);
            self.space();
            return Ok(Filter::Compare(left, *operator, self.operand()?));
        }
        let before = self.clone();
        let word = self.take_while(char::is_alphabetic).to_ascii_lowercase();
        if let Some((_, operator)) = WORDS.iter().find(|(known, _)| *known == word) {
            self.space();
            return Ok(Filter::Compare(left, *operator, self.operand()?));
        }
        *self = before;
        match left {
            Operand::Path(path) => Ok(Filter::Exists(path)),
            Operand::Literal(_) => self.fail("an operator is expected"),
        }
    }

    fn operand(&mut self) -> Read<Operand> {
        match self.peek() {
            Some('@' | '$') => Ok(Operand::Path(self.path()?)),
            Some('\'' | '"') => {
                let text = self.quoted()?;
                let mut literal = String::new();
                crate::json::push_string(&mut literal, &text);
                Ok(Operand::Literal(literal))
            }
            Some('[' | '{') => self.json_literal(),
            _scalar => {
                let word = self.take_while(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
                if serde_json::from_str::<serde::de::IgnoredAny>(word).is_err() {
                    return self
                        .fail("a path, a number, a quoted text, true, false or null is expected");
                }
                Ok(Operand::Literal(word.to_owned()))
            }
        }
    }

    /// `['a', 1]` or `{"a": 1}`; texts in single quotes are taken as well.
    fn json_literal(&mut self) -> Read<Operand> {
        let mut literal = String::new();
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return self.fail("the list is not closed"),
                Some('\'' | '"') => {
                    let text = self.quoted()?;
                    crate::json::push_string(&mut literal, &text);
                }
                Some(c) => {
                    self.bump();
                    literal.push(c);
                    match c {
                        '[' | '{' => depth += 1,
                        ']' | '}' => depth -= 1,
                        _inside => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
        if serde_json::from_str::<serde::de::IgnoredAny>(&literal).is_err() {
            return self.fail("the list or object is not JSON");
        }
        Ok(Operand::Literal(literal))
    }

    /// `/.../i`, matched against the whole text.
    fn pattern(&mut self) -> Read<Pattern> {
        self.expect("/", "a pattern is written /.../")?;
        let mut pattern = String::new();
        loop {
            match self.bump() {
                None => return self.fail("the closing '/' of the pattern is missing"),
                Some('/') => break,
                Some('\\') if self.peek() == Some('/') => {
                    self.bump();
                    pattern.push('/');
                }
                Some('\\') => {
                    pattern.push('\\');
                    pattern.extend(self.bump());
                }
                Some(c) => pattern.push(c),
            }
        }
        let ignores_case = self.eat("i");
        if pattern.len() > MAX_PATH_BYTES {
            return self.fail("a pattern has at most 1024 bytes");
        }
        match Pattern::new(&pattern, ignores_case) {
            Some(pattern) => Ok(pattern),
            None => self.fail("the pattern is not a regular expression, or is too large"),
        }
    }
}

fn single_or(mut all: Vec<Filter>, make: fn(Vec<Filter>) -> Filter) -> Filter {
    match all.len() {
        1 => all.remove(0),
        _several => make(all),
    }
}

/// What a filter sees: the item, what other paths begin at, and how much may still be looked at.
#[derive(Clone, Copy)]
struct Sight<'t, 'w> {
    item: &'t str,
    roots: &'t dyn Roots,
    work: &'w Work<'t, 'w>,
}

impl Filter {
    /// Does the item pass?
    pub(super) fn passes<'t>(
        &self,
        item: &'t str,
        roots: &'t dyn Roots,
        work: &Work<'t, '_>,
    ) -> bool {
        self.holds(Sight { item, roots, work })
    }

    /// Adds the variables that it looks at, filters inside it too.
    pub(super) fn variables(&self, names: &mut Vec<Arc<str>>) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|f| f.variables(names)),
            Self::Not(inner) => inner.variables(names),
            Self::Exists(path) => names.extend(path.variables().map(Arc::<str>::from)),
            Self::Compare(left, _, right) => {
                left.variables(names);
                right.variables(names);
            }
            Self::Matches(operand, _) => operand.variables(names),
        }
    }

    fn holds(&self, sight: Sight<'_, '_>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|f| f.holds(sight)),
            Self::Or(all) => all.iter().any(|f| f.holds(sight)),
            Self::Not(inner) => !inner.holds(sight),
            Self::Exists(path) => value(path, sight).is_some_and(|found| {
                // A list of what is not the item's has been copied.
                sight.work.charge(match &found {
                    Cow::Owned(list) => list.len(),
                    Cow::Borrowed(_) => 0,
                });
                path.is_definite() || found != "[]"
            }),
            Self::Compare(left, operator, right) => {
                match (left.value(sight), right.value(sight)) {
                    (Some(left), Some(right)) => {
                        sight.work.charge(left.len() + right.len());
                        !sight.work.is_spent() && operator.holds(&left, &right)
                    }
                    // What is missing equals only what is missing.
                    (left, right) => match operator {
                        Operator::Equal => left.is_none() && right.is_none(),
                        Operator::NotEqual => left.is_some() != right.is_some(),
                        _other => false,
                    },
                }
            }
            Self::Matches(operand, pattern) => operand.value(sight).is_some_and(|v| {
                walk::string(&v).is_some_and(|text| sight.work.matches(pattern, &text))
            }),
        }
    }
}

fn value<'t>(path: &Path, sight: Sight<'t, '_>) -> Option<Cow<'t, str>> {
    match path.root {
        Root::Item => {
            let meter = sight.work.meter();
            let held = meter.held();
            let found = find_within(path, sight.item, sight.roots, sight.work).ok();
            // It is let go when the item has been looked at.
            if !meter.is_full() {
                meter.settle(held);
            }
            found
        }
        Root::Data | Root::Context | Root::Variable(_) => sight.work.fixed(path, sight.roots),
    }
}

impl Operand {
    fn variables(&self, names: &mut Vec<Arc<str>>) {
        match self {
            Self::Path(path) => names.extend(path.variables().map(Arc::<str>::from)),
            Self::Literal(_) => {}
        }
    }

    fn value<'s, 't: 's>(&'s self, sight: Sight<'t, '_>) -> Option<Cow<'s, str>> {
        match self {
            Self::Path(path) => value(path, sight),
            Self::Literal(text) => Some(Cow::Borrowed(text)),
        }
    }
}

impl Operator {
    fn holds(self, left: &str, right: &str) -> bool {
        let order = || same::order(left, right);
        match self {
            Self::Equal => same(left, right),
            Self::NotEqual => !same(left, right),
            Self::Less => order().is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order().is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order().is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order().is_some_and(std::cmp::Ordering::is_ge),
            Self::In => same::is_among(left, right),
            Self::NotIn => !same::is_among(left, right),
            Self::Contains => match (walk::string(left), walk::string(right)) {
                (Some(text), Some(part)) => text.contains(&*part),
                _list => same::is_among(right, left),
            },
            Self::SubsetOf => same::set(left).is_subset(&same::set(right)),
            Self::AnyOf => !same::set(left).is_disjoint(&same::set(right)),
            Self::NoneOf => same::set(left).is_disjoint(&same::set(right)),
            Self::Size => size(left).is_some_and(|n| walk::number(right) == Some(n as f64)),
            Self::Empty => size(left).is_some_and(|n| (n == 0) == (right == "true")),
        }
    }
}

/// How many items or characters.
fn size(node: &str) -> Option<usize> {
    match walk::kind(node) {
        Kind::Array => Some(walk::items(node).count()),
        Kind::String => walk::string(node).map(|text| text.chars().count()),
        Kind::Null | Kind::Boolean | Kind::Number | Kind::Object => None,
    }
}

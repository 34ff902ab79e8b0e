//! Reading paths. One cursor reads paths, the filters inside them and, for intrinsic functions, the paths among
//! arguments, so a path ends where it ends and needs no delimiter.

use super::{Function, MAX_PATH_BYTES, NotAPath, Path, Root, Step};

/// Most steps of one path.
const MAX_STEPS: usize = 128;
/// Deepest nesting of filters inside filters.
const MAX_FILTERS: usize = 8;

/// A place in a text that is being read.
#[derive(Debug, Clone)]
pub(in crate::asl) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Filters around this place.
    filters: usize,
}

type Read<T> = Result<T, NotAPath>;

impl<'a> Cursor<'a> {
    pub(in crate::asl) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            filters: 0,
        }
    }

    pub(in crate::asl) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(in crate::asl) fn at(&self) -> usize {
        self.at
    }

    /// What was read since `start`.
    pub(in crate::asl) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    pub(in crate::asl) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(in crate::asl) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Steps over `word` if it comes next.
    pub(in crate::asl) fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    pub(in crate::asl) fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(in crate::asl) fn fail<T>(&self, why: &'static str) -> Read<T> {
        Err(NotAPath {
            why,
            at: self.text[..self.at].chars().count() + 1,
            source_text: self.text.to_owned(),
        })
    }

    pub(in crate::asl) fn expect(&mut self, word: &str, why: &'static str) -> Read<()> {
        if self.eat(word) {
            Ok(())
        } else {
            self.fail(why)
        }
    }

    /// Nothing may follow.
    pub(in crate::asl) fn end(&self) -> Read<()> {
        if self.rest().is_empty() {
            Ok(())
        } else {
            self.fail("the path does not go on like this")
        }
    }

    /// Steps over characters while `wanted` holds.
    pub(in crate::asl) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.bump();
        }
        self.since(start)
    }

    /// A path, up to where it ends.
    pub(in crate::asl) fn path(&mut self) -> Read<Path> {
        let start = self.at;
        let root = self.root()?;
        let mut steps = Vec::new();
        while self.step(&mut steps)? {
            if steps.len() > MAX_STEPS {
                return self.fail("a path has at most 128 steps");
            }
        }
        let source = self.since(start);
        if source.len() > MAX_PATH_BYTES {
            return self.fail("a path has at most 1024 bytes");
        }
        if let Some(place) = steps.iter().position(|s| matches!(s, Step::Call(_)))
            && place + 1 < steps.len()
        {
            return self.fail("a function ends its path");
        }
        let definite = is_definite(&steps);
        let mut filtered_by = Vec::new();
        for step in &steps {
            if let Step::Filter(filter) = step {
                filter.variables(&mut filtered_by);
            }
        }
        Ok(Path {
            source: source.to_owned(),
            root,
            steps,
            definite,
            filtered_by,
        })
    }

    fn root(&mut self) -> Read<Root> {
        if self.eat("@") {
            return Ok(Root::Item);
        }
        self.expect("$", "a path begins with '$'")?;
        if self.eat("$") {
            return Ok(Root::Context);
        }
        if self.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
            let name = self.take_while(|c| c.is_alphanumeric() || c == '_');
            return Ok(Root::Variable(name.into()));
        }
        Ok(Root::Data)
    }

    /// One step, if the path goes on.
    fn step(&mut self, steps: &mut Vec<Step>) -> Read<bool> {
        if self.eat("..") {
            steps.push(Step::Descend);
            let step = match self.peek() {
                Some('[') => self.bracket()?,
                _name => self.dotted()?,
            };
            steps.push(step);
        } else if self.eat(".") {
            let step = match self.peek() {
                Some('[') => self.bracket()?,
                _name => self.dotted()?,
            };
            steps.push(step);
        } else if self.peek() == Some('[') {
            steps.push(self.bracket()?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// What follows a dot: `*`, a name, or a function.
    fn dotted(&mut self) -> Read<Step> {
        if self.eat("*") {
            return Ok(Step::All);
        }
        let name = self.take_while(is_name);
        if name.is_empty() {
            return self.fail("a name or '*' is missing behind '.'");
        }
        if !self.eat("(") {
            return Ok(Step::Member(name.to_owned()));
        }
        self.space();
        self.expect(")", "functions of paths take no arguments")?;
        match Function::NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, function)) => Ok(Step::Call(*function)),
            None => self.fail(
                "the functions of paths are length, size, min, max, sum, avg, stddev, keys, first and last",
            ),
        }
    }

    fn bracket(&mut self) -> Read<Step> {
        self.expect("[", "'[' is missing")?;
        self.space();
        let step = match self.peek() {
            Some('*') => {
                self.bump();
                Step::All
            }
            Some('?') => {
                self.bump();
                if self.filters >= MAX_FILTERS {
                    return self.fail("filters are nested deeper than 8");
                }
                self.filters += 1;
                let filter = self.filter()?;
                self.filters -= 1;
                Step::Filter(Box::new(filter))
            }
            Some('\'' | '"') => self.names()?,
            Some(c) if c.is_ascii_digit() || c == '-' || c == ':' => self.numbers()?,
            _other => {
                return self.fail("a quoted name, a number, '*' or '?' is expected in '[...]'");
            }
        };
        self.space();
        self.expect("]", "']' is missing")?;
        Ok(step)
    }

    fn names(&mut self) -> Read<Step> {
        let mut names = vec![self.quoted()?];
        loop {
            self.space();
            if !self.eat(",") {
                break;
            }
            self.space();
            names.push(self.quoted()?);
        }
        Ok(match <[String; 1]>::try_from(names) {
            Ok([name]) => Step::Member(name),
            Err(names) => Step::Members(names),
        })
    }

    /// A name in quotes; `\` takes the next character as it is.
    pub(super) fn quoted(&mut self) -> Read<String> {
        let quote = match self.peek() {
            Some(c @ ('\'' | '"')) => c,
            _other => return self.fail("a quoted name is expected"),
        };
        self.bump();
        let mut name = String::new();
        loop {
            match self.bump() {
                None => return self.fail("the closing quote is missing"),
                Some(c) if c == quote => return Ok(name),
                Some('\\') => match self.bump() {
                    None => return self.fail("the closing quote is missing"),
                    Some(c) => name.push(c),
                },
                Some(c) => name.push(c),
            }
        }
    }

    fn numbers(&mut self) -> Read<Step> {
        let first = self.whole()?;
        self.space();
        if self.eat(":") {
            self.space();
            let last = self.whole()?;
            return match (first, last) {
                (None, None) => self.fail("a slice needs a number: [1:3], [1:] or [:3]"),
                ends => Ok(Step::Slice(ends.0, ends.1)),
            };
        }
        let Some(first) = first else {
            return self.fail("a number is expected");
        };
        let mut all = vec![first];
        while self.eat(",") {
            self.space();
            match self.whole()? {
                Some(index) => all.push(index),
                None => return self.fail("a number is expected"),
            }
            self.space();
        }
        Ok(match all.as_slice() {
            [index] => Step::Index(*index),
            _several => Step::Indices(all),
        })
    }

    fn whole(&mut self) -> Read<Option<i64>> {
        let start = self.at;
        self.eat("-");
        self.take_while(|c| c.is_ascii_digit());
        match self.since(start) {
            "" => Ok(None),
            text => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_too_long) => self.fail("a whole number is expected"),
            },
        }
    }
}

/// May this character stand in a name without quotes?
fn is_name(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !".[](),'\"=<>!&|~?*\\".contains(c)
}

fn is_definite(steps: &[Step]) -> bool {
    let last = steps.len().saturating_sub(1);
    // A function makes one value of whatever the path before it names.
    if matches!(steps.last(), Some(Step::Call(_))) {
        return true;
    }
    steps.iter().enumerate().all(|(i, step)| match step {
        Step::Member(_) | Step::Index(_) | Step::Call(_) => true,
        // At the end several members are one object.
        Step::Members(_) => i == last,
        Step::Indices(_) | Step::Slice(..) | Step::All | Step::Descend | Step::Filter(_) => false,
    })
}

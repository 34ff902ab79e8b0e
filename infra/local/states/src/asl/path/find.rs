//! Following a path through JSON text.

use std::borrow::Cow;

use super::meter::{MAX_FIELD_WORK_BYTES, MAX_PATH_WORK_BYTES, MAX_ROOM_BYTES, Work};
use super::walk::{self, Kind};
use super::{Function, Meter, Path, Root, Roots, Step};

/// Why a path leads to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::asl) struct Missing {
    /// In the words of AWS, which names the place by brackets: `No results for path: $['a']`.
    pub(in crate::asl) detail: String,
    pub(in crate::asl) why: Why,
}

/// The kinds of [`Missing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::asl) enum Why {
    /// Nothing is there.
    Absent,
    /// Something is there, but of a kind that the step cannot go into.
    Unfit,
    /// The path, or its field, has looked at more than it may.
    Spent,
    /// What the field makes is larger than it may be.
    Full,
}

impl Missing {
    /// There is no variable of this name.
    pub(in crate::asl) fn variable(name: &str) -> Self {
        absent(format!("There is no variable '{name}'"))
    }
}

pub(super) type Found<'t> = Result<Cow<'t, str>, Missing>;

/// What a step costs besides what it looks at, in bytes.
const STEP_BYTES: usize = 16;

/// Follows `path`. A variable of one of its filters must be there, whether the filter has anything to look at or not.
pub(super) fn find<'t>(path: &Path, roots: &'t dyn Roots, meter: &Meter) -> Found<'t> {
    for name in &path.filtered_by {
        if roots.root(&Root::Variable(name.clone())).is_none() {
            return Err(Missing::variable(name));
        }
    }
    let Some(root) = roots.root(&path.root) else {
        let name = path.variables().next().unwrap_or_default();
        return Err(Missing::variable(name));
    };
    let work = Work::new(meter);
    let found = find_within(path, root, roots, &work)?;
    let work = &work;
    // Who asked for it looks at it.
    Search { path, roots, work }.charge(&found)?;
    Ok(found)
}

/// The same from `root`, as part of a search.
pub(super) fn find_within<'t>(
    path: &Path,
    root: &'t str,
    roots: &'t dyn Roots,
    work: &Work<'t, '_>,
) -> Found<'t> {
    let (steps, function) = match path.steps.split_last() {
        Some((Step::Call(function), before)) => (before, Some(*function)),
        _other => (path.steps.as_slice(), None),
    };
    let search = Search { path, roots, work };
    let definite = match function {
        None => path.definite,
        Some(_) => steps
            .iter()
            .all(|s| matches!(s, Step::Member(_) | Step::Index(_))),
    };
    let found = if definite {
        search.single(steps, root)
    } else {
        search.list(steps, root)
    };
    match function {
        None => found,
        Some(function) => {
            let node = found?;
            search.charge(&node)?;
            function.of(&node).map(Cow::Owned)
        }
    }
}

struct Search<'p, 't, 'w> {
    path: &'p Path,
    roots: &'t dyn Roots,
    work: &'w Work<'t, 'w>,
}

impl<'t> Search<'_, 't, '_> {
    /// Looks at a node, unless too much was looked at or made.
    fn charge(&self, node: &str) -> Result<(), Missing> {
        self.charge_times(node, 1)
    }

    /// The same so many times.
    fn charge_times(&self, node: &str, times: usize) -> Result<(), Missing> {
        let bytes = node.len() + STEP_BYTES;
        self.work.charge(bytes.saturating_mul(times));
        if self.work.is_spent() {
            let (whose, most) = if self.work.meter().is_spent() {
                ("field", MAX_FIELD_WORK_BYTES)
            } else {
                ("path", MAX_PATH_WORK_BYTES)
            };
            return Err(Missing {
                detail: format!("The {whose} looks at more than {most} bytes of its data"),
                why: Why::Spent,
            });
        }
        self.check_room()
    }

    /// Makes room for what is about to be copied.
    fn hold(&self, bytes: usize) -> Result<(), Missing> {
        self.work.meter().hold(bytes);
        self.check_room()
    }

    fn check_room(&self) -> Result<(), Missing> {
        if self.work.meter().is_full() {
            return Err(Missing {
                detail: format!("The field makes more than {MAX_ROOM_BYTES} bytes"),
                why: Why::Full,
            });
        }
        Ok(())
    }

    fn single(&self, steps: &[Step], root: &'t str) -> Found<'t> {
        let mut node = root;
        for (i, step) in steps.iter().enumerate() {
            self.charge(node)?;
            match step {
                Step::Members(names) => return self.merged(names, node, i).map(Cow::Owned),
                Step::Member(name) => node = self.member(name, node, i)?,
                Step::Index(index) => node = self.index(*index, node, i)?,
                // A definite path has no other steps.
                Step::Indices(_) | Step::Slice(..) | Step::All => break,
                Step::Descend | Step::Filter(_) | Step::Call(_) => break,
            }
        }
        Ok(Cow::Borrowed(node))
    }

    fn list(&self, steps: &[Step], root: &'t str) -> Found<'t> {
        let mut found = List::default();
        match self.collect(steps, 0, root, true, &mut found) {
            Err(missing) if missing.why == Why::Absent => return Ok(Cow::Borrowed("[]")),
            Err(missing) => return Err(missing),
            Ok(()) => {}
        }
        Ok(Cow::Owned(found.closed()))
    }

    /// Adds what `steps[at..]` name from `node`. Until the first step that names several, a miss is an error.
    fn collect(
        &self,
        steps: &[Step],
        at: usize,
        node: &'t str,
        strict: bool,
        found: &mut List,
    ) -> Result<(), Missing> {
        self.charge(node)?;
        let Some(step) = steps.get(at) else {
            self.hold(node.len())?;
            found.push(node);
            return Ok(());
        };
        let mut onward = |node: &'t str| self.collect(steps, at + 1, node, false, found);
        match step {
            Step::Member(name) if strict => {
                let next = self.member(name, node, at)?;
                return self.collect(steps, at + 1, next, true, found);
            }
            Step::Index(index) if strict => {
                let next = self.index(*index, node, at)?;
                return self.collect(steps, at + 1, next, true, found);
            }
            Step::Member(name) => {
                if let Some(next) = walk::member(node, name) {
                    onward(next)?;
                }
            }
            Step::Members(names) if at + 1 == steps.len() => {
                if walk::kind(node) == Kind::Object {
                    found.push(&self.merged(names, node, at)?);
                }
            }
            Step::Members(names) => {
                self.charge_times(node, names.len())?;
                for next in names.iter().filter_map(|name| walk::member(node, name)) {
                    onward(next)?;
                }
            }
            Step::Index(_) | Step::Indices(_) | Step::Slice(..) => {
                self.check_array(node, at, strict)?;
                if let Step::Indices(all) = step {
                    self.charge_times(node, all.len())?;
                }
                for next in picked(step, node) {
                    onward(next)?;
                }
            }
            Step::All => {
                for next in children(node) {
                    onward(next)?;
                }
            }
            Step::Descend => {
                let mut todo = vec![node];
                while let Some(node) = todo.pop() {
                    let first = todo.len();
                    todo.extend(children(node));
                    todo[first..].reverse();
                    onward(node)?;
                }
            }
            Step::Filter(filter) => {
                for item in self.candidates(node, at, strict)? {
                    if filter.passes(item, self.roots, self.work) {
                        onward(item)?;
                    }
                    self.charge(item)?;
                }
            }
            // Functions are taken off before.
            Step::Call(_) => {}
        }
        Ok(())
    }

    /// What a filter looks at: the items of an array, or an object itself.
    fn candidates(&self, node: &'t str, at: usize, strict: bool) -> Result<Vec<&'t str>, Missing> {
        match walk::kind(node) {
            Kind::Array => Ok(walk::items(node).collect()),
            Kind::Object => Ok(vec![node]),
            _scalar if strict => Err(self.unfit(at, node, "arrays or objects")),
            _scalar => Ok(Vec::new()),
        }
    }

    fn member(&self, name: &str, node: &'t str, at: usize) -> Result<&'t str, Missing> {
        if walk::kind(node) != Kind::Object {
            let mut detail = String::from("Expected to find an object with property ");
            fragment(&self.path.steps[at], &mut detail);
            detail.push_str(" in path ");
            self.place(at, &mut detail);
            detail.push_str(&format!(" but found '{}'.", walk::kind(node).word()));
            return Err(absent(detail));
        }
        walk::member(node, name).ok_or_else(|| {
            let last = at + 1 == self.path.steps.len();
            let mut detail = String::from(if last {
                "No results for path: "
            } else {
                "Missing property in path "
            });
            self.place(at + 1, &mut detail);
            absent(detail)
        })
    }

    fn index(&self, index: i64, node: &'t str, at: usize) -> Result<&'t str, Missing> {
        self.check_array(node, at, true)?;
        nth(node, index).ok_or_else(|| {
            let mut detail = String::from("Index out of bounds when evaluating path ");
            self.place(at + 1, &mut detail);
            absent(detail)
        })
    }

    fn check_array(&self, node: &str, at: usize, strict: bool) -> Result<(), Missing> {
        if strict && walk::kind(node) != Kind::Array {
            return Err(self.unfit(at, node, "arrays"));
        }
        Ok(())
    }

    fn unfit(&self, at: usize, node: &str, fits: &str) -> Missing {
        let mut detail = String::from("Filter: ");
        fragment(&self.path.steps[at], &mut detail);
        detail.push_str(&format!(
            " can only be applied to {fits}. Current context is: {node}"
        ));
        Missing {
            detail,
            why: Why::Unfit,
        }
    }

    /// Several members as one object; those that are not there are left out.
    fn merged(&self, names: &[String], node: &str, at: usize) -> Result<String, Missing> {
        if walk::kind(node) != Kind::Object {
            let mut detail = String::from("Expected to find an object in path ");
            self.place(at, &mut detail);
            return Err(absent(detail));
        }
        self.charge_times(node, names.len())?;
        let mut out = String::from("{");
        for name in names {
            if let Some(value) = walk::member(node, name) {
                self.hold(name.len() + value.len())?;
                if out.len() > 1 {
                    out.push(',');
                }
                crate::json::push_string(&mut out, name);
                out.push(':');
                walk::compact(value, &mut out);
            }
        }
        out.push('}');
        Ok(out)
    }

    /// The path up to step `end`, in brackets.
    fn place(&self, end: usize, out: &mut String) {
        match &self.path.root {
            Root::Data | Root::Context => out.push('$'),
            Root::Variable(_) => out.push('$'),
            Root::Item => out.push('@'),
        }
        for step in self.path.steps.iter().take(end) {
            fragment(step, out);
        }
    }
}

fn absent(detail: String) -> Missing {
    Missing {
        detail,
        why: Why::Absent,
    }
}

/// A list that is being written.
#[derive(Default)]
struct List(String);

impl List {
    fn push(&mut self, node: &str) {
        self.0.push(if self.0.is_empty() { '[' } else { ',' });
        walk::compact(node, &mut self.0);
    }

    fn closed(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('[');
        }
        self.0.push(']');
        self.0
    }
}

fn children(node: &str) -> impl Iterator<Item = &str> {
    walk::members(node)
        .map(|(_, value)| value)
        .chain(walk::items(node))
}

fn nth(node: &str, index: i64) -> Option<&str> {
    let index = match usize::try_from(index) {
        Ok(index) => index,
        Err(_negative) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            walk::items(node).count().checked_sub(back)?
        }
    };
    walk::items(node).nth(index)
}

/// The items that an index, a union of indices or a slice names.
fn picked<'t>(step: &Step, node: &'t str) -> Vec<&'t str> {
    match step {
        Step::Index(index) => nth(node, *index).into_iter().collect(),
        Step::Indices(all) => all.iter().filter_map(|index| nth(node, *index)).collect(),
        Step::Slice(from, to) => {
            let items: Vec<&str> = walk::items(node).collect();
            let bound = |end: i64| {
                let from_end = if end < 0 { items.len() as i64 } else { 0 };
                (end.saturating_add(from_end)).clamp(0, items.len() as i64) as usize
            };
            let from = from.map_or(0, bound);
            let to = to.map_or(items.len(), bound);
            items.get(from..to).unwrap_or_default().to_vec()
        }
        Step::Member(_) | Step::Members(_) | Step::All => Vec::new(),
        Step::Descend | Step::Filter(_) | Step::Call(_) => Vec::new(),
    }
}

/// A step in brackets, as AWS names places.
fn fragment(step: &Step, out: &mut String) {
    let names = |names: &[String]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        quoted.join(",")
    };
    let text = match step {
        Step::Member(name) => format!("['{name}']"),
        Step::Members(all) => format!("[{}]", names(all)),
        Step::Index(index) => format!("[{index}]"),
        Step::Indices(all) => {
            let all: Vec<String> = all.iter().map(i64::to_string).collect();
            format!("[{}]", all.join(","))
        }
        Step::Slice(from, to) => {
            let end = |end: &Option<i64>| end.map(|n| n.to_string()).unwrap_or_default();
            format!("[{}:{}]", end(from), end(to))
        }
        Step::All => "[*]".to_owned(),
        Step::Descend => "..".to_owned(),
        Step::Filter(_) => "[?]".to_owned(),
        Step::Call(_) => ".()".to_owned(),
    };
    out.push_str(&text);
}

impl Function {
    fn of(self, node: &str) -> Result<String, Missing> {
        let unfit = |fits: &str| Missing {
            detail: format!("Aggregation function attempted to calculate value using {fits}"),
            why: Why::Unfit,
        };
        let numbers = || -> Result<Vec<f64>, Missing> {
            let numbers: Vec<f64> = walk::items(node).filter_map(walk::number).collect();
            if numbers.is_empty() {
                return Err(unfit("empty array"));
            }
            Ok(numbers)
        };
        let written = |n: f64| super::super::intrinsic::number_text(n);
        Ok(match self {
            Self::Length => match walk::kind(node) {
                Kind::Array => walk::items(node).count().to_string(),
                Kind::Object => walk::members(node).count().to_string(),
                Kind::String => walk::string(node)
                    .map_or(0, |s| s.chars().count())
                    .to_string(),
                Kind::Null | Kind::Boolean | Kind::Number => "null".to_owned(),
            },
            Self::Min => written(numbers()?.into_iter().fold(f64::INFINITY, f64::min)),
            Self::Max => written(numbers()?.into_iter().fold(f64::NEG_INFINITY, f64::max)),
            Self::Sum => written(numbers()?.into_iter().sum()),
            Self::Avg => {
                let all = numbers()?;
                written(all.iter().sum::<f64>() / all.len() as f64)
            }
            Self::Stddev => {
                let all = numbers()?;
                let mean = all.iter().sum::<f64>() / all.len() as f64;
                let spread = all.iter().map(|n| (n - mean).powi(2)).sum::<f64>();
                written((spread / all.len() as f64).sqrt())
            }
            Self::Keys => {
                let mut out = List::default();
                for (key, _) in walk::members(node) {
                    out.push(&format!("\"{key}\""));
                }
                out.closed()
            }
            Self::First | Self::Last => {
                let end = if self == Self::First { 0 } else { -1 };
                let item = nth(node, end).ok_or_else(|| unfit("empty array"))?;
                item.to_owned()
            }
        })
    }
}

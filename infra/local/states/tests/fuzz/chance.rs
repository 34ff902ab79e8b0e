//! The generators' chance: a seed gives the same cases in every run.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value, json};

/// A source of cases.
pub(crate) struct Chance(SmallRng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SmallRng::seed_from_u64(seed))
    }

    /// A number below `most`.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0.random_range(0..most)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, share: u32) -> bool {
        self.0.random_ratio(share, 100)
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Text that is awkward to store, split or quote.
    pub(crate) fn text(&mut self) -> String {
        let pieces = [
            "a",
            "b",
            "Z9",
            " ",
            "é",
            "😀",
            "\u{0}",
            "\n",
            "\"",
            "\\",
            "'",
            "{}",
            "$",
            "%}",
            "${",
            ".",
            "-",
            "0",
            "2026-01-01T00:00:00Z",
            "true",
            "*",
        ];
        (0..self.below(5)).map(|_| self.one(&pieces)).collect()
    }

    pub(crate) fn scalar(&mut self) -> Value {
        match self.below(9) {
            0 => Value::Null,
            1 => json!(self.percent(50)),
            2 => json!(9_007_199_254_740_993_i64),
            3 => json!(1e300),
            4 => json!(-0.5),
            5 | 6 => json!(self.below(100)),
            _text => json!(self.text()),
        }
    }

    pub(crate) fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth == 0 { 1 } else { 4 }) {
            0 | 1 => self.scalar(),
            2 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _object => {
                let members = (0..self.below(4)).map(|_| {
                    (
                        self.one(&["a", "b", "list", "t"]).to_owned(),
                        self.value(depth - 1),
                    )
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// An input with what most paths look for, or anything.
    pub(crate) fn input(&mut self) -> Value {
        if self.percent(15) {
            return self.value(3);
        }
        json!({ "a": { "b": self.below(50), "c": self.text() }, "n": self.below(20), "s": "text", "t": "2026-01-01T00:00:05Z",
            "list": (0..self.below(5)).map(|_| self.scalar()).collect::<Vec<_>>(), "yes": self.percent(50), "x": self.value(2) })
    }

    /// One change of anything anywhere: what is there goes, doubles, or becomes something else.
    pub(crate) fn bend(&mut self, value: &mut Value) {
        let inside = match &*value {
            Value::Object(members) => members.len(),
            Value::Array(items) => items.len(),
            _plain => 0,
        };
        if inside == 0 || self.percent(15) {
            *value = self.value(2);
            return;
        }
        let nth = self.below(inside);
        let how = self.below(8);
        match value {
            Value::Object(members) => {
                let name = members.keys().nth(nth).cloned().unwrap_or_default();
                match how {
                    0 => drop(members.remove(&name)),
                    1 => {
                        let moved = members.remove(&name).unwrap_or_default();
                        members.insert(self.text(), moved);
                    }
                    _deeper => self.bend(members.get_mut(&name).expect("a member")),
                }
            }
            Value::Array(items) => match how {
                0 => drop(items.remove(nth)),
                1 => items.push(items[nth].clone()),
                _deeper => self.bend(&mut items[nth]),
            },
            _leaf => {}
        }
    }
}

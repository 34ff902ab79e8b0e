//! What of a definition its cases take.
use crate::rules;
use serde_json::Value;
use std::collections::BTreeSet;

/// States, and what is written in them: each by a name that says where it stands.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// The states themselves.
    pub(crate) states: BTreeSet<String>,
    /// The [rules] by which they are left.
    pub(crate) rules: BTreeSet<String>,
    /// The errors that they catch by name.
    pub(crate) errors: BTreeSet<String>,
    /// The signals that they accept.
    pub(crate) signals: BTreeSet<String>,
}

/// The name of an error at a state, or of a signal there.
pub(crate) fn there(state: &str, what: &str) -> String {
    format!("{state}, {what}")
}

/// The entries of a list in a state that are texts.
pub(crate) fn texts(list: &Value) -> impl Iterator<Item = &str> {
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| entry.as_str().expect("a text"))
}

impl Coverage {
    /// All that a definition has.
    pub(crate) fn of(asl: &Value) -> Self {
        let (_, rules) = rules::marked(asl);
        let mut all = Self {
            rules,
            ..Self::default()
        };
        for (name, state) in asl["States"].as_object().expect("States") {
            all.states.insert(name.clone());
            let catches = state["Catch"].as_array().into_iter().flatten();
            let named = catches.flat_map(|rule| texts(&rule["ErrorEquals"]));
            let named = named.filter(|error| *error != "States.ALL");
            all.errors.extend(named.map(|error| there(name, error)));
            let accepts = &state["Arguments"]["Payload"]["accepts"];
            assert!(!accepts.is_string(), "{name}: only lists can be looked at");
            all.signals
                .extend(texts(accepts).map(|accept| there(name, accept)));
        }
        all
    }

    fn parts(&self) -> [(&'static str, &BTreeSet<String>); 4] {
        [
            ("states", &self.states),
            ("rules", &self.rules),
            ("errors", &self.errors),
            ("signals", &self.signals),
        ]
    }

    /// What another one has goes into this one.
    pub(crate) fn take(&mut self, other: Self) {
        self.states.extend(other.states);
        self.rules.extend(other.rules);
        self.errors.extend(other.errors);
        self.signals.extend(other.signals);
    }

    /// What of all that there is was taken, and what was not.
    pub(crate) fn against(&self, all: &Self) -> (Counts, Vec<String>) {
        let mut counts = Counts::default();
        let mut left = Vec::new();
        let parts = self.parts().into_iter().zip(all.parts());
        for (count, ((what, taken), (_, written))) in counts.0.iter_mut().zip(parts) {
            let missing: Vec<_> = written.difference(taken).collect();
            *count = (written.len() - missing.len(), written.len());
            left.extend(missing.into_iter().map(|name| format!("{what}: {name}")));
        }
        (counts, left)
    }
}

/// How many were taken, and of how many: states, rules, errors, signals.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts([(usize, usize); 4]);

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = Coverage::default().parts().map(|(name, _)| name);
        let parts = self.0.iter().zip(names);
        let parts: Vec<_> = parts
            .map(|((taken, all), name)| format!("{taken} of {all} {name}"))
            .collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_no_case_takes_is_named_and_counted() {
        let asl = json!({ "States": {
            "Ring": {
                "Type": "Task", "Next": "Over",
                "Catch": [{ "ErrorEquals": ["Call.Lost", "States.ALL"], "Next": "Over" }],
                "Arguments": { "Payload": { "accepts": ["client.hangup", "client.left@callee"] } },
            },
            "Over": { "Type": "Succeed" },
        } });
        let all = Coverage::of(&asl);
        let mut taken = Coverage::default();
        taken.take(Coverage {
            states: all.states.clone(),
            rules: BTreeSet::from(["Ring, Next -> Over".to_owned()]),
            // Nobody names it.
            errors: BTreeSet::from([there("Ring", "Call.Odd")]),
            signals: BTreeSet::from([there("Ring", "client.hangup")]),
        });
        let (counts, left) = taken.against(&all);
        let mut twice = counts;
        twice += counts;
        assert_eq!(
            left,
            [
                "rules: Ring, Catch[0] -> Over",
                "errors: Ring, Call.Lost",
                "signals: Ring, client.left@callee"
            ]
        );
        assert_eq!(
            twice.to_string(),
            "4 of 4 states, 2 of 4 rules, 0 of 2 errors, 2 of 4 signals"
        );
    }
}

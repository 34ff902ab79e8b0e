//! Every way out of a state, and which of them an execution takes: two rules that lead to the same state are two.
use serde_json::Value;
use states::core::What;
use std::collections::BTreeSet;

/// The variable that a rule sets to its own name.
const MARK: &str = "ruleTaken";

/// A definition whose rules write themselves down, and their names: `state, which rule -> next state`.
pub(crate) fn marked(asl: &Value) -> (Value, BTreeSet<String>) {
    let mut asl = asl.clone();
    let mut all = BTreeSet::new();
    let states = asl["States"].as_object_mut().expect("States");
    for (name, state) in states {
        for list in ["Choices", "Catch"] {
            let rules = state.get_mut(list).and_then(Value::as_array_mut);
            for (at, rule) in rules.into_iter().flatten().enumerate() {
                let next = rule["Next"].as_str().expect("Next");
                let rule_name = format!("{name}, {list}[{at}] -> {next}");
                mark(rule, &rule_name);
                all.insert(rule_name);
            }
        }
        for own in ["Next", "Default"] {
            let Some(next) = state[own].as_str() else {
                continue;
            };
            let rule_name = format!("{name}, {own} -> {next}");
            mark(state, &rule_name);
            all.insert(rule_name);
        }
    }
    (asl, all)
}

fn mark(rule: &mut Value, name: &str) {
    rule["Assign"][MARK] = name.into();
}

/// The rule by which a state was left, if this record says so. A state that ends the execution has none.
pub(crate) fn taken(record: &What) -> Option<String> {
    let What::Exited { assigned, .. } = record else {
        return None;
    };
    let (_, name) = assigned.iter().find(|(name, _)| &**name == MARK)?;
    Some(serde_json::from_str(name.as_str()).expect("a name"))
}

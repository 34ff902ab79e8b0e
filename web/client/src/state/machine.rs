//! A state machine as a graph, read from its definition in Amazon States Language.

use serde_json::Value;
use std::collections::HashSet;

/// What a state is, as far as drawing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Does something: `Task`.
    Task,
    /// Decides: `Choice`.
    Choice,
    /// Goes on at once: `Pass`.
    Pass,
    /// Waits: `Wait`.
    Wait,
    /// Begins branches: `Parallel` and `Map`.
    Fork,
    /// Where the branches of a fork meet again. Not a state of its own.
    Join,
    /// Ends well: `Succeed`.
    Succeed,
    /// Ends badly: `Fail`.
    Fail,
}

/// Why an edge is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// `Next`.
    Next,
    /// A rule of a choice.
    Rule,
    /// The choice's `Default`.
    Otherwise,
    /// An error was caught.
    Caught,
}

/// One state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its name; unique in the machine.
    pub(crate) name: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// Its comment, for people.
    pub(crate) comment: String,
}

/// One way from a state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    /// From this state.
    pub(crate) from: String,
    /// To this one.
    pub(crate) to: String,
    /// Why.
    pub(crate) reason: Reason,
    /// The condition in a few words; empty for `Next`.
    pub(crate) label: String,
    /// The whole condition.
    pub(crate) full: String,
}

/// A definition as a graph, in the definition's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Where it starts.
    pub(crate) start: String,
    /// The states.
    pub(crate) nodes: Vec<Node>,
    /// The ways between them.
    pub(crate) edges: Vec<Edge>,
}

/// The longest label on an edge, in characters.
const MAX_LABEL: usize = 30;
/// How many steps the search for the likely path takes at most.
const MAX_SEARCH: usize = 20_000;

/// Reads a definition. Parts that are not understood are left out rather than refused: what runs is drawn.
pub(crate) fn read(definition: &Value) -> Machine {
    let mut machine = Machine {
        start: text(definition, "StartAt").to_owned(),
        ..Machine::default()
    };
    read_states(definition, &mut machine);
    machine
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Gives the names of the states that end this (part of a) machine.
fn read_states(part: &Value, machine: &mut Machine) -> Vec<String> {
    let mut ends = Vec::new();
    let Some(states) = part.get("States").and_then(Value::as_object) else {
        return ends;
    };
    let start = text(part, "StartAt");
    let first = states.get_key_value(start);
    let others = states.iter().filter(|(name, _)| *name != start);
    for (name, state) in first.into_iter().chain(others) {
        let kind = match text(state, "Type") {
            "Choice" => Kind::Choice,
            "Pass" => Kind::Pass,
            "Wait" => Kind::Wait,
            "Parallel" | "Map" => Kind::Fork,
            "Succeed" => Kind::Succeed,
            "Fail" => Kind::Fail,
            _ => Kind::Task,
        };
        machine.nodes.push(Node {
            name: name.clone(),
            kind,
            comment: text(state, "Comment").to_owned(),
        });
        let leaves = if kind == Kind::Fork {
            read_branches(name, state, machine)
        } else {
            name.clone()
        };
        read_edges(name, &leaves, state, machine);
        let over = state.get("End").and_then(Value::as_bool) == Some(true);
        if over || matches!(kind, Kind::Succeed | Kind::Fail) {
            ends.push(leaves);
        }
    }
    ends
}

/// Edges go to the inside of a fork's branches and from there to an inner end, whose name it gives.
fn read_branches(name: &str, state: &Value, machine: &mut Machine) -> String {
    let join = format!("{name} \u{2022}");
    let one = state.get("ItemProcessor").or_else(|| state.get("Iterator"));
    let branches: Vec<&Value> = list(state, "Branches").iter().chain(one).collect();
    for branch in branches {
        let start = text(branch, "StartAt");
        push_edge(machine, name, start, Reason::Next, "");
        for end in read_states(branch, machine) {
            push_edge(machine, &end, &join, Reason::Next, "");
        }
    }
    machine.nodes.push(Node {
        name: join.clone(),
        kind: Kind::Join,
        comment: String::new(),
    });
    join
}

fn read_edges(name: &str, leaves: &str, state: &Value, machine: &mut Machine) {
    for rule in list(state, "Choices") {
        push_edge(
            machine,
            name,
            text(rule, "Next"),
            Reason::Rule,
            &condition(rule),
        );
    }
    push_edge(
        machine,
        name,
        text(state, "Default"),
        Reason::Otherwise,
        "otherwise",
    );
    push_edge(machine, leaves, text(state, "Next"), Reason::Next, "");
    for catch in list(state, "Catch") {
        let errors: Vec<&str> = list(catch, "ErrorEquals")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        push_edge(
            machine,
            name,
            text(catch, "Next"),
            Reason::Caught,
            &errors.join(", "),
        );
    }
}

/// Several ways between the same two states become one edge with all their conditions.
fn push_edge(machine: &mut Machine, from: &str, to: &str, reason: Reason, full: &str) {
    if to.is_empty() {
        return;
    }
    let same = machine
        .edges
        .iter_mut()
        .find(|edge| edge.from == from && edge.to == to && edge.reason == reason);
    if let Some(edge) = same {
        edge.full = format!("{}\n{full}", edge.full);
        edge.label = shortened(&format!("{}, {}", edge.label, brief(full, reason)));
        return;
    }
    machine.edges.push(Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        reason,
        label: shortened(&brief(full, reason)),
        full: full.to_owned(),
    });
}

fn condition(rule: &Value) -> String {
    let jsonata = text(rule, "Condition");
    if !jsonata.is_empty() {
        return jsonata
            .trim()
            .trim_start_matches("{%")
            .trim_end_matches("%}")
            .trim()
            .to_owned();
    }
    let mut rule = rule.clone();
    if let Some(fields) = rule.as_object_mut() {
        fields.remove("Next");
    }
    rule.to_string()
}

/// The texts that a condition compares with, or the condition itself.
fn brief(full: &str, reason: Reason) -> String {
    match reason {
        Reason::Next | Reason::Otherwise => full.to_owned(),
        Reason::Caught => full
            .replace("States.ALL", "any error")
            .replace("States.", ""),
        Reason::Rule => {
            let quoted: Vec<&str> = full
                .split(['\'', '"'])
                .skip(1)
                .step_by(2)
                .filter(|part| !part.is_empty())
                .collect();
            if quoted.is_empty() {
                full.split_whitespace().collect::<Vec<_>>().join(" ")
            } else {
                quoted.join(", ")
            }
        }
    }
}

/// A label that is not too long.
pub(crate) fn shortened(label: &str) -> String {
    if label.chars().count() <= MAX_LABEL {
        return label.to_owned();
    }
    let cut: String = label.chars().take(MAX_LABEL - 1).collect();
    format!("{}\u{2026}", cut.trim_end_matches([',', ' ']))
}

impl Machine {
    /// A state by its name.
    pub(crate) fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// The states that probably come after `from`: the longest way to an end that no error takes and no state repeats.
    /// That is the way of a call that goes well, whatever the definition calls its states.
    pub(crate) fn likely_after(&self, from: &str, passed: &HashSet<&str>) -> Vec<&Node> {
        let mut search = Search {
            machine: self,
            best: Vec::new(),
            steps: 0,
        };
        let mut seen: HashSet<&str> = passed.clone();
        seen.insert(from);
        search.walk(from, &mut Vec::new(), &mut seen);
        search
            .best
            .into_iter()
            .filter_map(|name| self.node(name))
            .collect()
    }
}

struct Search<'a> {
    machine: &'a Machine,
    best: Vec<&'a str>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn walk(&mut self, from: &str, path: &mut Vec<&'a str>, seen: &mut HashSet<&'a str>) {
        self.steps += 1;
        if self.steps > MAX_SEARCH {
            return;
        }
        let machine = self.machine;
        let mut leaves = false;
        let edges: Vec<&'a Edge> = machine
            .edges
            .iter()
            .filter(|e| e.from == from && e.reason != Reason::Caught)
            .collect();
        for edge in edges {
            leaves = true;
            if seen.insert(&edge.to) {
                path.push(&edge.to);
                self.walk(&edge.to, path, seen);
                path.pop();
                seen.remove(edge.to.as_str());
            }
        }
        let well = !leaves
            && machine
                .node(from)
                .is_none_or(|node| node.kind != Kind::Fail);
        if well && path.len() > self.best.len() {
            self.best = path.clone();
        }
    }
}

/// A state's name as people read it: `HangUp` and `hang_up` are `Hang up`.
pub(crate) fn readable(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in name.chars() {
        match c {
            '_' | '-' => words.push(' '),
            c if c.is_uppercase() && before.is_lowercase() => {
                words.push(' ');
                words.extend(c.to_lowercase());
            }
            c => words.push(c),
        }
        before = c;
    }
    words
}

#[cfg(test)]
pub(crate) mod tests;

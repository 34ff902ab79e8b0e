//! From text to a [`Definition`], or to all that is wrong with it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use jsonata_core::value::JValue;
use sha2::Digest;

use super::data::{Data, Language};
use super::diagnostic::{Code, Diagnostic, Severity};
use super::fields::{Fields, Findings};
use super::scopes::Scopes;
use super::spelling::Spellings;
use super::{
    Definition, Flow, FlowIx, Kind, MAX_DEFINITION_BYTES, MAX_JSON_LEVELS, MAX_NESTING,
    MAX_STATE_NAME_CHARS, State, StateIx, Then, jsonpath, task,
};
use crate::integration::ServiceModels;

/// Compiles a definition whose tasks use built-in services only.
pub fn compile(text: &str) -> Result<Definition, Vec<Diagnostic>> {
    compile_with(text, &ServiceModels::default())
}

/// Compiles a definition. The models of services that it is the first to name are read from their files meanwhile.
pub fn compile_with(text: &str, models: &ServiceModels) -> Result<Definition, Vec<Diagnostic>> {
    compiled(text, models, false)
}

/// Compiles a definition that was accepted once. A service of a task that is not known any more costs the task only.
pub(crate) fn compile_stored(
    text: &str,
    models: &ServiceModels,
) -> Result<Definition, Vec<Diagnostic>> {
    compiled(text, models, true)
}

fn compiled(
    text: &str,
    models: &ServiceModels,
    is_stored: bool,
) -> Result<Definition, Vec<Diagnostic>> {
    let mut compiler = Compiler::new(sha2::Sha256::digest(text).into());
    compiler.is_stored = is_stored;
    compiler.models = models.clone();
    if text.len() > MAX_DEFINITION_BYTES {
        let message = format!(
            "The definition has {} bytes; at most {MAX_DEFINITION_BYTES} are allowed",
            text.len()
        );
        compiler.findings.error(Code::Schema, "/", message);
        return Err(compiler.findings.into_inner());
    }
    // The message of the parser names line and column.
    let value: JValue = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let at = format!("line {}, column {}", error.line(), error.column());
            let (code, message) = unread(text, &error);
            compiler.findings.error(code, at, message);
            return Err(compiler.findings.into_inner());
        }
    };
    if !value.is_object() {
        compiler
            .findings
            .error(Code::Schema, "/", "Definition must be a valid JSON object");
        return Err(compiler.findings.into_inner());
    }
    compiler.findings.spellings = Spellings::of(text);
    compiler.machine(&value)
}

/// Why a text is no definition: in AWS's words where they are on record, else in the parser's, but where that gives up before it
/// has read it.
fn unread(text: &str, error: &serde_json::Error) -> (Code, String) {
    let message = error.to_string();
    if message.starts_with("recursion limit exceeded") {
        let message = format!(
            "The definition is nested too deeply: at most {MAX_JSON_LEVELS} levels of JSON are allowed, of which a Parallel state \
             takes four and a Map state three, and {MAX_NESTING} machines inside machines"
        );
        return (Code::TooDeep, message);
    }
    let message = crate::json::unrecognized(text).unwrap_or(message);
    (Code::InvalidJson, message)
}

pub(super) struct Compiler {
    pub(super) findings: Findings,
    /// Where variables are assigned.
    pub(super) scopes: Scopes,
    /// The machine's `QueryLanguage`.
    default: Language,
    /// That of the state being read.
    pub(super) language: Language,
    states: Vec<Option<State>>,
    flows: Vec<Flow>,
    /// The first state of each name.
    names: HashMap<String, (StateIx, FlowIx)>,
    /// The others, which are refused: transitions of their own machines lead to them all the same.
    doubles: HashMap<(FlowIx, String), StateIx>,
    /// There are more states than have an index.
    is_overfull: bool,
    /// Of the whole text: what made labels are made of.
    pub(super) digest: [u8; 32],
    /// The definition was accepted once.
    pub(super) is_stored: bool,
    /// Of services that are not built in.
    pub(super) models: ServiceModels,
}

impl Compiler {
    fn new(digest: [u8; 32]) -> Self {
        Self {
            digest,
            is_stored: false,
            models: ServiceModels::default(),
            findings: Findings::default(),
            default: Language::JsonPath,
            language: Language::JsonPath,
            states: Vec::new(),
            flows: Vec::new(),
            names: HashMap::new(),
            doubles: HashMap::new(),
            is_overfull: false,
            scopes: Scopes::default(),
        }
    }

    /// An object inside the state that is being read.
    pub(super) fn fields<'a>(&mut self, value: &'a JValue, at: String) -> Option<Fields<'a>> {
        Fields::new(value, at, self.language, &mut self.findings)
    }

    fn machine(mut self, value: &JValue) -> Result<Definition, Vec<Diagnostic>> {
        match value.get("QueryLanguage").map(JValue::as_str) {
            Some(Some("JSONata")) => self.default = Language::Jsonata,
            Some(Some("JSONPath")) | None => {}
            Some(_) => {
                let message = "'QueryLanguage' must be JSONata or JSONPath";
                self.findings.error(Code::Schema, "/QueryLanguage", message);
            }
        }
        self.language = self.default;
        if let Some(version) = value.get("Version")
            && version.as_str() != Some("1.0")
        {
            self.findings
                .error(Code::Schema, "/Version", "'Version' must be \"1.0\"");
        }
        self.flow(value, String::new(), 0);
        let timeout_s = Fields {
            value,
            at: String::new(),
            language: self.default,
        }
        .whole("TimeoutSeconds", 1, task::MAX_TIMEOUT_S, &mut self.findings);
        self.scopes.check(&mut self.findings);
        if self.findings.has_errors() {
            return Err(self.findings.into_inner());
        }
        let states: Vec<State> = self.states.into_iter().flatten().collect();
        Ok(Definition {
            states,
            flows: self.flows,
            timeout_s,
            warnings: self.findings.into_inner(),
        })
    }

    /// Reads a machine: the top level (`at` is empty) or a branch.
    pub(super) fn flow(&mut self, value: &JValue, at: String, depth: usize) -> Option<FlowIx> {
        let fields = self.fields(value, at)?;
        let here = if fields.at.is_empty() {
            "/".to_owned()
        } else {
            fields.at.clone()
        };
        let top: &[&str] = if depth == 0 {
            &["QueryLanguage", "Version", "TimeoutSeconds"]
        } else {
            &[]
        };
        let allowed = [
            &["StartAt", "States", "Comment", "ProcessorConfig"][..],
            top,
        ];
        fields.only(&allowed, "a state machine", &mut self.findings);
        let missing: Vec<&str> = ["States", "StartAt"]
            .into_iter()
            .filter(|f| fields.get(f).is_none())
            .collect();
        if !missing.is_empty() {
            let message = format!("These fields are required: [{}]", missing.join(", "));
            self.findings.error(Code::Schema, here, message);
            return None;
        }
        if depth > MAX_NESTING {
            self.findings.error(
                Code::TooDeep,
                here,
                format!("Machines are nested deeper than {MAX_NESTING}"),
            );
            return None;
        }
        let states = fields.get("States").and_then(JValue::as_object);
        let Some(states) = states.filter(|states| !states.is_empty()) else {
            let message = "'States' must be an object of at least one state";
            self.findings
                .error(Code::Schema, fields.pointer("States"), message);
            return None;
        };
        let flow = FlowIx::try_from(self.flows.len()).ok()?;
        self.flows.push(Flow { start: 0 });
        self.scopes.open(flow);
        let first = self.states.len();
        for name in states.keys() {
            self.declare(name, &fields, flow);
        }
        for (i, (name, state)) in states.iter().enumerate() {
            let at = Fields {
                value,
                at: fields.pointer("States"),
                language: self.default,
            }
            .pointer(name);
            let compiled = self.state(name, state, at, flow, depth);
            if let Some(slot) = self.states.get_mut(first + i) {
                *slot = compiled;
            }
        }
        self.scopes.close();
        let start = self.required_target(&fields, "StartAt", flow)?;
        self.flows[usize::from(flow)].start = start;
        if !self.findings.has_errors() {
            self.reachable(first..first + states.len(), start, &fields);
        }
        Some(flow)
    }

    fn declare(&mut self, name: &str, fields: &Fields<'_>, flow: FlowIx) {
        let at = format!("{}/{name}", fields.pointer("States"));
        if name.is_empty() || name.chars().count() > MAX_STATE_NAME_CHARS {
            let message = format!("A state's name has 1 to {MAX_STATE_NAME_CHARS} characters");
            self.findings.error(Code::StateName, at.clone(), message);
        }
        // 1 MB has no room for so many that are states: the shortest one takes 20 bytes.
        let Ok(ix) = StateIx::try_from(self.states.len()) else {
            if !std::mem::replace(&mut self.is_overfull, true) {
                let message = format!("A definition has at most {} states", self.states.len());
                self.findings.error(Code::Schema, at, message);
            }
            return;
        };
        self.states.push(None);
        match self.names.entry(name.to_owned()) {
            Entry::Vacant(free) => {
                free.insert((ix, flow));
            }
            Entry::Occupied(_) => {
                self.doubles.insert((flow, name.to_owned()), ix);
                let message = format!(
                    "The name '{name}' is used twice: state names are unique in the whole definition"
                );
                self.findings.error(Code::DuplicateName, at, message);
            }
        }
    }

    fn state(
        &mut self,
        name: &str,
        value: &JValue,
        at: String,
        flow: FlowIx,
        depth: usize,
    ) -> Option<State> {
        let outer = self.language;
        self.language = self.language_of(value, &at);
        let state = self.read_state(name, value, at, flow, depth);
        self.language = outer;
        state
    }

    fn language_of(&mut self, value: &JValue, at: &str) -> Language {
        match (value.get("QueryLanguage").map(JValue::as_str), self.default) {
            (None, default) => default,
            (Some(Some("JSONata")), _) => Language::Jsonata,
            (Some(Some("JSONPath")), Language::JsonPath) => Language::JsonPath,
            (Some(Some("JSONPath")), Language::Jsonata) => {
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                self.findings.error(Code::Schema, at, message);
                Language::JsonPath
            }
            (Some(_), default) => {
                let message = "'QueryLanguage' must be JSONata or JSONPath";
                self.findings
                    .error(Code::Schema, format!("{at}/QueryLanguage"), message);
                default
            }
        }
    }

    fn read_state(
        &mut self,
        name: &str,
        value: &JValue,
        at: String,
        flow: FlowIx,
        depth: usize,
    ) -> Option<State> {
        let fields = self.fields(value, at)?;
        let word = fields.string("Type", &mut self.findings).unwrap_or("");
        let kind = self.kind(word, &fields, flow, depth)?;
        let then = match word {
            "Choice" | "Succeed" | "Fail" => Then::End,
            _ => self.then(&fields, flow)?,
        };
        let mut state = State {
            name: name.into(),
            kind,
            then,
            data: Data::Jsonata(Box::default()),
        };
        let catches = state.handling().is_some();
        state.data = jsonpath::data(&fields, catches, &mut self.findings);
        self.scopes.note(&fields, flow);
        Some(state)
    }

    fn then(&mut self, fields: &Fields<'_>, flow: FlowIx) -> Option<Then> {
        let end = fields.boolean("End", &mut self.findings);
        match (fields.get("Next").is_some(), end) {
            (true, None | Some(false)) => {
                self.required_target(fields, "Next", flow).map(Then::Next)
            }
            (false, Some(true)) => Some(Then::End),
            _ => {
                let message = "A state has exactly one of: [Next, End]";
                self.findings
                    .error(Code::Schema, fields.at.clone(), message);
                None
            }
        }
    }

    /// The state that the field `name` leads to, if the field is there.
    pub(super) fn target(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        flow: FlowIx,
    ) -> Option<StateIx> {
        let target = fields.string(name, &mut self.findings)?;
        if let Some(ix) = self.doubles.get(&(flow, target.to_owned())) {
            return Some(*ix);
        }
        match self.names.get(target) {
            Some((ix, home)) if *home == flow => Some(*ix),
            Some(_) => {
                let message =
                    format!("'{target}' belongs to another machine: transitions stay within one");
                self.findings
                    .error(Code::MissingTarget, fields.pointer(name), message);
                None
            }
            None => {
                let message = format!("Missing '{name}' target: {target}");
                self.findings
                    .error(Code::MissingTarget, fields.pointer(name), message);
                None
            }
        }
    }

    /// As [`Compiler::target`], for a field that must be there.
    pub(super) fn required_target(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        flow: FlowIx,
    ) -> Option<StateIx> {
        if fields.get(name).is_none() {
            let message = format!("These fields are required: [{name}]");
            self.findings
                .error(Code::Schema, fields.at.clone(), message);
            return None;
        }
        self.target(fields, name, flow)
    }

    /// Warns of states that no way leads to, and of a flow that cannot end.
    fn reachable(&mut self, range: std::ops::Range<usize>, start: StateIx, fields: &Fields<'_>) {
        // Transitions stay within the machine, whose states have one index after the other.
        let mut seen = vec![false; range.len()];
        let mut todo = vec![start];
        let mut ends = false;
        while let Some(ix) = todo.pop() {
            if std::mem::replace(&mut seen[usize::from(ix) - range.start], true) {
                continue;
            }
            let Some(state) = &self.states[usize::from(ix)] else {
                continue;
            };
            let targets = exits(state);
            ends |= targets.is_none();
            todo.extend(targets.unwrap_or_default());
            todo.extend(
                state
                    .handling()
                    .iter()
                    .flat_map(|h| h.catchers.iter().map(|c| c.next)),
            );
        }
        if !ends {
            let at = fields.pointer("States");
            self.findings.error(
                Code::NoTerminalState,
                at,
                "No way from 'StartAt' leads to an end",
            );
        }
        for (seen, state) in seen.into_iter().zip(&self.states[range]) {
            if let (false, Some(state)) = (seen, state) {
                let at = format!("{}/{}", fields.pointer("States"), state.name);
                let message = format!("State \"{}\" is not reachable.", state.name);
                self.findings.push(Diagnostic {
                    severity: Severity::Warning,
                    code: Code::Unreachable,
                    message,
                    location: at,
                });
            }
        }
    }
}

/// Where a state leads without an error; `None` if the flow ends there.
fn exits(state: &State) -> Option<Vec<StateIx>> {
    match (&state.kind, state.then) {
        (Kind::Choice(choice), _) => Some(
            choice
                .rules
                .iter()
                .map(|rule| rule.next)
                .chain(choice.default)
                .collect(),
        ),
        (_, Then::Next(next)) => Some(vec![next]),
        (_, Then::End) => None,
    }
}

#[cfg(test)]
#[path = "compile_tests.rs"]
mod tests;

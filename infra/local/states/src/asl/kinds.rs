//! The kinds of state: which fields each may have, and who reads them.

use super::compile::Compiler;
use super::data::Language;
use super::diagnostic::Code;
use super::fields::Fields;
use super::{Fail, FlowIx, Kind, choice, distributed, map, parallel, task, wait};

const COMMON: &[&str] = &["Type", "Comment", "QueryLanguage"];
const FLOWING: &[&str] = &["Next", "End"];
const HANDLING: &[&str] = &["Retry", "Catch"];
const TASK: &[&str] = &[
    "Resource",
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "Credentials",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
];
const WAIT: &[&str] = &["Seconds", "Timestamp", "SecondsPath", "TimestampPath"];
const FAIL: &[&str] = &["Error", "Cause", "ErrorPath", "CausePath"];

/// Fields of every state that hands data on and is not an end.
fn giving(language: Language) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &["Assign", "Output"],
        Language::JsonPath => &["Assign", "InputPath", "OutputPath"],
    }
}

/// Fields of a Pass state.
fn passing(language: Language) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &[],
        Language::JsonPath => &["Parameters", "Result", "ResultPath"],
    }
}

/// Fields of the states that have work done.
fn working(language: Language) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &["Arguments"],
        Language::JsonPath => &["Parameters", "ResultSelector", "ResultPath"],
    }
}

/// Fields of a Succeed state.
fn succeeding(language: Language) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &["Output"],
        Language::JsonPath => &["InputPath", "OutputPath"],
    }
}

/// All of `fields`, or without their `...Path` variants, which stand behind the first `plain` ones.
fn paths_too(
    language: Language,
    fields: &'static [&'static str],
    plain: usize,
) -> &'static [&'static str] {
    match language {
        Language::Jsonata => &fields[..plain],
        Language::JsonPath => fields,
    }
}

/// The fields of a kind of state, and what the kind is called; `None` for what is no kind.
fn allowed(word: &str, language: Language) -> Option<(Vec<&'static [&'static str]>, &'static str)> {
    let giving = giving(language);
    let working = working(language);
    Some(match word {
        "Pass" => (
            vec![COMMON, FLOWING, giving, passing(language)],
            "a Pass state",
        ),
        "Task" => {
            let own = paths_too(language, TASK, 4);
            let fields = vec![COMMON, FLOWING, giving, working, HANDLING, own];
            (fields, "a Task state")
        }
        "Choice" => (
            vec![COMMON, giving, &["Choices", "Default"]],
            "a Choice state",
        ),
        "Wait" => {
            let own = paths_too(language, WAIT, 2);
            (vec![COMMON, FLOWING, giving, own], "a Wait state")
        }
        "Parallel" => {
            let own: &[&str] = &["Branches"];
            let fields = vec![COMMON, FLOWING, giving, working, HANDLING, own];
            (fields, "a Parallel state")
        }
        "Succeed" => (vec![COMMON, succeeding(language)], "a Succeed state"),
        "Fail" => (vec![COMMON, paths_too(language, FAIL, 2)], "a Fail state"),
        "Map" => {
            let mut fields = vec![COMMON, FLOWING, giving, HANDLING];
            fields.extend([map::own(language), distributed::own(language)]);
            (fields, "a Map state")
        }
        _unknown => return None,
    })
}

impl Compiler {
    /// Reads what is particular to a state of the kind `word`.
    pub(super) fn kind(
        &mut self,
        word: &str,
        fields: &Fields<'_>,
        flow: FlowIx,
        depth: usize,
    ) -> Option<Kind> {
        let Some((allowed, what)) = allowed(word, self.language) else {
            let message = "The field 'Type' should have one of these values: \
                           [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]";
            self.findings
                .error(Code::Schema, fields.pointer("Type"), message);
            return None;
        };
        fields.only(&allowed, what, &mut self.findings);
        match word {
            "Pass" => Some(Kind::Pass),
            "Task" => task::read(self, fields, flow).map(|task| Kind::Task(Box::new(task))),
            "Choice" => Some(Kind::Choice(Box::new(choice::read(self, fields, flow)))),
            "Wait" => wait::read(self, fields).map(Kind::Wait),
            "Parallel" => {
                let parallel = parallel::read(self, fields, flow, depth);
                Some(Kind::Parallel(Box::new(parallel)))
            }
            "Succeed" => Some(Kind::Succeed),
            "Fail" => {
                let error = fields.text("Error", &mut self.findings);
                let cause = fields.text("Cause", &mut self.findings);
                Some(Kind::Fail(Box::new(Fail { error, cause })))
            }
            _map => map::read(self, fields, flow, depth).map(|map| Kind::Map(Box::new(map))),
        }
    }
}

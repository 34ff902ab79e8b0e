//! Reading one JSON object of a definition: wanted fields, their kinds, and what does not belong.

use jsonata_core::value::JValue;

use super::data::Language;
use super::diagnostic::{Code, Diagnostic, Severity};
use super::expression::{BADLY_DELIMITED, Expression, is_badly_delimited, source_of};
use super::lookup::Lookup;
use super::spelling::{Spellings, escaped};
use super::template::Template;
use super::{Seconds, Text, jsonpath};

/// AWS's words for a list without items.
pub(super) const EMPTY: &str = "Value cannot be empty";

/// Collects findings while a definition is read.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    /// How the definition spells its numbers.
    pub(super) spellings: Spellings,
}

/// Most findings kept: one more than AWS gives in a call, so that it is known that there are more.
const MAX_FINDINGS: usize = 101;

impl Findings {
    pub(super) fn error(
        &mut self,
        code: Code,
        location: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.push(Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            location: location.into(),
        });
    }

    /// A field that must be there is not.
    pub(super) fn missing(&mut self, at: &str, name: &str) {
        let at = if at.is_empty() { "/" } else { at };
        self.error(
            Code::Schema,
            at,
            format!("These fields are required: [{name}]"),
        );
    }

    pub(super) fn push(&mut self, finding: Diagnostic) {
        if self.list.len() < MAX_FINDINGS {
            self.list.push(finding);
        }
    }

    pub(super) fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    pub(super) fn into_inner(self) -> Vec<Diagnostic> {
        self.list
    }
}

/// An object of the definition and its JSON pointer.
pub(super) struct Fields<'a> {
    pub(super) value: &'a JValue,
    pub(super) at: String,
    pub(super) language: Language,
}

impl<'a> Fields<'a> {
    /// `value` must be an object; otherwise a finding and `None`.
    pub(super) fn new(
        value: &'a JValue,
        at: String,
        language: Language,
        findings: &mut Findings,
    ) -> Option<Self> {
        if value.is_object() {
            return Some(Self {
                value,
                at,
                language,
            });
        }
        findings.error(Code::Schema, at, "Expected an object");
        None
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a JValue> {
        self.value.get(name)
    }

    pub(super) fn pointer(&self, name: &str) -> String {
        format!("{}/{}", self.at, escaped(name))
    }

    /// Reports fields outside `allowed`.
    pub(super) fn only(&self, allowed: &[&[&str]], what: &str, findings: &mut Findings) {
        let Some(map) = self.value.as_object() else {
            return;
        };
        for name in map.keys() {
            if allowed.iter().any(|list| list.contains(&name.as_str())) {
                continue;
            }
            let (foreign, language) = match self.language {
                Language::Jsonata => (jsonpath::FIELDS, "JSONata"),
                Language::JsonPath => (jsonpath::JSONATA_FIELDS, "JSONPath"),
            };
            let message = if foreign.contains(&name.as_str()) {
                format!("The field '{name}' is not supported when 'QueryLanguage' is '{language}'")
            } else {
                format!("The field '{name}' is not supported by {what}")
            };
            findings.error(Code::Schema, self.pointer(name), message);
        }
    }

    pub(super) fn string(&self, name: &str, findings: &mut Findings) -> Option<&'a str> {
        let value = self.get(name)?;
        let text = value.as_str();
        if text.is_none() {
            findings.error(
                Code::Schema,
                self.pointer(name),
                format!("'{name}' must be a string"),
            );
        }
        text
    }

    pub(super) fn boolean(&self, name: &str, findings: &mut Findings) -> Option<bool> {
        let value = self.get(name)?;
        let flag = value.as_bool();
        if flag.is_none() {
            findings.error(
                Code::Schema,
                self.pointer(name),
                format!("'{name}' must be true or false"),
            );
        }
        flag
    }

    pub(super) fn number(
        &self,
        name: &str,
        least: f64,
        most: f64,
        findings: &mut Findings,
    ) -> Option<f64> {
        let value = self.get(name)?;
        let number = value.as_f64().filter(|n| *n >= least && *n <= most);
        if number.is_none() {
            let message = format!("'{name}' must be a number from {least} to {most}");
            findings.error(Code::Schema, self.pointer(name), message);
        }
        number
    }

    pub(super) fn whole(
        &self,
        name: &str,
        least: u32,
        most: u32,
        findings: &mut Findings,
    ) -> Option<u32> {
        let value = self.get(name)?;
        let number = value
            .as_f64()
            .filter(|n| n.fract() == 0.0 && *n >= f64::from(least) && *n <= f64::from(most));
        if number.is_none() {
            let message = format!("'{name}' must be a whole number from {least} to {most}");
            findings.error(Code::Schema, self.pointer(name), message);
        }
        number.map(|n| n as u32)
    }

    /// A string, an expression, or the `...Path` variant of the field.
    pub(super) fn text(&self, name: &str, findings: &mut Findings) -> Option<Text> {
        if let Some(by_path) = self.variant(name, findings) {
            return self.text_at(by_path, findings);
        }
        let text = self.string(name, findings)?;
        if self.language == Language::Jsonata && is_badly_delimited(text) {
            findings.error(Code::Expression, self.pointer(name), BADLY_DELIMITED);
            return None;
        }
        match (self.language, source_of(text)) {
            (Language::Jsonata, Some(source)) => {
                self.compiled(name, source, findings).map(Text::Expression)
            }
            (Language::Jsonata, None) | (Language::JsonPath, _) => {
                Some(Text::Literal(text.to_owned()))
            }
        }
    }

    /// `ErrorPath` and `CausePath` take intrinsic functions as well, other fields only paths.
    fn text_at(&self, field: String, findings: &mut Findings) -> Option<Text> {
        let lookup = if field == "ErrorPath" || field == "CausePath" {
            let text = self.string(&field, findings)?;
            match Lookup::parse(text) {
                Ok(lookup) => lookup,
                Err(why) => {
                    let message = format!(
                        "The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call ({why})"
                    );
                    findings.error(Code::Schema, self.pointer(&field), message);
                    return None;
                }
            }
        } else {
            Lookup::Path(self.path(&field, findings)?)
        };
        Some(Text::Lookup { field, lookup })
    }

    /// The name of the `...Path` variant, if the field is given by it. Both at once are refused.
    pub(super) fn variant(&self, name: &str, findings: &mut Findings) -> Option<String> {
        let by_path = format!("{name}Path");
        if self.language == Language::Jsonata {
            return None;
        }
        self.get(&by_path)?;
        if self.get(name).is_some() {
            let message = format!("A state has at most one of: [{name}, {by_path}]");
            findings.error(Code::Schema, self.at.clone(), message);
        }
        Some(by_path)
    }

    /// A number of seconds, an expression, or the `...Path` variant of the field.
    pub(super) fn seconds(
        &self,
        name: &str,
        least: u32,
        most: u32,
        findings: &mut Findings,
    ) -> Option<Seconds> {
        if let Some(field) = self.variant(name, findings) {
            let path = self.path(&field, findings)?;
            return Some(Seconds::Path { field, path });
        }
        let text = self.get(name).and_then(JValue::as_str);
        if let (Language::Jsonata, Some(source)) = (self.language, text.and_then(source_of)) {
            return self
                .compiled(name, source, findings)
                .map(Seconds::Expression);
        }
        self.whole(name, least, most, findings)
            .map(Seconds::Literal)
    }

    pub(super) fn compiled(
        &self,
        name: &str,
        source: &str,
        findings: &mut Findings,
    ) -> Option<Expression> {
        match Expression::compile(source) {
            Ok(expression) => Some(expression),
            Err(message) => {
                findings.error(Code::Expression, self.pointer(name), message);
                None
            }
        }
    }

    /// JSON with expressions, or paths, in it.
    pub(super) fn template(&self, name: &str, findings: &mut Findings) -> Option<Template> {
        let value = self.get(name)?;
        let at = self.pointer(name);
        let spelled = (&findings.spellings, &*at);
        let (compiled, code) = match self.language {
            Language::Jsonata => (Template::compile(value, spelled), Code::Expression),
            Language::JsonPath => (Template::payload(value, spelled), Code::Schema),
        };
        match compiled {
            Ok(template) => Some(template),
            Err(bad) => {
                findings.error(
                    code,
                    format!("{}{}", self.pointer(name), bad.pointer),
                    bad.message,
                );
                None
            }
        }
    }

    /// `Assign`: an object whose keys are variable names.
    pub(super) fn assign(&self, findings: &mut Findings) -> Option<Template> {
        let value = self.get("Assign")?;
        let Some(map) = value.as_object() else {
            findings.error(
                Code::Schema,
                self.pointer("Assign"),
                "'Assign' must be an object",
            );
            return None;
        };
        for key in map.keys() {
            let name = match self.language {
                Language::Jsonata => key,
                Language::JsonPath => key.strip_suffix(".$").unwrap_or(key),
            };
            if let Some(why) = bad_variable_name(name) {
                let at = format!("{}/{name}", self.pointer("Assign"));
                findings.error(
                    Code::Schema,
                    at,
                    format!("'{name}' is not a variable name: {why}"),
                );
            }
        }
        self.template("Assign", findings)
    }
}

/// Longest variable name, in characters (guide, "Passing data between states with variables").
const MAX_VARIABLE_NAME_CHARS: usize = 80;

fn bad_variable_name(name: &str) -> Option<&'static str> {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if !starts || !chars.all(|c| c.is_alphanumeric() || c == '_') {
        return Some("a letter, then letters, digits or _");
    }
    if name.chars().count() > MAX_VARIABLE_NAME_CHARS {
        return Some("at most 80 characters");
    }
    (name == "states").then_some("'states' is reserved")
}

//! What is asked of the expressions of a definition beyond that they can be parsed: `$states.result` and
//! `$states.errorOutput` stand where there is one, and the text is JSONata as Step Functions has it.
//!
//! Sources: developer guide, "Transforming data with JSONata in Step Functions" (what is not accessible is caught at
//! creation, update or validation) and "Reserved variable: $states"; JSONata 2.0.6.

use jsonata_core::parser::{Lexer, Token};
use serde_json::Value;

use super::diagnostic::{Code, Diagnostic, Severity};
use super::expression::source_of;

/// The member of `$states` that a field has besides `input` and `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    Nothing,
    Result,
    ErrorOutput,
}

/// Fields whose machines' states speak for themselves.
const MACHINES: [&str; 3] = ["Branches", "ItemProcessor", "Iterator"];

/// What is wrong with the expressions of a JSONata state at the JSON pointer `at`.
pub(super) fn refused(at: &str, state: &Value, found: &mut Vec<Diagnostic>) {
    let Some(fields) = state.as_object() else {
        return;
    };
    let works = matches!(state["Type"].as_str(), Some("Task" | "Parallel" | "Map"));
    for (name, value) in fields {
        let at = format!("{at}/{name}");
        match name.as_str() {
            name if MACHINES.contains(&name) => {}
            "Output" | "Assign" if works => each(value, &at, Extra::Result, found),
            "Catch" => caught(value, &at, found),
            _other => each(value, &at, Extra::Nothing, found),
        }
    }
}

fn caught(catchers: &Value, at: &str, found: &mut Vec<Diagnostic>) {
    for (i, catcher) in catchers.as_array().into_iter().flatten().enumerate() {
        for name in ["Output", "Assign"] {
            let at = format!("{at}/{i}/{name}");
            each(&catcher[name], &at, Extra::ErrorOutput, found);
        }
    }
}

/// Every expression in a value.
fn each(value: &Value, at: &str, extra: Extra, found: &mut Vec<Diagnostic>) {
    match value {
        Value::String(text) => {
            if let Some(source) = source_of(text) {
                expression(source, at, extra, found);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                each(item, &format!("{at}/{i}"), extra, found);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let at = format!("{at}/{}", super::spelling::escaped(name));
                each(value, &at, extra, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn expression(source: &str, at: &str, extra: Extra, found: &mut Vec<Diagnostic>) {
    let tokens = tokens(source);
    let mut refuse = |code, message| {
        found.push(Diagnostic {
            severity: Severity::Error,
            code,
            message,
            location: at.to_owned(),
        });
    };
    if let Some(why) = tokens.iter().find_map(foreign) {
        let message = format!("the expression '{source}' cannot be parsed: {why}");
        refuse(Code::Expression, message);
    }
    let members: Vec<&str> = tokens.windows(3).filter_map(member).collect();
    if extra != Extra::Result && members.contains(&"result") {
        let message = format!(
            "The JSONata expression '{source}' uses $states.result, which is accessible in 'Output' and 'Assign' of Task, \
             Parallel and Map states only"
        );
        refuse(Code::Schema, message);
    }
    if extra != Extra::ErrorOutput && members.contains(&"errorOutput") {
        let message = format!(
            "The JSONata expression '{source}' uses $states.errorOutput, which is accessible in 'Output' and 'Assign' of \
             'Catch' only"
        );
        refuse(Code::Schema, message);
    }
}

/// The tokens of an expression that has been parsed.
fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer::new(source.to_owned());
    let mut tokens = Vec::new();
    while let Ok(token) = lexer.next_token() {
        if token == Token::Eof {
            break;
        }
        tokens.push(token);
    }
    tokens
}

/// The name in `$states.name`.
fn member(tokens: &[Token]) -> Option<&str> {
    match tokens {
        [
            Token::Variable(of),
            Token::Dot,
            Token::Identifier(name) | Token::String(name),
        ] if of == "states" => Some(name),
        _other => None,
    }
}

/// Why JSONata 2.0.6 does not take this token, if it does not.
fn foreign(token: &Token) -> Option<String> {
    match token {
        Token::QuestionQuestion => Some("'??' is no operator of JSONata 2.0.6".to_owned()),
        Token::QuestionColon => Some("'?:' is no operator of JSONata 2.0.6".to_owned()),
        Token::Regex { pattern, .. } if pattern.is_empty() => {
            Some("a regular expression must not be empty".to_owned())
        }
        Token::Regex { pattern, .. } if !is_closed(pattern) => Some(format!(
            "the regular expression /{pattern}/ does not end: write a slash inside brackets as '\\/'"
        )),
        _good => None,
    }
}

/// A slash ends a regular expression only where no bracket is open. As there, brackets are counted, not paired.
fn is_closed(pattern: &str) -> bool {
    let mut open = 0_i64;
    let mut before = '/';
    for c in pattern.chars() {
        match c {
            '(' | '[' | '{' if before != '\\' => open += 1,
            ')' | ']' | '}' if before != '\\' => open -= 1,
            _other => {}
        }
        before = c;
    }
    open == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(state: &Value) -> Vec<String> {
        let mut found = Vec::new();
        refused("", state, &mut found);
        found.into_iter().map(|d| d.location).collect()
    }

    #[test]
    fn a_result_is_where_work_has_one_and_an_error_in_a_catch() {
        let (result, error) = ("{% $states.result.x %}", "{% $states . `errorOutput` %}");
        let both = json!({ "a": [result], "b/": error });
        let catch = json!([{ "Output": both, "Assign": both }]);
        let task = json!({ "Type": "Task", "Arguments": both, "Output": both, "Assign": result, "Catch": catch,
            "TimeoutSeconds": result });
        assert_eq!(
            found(&task),
            [
                "/Arguments/a/0",
                "/Arguments/b~1",
                "/Output/b~1",
                "/Catch/0/Output/a/0",
                "/Catch/0/Assign/a/0",
                "/TimeoutSeconds"
            ]
        );
        let pass = json!({ "Type": "Pass", "Output": result, "Assign": { "v": error } });
        assert_eq!(found(&pass), ["/Output", "/Assign/v"]);
    }

    #[test]
    fn what_only_looks_like_them_is_let_be() {
        for innocent in [
            "{% '$states.result' %}",
            "{% /* $states.result */ 1 %}",
            "{% $states.input.result %}",
            "{% $states %}",
            "$states.result",
        ] {
            let pass = json!({ "Type": "Pass", "Output": innocent });
            assert_eq!(found(&pass), [""; 0], "{innocent}");
        }
    }

    #[test]
    fn what_came_to_jsonata_later_is_refused() {
        let told = |source: &str| {
            let mut found = Vec::new();
            expression(source, "", Extra::Nothing, &mut found);
            found.len()
        };
        for bad in [
            "a ?? 1",
            "a ?: 1",
            "$match(a, /[/)",
            "$match(a, /b(/)",
            "$match(a, //)",
        ] {
            assert_eq!(told(bad), 1, "{bad}");
        }
        for good in [
            "a ? 1 : 2",
            "'a ?? b ?: c'",
            "$match(a, /[\\/]\\(/i)",
            "$f(?, 1)",
            "/* ?? */ a / b",
        ] {
            assert_eq!(told(good), 0, "{good}");
        }
    }
}

//! Reading calls.

use super::super::path::{Cursor, NotAPath};
use super::{Argument, Call, FUNCTIONS, MAX_NESTED_CALLS};

/// Does a definition mean a call by this text?
pub(in crate::asl) fn looks_like_call(text: &str) -> bool {
    text.starts_with("States.")
}

/// Reads a whole text as a call.
pub(in crate::asl) fn call(text: &str) -> Result<Call, NotAPath> {
    let mut cursor = Cursor::new(text);
    let call = read(&mut cursor, 1)?;
    cursor.space();
    cursor.end()?;
    Ok(call)
}

fn read(cursor: &mut Cursor<'_>, depth: usize) -> Result<Call, NotAPath> {
    if depth > MAX_NESTED_CALLS {
        return cursor.fail("functions are nested deeper than 10");
    }
    let start = cursor.at();
    cursor.expect("States.", "a function begins with 'States.'")?;
    let name = cursor.take_while(|c| c.is_ascii_alphanumeric());
    let Some((_, function, fewest, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name)
    else {
        return cursor.fail("there is no such function");
    };
    cursor.expect("(", "'(' is missing")?;
    let mut arguments = Vec::new();
    cursor.space();
    if !cursor.eat(")") {
        loop {
            cursor.space();
            arguments.push(argument(cursor, depth)?);
            cursor.space();
            if cursor.eat(")") {
                break;
            }
            cursor.expect(",", "',' or ')' is expected")?;
        }
    }
    if arguments.len() < *fewest || arguments.len() > *most {
        return cursor.fail("the function takes another number of arguments");
    }
    Ok(Call {
        function: *function,
        arguments,
        source: cursor.since(start).to_owned(),
    })
}

fn argument(cursor: &mut Cursor<'_>, depth: usize) -> Result<Argument, NotAPath> {
    match cursor.peek() {
        Some('$') => cursor.path().map(Argument::Path),
        Some('\'') => literal(cursor).map(Argument::Text),
        Some('S') => read(cursor, depth + 1).map(Argument::Call),
        _scalar => {
            let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
            if serde_json::from_str::<serde::de::IgnoredAny>(word).is_err() {
                return cursor.fail(
                    "an argument is a path, a text in single quotes, a number, true, false, null or a function",
                );
            }
            Ok(Argument::Json(word.to_owned()))
        }
    }
}

/// A text in single quotes, without them; only `\'`, `\{`, `\}` and `\\` are escapes.
fn literal(cursor: &mut Cursor<'_>) -> Result<String, NotAPath> {
    cursor.expect("'", "a text is written in single quotes")?;
    let start = cursor.at();
    loop {
        match cursor.peek() {
            None => return cursor.fail("the closing quote is missing"),
            Some('\'') => {
                let raw = cursor.since(start).to_owned();
                cursor.bump();
                return Ok(raw);
            }
            Some('\\') => {
                cursor.bump();
                match cursor.bump() {
                    Some('\'' | '{' | '}' | '\\') => {}
                    _other => return cursor.fail("only \\', \\{, \\} and \\\\ are escapes"),
                }
            }
            Some(_plain) => {
                cursor.bump();
            }
        }
    }
}

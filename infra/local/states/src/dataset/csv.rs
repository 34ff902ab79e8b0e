//! Delimited text: RFC 4180, with another delimiter if one is named. Every value is a text.

use super::{Gathered, LoadError};
use crate::asl::distributed::Csv;
use crate::json::push_string;

/// Longest header, in bytes (guide, "CSVHeaderLocation": 10 KiB).
const MAX_HEADER_BYTES: usize = 10_240;

/// Adds an item for every row behind the header.
pub(super) fn items(text: &str, how: &Csv, gathered: &mut Gathered) -> Result<(), LoadError> {
    let mut at = 0;
    let headers = match &how.headers {
        Some(headers) => headers.clone(),
        None => row(text, how.delimiter, &mut at).unwrap_or_default(),
    };
    if headers.iter().map(String::len).sum::<usize>() > MAX_HEADER_BYTES {
        return Err(LoadError::content(format!(
            "The CSV header has more than {MAX_HEADER_BYTES} bytes."
        )));
    }
    let mut seen = std::collections::HashSet::new();
    if !headers.iter().all(|header| seen.insert(header)) {
        return Err(LoadError::content("CSV headers cannot contain duplicates."));
    }
    rows(&text[at..], &headers, how.delimiter, gathered)
}

/// Adds an item for every row. Columns that a row lacks are empty; those that have no header are left out.
pub(super) fn rows(
    text: &str,
    headers: &[String],
    delimiter: char,
    gathered: &mut Gathered,
) -> Result<(), LoadError> {
    let mut at = 0;
    while !gathered.is_full()
        && let Some(values) = row(text, delimiter, &mut at)
    {
        if values.len() == 1 && values[0].is_empty() {
            continue;
        }
        let mut item = String::from("{");
        for (place, header) in headers.iter().enumerate() {
            if place > 0 {
                item.push(',');
            }
            push_string(&mut item, header);
            item.push(':');
            push_string(&mut item, values.get(place).map_or("", String::as_str));
        }
        item.push('}');
        gathered.push(&item)?;
    }
    Ok(())
}

/// The row that begins at `at`, and `at` moved behind it. `None` at the end.
fn row(text: &str, delimiter: char, at: &mut usize) -> Option<Vec<String>> {
    let rest = text.get(*at..).filter(|rest| !rest.is_empty())?;
    let mut values = Vec::new();
    let mut value = String::new();
    let mut quoted = false;
    let mut chars = rest.char_indices().peekable();
    while let Some((place, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        match c {
            '"' if quoted && next == Some('"') => {
                value.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            c if quoted => value.push(c),
            '"' if value.is_empty() => quoted = true,
            c if c == delimiter => values.push(std::mem::take(&mut value)),
            '\r' if next == Some('\n') => {}
            '\n' => {
                *at += place + 1;
                values.push(value);
                return Some(values);
            }
            c => value.push(c),
        }
    }
    *at = text.len();
    values.push(value);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, how: &Csv, most: u32) -> Result<String, LoadError> {
        let mut gathered = Gathered::new(most);
        items(text, how, &mut gathered)?;
        Ok(gathered.done().items.as_str().to_owned())
    }

    fn first_row(delimiter: char) -> Csv {
        Csv {
            headers: None,
            delimiter,
        }
    }

    #[test]
    fn quotes_line_ends_and_missing_columns() {
        let text = "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n2\r\n\r\n3,4,5";
        assert_eq!(
            read(text, &first_row(','), 0).unwrap(),
            r#"[{"a":"1","b":"x, \"y\"\nz"},{"a":"2","b":""},{"a":"3","b":"4"}]"#
        );
    }

    #[test]
    fn given_headers_and_another_delimiter() {
        let how = Csv {
            headers: Some(vec!["k".into(), "v".into()]),
            delimiter: '|',
        };
        assert_eq!(
            read("1|a,b\n2|\n", &how, 1).unwrap(),
            r#"[{"k":"1","v":"a,b"}]"#
        );
    }

    #[test]
    fn duplicate_headers_are_refused_in_awss_words() {
        let error = read("a,a\n1,2", &first_row(','), 0).unwrap_err();
        assert_eq!(error.to_string(), "CSV headers cannot contain duplicates.");
        assert_eq!(read("", &first_row(','), 0).unwrap(), "[]");
    }
}

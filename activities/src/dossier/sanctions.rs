//! Lists of sanctions as they are loaded: comma-separated values (RFC 4180), a person or an organisation in each row. Pure.

/// Most rows of a list.
pub const ROWS_MAX: usize = 60_000;
/// Most names of a list, other names among them.
pub const NAMES_MAX: usize = 100_000;
/// Longest name, in characters.
const NAME_MAX: usize = 400;

/// How the rows are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Each field of a row is a name of the same one: the name first, then other names. No head.
    Names,
    /// The U.S. Treasury's `SDN.CSV`: the name is the second field; without a head.
    /// <https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas>
    OfacSdn,
}

impl Layout {
    /// By its name in the API.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "names" => Some(Self::Names),
            "ofac-sdn" => Some(Self::OfacSdn),
            _ => None,
        }
    }
}

/// The names of a list, in its order, each once.
///
/// # Errors
/// In words, with the row, from 1.
pub fn read(text: &str, layout: Layout) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for (at, row) in rows(text)?.into_iter().enumerate() {
        let row_number = at + 1;
        if row_number > ROWS_MAX {
            return Err(format!("at most {ROWS_MAX} rows"));
        }
        let found: Vec<String> = match layout {
            Layout::Names => row,
            Layout::OfacSdn => {
                // The file ends with a control character in a row of its own.
                if row.len() == 1 && row[0].trim_matches(char::is_control).is_empty() {
                    continue;
                }
                let name = row.into_iter().nth(1);
                vec![name.ok_or_else(|| format!("row {row_number}: the second field is missing"))?]
            }
        };
        let found = found.iter().map(|name| name.trim());
        let found: Vec<&str> = found.filter(|name| !name.is_empty()).collect();
        for name in found {
            if name.chars().count() > NAME_MAX {
                return Err(format!(
                    "row {row_number}: a name has at most {NAME_MAX} characters"
                ));
            }
            names.push(name.to_owned());
        }
        if names.len() > NAMES_MAX {
            return Err(format!("at most {NAMES_MAX} names"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    if names.is_empty() {
        return Err("there is no name in it".to_owned());
    }
    Ok(names)
}

/// The rows with their fields. Empty lines are none.
fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let (mut is_quoted, mut was_quoted) = (false, false);
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if field.trim().is_empty() && !was_quoted => {
                field.clear();
                (is_quoted, was_quoted) = (true, true);
            }
            ',' if !is_quoted => {
                row.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut field));
                was_quoted = false;
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !is_quoted => {}
            other => field.push(other),
        }
    }
    if is_quoted {
        return Err(format!("row {}: a quote is not closed", rows.len() + 1));
    }
    row.push(field);
    rows.push(row);
    rows.retain(|row| row.iter().any(|field| !field.trim().is_empty()));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_row_has_the_names_of_one_and_each_name_is_kept_once() {
        let text = "\u{feff}Ossip Drachenfels,\"Drachenfels, Ossip\"\r\n\r\n\"The \"\"Vortigern\"\" Line\"\nOssip Drachenfels,\n";
        let names = read(text, Layout::Names).unwrap();
        assert_eq!(
            names,
            [
                "Ossip Drachenfels",
                "Drachenfels, Ossip",
                "The \"Vortigern\" Line"
            ]
        );
    }

    #[test]
    fn the_treasurys_file_has_its_names_in_the_second_field() {
        let text = "36,\"AEROCARIBBEAN AIRLINES\",-0- ,\"CUBA\",-0- \n173,\"ANGLO-CARIBBEAN CO., LTD.\",-0- ,\"CUBA\"\n\u{1a}";
        let names = read(text, Layout::OfacSdn).unwrap();
        assert_eq!(
            names,
            ["AEROCARIBBEAN AIRLINES", "ANGLO-CARIBBEAN CO., LTD."]
        );
        let wrong = read("36\n", Layout::OfacSdn).unwrap_err();
        assert!(wrong.contains("row 1"), "{wrong}");
    }

    #[test]
    fn what_is_no_list_is_refused_in_words() {
        let long = "x".repeat(401);
        for (text, words) in [
            ("", "no name"),
            ("\n , \n", "no name"),
            ("a\n\"b", "row 2: a quote"),
            (long.as_str(), "row 1: a name"),
        ] {
            let wrong = read(text, Layout::Names).unwrap_err();
            assert!(wrong.contains(words), "{wrong}");
        }
        let many = "a\n".repeat(ROWS_MAX + 1);
        assert!(read(&many, Layout::Names).is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "[a-z\",\\r\\n]{0,60}") {
            let _ = read(&text, Layout::Names);
            let _ = read(&text, Layout::OfacSdn);
        }
    }
}

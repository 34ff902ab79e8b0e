//! Reading what people write: pasted, typed, national or international.
use super::{Country, look_up};
use contract::E164;
use thiserror::Error;

/// Longest text that is looked at, in characters.
const TEXT_MAX: usize = 64;
/// What international dialling begins with on most keypads, tried after the country's own prefixes.
const COMMON_PREFIX: &str = "00";

/// Why a text is not a number to call.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// An emergency number, however written.
    #[error("emergency numbers cannot be called from here: use a phone")]
    Emergency,
    /// It has an extension, a pause or keys after the number.
    #[error("extensions cannot be dialled: call the number, then press the keys")]
    Extension,
    /// Two numbers could be meant.
    #[error("this can mean {0} or {1}: write it with a plus sign and the country code")]
    Ambiguous(E164, E164),
    /// No number.
    #[error(
        "not a telephone number: write it as in your country, or with a plus sign and the country code, as in +41 44 555 01 00"
    )]
    NotANumber,
}

/// The number that a text means for somebody in country `home`. `near` are the countries whose emergency numbers count:
/// the caller's and the tenant's.
///
/// # Errors
/// [`ReadError`] if it means none, or none that can be called.
pub fn read(text: &str, home: Option<&Country>, near: &[&Country]) -> Result<E164, ReadError> {
    let written = lex(text)?;
    if is_emergency(&written, home, near) {
        return Err(ReadError::Emergency);
    }
    let mut found: Vec<E164> = Vec::new();
    for digits in readings(&written, home) {
        if let Ok(number) = E164::parse(&format!("+{digits}"))
            && look_up(&number).is_some()
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    if found.is_empty() && !written.plus {
        // Pasted without its plus sign.
        found.extend(
            E164::parse(&format!("+{}", written.digits))
                .ok()
                .filter(|number| look_up(number).is_some()),
        );
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Err(ReadError::NotANumber),
        (Some(number), None) => Ok(number),
        (Some(one), Some(other)) => Err(ReadError::Ambiguous(one, other)),
    }
}

/// A text without its decoration.
struct Written {
    plus: bool,
    digits: String,
}

fn lex(text: &str) -> Result<Written, ReadError> {
    if text.chars().count() > TEXT_MAX {
        return Err(ReadError::NotANumber);
    }
    let lower = text.trim().to_lowercase();
    let (local, context) = match lower.strip_prefix("tel:") {
        Some(uri) => tel_uri(uri)?,
        None => (lower.as_str(), None),
    };
    // "+41 (0)44": the trunk prefix, shown to those who dial from inside the country.
    let local = if local.trim_start().starts_with(['+', '\u{ff0b}']) || local.starts_with("00") {
        local.replacen("(0)", "", 1)
    } else {
        local.to_owned()
    };
    let mut written = Written {
        plus: false,
        digits: String::new(),
    };
    for c in local.chars() {
        match c {
            '0'..='9' => written.digits.push(c),
            '+' | '\u{ff0b}' if !written.plus && written.digits.is_empty() => written.plus = true,
            // The last range: marks that say which way to read, as phone books paste them.
            ' '
            | '-'
            | '.'
            | '/'
            | '('
            | ')'
            | '\t'
            | '\u{a0}'
            | '\u{2007}'..='\u{2015}'
            | '\u{202f}'
            | '\u{2212}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' => {}
            'x' | 'e' | '#' | ',' | ';' if !written.digits.is_empty() => {
                return Err(ReadError::Extension);
            }
            _ => return Err(ReadError::NotANumber),
        }
    }
    if let Some(context) = context.filter(|_| !written.plus) {
        let national = written.digits;
        written = Written {
            plus: true,
            digits: context + &national,
        };
    }
    if written.digits.is_empty() {
        Err(ReadError::NotANumber)
    } else {
        Ok(written)
    }
}

/// The number and the `phone-context` digits of a `tel:` URI without its scheme (RFC 3966 §3).
fn tel_uri(uri: &str) -> Result<(&str, Option<String>), ReadError> {
    let mut parts = uri.split(';');
    let number = parts.next().unwrap_or_default();
    let mut context = None;
    for part in parts {
        match part.split_once('=') {
            Some(("ext" | "postd", _)) => return Err(ReadError::Extension),
            Some(("phone-context", value)) => {
                let digits = value.strip_prefix('+').ok_or(ReadError::NotANumber)?;
                context = Some(digits.chars().filter(char::is_ascii_digit).collect());
            }
            Some(_) | None => return Err(ReadError::NotANumber),
        }
    }
    Ok((number, context))
}

/// Every E.164 number, without its plus sign, that the digits can be meant as.
fn readings(written: &Written, home: Option<&Country>) -> Vec<String> {
    let digits = written.digits.as_str();
    if written.plus {
        return vec![digits.to_owned()];
    }
    let own = home
        .map(|home| home.international_prefixes.as_slice())
        .unwrap_or_default();
    let mut readings: Vec<String> = own
        .iter()
        .map(String::as_str)
        .chain([COMMON_PREFIX])
        .filter_map(|prefix| digits.strip_prefix(prefix))
        .map(str::to_owned)
        .collect();
    if let Some(home) = home {
        readings.push(format!("{}{digits}", home.calling_code));
        if let Some(rest) = home
            .trunk_prefix
            .as_deref()
            .and_then(|trunk| digits.strip_prefix(trunk))
        {
            readings.push(format!("{}{rest}", home.calling_code));
        }
    }
    readings
}

/// Whether the digits are a short emergency number: bare, after a trunk or international prefix, or after a calling
/// code.
fn is_emergency(written: &Written, home: Option<&Country>, near: &[&Country]) -> bool {
    near.iter().copied().chain(home).any(|country| {
        let mut bare: Vec<&str> = vec![&written.digits];
        bare.extend(written.digits.strip_prefix(COMMON_PREFIX));
        for prefix in &country.international_prefixes {
            bare.extend(written.digits.strip_prefix(prefix.as_str()));
        }
        let mut forms = bare.clone();
        for digits in bare {
            forms.extend(digits.strip_prefix(country.calling_code.as_str()));
        }
        for digits in forms.clone() {
            forms.extend(
                country
                    .trunk_prefix
                    .as_deref()
                    .and_then(|trunk| digits.strip_prefix(trunk)),
            );
        }
        forms
            .iter()
            .any(|digits| country.emergency.iter().any(|code| code == digits))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::sample::world;
    use proptest::prelude::*;

    fn read_in(home: &str, text: &str) -> Result<String, ReadError> {
        let world = world();
        let near: Vec<&Country> = ["CH", "SG", "PA", "US"]
            .iter()
            .filter_map(|iso2| world.country(iso2))
            .collect();
        read(text, world.country(home), &near).map(String::from)
    }

    #[test]
    fn every_usual_way_to_write_a_number_is_read() {
        for (home, text, number) in [
            ("CH", "+41 44 555 01 00", "+41445550100"),
            ("CH", "044 555 01 00", "+41445550100"),
            ("CH", "044/555.01-00", "+41445550100"),
            ("CH", "44 555 01 00", "+41445550100"),
            ("CH", "0041 44 555 01 00", "+41445550100"),
            ("CH", "+41 (0)44 555 01 00", "+41445550100"),
            ("CH", "0041 (0)44 555 01 00", "+41445550100"),
            ("CH", "(044) 555 01 00", "+41445550100"),
            ("CH", "tel:+41-44-555-01-00", "+41445550100"),
            ("CH", "TEL:445550100;phone-context=+41", "+41445550100"),
            (
                "CH",
                "\u{202a}+41\u{a0}44\u{2011}555 01 00\u{202c}",
                "+41445550100",
            ),
            ("CH", "41445550100", "+41445550100"),
            ("PA", "833-0100", "+5078330100"),
            ("PA", "+507 6123-4567", "+50761234567"),
            ("PA", "00 41 44 555 01 00", "+41445550100"),
            ("SG", "6555 0100", "+6565550100"),
            ("SG", "001 41 44 555 01 00", "+41445550100"),
            ("SG", "0041 44 555 01 00", "+41445550100"),
            ("US", "(202) 555-0123", "+12025550123"),
            ("US", "1-202-555-0123", "+12025550123"),
            ("US", "011 41 44 555 01 00", "+41445550100"),
            ("IT", "06 12345678", "+390612345678"),
        ] {
            assert_eq!(
                read_in(home, text).as_deref(),
                Ok(number),
                "{text} in {home}"
            );
        }
    }

    #[test]
    fn emergency_numbers_are_known_in_any_form() {
        for (home, text) in [
            ("CH", "117"),
            ("CH", "1 1 7"),
            ("CH", "(112)"),
            ("CH", "tel:144"),
            ("CH", "+41 117"),
            ("CH", "0041 117"),
            ("CH", "0117"),
            ("CH", "+117"),
            ("CH", "911"),
            ("CH", "+1 911"),
            ("PA", "911"),
            ("SG", "999"),
            ("SG", "+65 995"),
            ("US", "9-1-1"),
            ("US", "1911"),
        ] {
            assert_eq!(
                read_in(home, text),
                Err(ReadError::Emergency),
                "{text} in {home}"
            );
        }
    }

    #[test]
    fn extensions_are_refused_in_words() {
        for text in [
            "044 555 01 00 x12",
            "044 555 01 00 ext. 12",
            "+41445550100,,12",
            "+41445550100;ext=12",
            "tel:+41445550100;ext=12",
            "044 555 01 00 #12",
        ] {
            assert_eq!(read_in("CH", text), Err(ReadError::Extension), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "   ",
            "+",
            "anna",
            "0800-FLOWERS",
            "12",
            "*100#",
            "+41",
            "+999 123 456",
            "++41445550100",
            "4+1445550100",
        ] {
            assert_eq!(read_in("CH", text), Err(ReadError::NotANumber), "{text}");
        }
        assert_eq!(read_in("CH", &"0".repeat(65)), Err(ReadError::NotANumber));
    }

    #[test]
    fn of_two_numbers_none_is_guessed() {
        // In Singapore 001 begins an international number; after 00 the 1 would be that of North America.
        for text in ["001 346 123 4567", "001 212 555 0123", "001 441 555 0123"] {
            let world = world();
            let found = read(text, world.country("SG"), &[]);
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let both = [&digits[3..], &digits[2..]].map(|rest| {
                E164::parse(&format!("+{rest}")).is_ok_and(|number| look_up(&number).is_some())
            });
            match both {
                [true, true] => assert!(matches!(found, Err(ReadError::Ambiguous(..))), "{text}"),
                [true, false] | [false, true] => assert!(found.is_ok(), "{text}"),
                [false, false] => assert!(found.is_err(), "{text}"),
            }
        }
    }

    #[test]
    fn without_a_country_only_international_forms_are_read() {
        assert_eq!(
            read("+41 44 555 01 00", None, &[])
                .map(String::from)
                .as_deref(),
            Ok("+41445550100")
        );
        assert_eq!(read("044 555 01 00", None, &[]), Err(ReadError::NotANumber));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn reading_never_panics_and_reads_only_numbers_that_exist(text in "\\PC{0,40}") {
            if let Ok(number) = read_in("CH", &text) {
                prop_assert!(look_up(&E164::parse(&number).unwrap()).is_some());
            }
        }

        #[test]
        fn decoration_does_not_change_the_number(
            seps in proptest::collection::vec(proptest::sample::select(vec![' ', '-', '.', '/', '(', ')', '\u{a0}']), 11)
        ) {
            let decorated: String = "41445550100".chars().zip(seps).flat_map(|(digit, sep)| [digit, sep]).collect();
            // "(0)" has a meaning of its own.
            prop_assume!(!decorated.contains("(0)"));
            prop_assert_eq!(read_in("SG", &format!("+{decorated}")), Ok("+41445550100".to_owned()));
        }

        #[test]
        fn no_emergency_number_ever_reads_as_a_number(
            index in 0_usize..64, home in proptest::sample::select(vec!["CH", "SG", "PA", "US"]),
            form in proptest::sample::select(vec!["", "+", "00", "0", "tel:"]),
        ) {
            let world = world();
            let country = world.country(home).unwrap();
            prop_assume!(form != "0" || country.trunk_prefix.as_deref() == Some("0"));
            let codes = &country.emergency;
            let code = &codes[index % codes.len()];
            prop_assert_eq!(read_in(home, &format!("{form}{code}")), Err(ReadError::Emergency));
        }
    }
}

//! Singapore. Sources: uen.gov.sg, "About UEN" and its list of entity types, for the three forms; OECD, "Singapore:
//! information on tax identification numbers"; Immigration & Checkpoints Authority, announcement of the M series of FIN (2022).
//! The check letters are not published by the agencies themselves; the tables are those that every validator agrees on
//! (python-stdnum `sg.uen`, GovTech's own `nric` checks) and that hold for the public entities in the tests.

use super::{Fault, compact, digits, length, same, weighted};

const BUSINESS_WEIGHTS: [u32; 8] = [10, 4, 9, 3, 8, 2, 7, 1];
const BUSINESS_LETTERS: [char; 11] = ['X', 'M', 'K', 'E', 'C', 'A', 'W', 'L', 'J', 'D', 'B'];
const COMPANY_WEIGHTS: [u32; 9] = [10, 8, 6, 4, 9, 7, 5, 3, 1];
const COMPANY_LETTERS: [char; 11] = ['Z', 'K', 'C', 'M', 'D', 'N', 'E', 'R', 'G', 'W', 'H'];
const OTHER_WEIGHTS: [u32; 9] = [4, 3, 5, 3, 10, 2, 2, 5, 7];
const OTHER_ALPHABET: &str = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
/// The entity types of the third form.
const ENTITY_TYPES: [&str; 38] = [
    "CC", "CD", "CH", "CL", "CM", "CP", "CS", "CX", "DP", "FB", "FC", "FM", "FN", "GA", "GB", "GS",
    "HS", "LL", "LP", "MB", "MC", "MD", "MH", "MM", "MQ", "NB", "NR", "PA", "PB", "PF", "RF", "RP",
    "SM", "SS", "TC", "TU", "VH", "XL",
];

const NRIC_WEIGHTS: [u32; 7] = [2, 7, 6, 5, 4, 3, 2];
const CITIZEN_LETTERS: [char; 11] = ['J', 'Z', 'I', 'H', 'G', 'F', 'E', 'D', 'C', 'B', 'A'];
const FOREIGNER_LETTERS: [char; 11] = ['X', 'W', 'U', 'T', 'R', 'Q', 'P', 'N', 'M', 'L', 'K'];
const M_SERIES_LETTERS: [char; 11] = ['X', 'W', 'U', 'T', 'R', 'Q', 'P', 'N', 'J', 'L', 'K'];

/// Normal form: 9 or 10 characters without separators.
pub(super) fn uen(text: &str) -> Result<String, Fault> {
    let characters = compact(text, &[' ', '-']);
    length(&characters, matches!(characters.len(), 9 | 10), "9 or 10")?;
    let last = characters.len() - 1;
    let first_is_digit = characters[0].is_ascii_digit();
    let expected = if last == 8 {
        let all = digits(&characters[..8], 1)?;
        BUSINESS_LETTERS[(weighted(&all, &BUSINESS_WEIGHTS) % 11) as usize]
    } else if first_is_digit {
        let all = digits(&characters[..9], 1)?;
        let year = all[..4].iter().fold(0, |year, digit| year * 10 + digit);
        if !(1819..=2099).contains(&year) {
            return Err(Fault::Part {
                part: "year of registration",
                found: year.to_string(),
                allowed: "1819 to 2099",
            });
        }
        COMPANY_LETTERS[(weighted(&all, &COMPANY_WEIGHTS) % 11) as usize]
    } else {
        other(&characters)?
    };
    letter(characters[last], last + 1)?;
    same(characters[last], expected)?;
    Ok(characters.into_iter().collect())
}

/// The check letter of the third form: R, S or T, two digits of the year, entity type, four digits.
fn other(characters: &[char]) -> Result<char, Fault> {
    if !['R', 'S', 'T'].contains(&characters[0]) {
        return Err(Fault::Character {
            at: 1,
            found: characters[0],
            allowed: "R, S, T or a digit",
        });
    }
    digits(&characters[1..3], 2)?;
    let kind: String = characters[3..5].iter().collect();
    if !ENTITY_TYPES.contains(&kind.as_str()) {
        return Err(Fault::Part {
            part: "entity type",
            found: kind,
            allowed: "a type of uen.gov.sg's list, such as LL, LP, FC, SS, GA",
        });
    }
    digits(&characters[5..9], 6)?;
    let places: Vec<u32> = characters[..9]
        .iter()
        .filter_map(|character| OTHER_ALPHABET.chars().position(|c| c == *character))
        .map(|place| place as u32)
        .collect();
    // The sum is 22 at least (a digit stands on the seventh place), so 5 can be taken from it.
    let place = (weighted(&places, &OTHER_WEIGHTS) + 11 - 5) % 11;
    Ok(OTHER_ALPHABET.as_bytes()[place as usize].into())
}

/// Normal form: 9 characters without separators.
pub(super) fn nric(text: &str) -> Result<String, Fault> {
    let characters = compact(text, &[' ', '-']);
    length(&characters, characters.len() == 9, "9")?;
    let (plus, letters) = match characters[0] {
        'S' => (0, &CITIZEN_LETTERS),
        'T' => (4, &CITIZEN_LETTERS),
        'F' => (0, &FOREIGNER_LETTERS),
        'G' => (4, &FOREIGNER_LETTERS),
        'M' => (3, &M_SERIES_LETTERS),
        found => {
            return Err(Fault::Character {
                at: 1,
                found,
                allowed: "S, T, F, G or M",
            });
        }
    };
    let all = digits(&characters[1..8], 2)?;
    letter(characters[8], 9)?;
    let expected = letters[((weighted(&all, &NRIC_WEIGHTS) + plus) % 11) as usize];
    same(characters[8], expected)?;
    Ok(characters.into_iter().collect())
}

fn letter(found: char, at: usize) -> Result<(), Fault> {
    found
        .is_ascii_uppercase()
        .then_some(())
        .ok_or(Fault::Character {
            at,
            found,
            allowed: "a letter",
        })
}

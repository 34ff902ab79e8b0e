//! Switzerland. Source: Federal Statistical Office, "Unternehmens-Identifikationsnummer UID", annex on the check digit
//! (modulo 11 with the weights 5 4 3 2 7 6 5 4); the value-added tax suffixes MWST, TVA, IVA, VAT and the commercial
//! register's HR, RC are printed behind it by custom (ordinance on the UID, SR 431.031).

use super::{Fault, compact, digits, length, same, weighted};

const WEIGHTS: [u32; 8] = [5, 4, 3, 2, 7, 6, 5, 4];
const SUFFIXES: [&str; 6] = ["MWST", "TVA", "IVA", "VAT", "HR", "RC"];

/// Normal form: `CHE-123.456.788`, without a suffix.
pub(super) fn uid(text: &str) -> Result<String, Fault> {
    let bare = SUFFIXES
        .iter()
        .find_map(|suffix| text.strip_suffix(suffix))
        .unwrap_or(text);
    let characters = compact(bare, &[' ', '-', '.']);
    for (at, (&found, wanted)) in characters.iter().zip("CHE".chars()).enumerate() {
        if found != wanted {
            return Err(Fault::Character {
                at: at + 1,
                found,
                allowed: "CHE, with which every UID begins",
            });
        }
    }
    length(
        characters.as_slice(),
        characters.len() == 12,
        "12: CHE and 9 digits",
    )?;
    let all = digits(&characters[3..], 4)?;
    let expected = (11 - weighted(&all[..8], &WEIGHTS) % 11) % 11;
    let figures: String = characters[3..].iter().collect();
    let Some(expected) = char::from_digit(expected, 10) else {
        return Err(Fault::NeverIssued {
            digits: figures[..8].to_owned(),
        });
    };
    same(characters[11], expected)?;
    Ok(format!(
        "CHE-{}.{}.{}",
        &figures[..3],
        &figures[3..6],
        &figures[6..]
    ))
}

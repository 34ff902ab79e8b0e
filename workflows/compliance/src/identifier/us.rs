//! The United States. Source: Internal Revenue Service, "How EINs are assigned and valid EIN prefixes" (irs.gov). An EIN has
//! no check digit: only its form and its prefix can be looked at.

use super::{Fault, compact, digits, length};

/// The two-digit prefixes that no campus has used.
const UNUSED: [u32; 17] = [
    0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97,
];

/// Normal form: `91-1144442`.
pub(super) fn ein(text: &str) -> Result<String, Fault> {
    let characters = compact(text, &[' ', '-']);
    length(&characters, characters.len() == 9, "9 digits")?;
    let all = digits(&characters, 1)?;
    let prefix = all[0] * 10 + all[1];
    let figures: String = characters.iter().collect();
    if UNUSED.contains(&prefix) {
        return Err(Fault::Part {
            part: "prefix",
            found: figures[..2].to_owned(),
            allowed: "a prefix of the IRS's list; 00, 07-09, 17-19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97 are not used",
        });
    }
    Ok(format!("{}-{}", &figures[..2], &figures[2..]))
}

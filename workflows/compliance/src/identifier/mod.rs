//! Business and personal identifiers: what is well-formed, what its normal form is, and what is wrong otherwise.
//!
//! A check here says that somebody did not mistype; whether the identifier was ever issued, only its register knows.

mod ch;
mod pa;
mod sg;
mod us;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest text that is looked at, in characters.
pub const TEXT_MAX: usize = 40;

/// A scheme of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Switzerland's enterprise identification number (UID, IDE, IDI), as CHE-123.456.788.
    ChUid,
    /// Singapore's Unique Entity Number, as 201704352M.
    SgUen,
    /// Singapore's NRIC (S, T) and FIN (F, G, M) of persons, as S1234567D.
    SgNric,
    /// Panama's taxpayer number with its two check digits, as 8-442-445 DV 08.
    PaRuc,
    /// Panama's identity card, as 8-442-445.
    PaCedula,
    /// The Employer Identification Number of the United States, as 91-1144442.
    UsEin,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 6] = [
        Self::ChUid,
        Self::SgUen,
        Self::SgNric,
        Self::PaRuc,
        Self::PaCedula,
        Self::UsEin,
    ];

    /// The scheme as data names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChUid => "ch-uid",
            Self::SgUen => "sg-uen",
            Self::SgNric => "sg-nric",
            Self::PaRuc => "pa-ruc",
            Self::PaCedula => "pa-cedula",
            Self::UsEin => "us-ein",
        }
    }

    /// The scheme of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// A well-formed example in normal form.
    pub fn example(self) -> &'static str {
        match self {
            Self::ChUid => "CHE-123.456.788",
            Self::SgUen => "196800306E",
            Self::SgNric => "S1234567D",
            Self::PaRuc => "8-442-445 DV 08",
            Self::PaCedula => "8-442-445",
            Self::UsEin => "91-1144442",
        }
    }

    /// Checks a text as people write it and gives its normal form.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn check(self, text: &str) -> Result<String, Fault> {
        let text = text.trim();
        let length = text.chars().count();
        if length > TEXT_MAX {
            return Err(Fault::Length {
                found: length,
                allowed: "at most 40 characters",
            });
        }
        let text = text.to_uppercase();
        match self {
            Self::ChUid => ch::uid(&text),
            Self::SgUen => sg::uen(&text),
            Self::SgNric => sg::nric(&text),
            Self::PaRuc => pa::ruc(&text),
            Self::PaCedula => pa::cedula(&text),
            Self::UsEin => us::ein(&text),
        }
    }
}

/// What is wrong with an identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// Too long or too short.
    #[error("it has {found} characters without separators; allowed: {allowed}")]
    Length {
        /// How many it has, without separators.
        found: usize,
        /// How many are allowed, in words.
        allowed: &'static str,
    },
    /// A character that may not stand there.
    #[error("character {at} is {found:?}; allowed there: {allowed}")]
    Character {
        /// Its place without separators, from 1.
        at: usize,
        /// The character, in upper case.
        found: char,
        /// What may stand there, in words.
        allowed: &'static str,
    },
    /// A part with a value that is not in use.
    #[error("its {part} is {found:?}; allowed: {allowed}")]
    Part {
        /// The part's name.
        part: &'static str,
        /// What it says.
        found: String,
        /// What is allowed, in words.
        allowed: &'static str,
    },
    /// The check digit or letter does not belong to the rest.
    #[error("its check digit is {found}, and the rest of it asks for {expected}")]
    CheckDigit {
        /// What it ends in.
        found: String,
        /// What it would have to end in.
        expected: String,
    },
    /// No identifier has these digits: the algorithm gives them no check digit.
    #[error("no identifier has the digits {digits}: they have no check digit")]
    NeverIssued {
        /// The digits before the check digit.
        digits: String,
    },
}

/// The text without the separators given.
fn compact(text: &str, separators: &[char]) -> Vec<char> {
    text.chars()
        .filter(|character| !separators.contains(character))
        .collect()
}

/// The digits of a stretch of characters.
fn digits(characters: &[char], first_at: usize) -> Result<Vec<u32>, Fault> {
    let each = characters.iter().enumerate();
    each.map(|(index, &found)| {
        // Only ASCII: another script's digits are not what a register prints.
        found.to_digit(10).ok_or(Fault::Character {
            at: first_at + index,
            found,
            allowed: "a digit",
        })
    })
    .collect()
}

fn length(characters: &[char], fits: bool, allowed: &'static str) -> Result<(), Fault> {
    let found = characters.len();
    fits.then_some(()).ok_or(Fault::Length { found, allowed })
}

/// Sum of each digit times its weight.
fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w).sum()
}

fn same(found: char, expected: char) -> Result<(), Fault> {
    (found == expected)
        .then_some(())
        .ok_or_else(|| Fault::CheckDigit {
            found: found.to_string(),
            expected: expected.to_string(),
        })
}

//! The letter of authorisation: by it a customer lets us take their numbers from the provider that they leave.
//!
//! A letter is made from data alone: the same data gives the same bytes, so its SHA-256 says whether what was signed is what would
//! be sent today. Signing adds what was drawn on the screen and a page that says who signed which document when.

mod draw;
mod glyphs;
mod layout;
mod signature;
#[cfg(test)]
mod tests;
mod wording;

pub use signature::{BadSignature, Signature, Stroke};
pub use wording::{Wording, find as wording, languages};

use contract::E164;
use glyphs::unwritable;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Most numbers on a letter.
pub const NUMBERS_MAX: usize = 2_000;
/// Most characters of a field.
pub const FIELD_MAX: usize = 200;

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The port's reference, on every page.
    pub reference: String,
    /// The person or organisation whose numbers they are, exactly as the losing provider has it.
    pub account_name: String,
    /// Who may sign for them.
    pub signer: String,
    /// As what they sign, such as `director`.
    pub role: Option<String>,
    /// The provider that the numbers leave.
    pub provider: String,
    /// The account there.
    pub account_number: String,
    /// The number that the account is billed under.
    pub billing_number: Option<E164>,
    /// Where the service is, a line each.
    pub address: Vec<String>,
    /// The numbers, each once.
    pub numbers: Vec<E164>,
    /// What becomes of the account's other numbers.
    pub remaining: Remaining,
    /// The carrier that takes the numbers over for us.
    pub gaining: String,
}

/// What becomes of the numbers that stay with the losing provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// There are none: the account is closed.
    None,
    /// They stay in service.
    Kept,
    /// They are switched off.
    Disconnected,
}

/// Why a letter cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadLetter {
    /// A field is empty, or longer than [`FIELD_MAX`].
    #[error("{field}: 1 to {FIELD_MAX} characters")]
    Length {
        /// The field.
        field: &'static str,
    },
    /// The letter's type has no sign for some characters.
    #[error(
        "{field}: the letter is written in Latin letters, and {characters} are none: give it as the provider's invoice writes it in Latin \
         letters, or upload a letter signed by hand"
    )]
    NotLatin {
        /// The field.
        field: &'static str,
        /// The characters, each once.
        characters: String,
    },
    /// No numbers, or too many.
    #[error("numbers: 1 to {NUMBERS_MAX}")]
    Numbers,
}

impl Letter {
    /// Checks that every field can be written.
    ///
    /// # Errors
    /// [`BadLetter`] with the first field that cannot.
    pub fn check(&self) -> Result<(), BadLetter> {
        if !(1..=NUMBERS_MAX).contains(&self.numbers.len()) {
            return Err(BadLetter::Numbers);
        }
        for (field, text) in self.texts() {
            if text.trim().is_empty() || text.chars().count() > FIELD_MAX {
                return Err(BadLetter::Length { field });
            }
            let characters = unwritable(text);
            if !characters.is_empty() {
                return Err(BadLetter::NotLatin { field, characters });
            }
        }
        if self.address.is_empty() {
            return Err(BadLetter::Length { field: "address" });
        }
        Ok(())
    }

    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let one = [
            ("reference", self.reference.as_str()),
            ("accountName", self.account_name.as_str()),
            ("signer", self.signer.as_str()),
            ("provider", self.provider.as_str()),
            ("accountNumber", self.account_number.as_str()),
            ("gaining", self.gaining.as_str()),
        ];
        let role = self.role.as_deref().map(|role| ("role", role));
        let address = self.address.iter().map(|line| ("address", line.as_str()));
        one.into_iter().chain(role).chain(address)
    }

    /// The letter before anybody has signed it, as PDF.
    ///
    /// # Errors
    /// [`BadLetter`].
    pub fn unsigned(&self, wording: &Wording) -> Result<Vec<u8>, BadLetter> {
        self.check()?;
        Ok(draw::pdf(&layout::pages(self, wording, None), wording))
    }

    /// The letter with what was drawn on the screen and a last page that says who signed which document, when and from where.
    ///
    /// # Errors
    /// [`BadLetter`], also if the signature's own fields cannot be written.
    pub fn signed(&self, wording: &Wording, signature: &Signature) -> Result<Vec<u8>, BadLetter> {
        self.check()?;
        for (field, text) in [
            ("signature.name", &signature.name),
            ("signature.from", &signature.from),
        ] {
            let characters = unwritable(text);
            if !characters.is_empty() {
                return Err(BadLetter::NotLatin { field, characters });
            }
        }
        Ok(draw::pdf(
            &layout::pages(self, wording, Some(signature)),
            wording,
        ))
    }
}

/// SHA-256 of a document, 64 characters of `0-9a-f`.
pub fn fingerprint(document: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(document)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

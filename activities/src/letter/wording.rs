//! What a letter says in which country and language: files of `workflows/letters`.
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../workflows/letters");
static WORDINGS: LazyLock<BTreeMap<String, Wording>> =
    LazyLock::new(|| FILES.files().filter_map(read).collect());

/// The size of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Paper {
    /// 210 by 297 millimetres.
    A4,
    /// 8.5 by 11 inches.
    Letter,
}

impl Paper {
    /// Width and height in points (1/72 inch).
    pub(super) fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.0, 842.0),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// The words of a letter. In texts, `{accountName}`, `{signer}`, `{provider}`, `{accountNumber}`, `{gaining}` and `{count}` stand for
/// the letter's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wording {
    /// ISO 3166-1 alpha-2; the country whose providers read it.
    pub country: String,
    /// BCP 47.
    pub language: String,
    /// Whether it is the country's letter unless another language is asked for.
    #[serde(default)]
    pub is_first: bool,
    /// On what it is printed.
    pub paper: Paper,
    /// The letter's title.
    pub title: String,
    /// What is authorised, a paragraph each.
    pub paragraphs: Vec<String>,
    /// What becomes of the account's other numbers.
    pub remaining: RemainingWords,
    /// The names of fields and parts.
    pub labels: Labels,
    /// Where the words come from.
    pub source: String,
    /// On which date.
    pub as_of: String,
    /// Whether somebody checked them there.
    pub verified: bool,
}

/// A sentence for each [`Remaining`](super::Remaining).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RemainingWords {
    /// The account is closed.
    pub none: String,
    /// They stay in service.
    pub kept: String,
    /// They are switched off.
    pub disconnected: String,
}

/// The names of fields and parts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "each names the field it is the label of")]
pub struct Labels {
    pub reference: String,
    pub account_name: String,
    pub signer: String,
    pub role: String,
    pub provider: String,
    pub account_number: String,
    pub billing_number: String,
    pub address: String,
    pub numbers: String,
    pub place_and_date: String,
    pub signature: String,
    pub page: String,
    pub audit: String,
    pub signed_by: String,
    pub signed_at: String,
    pub signed_from: String,
    pub document: String,
    pub audit_words: String,
}

fn read(file: &include_dir::File<'static>) -> Option<(String, Wording)> {
    let name = file.path().to_str()?.strip_suffix(".json")?.to_owned();
    Some((name, serde_json::from_slice(file.contents()).ok()?))
}

/// The letter of a country: in the language asked for, else in the one it has first. None: the country has no letter.
pub fn find(country: &str, language: Option<&str>) -> Option<&'static Wording> {
    let of_country = || {
        WORDINGS
            .values()
            .filter(|wording| wording.country == country)
    };
    let asked = of_country().find(|wording| Some(wording.language.as_str()) == language);
    asked.or_else(|| of_country().find(|wording| wording.is_first))
}

/// The languages that a country's letter is there in.
pub fn languages(country: &str) -> Vec<&'static str> {
    let of_country = WORDINGS
        .values()
        .filter(|wording| wording.country == country);
    of_country
        .map(|wording| wording.language.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::glyphs::unwritable;

    #[test]
    fn every_file_is_a_letter_that_can_be_written_and_each_country_has_one_first() {
        let files = FILES.files().count();
        assert_eq!(WORDINGS.len(), files);
        for (name, wording) in &*WORDINGS {
            assert_eq!(
                *name,
                format!("{}-{}", wording.country.to_lowercase(), wording.language)
            );
            let texts = wording
                .paragraphs
                .iter()
                .chain([&wording.title, &wording.labels.audit_words]);
            for text in texts {
                assert_eq!(unwritable(text), "", "{name}: {text}");
            }
        }
        for (country, _) in compliance::world::PORTING {
            let first = WORDINGS
                .values()
                .filter(|wording| wording.country == country && wording.is_first);
            assert_eq!(first.count(), 1, "{country}");
        }
    }

    #[test]
    fn another_language_is_given_where_it_is_there() {
        assert_eq!(
            find("CH", Some("fr")).map(|wording| wording.language.as_str()),
            Some("fr")
        );
        assert_eq!(
            find("CH", Some("ja")).map(|wording| wording.language.as_str()),
            Some("de")
        );
        assert_eq!(find("XX", None), None);
    }
}

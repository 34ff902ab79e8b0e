//! Terms: how long a step of a request may take before somebody is told, by name and, where countries differ, by country.
use crate::calendar::{Calendar, CalendarError, Counting};
use crate::porting::Lasts;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use thiserror::Error;

/// One term.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TermRow {
    /// Its name, such as `dossier.review`.
    pub term: String,
    /// ISO 3166-1 alpha-2; none: of every country that has no row of its own.
    #[serde(default)]
    pub country: Option<String>,
    /// How long.
    pub lasts: Lasts,
    /// How days are counted; none: the usual way ([`Counting::USUAL`]).
    #[serde(default)]
    pub counting: Option<Counting>,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// Every term.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms(Vec<TermRow>);

/// Why a text holds no terms.
#[derive(Debug, Error)]
pub enum BadTerms {
    /// It does not read.
    #[error("the terms do not read: {0}")]
    Json(#[from] serde_json::Error),
    /// Two rows say how long the same thing may take.
    #[error("the term `{0}` has two rows for the same country")]
    Twice(String),
}

impl Terms {
    /// Reads rows.
    ///
    /// # Errors
    /// [`BadTerms`].
    pub fn read(text: &str) -> Result<Self, BadTerms> {
        let rows: Vec<TermRow> = serde_json::from_str(text)?;
        for (at, row) in rows.iter().enumerate() {
            let same = |other: &TermRow| other.term == row.term && other.country == row.country;
            if rows[..at].iter().any(same) {
                return Err(BadTerms::Twice(row.term.clone()));
            }
        }
        Ok(Self(rows))
    }

    /// The row of a term: the country's own, else the one for all.
    pub fn row(&self, term: &str, country: &str) -> Option<&TermRow> {
        let of = |own: bool| {
            self.0
                .iter()
                .find(|row| row.term == term && row.country.as_deref() == own.then_some(country))
        };
        of(true).or_else(|| of(false))
    }
}

impl TermRow {
    /// The moment at which it is over for what begins at `from`.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of the calendar's years.
    pub fn due(&self, calendar: &Calendar, from: Timestamp) -> Result<Timestamp, CalendarError> {
        let by = self.counting.unwrap_or(Counting::USUAL);
        self.lasts.after(calendar, from, by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(term: &str, country: Option<&str>, days: u16) -> String {
        serde_json::json!({
            "term": term, "country": country, "lasts": { "workingDays": days },
            "source": "here", "asOf": "2026-11-21", "verified": true,
        })
        .to_string()
    }

    #[test]
    fn a_countrys_own_row_goes_before_the_one_for_all() {
        let text = format!("[{},{}]", row("a.b", None, 2), row("a.b", Some("CH"), 5));
        let terms = Terms::read(&text).unwrap();
        let lasts = |country| terms.row("a.b", country).map(|row| row.lasts);
        assert_eq!(lasts("CH"), Some(Lasts::WorkingDays(5)));
        assert_eq!(lasts("PA"), Some(Lasts::WorkingDays(2)));
        assert_eq!(terms.row("a.c", "CH"), None);
    }

    #[test]
    fn a_term_that_two_rows_tell_is_refused() {
        let text = format!("[{},{}]", row("a.b", None, 2), row("a.b", None, 3));
        assert!(matches!(Terms::read(&text), Err(BadTerms::Twice(term)) if term == "a.b"));
    }

    #[cfg(feature = "world")]
    #[test]
    fn the_rows_of_the_world_read() {
        Terms::read(crate::world::TERMS).unwrap();
    }
}

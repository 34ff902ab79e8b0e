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
    /// Whose turn it is meanwhile.
    pub turn: Turn,
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

/// Whose turn it is while a term runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    /// People's, be they the customer's or the phone company's own: they have to have time for it, however fast days pass in practice.
    People,
    /// A carrier's.
    Carrier,
    /// Nobody's: the platform waits, or looks again.
    Nobody,
}

/// When a term is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The moment.
    pub at: Timestamp,
    /// Whether that is a guess: the calendar ends before, and of the years after it the weekends alone are known.
    pub guessed: bool,
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
        self.of(term, Some(country)).or_else(|| self.of_all(term))
    }

    /// The row of a term for the countries that have none of their own.
    pub fn of_all(&self, term: &str) -> Option<&TermRow> {
        self.of(term, None)
    }

    /// What the terms are called; one that countries have rows of comes more than once.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|row| row.term.as_str())
    }

    fn of(&self, term: &str, country: Option<&str>) -> Option<&TermRow> {
        let mut rows = self.0.iter();
        rows.find(|row| row.term == term && row.country.as_deref() == country)
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

    /// The same for who has to go on where the calendar ends: from there on every day counts that is on no weekend.
    ///
    /// # Errors
    /// [`CalendarError`] if that leads out of every calendar.
    pub fn due_or_guess(&self, calendar: &Calendar, from: Timestamp) -> Result<Due, CalendarError> {
        let due = |calendar: &Calendar, guessed| {
            let at = self.due(calendar, from);
            at.map(|at| Due { at, guessed })
        };
        match due(calendar, false) {
            Err(CalendarError::OutsideYears { .. }) => due(&calendar.guessed(), true),
            known => known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(term: &str, country: Option<&str>, days: u16) -> String {
        serde_json::json!({
            "term": term, "country": country, "turn": "people", "lasts": { "workingDays": days },
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
    fn where_the_calendar_ends_the_weekends_alone_are_known() {
        let (_, singapore) = crate::world::CALENDARS
            .into_iter()
            .find(|(id, _)| *id == "SG")
            .unwrap();
        let rows = crate::calendar::CalendarRow::read(singapore).unwrap();
        let calendar = rows.calendar(None).unwrap();
        let text = format!("[{}]", row("a.b", None, 2));
        let terms = Terms::read(&text).unwrap();
        let due = |from: &str| {
            let row = terms.row("a.b", "SG").unwrap();
            row.due_or_guess(&calendar, from.parse().unwrap()).unwrap()
        };
        // A Tuesday and a Thursday, at noon there: what the calendar knows is counted by it.
        let known = due("2027-12-21T04:00:00Z");
        assert_eq!(
            (known.at.to_string().as_str(), known.guessed),
            ("2027-12-23T10:00:00Z", false)
        );
        // Over the weekend of the new year, to which nobody has given its holidays yet.
        let beyond = due("2027-12-30T04:00:00Z");
        assert_eq!(
            (beyond.at.to_string().as_str(), beyond.guessed),
            ("2028-01-03T10:00:00Z", true)
        );
        assert_eq!(calendar.ends().to_string(), "2027-12-31");
    }

    #[cfg(feature = "world")]
    #[test]
    fn the_rows_of_the_world_read() {
        Terms::read(crate::world::TERMS).unwrap();
    }
}

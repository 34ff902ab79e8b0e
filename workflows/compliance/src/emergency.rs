//! Where help is sent: which countries want an address kept with each number.
use jiff::civil::Date;
use serde::Deserialize;

/// What one country wants.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmergencyRow {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Whether an address must be known before a number is used.
    pub wanted: bool,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// Reads rows.
///
/// # Errors
/// If they do not read.
pub fn read(text: &str) -> Result<Vec<EmergencyRow>, serde_json::Error> {
    serde_json::from_str(text)
}

/// Whether a country wants an address; one without a row does not.
pub fn wanted(rows: &[EmergencyRow], country: &str) -> bool {
    rows.iter().any(|row| row.country == country && row.wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_one_row_with_a_source() {
        let rows = read(crate::world::EMERGENCY).unwrap();
        for (at, row) in rows.iter().enumerate() {
            assert!(!row.source.is_empty());
            assert!(rows[..at].iter().all(|other| other.country != row.country));
        }
        assert!(wanted(&rows, "US") && !wanted(&rows, "ZZ"));
    }
}

//! What numbers cost: price lists of carriers whose interfaces tell no prices, written down by hand.
use contract::dossier::NumberType;
use jiff::civil::Date;
use serde::Deserialize;

/// The price of one kind of number. What nobody has found is left out: nothing is made up, and nothing is free.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriceRow {
    /// Whose price it is, such as `chime`.
    pub seller: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The type of number.
    pub number_type: NumberType,
    /// Each month: a decimal number of the currency.
    #[serde(default)]
    pub monthly: Option<String>,
    /// Each minute of a call to the number, likewise.
    #[serde(default)]
    pub per_minute: Option<String>,
    /// ISO 4217.
    pub currency: String,
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
pub fn read(text: &str) -> Result<Vec<PriceRow>, serde_json::Error> {
    serde_json::from_str(text)
}

/// The row of a kind of number.
pub fn find<'r>(
    rows: &'r [PriceRow],
    seller: &str,
    country: &str,
    number_type: NumberType,
) -> Option<&'r PriceRow> {
    rows.iter().find(|row| {
        row.seller == seller && row.country == country && row.number_type == number_type
    })
}

#[cfg(all(test, feature = "world"))]
mod tests {
    use super::*;

    fn is_amount(text: &str) -> bool {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits(whole) && digits(part)
    }

    #[test]
    fn each_kind_of_number_has_one_row_with_a_source_and_amounts_that_read() {
        let rows = read(crate::world::PRICES).unwrap();
        for (at, row) in rows.iter().enumerate() {
            assert!(!row.source.is_empty());
            assert_eq!(row.currency.len(), 3);
            let amounts = [&row.monthly, &row.per_minute];
            assert!(amounts.into_iter().flatten().all(|text| is_amount(text)));
            let before = &rows[..at];
            assert!(find(before, &row.seller, &row.country, row.number_type).is_none());
        }
        let known = find(&rows, "chime", "US", NumberType::Local).unwrap();
        assert_eq!(known.monthly.as_deref(), Some("1.00"));
        assert!(known.per_minute.is_some());
        let unknown = find(&rows, "chime", "CH", NumberType::Local).unwrap();
        assert_eq!((&unknown.monthly, &unknown.per_minute), (&None, &None));
        assert!(find(&rows, "chime", "ZZ", NumberType::Local).is_none());
    }
}

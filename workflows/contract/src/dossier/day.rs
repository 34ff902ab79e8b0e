//! A date without a time.
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A day of the Gregorian calendar, written `2026-11-21`. The years 1900 to 2199.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Day(String);

/// Why a text is not a [`Day`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a day: year, month and day as in 2026-11-21, from 1900-01-01 to 2199-12-31")]
pub struct NotADay;

impl Day {
    /// Takes a text of the form `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`NotADay`] if it has another form or the calendar has no such day.
    pub fn parse(text: &str) -> Result<Self, NotADay> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(NotADay);
        }
        let part = |range: std::ops::Range<usize>| text[range].parse::<u32>().map_err(|_| NotADay);
        let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Err(NotADay),
        };
        let fits = (1900..=2199).contains(&year) && (1..=last).contains(&day);
        fits.then(|| Self(text.to_owned())).ok_or(NotADay)
    }

    /// The day as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

impl TryFrom<String> for Day {
    type Error = NotADay;
    fn try_from(text: String) -> Result<Self, NotADay> {
        Self::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.0
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist() {
        for good in [
            "2026-11-21",
            "2028-02-29",
            "2000-02-29",
            "1900-01-01",
            "2199-12-31",
        ] {
            assert_eq!(Day::parse(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2026-4-30",
            "1899-12-31",
            "2026-11-21T00:00",
            "21.11.2026",
            "２０２６-11-21",
        ] {
            assert_eq!(Day::parse(bad), Err(NotADay), "{bad}");
        }
    }
}

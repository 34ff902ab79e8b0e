//! Facts about countries, as the table `directory` holds them.
use contract::E164;
use serde::{Deserialize, Serialize};

/// One country's dialling facts, with where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Country {
    /// ISO 3166-1 alpha-2, such as `CH`.
    pub iso2: String,
    /// Its name in English.
    pub name: String,
    /// ITU-T E.164 country code without the plus sign, 1 to 3 digits. Countries can share one.
    pub calling_code: String,
    /// What national dialling puts before the national number, such as `0`.
    #[serde(default)]
    pub trunk_prefix: Option<String>,
    /// What international dialling begins with, such as `00`.
    #[serde(default)]
    pub international_prefixes: Vec<String>,
    /// Short numbers of emergency and helpline services, exact.
    #[serde(default)]
    pub emergency: Vec<String>,
    /// National numbers that begin so cost extra.
    #[serde(default)]
    pub premium: Vec<String>,
    /// Where the row comes from.
    pub source: String,
    /// On which date, ISO 8601.
    pub as_of: String,
    /// Whether somebody has checked it at its source.
    #[serde(default)]
    pub verified: bool,
    /// Anything else to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Country {
    /// The number without this country's calling code, if it has it.
    pub fn national<'n>(&self, number: &'n E164) -> Option<&'n str> {
        number
            .as_str()
            .strip_prefix('+')?
            .strip_prefix(self.calling_code.as_str())
    }

    /// Whether a national number begins like one that costs extra. In the North American plan a prefix of three
    /// digits also means the exchange after the area code (976 is premium in any area).
    pub fn is_premium(&self, national: &str) -> bool {
        self.premium.iter().any(|prefix| {
            national.starts_with(prefix.as_str())
                || (self.calling_code == "1"
                    && national
                        .get(3..)
                        .is_some_and(|rest| rest.starts_with(prefix.as_str())))
        })
    }
}

/// Every country there is a row for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// The rows.
    pub countries: Vec<Country>,
}

impl World {
    /// The row of a country, by ISO 3166-1 alpha-2.
    pub fn country(&self, iso2: &str) -> Option<&Country> {
        self.countries.iter().find(|country| country.iso2 == iso2)
    }

    /// The country that a number belongs to, if there is a row for it.
    pub fn country_of(&self, number: &E164) -> Option<&Country> {
        let known = super::look_up(number)?;
        self.country(&known.iso2)
    }
}

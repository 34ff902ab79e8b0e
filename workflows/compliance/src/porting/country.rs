//! A country's porting rules as `infra/world/porting` writes them.

use super::timer::TimerRow;
use contract::E164;
use contract::dossier::NumberType;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use thiserror::Error;

/// The porting rules of every country that is known.
#[derive(Debug, Clone, Default)]
pub struct Porting {
    countries: BTreeMap<String, CountryPorting>,
}

/// The porting rules of a country.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountryPorting {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ITU-T E.164 country code without the plus sign.
    pub calling_code: String,
    /// The id of the calendar that its deadlines are counted in.
    pub calendar: String,
    /// The scheme of refusal codes that its providers use (`rejections.json`), for carriers that tell them as they are; none: carriers have
    /// their own.
    #[serde(default)]
    pub refusals: Option<String>,
    /// How the national numbers of others begin that share the country code.
    #[serde(default)]
    pub elsewhere: Vec<String>,
    /// Which national numbers are of which type.
    pub numbering: Vec<NumberingRow>,
    /// Which can be ported.
    pub portability: Vec<PortabilityRow>,
    /// Its deadlines.
    pub timers: Vec<TimerRow>,
    /// What it makes of a port-out that nobody answers in time; none: silence allows nothing.
    #[serde(default)]
    pub port_out_silence: Option<SilenceRow>,
    /// Whether a gaining carrier has to name the PIN; none: it need not.
    #[serde(default)]
    pub port_out_pin: Option<PinRow>,
}

/// Whether a port-out can be refused because no PIN was named, though its customer has set one. One that is wrong is a reason everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PinRow {
    /// Whether it has to be named.
    pub required: bool,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// What becomes of a port-out that nobody answers in time and that nothing speaks against.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SilenceRow {
    /// Whether the numbers go.
    pub authorises: bool,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// National numbers of one type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NumberingRow {
    /// How they begin, without a trunk prefix. The longest that fits decides.
    pub prefixes: Vec<String>,
    /// How many digits they have.
    pub digits: Vec<u8>,
    /// Their type.
    pub number_type: NumberType,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// Whether numbers can be ported.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PortabilityRow {
    /// Of these types.
    pub number_types: Vec<NumberType>,
    /// That begin so; none: all of the types. The longest that fits decides.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Whether they can.
    pub portable: bool,
    /// A number of a block is ported with the whole block, unless the losing provider has taken it out of the block.
    #[serde(default)]
    pub whole_block: bool,
    /// Why, for a person.
    pub why: String,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// Why a text holds no porting rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadPorting {
    /// Not JSON of that form.
    #[error("the porting rules do not read: {0}")]
    Text(String),
    /// A country comes twice.
    #[error("the porting rules of {0} are there twice")]
    Twice(String),
    /// A row cannot be right.
    #[error("{country}: {wrong}")]
    Row {
        /// ISO 3166-1 alpha-2.
        country: String,
        /// What is wrong.
        wrong: String,
    },
}

impl Porting {
    /// Reads the rules of several countries, one text each, and checks them.
    ///
    /// # Errors
    /// [`BadPorting`] with the first thing that is wrong.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, BadPorting> {
        let mut countries = BTreeMap::new();
        for text in texts {
            let rules: CountryPorting =
                serde_json::from_str(text).map_err(|error| BadPorting::Text(error.to_string()))?;
            rules.check()?;
            let country = rules.country.clone();
            if countries.insert(country.clone(), rules).is_some() {
                return Err(BadPorting::Twice(country));
            }
        }
        Ok(Self { countries })
    }

    /// The rules of a country.
    pub fn country(&self, iso2: &str) -> Option<&CountryPorting> {
        self.countries.get(iso2)
    }

    /// Every country in order of its code.
    pub fn countries(&self) -> impl Iterator<Item = &CountryPorting> {
        self.countries.values()
    }

    /// The country and type of a number, if a row has it.
    pub fn place(&self, number: &E164) -> Option<(&CountryPorting, NumberType)> {
        let found = self
            .countries
            .values()
            .filter_map(|rules| Some((rules, rules.kind(number)?)));
        found.max_by_key(|(rules, _)| rules.calling_code.len())
    }
}

impl CountryPorting {
    /// The national number of one of this country's numbers.
    pub fn national<'a>(&self, number: &'a E164) -> Option<&'a str> {
        number
            .as_str()
            .strip_prefix('+')?
            .strip_prefix(self.calling_code.as_str())
    }

    /// Whether a port-out that nobody answers in time goes, if nothing speaks against it.
    pub fn silence_authorises(&self) -> bool {
        let row = self.port_out_silence.as_ref();
        row.is_some_and(|row| row.authorises)
    }

    /// Whether a gaining carrier has to name the PIN of a customer who has set one.
    pub fn requires_pin(&self) -> bool {
        let row = self.port_out_pin.as_ref();
        row.is_some_and(|row| row.required)
    }

    /// The type of a number, if it is one of this country.
    pub fn kind(&self, number: &E164) -> Option<NumberType> {
        let national = self.national(number)?;
        if longest(&self.elsewhere, national).is_some() {
            return None;
        }
        let rows = self.numbering.iter().filter_map(|row| {
            let fits = row
                .digits
                .iter()
                .any(|digits| usize::from(*digits) == national.len());
            longest(&row.prefixes, national)
                .filter(|_| fits)
                .map(|length| (length, row.number_type))
        });
        rows.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
    }

    fn check(&self) -> Result<(), BadPorting> {
        let refuse = |wrong: String| {
            Err(BadPorting::Row {
                country: self.country.clone(),
                wrong,
            })
        };
        for row in &self.numbering {
            if row.prefixes.is_empty() || row.digits.is_empty() {
                return refuse(format!(
                    "numbering of {:?} needs prefixes and digits",
                    row.number_type
                ));
            }
            if self
                .portability
                .iter()
                .all(|rule| !rule.number_types.contains(&row.number_type))
            {
                return refuse(format!(
                    "nothing says whether {:?} can be ported",
                    row.number_type
                ));
            }
        }
        for (at, row) in self.timers.iter().enumerate() {
            let timer = row.timer;
            if row.direction_is_wrong() {
                return refuse(format!(
                    "{timer:?}: a time before an event has no counting rule"
                ));
            }
            let same = |other: &TimerRow| {
                let all = row.number_types.is_empty() && other.number_types.is_empty();
                let one = row
                    .number_types
                    .iter()
                    .any(|kind| other.number_types.contains(kind));
                other.timer == timer && (all || one)
            };
            if self.timers[..at].iter().any(same) {
                return refuse(format!("{timer:?} is there twice for the same types"));
            }
        }
        Ok(())
    }
}

/// The longest of the prefixes that the text begins with; none fits: none.
pub(super) fn longest(prefixes: &[String], text: &str) -> Option<usize> {
    let fitting = prefixes
        .iter()
        .filter(|prefix| text.starts_with(prefix.as_str()));
    fitting.map(|prefix| prefix.len()).max()
}

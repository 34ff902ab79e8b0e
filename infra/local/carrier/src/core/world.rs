//! The practice world as data: ranges with prices, the donors' customers, requirements, and how long things take.
//! Read from the files in `data/`, which say where each figure is from.

use super::number::{E164, NumberType};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole of it.
#[derive(Debug, Clone)]
pub struct World {
    /// Countries served.
    pub countries: Vec<Country>,
    /// The donors' customers.
    pub records: Vec<Record>,
    /// What must be shown.
    pub requirements: Requirements,
    /// How long things take.
    pub paces: Paces,
}

impl World {
    /// The world that comes with this crate.
    #[must_use]
    pub fn practice() -> Self {
        #[derive(Deserialize)]
        struct Inventory {
            countries: Vec<Country>,
        }
        #[derive(Deserialize)]
        struct Donors {
            records: Vec<Record>,
        }
        fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
            serde_json::from_str(text).expect("the data files are tested")
        }
        let inventory: Inventory = read(include_str!("../../data/inventory.json"));
        let donors: Donors = read(include_str!("../../data/donors.json"));
        Self {
            countries: inventory.countries,
            records: donors.records,
            requirements: read(include_str!("../../data/requirements.json")),
            paces: read(include_str!("../../data/pace.json")),
        }
    }

    /// The country whose code the number begins with, when its length is one of that country.
    #[must_use]
    pub fn country_of(&self, number: &E164) -> Option<&Country> {
        self.countries.iter().find(|country| {
            number.as_str()[1..]
                .strip_prefix(country.code.as_str())
                .is_some_and(|rest| country.lengths.contains(&rest.len()))
        })
    }

    /// The range for sale that holds the number.
    #[must_use]
    pub fn range_of(&self, number: &E164) -> Option<(&Country, &Range)> {
        let country = self.country_of(number)?;
        let range = country
            .ranges
            .iter()
            .find(|range| within(number, &range.first, range.count))?;
        Some((country, range))
    }

    /// The donor's record of the number.
    #[must_use]
    pub fn record_of(&self, number: &E164) -> Option<&Record> {
        self.records.iter().find(|record| record.holds(number))
    }

    /// What kind of number it is.
    #[must_use]
    pub fn type_of(&self, number: &E164) -> NumberType {
        if let Some((_, range)) = self.range_of(number) {
            return range.kind;
        }
        if let Some(record) = self.record_of(number) {
            return record.kind;
        }
        let prefixes = self
            .country_of(number)
            .map(|country| country.types.as_slice())
            .unwrap_or_default();
        prefixes
            .iter()
            .find(|prefix| number.as_str().starts_with(&prefix.prefix))
            .map_or(NumberType::Local, |prefix| prefix.kind)
    }

    /// How long things take in a country; the first country's when it is not one of ours.
    #[must_use]
    pub fn pace(&self, country: &str) -> &Pace {
        self.paces
            .countries
            .get(country)
            .or_else(|| self.paces.countries.values().next())
            .expect("the table has countries")
    }

    /// What must be shown for this action, country and type.
    #[must_use]
    pub fn required(&self, action: &str, country: &str, kind: NumberType) -> Vec<&RequirementType> {
        let found = self.requirements.requirements.iter().find(|requirement| {
            requirement.action == action
                && requirement.country == country
                && requirement.kind == kind
        });
        let keys = found
            .map(|requirement| requirement.requirement_types.as_slice())
            .unwrap_or_default();
        keys.iter()
            .filter_map(|key| self.requirements.types.get(key))
            .collect()
    }
}

fn within(number: &E164, first: &E164, count: u64) -> bool {
    number
        .distance(first)
        .is_some_and(|distance| distance < count)
}

/// A country served.
#[derive(Debug, Clone, Deserialize)]
pub struct Country {
    /// ISO 3166 code.
    pub iso: String,
    /// Its telephone code, without the plus sign.
    pub code: String,
    /// Digits of its numbers behind the code.
    pub lengths: Vec<usize>,
    /// Types by prefix; what none matches is local.
    pub types: Vec<Prefix>,
    /// Numbers for sale.
    pub ranges: Vec<Range>,
    /// State or province by place name.
    pub administrative_areas: BTreeMap<String, String>,
}

/// A type by its leading digits.
#[derive(Debug, Clone, Deserialize)]
pub struct Prefix {
    /// Leading digits, with the plus sign.
    pub prefix: String,
    /// The type.
    #[serde(rename = "type")]
    pub kind: NumberType,
}

/// Numbers for sale.
#[derive(Debug, Clone, Deserialize)]
pub struct Range {
    /// The first number.
    pub first: E164,
    /// How many follow each other.
    pub count: u64,
    /// Their type.
    #[serde(rename = "type")]
    pub kind: NumberType,
    /// The place.
    pub area: String,
    /// National destination code.
    pub ndc: String,
    /// Price a month, in `currency`.
    pub monthly: String,
    /// Price once.
    pub upfront: String,
    /// Price of an incoming minute.
    pub per_minute: String,
    /// ISO 4217 code.
    pub currency: String,
    /// What they can do.
    pub features: Vec<String>,
}

impl Range {
    /// Its numbers.
    pub fn numbers(&self) -> impl Iterator<Item = E164> + '_ {
        (0..self.count).map(|offset| self.first.further(offset))
    }
}

/// What a record makes its donor do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Answers after what is asked.
    Clean,
    /// Never lets the numbers go.
    NotPortable,
    /// A feature on them prevents it.
    SpecialFeature,
    /// Another order is open until the request comes a second time.
    OpenOrder,
    /// Does not answer the first request.
    Silent,
    /// Lets the first date pass.
    FocExpires,
    /// Contests the first activation.
    SvConflict,
    /// The first activation fails.
    SvFailure,
    /// The rate centre cannot be ported.
    RateCenter,
    /// Refuses the first request for another reason.
    Other,
}

/// What happens to one number at the cut-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cutover {
    /// Stays pending for some hours.
    Slow,
    /// Is contested for some hours.
    Conflict,
    /// Never comes.
    Fails,
}

/// A customer of a donor.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    /// The donor.
    pub donor: String,
    /// Its operator code.
    pub ocn: String,
    /// ISO 3166 code.
    pub country: String,
    /// Type of the numbers.
    #[serde(rename = "type")]
    pub kind: NumberType,
    /// Account number.
    pub account: String,
    /// PIN, when the donor asks for one.
    pub pin: Option<String>,
    /// Name of the customer.
    pub entity: String,
    /// Who may sign.
    pub person: String,
    /// Billing number of the account.
    pub billing: E164,
    /// Address.
    pub address: Address,
    /// The first number.
    pub first: E164,
    /// How many follow each other.
    pub count: u64,
    /// What the donor does.
    pub behaviour: Behaviour,
    /// What happens at the cut-over to numbers that end in a digit.
    pub cutover: BTreeMap<String, Cutover>,
}

impl Record {
    /// Whether it holds the number.
    #[must_use]
    pub fn holds(&self, number: &E164) -> bool {
        within(number, &self.first, self.count)
    }

    /// What happens to the number at the cut-over, when it is not simply activated.
    #[must_use]
    pub fn cutover_of(&self, number: &E164) -> Option<Cutover> {
        let text = number.as_str();
        self.cutover.get(&text[text.len() - 1..]).copied()
    }
}

/// An address on record.
#[derive(Debug, Clone, Deserialize)]
pub struct Address {
    /// ISO 3166 code.
    pub country: String,
    /// Street and house.
    pub street: String,
    /// Town.
    pub locality: String,
    /// Postal code.
    pub postal: String,
    /// State, canton or province; may be empty.
    pub area: String,
}

/// What must be shown.
#[derive(Debug, Clone, Deserialize)]
pub struct Requirements {
    /// Kinds of proof, by a name of ours.
    pub types: BTreeMap<String, RequirementType>,
    /// Which are asked for when.
    pub requirements: Vec<Requirement>,
}

/// A kind of proof.
#[derive(Debug, Clone, Deserialize)]
pub struct RequirementType {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `document` or `textual`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is.
    pub description: String,
    /// An example.
    pub example: String,
    /// What is accepted.
    pub acceptance_criteria: serde_json::Value,
}

/// What one action asks for.
#[derive(Debug, Clone, Deserialize)]
pub struct Requirement {
    /// Id.
    pub id: String,
    /// `ordering` or `porting`.
    pub action: String,
    /// ISO 3166 code.
    pub country: String,
    /// Type of the numbers.
    #[serde(rename = "type")]
    pub kind: NumberType,
    /// Names of kinds of proof.
    pub requirement_types: Vec<String>,
}

/// How long things take.
#[derive(Debug, Clone, Deserialize)]
pub struct Paces {
    /// By country.
    pub countries: BTreeMap<String, Pace>,
    /// Everywhere.
    pub common: CommonPace,
}

/// How long things take in one country, in seconds of the carrier's time.
#[derive(Debug, Clone, Deserialize)]
pub struct Pace {
    /// A number order.
    pub order_s: u64,
    /// Looking at a number's requirements.
    pub requirement_review_s: u64,
    /// From `in-process` to `submitted`.
    pub port_review_s: u64,
    /// The donor's answer.
    pub donor_answer_s: u64,
    /// Until the donor counts as silent.
    pub donor_limit_s: u64,
    /// Least notice of a date.
    pub foc_notice_s: u64,
    /// The date when none is asked for.
    pub foc_default_s: u64,
}

/// How long things take everywhere, in seconds of the carrier's time.
#[derive(Debug, Clone, Deserialize)]
pub struct CommonPace {
    /// A reservation holds.
    pub reservation_s: u64,
    /// A number waits for its requirements.
    pub requirement_limit_s: u64,
    /// A released number rests.
    pub quarantine_s: u64,
    /// A draft is kept.
    pub draft_retention_s: u64,
    /// Looking at a cancellation.
    pub cancel_review_s: u64,
    /// No cancellation this long before the date.
    pub cancel_cutoff_s: u64,
    /// A number's cut-over.
    pub number_cutover_s: u64,
    /// A slow number's cut-over.
    pub slow_number_s: u64,
    /// A contested number.
    pub conflict_s: u64,
    /// On-demand activation before the date.
    pub activation_window_s: u64,
    /// A port-out waits for an answer.
    pub port_out_answer_s: u64,
    /// Looking at a rejection.
    pub port_out_review_s: u64,
    /// The date of a port-out when none is asked for.
    pub port_out_foc_s: u64,
    /// How late a late notice is.
    pub late_notice_s: u64,
    /// Looking at a corrected order before it goes to the donor again.
    pub resubmit_review_s: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> E164 {
        E164::parse(text, "").expect("a number")
    }

    #[test]
    fn every_number_of_the_data_is_of_its_country_and_in_one_place_only() {
        let world = World::practice();
        let mut seen = std::collections::BTreeSet::new();
        for country in &world.countries {
            assert!(world.paces.countries.contains_key(&country.iso));
            for range in &country.ranges {
                for each in range.numbers() {
                    assert_eq!(
                        world.country_of(&each).map(|found| found.iso.as_str()),
                        Some(country.iso.as_str()),
                        "{each}"
                    );
                    assert!(seen.insert(each));
                }
            }
        }
        for record in &world.records {
            assert!(record.holds(&record.billing));
            for offset in 0..record.count {
                let each = record.first.further(offset);
                assert_eq!(
                    world.country_of(&each).map(|found| found.iso.as_str()),
                    Some(record.country.as_str()),
                    "{each}"
                );
                assert!(seen.insert(each));
            }
        }
        for requirement in &world.requirements.requirements {
            for key in &requirement.requirement_types {
                assert!(world.requirements.types.contains_key(key), "{key}");
            }
        }
    }

    #[test]
    fn types_come_from_ranges_then_records_then_prefixes() {
        let world = World::practice();
        assert_eq!(world.type_of(&number("+41585551000")), NumberType::National);
        assert_eq!(world.type_of(&number("+6585552003")), NumberType::Mobile);
        assert_eq!(world.type_of(&number("+41761112233")), NumberType::Mobile);
        assert_eq!(world.type_of(&number("+5072221111")), NumberType::Local);
        assert_eq!(world.required("ordering", "US", NumberType::Local).len(), 0);
        assert_eq!(world.required("ordering", "CH", NumberType::Local).len(), 2);
    }
}

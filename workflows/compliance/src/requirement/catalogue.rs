//! Requirements as `infra/world/requirements` writes them.

use super::pattern::Pattern;
use crate::identifier::Scheme;
use contract::dossier::{
    AddressUse, DocumentKind, EndUserKind, IdentityKind, NumberAction, NumberType, RequirementKind,
};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// Most requirements that a country may have.
const REQUIREMENTS_MAX: usize = 200;

/// The fields that a textual requirement may be about, as JSON pointers into a dossier.
pub const TEXT_FIELDS: [&str; 15] = [
    "/endUser/givenNames",
    "/endUser/familyNames",
    "/endUser/birthDate",
    "/endUser/nationality",
    "/endUser/businessName",
    "/endUser/legalForm",
    "/endUser/website",
    "/authorisedPerson/name",
    "/authorisedPerson/email",
    "/authorisedPerson/phone",
    "/authorisedPerson/role",
    "/previousService/provider",
    "/previousService/accountNumber",
    "/previousService/billingNumber",
    "/previousService/accountName",
];

/// The requirements of every country that is known.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    countries: BTreeMap<String, CountryRows>,
}

/// The requirements of a country.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CountryRows {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ITU-T E.164 country code without the plus sign.
    pub calling_code: String,
    /// What the requirements below are about. What is not covered is not known, which is not the same as free.
    pub covers: Vec<Covers>,
    /// Where an area's numbers may be used.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// The requirements.
    pub requirements: Vec<Requirement>,
}

/// A set of cases whose requirements are known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Covers {
    /// For these types.
    pub number_types: Vec<NumberType>,
    /// And these actions.
    pub actions: Vec<NumberAction>,
}

/// An area of a country's numbering plan.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Area {
    /// How its national numbers begin.
    pub codes: Vec<String>,
    /// Its name.
    pub name: String,
    /// The regions that its addresses lie in: parts of ISO 3166-2 codes behind the hyphen.
    pub regions: Vec<String>,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// One requirement.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requirement {
    /// Stable, as `ch.port.letter`.
    pub id: String,
    /// For a person, a few words.
    pub name: String,
    /// For a person, a sentence or two.
    pub description: String,
    /// Such as this.
    pub example: String,
    /// What an operator looks at, a line each.
    #[serde(default)]
    pub acceptance: Vec<String>,
    /// When it is asked.
    pub applies: Applies,
    /// Requirements of several countries that share a word and a rule are asked once.
    #[serde(default)]
    pub shared: Option<String>,
    /// What is asked.
    pub rule: Rule,
    /// Where the row comes from.
    pub source: String,
    /// On which date.
    pub as_of: Date,
    /// Whether somebody checked it there.
    pub verified: bool,
}

/// When a requirement is asked. An empty list means: for any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Applies {
    /// For these types of number.
    #[serde(default)]
    pub number_types: Vec<NumberType>,
    /// For these end users.
    #[serde(default)]
    pub end_users: Vec<EndUserKind>,
    /// For these actions.
    #[serde(default)]
    pub actions: Vec<NumberAction>,
    /// From so many numbers on.
    #[serde(default)]
    pub numbers_from: Option<u32>,
    /// Up to so many numbers.
    #[serde(default)]
    pub numbers_to: Option<u32>,
    /// Only if who signs is not a citizen of the country, or it is not known.
    #[serde(default)]
    pub foreigners_only: bool,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Rule {
    /// One document of these kinds.
    Document {
        /// Any of these.
        kinds: Vec<DocumentKind>,
        /// Its date is at most so many days ago.
        #[serde(default)]
        max_age_days: Option<u16>,
    },
    /// All of these fields.
    Textual {
        /// Each with its rule.
        fields: Vec<FieldRule>,
    },
    /// An address for one of these uses.
    Address {
        /// Any of these.
        uses: Vec<AddressUse>,
        /// Where it lies.
        locality: Locality,
        /// Words that give away a post-office box, in any case.
        #[serde(default)]
        box_words: Vec<String>,
        /// A street for the person to see what is meant.
        example: String,
    },
    /// An identity paper or an entry in a register.
    Identity {
        /// Any of these papers.
        #[serde(default)]
        papers: Vec<Paper>,
        /// Or an entry of any of these schemes.
        #[serde(default)]
        registers: Vec<Scheme>,
    },
    /// Something to do and declare.
    Action {},
}

/// A text that is asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldRule {
    /// One of [`TEXT_FIELDS`].
    pub field: String,
    /// Fewest characters.
    pub fewest: u32,
    /// Most characters.
    pub most: u32,
    /// What the whole text fits.
    #[serde(default)]
    pub pattern: Option<Pattern>,
    /// A text that the rule accepts.
    pub example: String,
}

/// An identity paper that is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Paper {
    /// Its kind.
    pub kind: IdentityKind,
    /// Issued by this country (ISO 3166-1 alpha-2); none: by any.
    #[serde(default)]
    pub country: Option<String>,
    /// Its number belongs to this scheme.
    #[serde(default)]
    pub scheme: Option<Scheme>,
    /// A number that is accepted.
    pub example: String,
}

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locality {
    /// Anywhere.
    Anywhere,
    /// In the country.
    Country,
    /// In the area of each number.
    Area,
}

impl Rule {
    /// The kind that people see.
    pub fn kind(&self) -> RequirementKind {
        match self {
            Self::Document { .. } => RequirementKind::Document,
            Self::Textual { .. } => RequirementKind::Textual,
            Self::Address { .. } => RequirementKind::Address,
            Self::Identity { .. } => RequirementKind::Identity,
            Self::Action {} => RequirementKind::Action,
        }
    }
}

/// Why a text is no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadCatalogue {
    /// Not JSON of that form.
    #[error("the requirements do not read: {0}")]
    Text(String),
    /// A country comes twice.
    #[error("the requirements of {0} are there twice")]
    Twice(String),
    /// A row cannot be right.
    #[error("{requirement}: {wrong}")]
    Row {
        /// The requirement's or the country's id.
        requirement: String,
        /// What is wrong.
        wrong: &'static str,
    },
}

impl Catalogue {
    /// Reads the requirements of several countries, one text each, and checks them.
    ///
    /// # Errors
    /// [`BadCatalogue`] with the first thing that is wrong.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, BadCatalogue> {
        let mut countries = BTreeMap::new();
        for text in texts {
            let rows: CountryRows = serde_json::from_str(text)
                .map_err(|error| BadCatalogue::Text(error.to_string()))?;
            check(&rows)?;
            let country = rows.country.clone();
            if countries.insert(country.clone(), rows).is_some() {
                return Err(BadCatalogue::Twice(country));
            }
        }
        Ok(Self { countries })
    }

    /// The requirements of a country.
    pub fn country(&self, iso2: &str) -> Option<&CountryRows> {
        self.countries.get(iso2)
    }

    /// Every country in order of its code.
    pub fn countries(&self) -> impl Iterator<Item = &CountryRows> {
        self.countries.values()
    }
}

fn check(rows: &CountryRows) -> Result<(), BadCatalogue> {
    let refuse = |requirement: &str, wrong| {
        Err(BadCatalogue::Row {
            requirement: requirement.to_owned(),
            wrong,
        })
    };
    if rows.requirements.len() > REQUIREMENTS_MAX {
        return refuse(&rows.country, "at most 200 requirements");
    }
    let mut ids = BTreeSet::new();
    for requirement in &rows.requirements {
        if !ids.insert(requirement.id.as_str()) {
            return refuse(&requirement.id, "its id is there twice");
        }
        if let Some(wrong) = wrong(&requirement.rule) {
            return refuse(&requirement.id, wrong);
        }
    }
    Ok(())
}

/// A rule that nothing can fit is found here and not by a customer.
fn wrong(rule: &Rule) -> Option<&'static str> {
    match rule {
        Rule::Document { kinds, .. } => {
            kinds.is_empty().then_some("it accepts no kind of document")
        }
        Rule::Textual { fields } => fields.iter().find_map(|rule| {
            if !TEXT_FIELDS.contains(&rule.field.as_str()) {
                Some("a field that no dossier has")
            } else if super::checks::text(rule, &rule.example).is_some() {
                Some("a field's example does not fit its own rule")
            } else {
                None
            }
        }),
        Rule::Address {
            uses,
            box_words,
            example,
            ..
        } => {
            let boxed = super::checks::is_box(example, box_words);
            (uses.is_empty() || boxed || example.is_empty()).then_some("it accepts no address")
        }
        Rule::Identity { papers, registers } => {
            let bad = |paper: &Paper| {
                paper.example.is_empty()
                    || paper
                        .scheme
                        .is_some_and(|scheme| scheme.check(&paper.example).is_err())
            };
            if papers.is_empty() && registers.is_empty() {
                Some("it accepts no paper and no register")
            } else if papers.iter().any(bad) {
                Some("a paper's example does not fit its own scheme")
            } else {
                None
            }
        }
        Rule::Action {} => None,
    }
}

//! Which requirements what is wanted brings with it.

use super::catalogue::{Applies, Area, Catalogue, CountryRows, Requirement};
use contract::dossier::{EndUserKind, NumberAction, NumberType, RequirementView};
use thiserror::Error;

/// What is wanted in a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// The numbers' type.
    pub number_type: NumberType,
    /// Who will use them.
    pub end_user: EndUserKind,
    /// What is to be done.
    pub action: NumberAction,
    /// How many numbers, from 1.
    pub numbers: u32,
    /// The nationality of who signs, ISO 3166-1 alpha-2, if it is known.
    pub nationality: Option<String>,
}

/// A requirement with what is needed of its country to evaluate it.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ITU-T E.164 country code without the plus sign.
    pub calling_code: String,
    /// The country's areas.
    pub areas: Vec<Area>,
    /// The requirement.
    pub requirement: Requirement,
}

impl Resolved {
    /// The requirement as people see it.
    pub fn view(&self) -> RequirementView {
        let row = &self.requirement;
        RequirementView {
            id: row.id.clone(),
            country: self.country.clone(),
            name: row.name.clone(),
            description: row.description.clone(),
            example: row.example.clone(),
            acceptance: row.acceptance.clone(),
            kind: row.rule.kind(),
            source: row.source.clone(),
            as_of: super::checks::day(row.as_of),
            verified: row.verified,
        }
    }
}

/// Something was asked whose requirements nobody has written down.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotKnown {
    /// The country has no rows.
    #[error("nobody has written down what {country} requires")]
    Country {
        /// ISO 3166-1 alpha-2.
        country: String,
    },
    /// The country's rows do not cover it.
    #[error(
        "nobody has written down what {country} requires for that type of number and that action"
    )]
    Case {
        /// ISO 3166-1 alpha-2.
        country: String,
        /// The type.
        number_type: NumberType,
        /// The action.
        action: NumberAction,
    },
}

/// The requirements of everything that is asked, without repetition: countries in the order they were asked, then in the
/// catalogue's order.
///
/// # Errors
/// [`NotKnown`] if the catalogue does not cover something.
pub fn resolve(catalogue: &Catalogue, asked: &[Asked]) -> Result<Vec<Resolved>, NotKnown> {
    let mut found: Vec<Resolved> = Vec::new();
    for one in asked {
        let rows = catalogue
            .country(&one.country)
            .ok_or_else(|| NotKnown::Country {
                country: one.country.clone(),
            })?;
        if !covers(rows, one) {
            return Err(NotKnown::Case {
                country: one.country.clone(),
                number_type: one.number_type,
                action: one.action,
            });
        }
        for requirement in rows
            .requirements
            .iter()
            .filter(|row| applies(&row.applies, one))
        {
            if !found
                .iter()
                .any(|there| same(there, &one.country, requirement))
            {
                found.push(Resolved {
                    country: one.country.clone(),
                    calling_code: rows.calling_code.clone(),
                    areas: rows.areas.clone(),
                    requirement: requirement.clone(),
                });
            }
        }
    }
    Ok(found)
}

fn covers(rows: &CountryRows, asked: &Asked) -> bool {
    rows.covers.iter().any(|case| {
        case.number_types.contains(&asked.number_type) && case.actions.contains(&asked.action)
    })
}

fn applies(when: &Applies, asked: &Asked) -> bool {
    let any = |list_is_empty: bool, contains: bool| list_is_empty || contains;
    any(
        when.number_types.is_empty(),
        when.number_types.contains(&asked.number_type),
    ) && any(
        when.end_users.is_empty(),
        when.end_users.contains(&asked.end_user),
    ) && any(
        when.actions.is_empty(),
        when.actions.contains(&asked.action),
    ) && when.numbers_from.is_none_or(|from| asked.numbers >= from)
        && when.numbers_to.is_none_or(|to| asked.numbers <= to)
        && !(when.foreigners_only && asked.nationality.as_ref() == Some(&asked.country))
}

/// The same row, or one of another country that asks the very same under a shared word.
fn same(there: &Resolved, country: &str, requirement: &Requirement) -> bool {
    let row = there.country == country && there.requirement.id == requirement.id;
    let shared = requirement.shared.is_some()
        && there.requirement.shared == requirement.shared
        && there.requirement.rule == requirement.rule;
    row || shared
}

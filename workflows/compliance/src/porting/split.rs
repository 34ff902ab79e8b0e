//! Which numbers belong into one order: those of one country, one type and one losing carrier.

use super::country::Porting;
use super::portability::{Portability, portability};
use contract::E164;
use contract::dossier::NumberType;
use std::collections::{BTreeMap, BTreeSet};

/// Most numbers in one request.
pub const NUMBERS_MAX: usize = 10_000;

/// A number that somebody wants to port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The number.
    pub number: E164,
    /// What sets it apart from others of its country and type, if the carrier's answer told it: the carrier behind the losing provider,
    /// or the order that was made of it.
    pub carrier: Option<String>,
}

/// Numbers that make one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Their type.
    pub number_type: NumberType,
    /// Their losing carrier, or their order. Those of which neither is known make a part of their own.
    pub carrier: Option<String>,
    /// The numbers in order, each once.
    pub numbers: Vec<E164>,
}

/// Why a number is in no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPlaced {
    /// No country's rules have it.
    NoCountry,
    /// It cannot be ported.
    NotPortable {
        /// Why, for a person.
        why: String,
    },
}

/// Numbers as orders, and those that no order can have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// One order each: by country, type and carrier.
    pub parts: Vec<Part>,
    /// By number.
    pub not_placed: Vec<(E164, NotPlaced)>,
}

/// Splits numbers into orders. The order in which they come makes no difference; a number that comes twice counts once, with
/// the carrier that comes first by name.
pub fn split(porting: &Porting, candidates: &[Candidate]) -> Split {
    let mut sorted: Vec<&Candidate> = candidates.iter().take(NUMBERS_MAX).collect();
    // A known carrier before an unknown one.
    sorted.sort_by_key(|candidate| {
        (
            &candidate.number,
            candidate.carrier.is_none(),
            &candidate.carrier,
        )
    });
    let mut seen = BTreeSet::new();
    let mut parts: BTreeMap<(String, NumberType, Option<String>), Vec<E164>> = BTreeMap::new();
    let mut not_placed = Vec::new();
    for candidate in sorted {
        if !seen.insert(&candidate.number) {
            continue;
        }
        let number = candidate.number.clone();
        let Some((rules, kind)) = porting.place(&number) else {
            not_placed.push((number, NotPlaced::NoCountry));
            continue;
        };
        match portability(rules, &number) {
            Portability::Possible => {
                let key = (rules.country.clone(), kind, candidate.carrier.clone());
                parts.entry(key).or_default().push(number);
            }
            Portability::Impossible { why } => {
                not_placed.push((number, NotPlaced::NotPortable { why }))
            }
            Portability::Unknown => not_placed.push((number, NotPlaced::NoCountry)),
        }
    }
    let parts = parts
        .into_iter()
        .map(|((country, number_type, carrier), numbers)| Part {
            country,
            number_type,
            carrier,
            numbers,
        });
    Split {
        parts: parts.collect(),
        not_placed,
    }
}

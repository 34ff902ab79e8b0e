//! Holds a dossier against requirements.

use super::catalogue::Rule;
use super::checks::Bench;
use super::resolve::Resolved;
use contract::E164;
use contract::dossier::{Compliance, Dossier, Evaluation, NumberType, RequirementOutcome};
use jiff::civil::Date;

/// A number that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Its type.
    pub number_type: NumberType,
    /// The number, if it is known yet.
    pub number: Option<E164>,
}

/// Holds a dossier against requirements on a day. The same arguments give the same evaluation. One more good document never
/// makes a requirement fail that passed, and whoever mends every failure of a requirement has it passed.
pub fn evaluate(
    requirements: &[Resolved],
    dossier: &Dossier,
    numbers: &[Wanted],
    today: Date,
) -> Evaluation {
    let fields = serde_json::to_value(dossier).expect("a dossier is JSON");
    let outcomes: Vec<RequirementOutcome> = requirements
        .iter()
        .map(|resolved| {
            let bench = Bench {
                resolved,
                dossier,
                fields: &fields,
                numbers,
                today,
            };
            let failures = match &resolved.requirement.rule {
                Rule::Document {
                    kinds,
                    max_age_days,
                } => bench.document(kinds, *max_age_days),
                Rule::Textual { fields } => bench.texts(fields),
                Rule::Address {
                    uses,
                    locality,
                    box_words,
                    example,
                } => bench.addresses(uses, *locality, box_words, example),
                Rule::Identity { papers, registers } => bench.identity(papers, registers),
                Rule::Action {} => bench.declaration(),
            };
            RequirementOutcome {
                requirement: resolved.requirement.id.clone(),
                name: resolved.requirement.name.clone(),
                kind: resolved.requirement.rule.kind(),
                passed: failures.is_empty(),
                failures,
            }
        })
        .collect();
    let verdict = if outcomes.iter().all(|outcome| outcome.passed) {
        Compliance::Compliant
    } else {
        Compliance::Noncompliant
    };
    Evaluation { verdict, outcomes }
}

//! What is asked for, row by row: met or missing, why, and how sure it is.

use contract::dossier::{Allowed, Evaluation, Failure, RequirementKind, RequirementView};

/// One requirement as the page shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Whether it is met.
    pub(crate) met: bool,
    /// What is to be mended.
    pub(crate) failures: Vec<Failure>,
    /// What is known of it, if its source was read.
    pub(crate) view: Option<RequirementView>,
}

/// The rows of an evaluation, those to mend first.
pub(crate) fn rows(evaluation: &Evaluation, known: &[RequirementView]) -> Vec<Row> {
    let each = evaluation.outcomes.iter().map(|outcome| Row {
        id: outcome.requirement.clone(),
        name: outcome.name.clone(),
        met: outcome.passed,
        failures: outcome.failures.clone(),
        view: known
            .iter()
            .find(|view| view.id == outcome.requirement)
            .cloned(),
    });
    let mut rows: Vec<Row> = each.collect();
    rows.sort_by_key(|row| row.met);
    rows
}

/// How many are met, of how many.
pub(crate) fn counts(evaluation: &Evaluation) -> (usize, usize) {
    let met = evaluation.outcomes.iter().filter(|outcome| outcome.passed);
    (met.count(), evaluation.outcomes.len())
}

/// What a field of the draft lacks: what is named at it or, for a list, below its end.
pub(crate) fn said_of<'e>(evaluation: &'e Evaluation, field: &str) -> Vec<&'e Failure> {
    let failures = evaluation
        .outcomes
        .iter()
        .flat_map(|outcome| &outcome.failures);
    failures.filter(|failure| failure.field == field).collect()
}

/// Documents that are asked for and not there: their kinds and the requirement's name.
pub(crate) fn missing_documents(evaluation: &Evaluation) -> Vec<(String, Vec<String>)> {
    let asked = evaluation
        .outcomes
        .iter()
        .filter(|outcome| !outcome.passed && outcome.kind == RequirementKind::Document);
    let each = asked.filter_map(|outcome| {
        let kinds = outcome
            .failures
            .iter()
            .find_map(|failure| match &failure.allowed {
                Allowed::Element { member, values, .. } if member == "kind" => Some(values.clone()),
                Allowed::Element { .. } => None,
                Allowed::OneOf { .. } | Allowed::Text { .. } | Allowed::Between { .. } => None,
            })?;
        Some((outcome.name.clone(), kinds))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::dossier::{Compliance, FailureCode, RequirementOutcome};

    fn evaluation() -> Evaluation {
        let failure = Failure {
            requirement: "ch.register.extract".into(),
            field: "/documents/-".into(),
            code: FailureCode::Missing,
            words: "an extract is missing".into(),
            allowed: Allowed::Element {
                member: "kind".into(),
                values: vec!["register_extract".into()],
                country: None,
                regions: vec![],
                example: None,
            },
        };
        let outcome = |id: &str, kind, failures: Vec<Failure>| RequirementOutcome {
            requirement: id.into(),
            name: id.to_uppercase(),
            kind,
            passed: failures.is_empty(),
            failures,
        };
        Evaluation {
            verdict: Compliance::Noncompliant,
            outcomes: vec![
                outcome("ch.business", RequirementKind::Textual, vec![]),
                outcome(
                    "ch.register.extract",
                    RequirementKind::Document,
                    vec![failure],
                ),
            ],
        }
    }

    #[test]
    fn what_is_to_be_mended_comes_first() {
        let rows = rows(&evaluation(), &[]);
        let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["ch.register.extract", "ch.business"]);
        assert_eq!(counts(&evaluation()), (1, 2));
    }

    #[test]
    fn a_missing_document_is_named_with_the_kinds_that_will_do() {
        assert_eq!(
            missing_documents(&evaluation()),
            [(
                "CH.REGISTER.EXTRACT".to_owned(),
                vec!["register_extract".to_owned()]
            )]
        );
        assert_eq!(said_of(&evaluation(), "/documents/-").len(), 1);
        assert!(said_of(&evaluation(), "/addresses/0").is_empty());
    }
}

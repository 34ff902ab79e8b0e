//! One check for each kind of requirement. A list's element that comes nearest is the one whose flaws are told.

use super::catalogue::{FieldRule, Paper};
use super::evaluate::Wanted;
use super::resolve::Resolved;
use crate::identifier::Scheme;
use contract::dossier::{
    Allowed, Day, Document, DocumentKind, DocumentState, Dossier, Failure, FailureCode, Identity,
    RegisterId,
};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

/// Longest number of a register or paper, as the dossier bounds it.
const NUMBER_MAX: u32 = 40;

/// What a requirement is checked with.
pub(super) struct Bench<'a> {
    pub(super) resolved: &'a Resolved,
    pub(super) dossier: &'a Dossier,
    pub(super) fields: &'a Value,
    pub(super) numbers: &'a [Wanted],
    pub(super) today: Date,
}

impl Bench<'_> {
    pub(super) fn failure(
        &self,
        field: &str,
        code: FailureCode,
        words: String,
        allowed: Allowed,
    ) -> Failure {
        Failure {
            requirement: self.resolved.requirement.id.clone(),
            field: field.to_owned(),
            code,
            words,
            allowed,
        }
    }

    /// Something that is not in a list at all.
    fn absent(
        &self,
        list: &str,
        member: &str,
        values: Vec<String>,
        example: Option<String>,
    ) -> Vec<Failure> {
        let name = &self.resolved.requirement.name;
        let words = format!("missing: {name} ({})", values.join(" or "));
        let allowed = Allowed::Element {
            member: member.to_owned(),
            values,
            country: None,
            regions: Vec::new(),
            example,
        };
        vec![self.failure(&format!("{list}/-"), FailureCode::Missing, words, allowed)]
    }

    pub(super) fn document(
        &self,
        kinds: &[DocumentKind],
        max_age_days: Option<u16>,
    ) -> Vec<Failure> {
        let candidates = self.dossier.documents.iter().enumerate();
        let flaws = candidates
            .filter(|(_, document)| kinds.contains(&document.kind))
            .map(|(at, document)| {
                self.document_flaws(&format!("/documents/{at}"), document, max_age_days)
            });
        let example = Some(self.resolved.requirement.example.clone());
        nearest(flaws)
            .unwrap_or_else(|| self.absent("/documents", "kind", words_of(kinds), example))
    }

    fn document_flaws(
        &self,
        field: &str,
        document: &Document,
        max_age_days: Option<u16>,
    ) -> Vec<Failure> {
        let mut found = Vec::new();
        let code = match document.state {
            DocumentState::Rejected => Some(FailureCode::Rejected),
            DocumentState::Expired => Some(FailureCode::Expired),
            DocumentState::Draft
            | DocumentState::PendingReview
            | DocumentState::InReview
            | DocumentState::Approved
            | DocumentState::ProvisionallyApproved => None,
        };
        if let Some(code) = code {
            let values = words_of(&[DocumentState::PendingReview, DocumentState::Approved]);
            let reason = document
                .rejection_reason
                .as_deref()
                .unwrap_or("its time is over");
            let words = format!("{:?} was not accepted: {reason}", document.file_name);
            let field = format!("{field}/state");
            found.push(self.failure(&field, code, words, Allowed::OneOf { values }));
        }
        if let Some(until) = document.valid_until.as_ref() {
            found.extend(self.still_valid(&format!("{field}/validUntil"), until));
        }
        if let Some(days) = max_age_days {
            found.extend(self.recent(&format!("{field}/issued"), document.issued.as_ref(), days));
        }
        found
    }

    fn still_valid(&self, field: &str, until: &Day) -> Option<Failure> {
        let over = date(until) < self.today;
        let words = format!("valid until {until}, and today is {}", self.today);
        let allowed = Allowed::Between {
            first: Some(day(self.today)),
            last: None,
        };
        over.then(|| self.failure(field, FailureCode::Expired, words, allowed))
    }

    fn recent(&self, field: &str, issued: Option<&Day>, days: u16) -> Option<Failure> {
        let oldest = self.today.saturating_sub(i64::from(days).days());
        let (code, words) = match issued.map(date) {
            None => (
                FailureCode::Missing,
                "the date on the document is missing".to_owned(),
            ),
            Some(at) if at > self.today => {
                (FailureCode::InTheFuture, format!("dated {at}, after today"))
            }
            Some(at) if at < oldest => {
                let words =
                    format!("dated {at}, and at most {days} days are allowed: not before {oldest}");
                (FailureCode::TooOld, words)
            }
            Some(_) => return None,
        };
        let allowed = Allowed::Between {
            first: Some(day(oldest)),
            last: Some(day(self.today)),
        };
        Some(self.failure(field, code, words, allowed))
    }

    pub(super) fn texts(&self, rules: &[FieldRule]) -> Vec<Failure> {
        let each = rules.iter().filter_map(|rule| {
            let value = self.fields.pointer(&rule.field).and_then(Value::as_str);
            let value = value.map(str::trim).unwrap_or_default();
            let (code, words) = text(rule, value)?;
            let allowed = Allowed::Text {
                fewest: rule.fewest,
                most: rule.most,
                pattern: rule
                    .pattern
                    .as_ref()
                    .map(|pattern| pattern.as_str().to_owned()),
                example: rule.example.clone(),
            };
            Some(self.failure(&rule.field, code, words, allowed))
        });
        each.collect()
    }

    pub(super) fn identity(&self, papers: &[Paper], registers: &[Scheme]) -> Vec<Failure> {
        let mut flaws: Vec<Vec<Failure>> = Vec::new();
        for (at, identity) in self.dossier.identities.iter().enumerate() {
            let fitting = papers.iter().filter(|paper| {
                let country = paper
                    .country
                    .as_ref()
                    .is_none_or(|country| *country == identity.country);
                paper.kind == identity.kind && country
            });
            let field = format!("/identities/{at}");
            flaws.extend(fitting.map(|paper| self.paper_flaws(&field, identity, paper)));
        }
        for (at, entry) in self.dossier.end_user.register_ids.iter().enumerate() {
            if let Some(scheme) = registers
                .iter()
                .find(|scheme| scheme.name() == entry.scheme)
            {
                flaws.push(self.entry_flaws(&format!("/endUser/registerIds/{at}"), entry, *scheme));
            }
        }
        nearest(flaws).unwrap_or_else(|| {
            if let Some(scheme) = registers.first() {
                let names = registers
                    .iter()
                    .map(|scheme| scheme.name().to_owned())
                    .collect();
                let example = Some(scheme.example().to_owned());
                return self.absent("/endUser/registerIds", "scheme", names, example);
            }
            let kinds: Vec<_> = papers.iter().map(|paper| paper.kind).collect();
            let example = papers.first().map(|paper| paper.example.clone());
            let mut failures = self.absent("/identities", "kind", words_of(&kinds), example);
            if let Some(Allowed::Element { country, .. }) =
                failures.first_mut().map(|failure| &mut failure.allowed)
            {
                *country = papers.first().and_then(|paper| paper.country.clone());
            }
            failures
        })
    }

    fn paper_flaws(&self, field: &str, identity: &Identity, paper: &Paper) -> Vec<Failure> {
        let expires = identity.expires.as_ref();
        let over = expires.and_then(|until| self.still_valid(&format!("{field}/expires"), until));
        let scheme = paper.scheme;
        let bad = scheme
            .and_then(|scheme| self.number(&format!("{field}/number"), &identity.number, scheme));
        over.into_iter().chain(bad).collect()
    }

    fn entry_flaws(&self, field: &str, entry: &RegisterId, scheme: Scheme) -> Vec<Failure> {
        self.number(&format!("{field}/number"), &entry.number, scheme)
            .into_iter()
            .collect()
    }

    fn number(&self, field: &str, number: &str, scheme: Scheme) -> Option<Failure> {
        let fault = scheme.check(number).err()?;
        let allowed = Allowed::Text {
            fewest: 1,
            most: NUMBER_MAX,
            pattern: None,
            example: scheme.example().to_owned(),
        };
        Some(self.failure(field, FailureCode::Identifier, fault.to_string(), allowed))
    }

    pub(super) fn declaration(&self) -> Vec<Failure> {
        let id = &self.resolved.requirement.id;
        if self
            .dossier
            .declarations
            .iter()
            .any(|made| made.requirement == *id)
        {
            return Vec::new();
        }
        self.absent("/declarations", "requirement", vec![id.clone()], None)
    }
}

/// What is wrong with a text, if anything.
pub(super) fn text(rule: &FieldRule, value: &str) -> Option<(FailureCode, String)> {
    let length = value.chars().count();
    if length == 0 && rule.fewest > 0 {
        return Some((
            FailureCode::Missing,
            format!("missing, such as {:?}", rule.example),
        ));
    }
    if !(rule.fewest as usize..=rule.most as usize).contains(&length) {
        let words = format!(
            "it has {length} characters; allowed: {} to {}",
            rule.fewest, rule.most
        );
        return Some((FailureCode::Length, words));
    }
    let fits = rule
        .pattern
        .as_ref()
        .is_none_or(|pattern| pattern.fits(value));
    (!fits).then(|| {
        (
            FailureCode::Form,
            format!("it has another form than {:?}", rule.example),
        )
    })
}

/// Whether a street is a post-office box.
pub(super) fn is_box(street: &str, words: &[String]) -> bool {
    let street = street.to_lowercase();
    words
        .iter()
        .any(|word| street.contains(&word.to_lowercase()))
}

/// The fewest flaws, of those the last; none if there is no candidate.
fn nearest(candidates: impl IntoIterator<Item = Vec<Failure>>) -> Option<Vec<Failure>> {
    let mut best: Option<Vec<Failure>> = None;
    for flaws in candidates {
        if best.as_ref().is_none_or(|there| flaws.len() <= there.len()) {
            best = Some(flaws);
        }
    }
    best
}

/// Values as the dossier writes them, each once.
pub(super) fn words_of<T: Serialize>(values: &[T]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for value in values {
        let word = serde_json::to_value(value)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned));
        if let Some(word) = word.filter(|word| !words.contains(word)) {
            words.push(word);
        }
    }
    words
}

fn date(day: &Day) -> Date {
    day.as_str().parse().expect("a Day is a date")
}

/// A date within the years that a `Day` has; a clock of another century gives the nearest of them.
pub(super) fn day(date: Date) -> Day {
    let first = jiff::civil::date(1900, 1, 1);
    let last = jiff::civil::date(2199, 12, 31);
    Day::parse(&date.clamp(first, last).to_string()).expect("a date is a Day")
}

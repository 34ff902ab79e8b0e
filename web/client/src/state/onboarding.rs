//! Onboardings: what is filled in, what is wrong with it, and how far each is.

use super::dossier::form::Wrong;
use super::words::Tone;
use contract::Role;
use contract::dossier::NumberType;
use contract::dossier::review::Purpose;
use contract::onboarding::api::{
    NewOnboarding, NewPerson, NewTenant, NumberWish, OnboardingView, Onboards, Stage, StageState,
};
use contract::{E164, request::Party};
use serde::{Deserialize, Serialize};

/// What the onboarding that asks for a dossier wants it for; nothing if none does.
pub(crate) fn purposes_of(list: &[OnboardingView], dossier: &str) -> Vec<Purpose> {
    let details = list.iter().map(|one| &one.request.details);
    let found = details
        .into_iter()
        .find(|known| known["dossier"] == dossier);
    let purposes = found.map(|known| known["purposes"].clone());
    purposes
        .and_then(|purposes| serde_json::from_value(purposes).ok())
        .unwrap_or_default()
}

/// Most kinds of number of one onboarding.
pub(crate) const WISHES_MAX: usize = 10;
/// Longest short name.
const SLUG_MAX: usize = 40;

/// What is filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Form {
    /// Who is onboarded.
    pub(crate) kind: Onboards,
    /// The customer's name.
    pub(crate) name: String,
    /// Its short name, if somebody typed one.
    pub(crate) slug: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
    /// The person's name.
    pub(crate) person: String,
    /// Their address.
    pub(crate) email: String,
    /// What they may do, of a person.
    pub(crate) role: Role,
    /// A free number, of a person.
    pub(crate) number: Option<E164>,
    /// Numbers to be ordered; of a person one at most.
    pub(crate) wishes: Vec<NumberWish>,
}

impl Form {
    /// An empty one.
    pub(crate) fn new(kind: Onboards) -> Self {
        Self {
            kind,
            name: String::new(),
            slug: None,
            country: String::new(),
            person: String::new(),
            email: String::new(),
            role: Role::Person,
            number: None,
            wishes: Vec::new(),
        }
    }

    /// The short name: what was typed, else what follows from the name.
    pub(crate) fn short_name(&self) -> String {
        self.slug.clone().unwrap_or_else(|| slug(&self.name))
    }

    /// With one more kind of number; more of one that is there.
    pub(crate) fn with(&self, country: &str, number_type: NumberType, count: u32) -> Self {
        let mut next = self.clone();
        let count = if self.kind == Onboards::User {
            next.wishes.clear();
            1
        } else {
            count
        };
        let same = |wish: &NumberWish| wish.country == country && wish.number_type == number_type;
        if let Some(at) = next.wishes.iter().position(same) {
            next.wishes[at].count = (next.wishes[at].count + count).min(50);
        } else if next.wishes.len() < WISHES_MAX {
            next.wishes.push(NumberWish {
                country: country.to_owned(),
                number_type,
                count: count.clamp(1, 50),
                area: None,
                carrier: None,
            });
        }
        next
    }

    /// What keeps it from being sent, by field.
    pub(crate) fn wrong(&self) -> Vec<Wrong> {
        let mut found = Vec::new();
        let mut rule = |field: &str, fits: bool, words: &str| {
            if !fits {
                found.push(Wrong {
                    field: field.to_owned(),
                    words: words.to_owned(),
                });
            }
        };
        if self.kind == Onboards::Tenant {
            rule(
                "tenant.name",
                !self.name.trim().is_empty(),
                "The customer's name is needed.",
            );
            let slug = self.short_name();
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            let fits = (3..=SLUG_MAX).contains(&slug.len())
                && slug.bytes().all(plain)
                && slug.starts_with(|c: char| c.is_ascii_lowercase());
            rule(
                "tenant.slug",
                fits,
                "3 to 40 small letters, digits and hyphens, a letter first.",
            );
            rule(
                "tenant.country",
                self.country.len() == 2,
                "Choose the customer's country.",
            );
            rule(
                "numbers",
                !self.wishes.is_empty(),
                "Add at least one kind of number.",
            );
        }
        rule(
            "person.name",
            !self.person.trim().is_empty(),
            "A name is needed.",
        );
        let parts = self.email.trim().split_once('@');
        let fits = parts.is_some_and(|(who, host)| {
            !who.is_empty() && host.contains('.') && !host.starts_with('.') && !host.contains('@')
        });
        rule("person.email", fits, "An address such as anna@example.com.");
        found
    }

    /// What is sent.
    pub(crate) fn body(&self) -> NewOnboarding {
        let of_tenant = self.kind == Onboards::Tenant;
        NewOnboarding {
            kind: self.kind,
            tenant: of_tenant.then(|| NewTenant {
                name: self.name.trim().to_owned(),
                slug: self.short_name(),
                country: self.country.clone(),
            }),
            person: NewPerson {
                name: self.person.trim().to_owned(),
                email: self.email.trim().to_owned(),
                language: None,
                role: (!of_tenant).then_some(self.role),
            },
            numbers: self.wishes.clone(),
            number: self.number.clone().filter(|_| !of_tenant),
            dossier: None,
            with_dossier: None,
            emergency_address: None,
            webhook: None,
        }
    }
}

/// A short name from a name: `Helvetia Handels AG` is `helvetia-handels-ag`.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.trim().to_lowercase().chars() {
        let plain = match letter {
            'a'..='z' | '0'..='9' => letter,
            '\u{e4}' | '\u{e1}' | '\u{e0}' | '\u{e2}' => 'a',
            '\u{f6}' | '\u{f3}' | '\u{f4}' => 'o',
            '\u{fc}' | '\u{fa}' => 'u',
            '\u{e9}' | '\u{e8}' | '\u{ea}' => 'e',
            '\u{ed}' => 'i',
            '\u{f1}' => 'n',
            _ => '-',
        };
        if plain != '-' || !(slug.is_empty() || slug.ends_with('-')) {
            slug.push(plain);
        }
    }
    slug.truncate(SLUG_MAX);
    slug.trim_end_matches('-').to_owned()
}

/// A stage in words.
pub(crate) fn stage(name: &str) -> &str {
    match name {
        "opened" => "Opened",
        "email" => "E-mail verified",
        "dossier" => "Dossier filled in",
        "review" => "Dossier checked",
        "numbers" => "Numbers ordered",
        "emergency" => "Emergency address",
        "test" => "Test call",
        "closed" => "Live",
        other => other,
    }
}

/// How far a stage is, as a chip.
pub(crate) const fn standing(state: StageState) -> (&'static str, Tone) {
    match state {
        StageState::Waiting => ("To come", Tone::Quiet),
        StageState::Running => ("Now", Tone::Waits),
        StageState::Done => ("Done", Tone::Well),
        StageState::Skipped => ("Left out", Tone::Quiet),
        StageState::Failed => ("Ended here", Tone::Failed),
    }
}

/// Who acts now, in words.
pub(crate) fn who_acts(stage: &Stage) -> Option<&'static str> {
    stage.owner.map(|owner| match owner {
        Party::Customer => "The customer acts",
        Party::Operator => "One of us acts",
        Party::Carrier => "The carrier acts",
        Party::Platform => "Goes on by itself",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(form: &Form) -> Vec<String> {
        form.wrong().into_iter().map(|wrong| wrong.field).collect()
    }

    #[test]
    fn a_dossier_is_wanted_for_what_its_onboarding_asks() {
        let wants = serde_json::json!([{ "country": "SG", "numberType": "local", "action": "order", "numbers": 1 }]);
        let of = |id: &str, details: serde_json::Value| OnboardingView {
            request: contract::request::RequestView {
                details,
                ..crate::state::samples::request(id)
            },
            progress: Vec::new(),
            webhook_secret: None,
        };
        let list = [
            of(
                "on-1",
                serde_json::json!({ "dossier": "d-0", "purposes": [] }),
            ),
            of(
                "on-2",
                serde_json::json!({ "dossier": "d-1", "purposes": wants }),
            ),
            of("on-3", serde_json::Value::Null),
        ];
        let found = purposes_of(&list, "d-1");
        assert_eq!(serde_json::json!(found), wants);
        assert!(purposes_of(&list, "d-0").is_empty() && purposes_of(&list, "d-2").is_empty());
    }

    #[test]
    fn an_empty_form_names_every_field_and_a_full_one_none() {
        let form = Form::new(Onboards::Tenant);
        assert_eq!(
            fields(&form),
            [
                "tenant.name",
                "tenant.slug",
                "tenant.country",
                "numbers",
                "person.name",
                "person.email"
            ]
        );
        let full = Form {
            name: "Helvetia Handels AG".into(),
            country: "CH".into(),
            person: "Ada Frei".into(),
            email: " ada@helvetia.example ".into(),
            ..form
        };
        let full = full
            .with("CH", NumberType::Local, 2)
            .with("CH", NumberType::Local, 1);
        assert!(fields(&full).is_empty());
        let body = full.body();
        assert_eq!(body.numbers[0].count, 3);
        assert_eq!(body.person.email, "ada@helvetia.example");
        assert_eq!(body.tenant.unwrap().slug, "helvetia-handels-ag");
    }

    #[test]
    fn a_person_needs_no_customer_and_a_mistyped_address_is_named() {
        let form = Form {
            person: "Tan".into(),
            email: "tan@host".into(),
            ..Form::new(Onboards::User)
        };
        assert_eq!(fields(&form), ["person.email"]);
        assert!(form.body().tenant.is_none());
        assert_eq!(form.body().person.role, Some(Role::Person));
    }

    proptest! {
        /// Whatever the name, the short name is empty or has letters, digits and single hyphens inside.
        #[test]
        fn a_short_name_is_plain(name in ".{0,80}") {
            let slug = slug(&name);
            prop_assert!(slug.len() <= SLUG_MAX);
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }
    }
}

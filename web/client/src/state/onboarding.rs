//! Onboardings: what is filled in, what is wrong with it (`check`), and how far each is.

mod check;

use super::port_draft::numbers;
use super::words::Tone;
use contract::dossier::review::Purpose;
use contract::dossier::{Address, AddressUse};
use contract::onboarding::api::{
    FirstWebhook, NewOnboarding, NewPerson, NewTenant, NumberWish, Onboards, PortRings, PortWish,
    Stage, StageState,
};
use contract::port::PortType;
use contract::request::{Party, RequestView};
use contract::{DossierId, E164, Role};
use serde::{Deserialize, Serialize};

/// What an onboarding wants this dossier for; nothing if it asks for another.
pub(crate) fn purposes_of(onboarding: &RequestView, dossier: &str) -> Vec<Purpose> {
    let details = &onboarding.details;
    if details["dossier"] != dossier {
        return Vec::new();
    }
    serde_json::from_value(details["purposes"].clone()).unwrap_or_default()
}

/// Most kinds of number of one onboarding.
pub(crate) const WISHES_MAX: usize = 10;
/// Most ports of one onboarding.
pub(crate) const PORTS_MAX: usize = 5;
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
    /// Numbers that a customer brings.
    #[serde(default)]
    pub(crate) ports: Vec<PortWish>,
    /// Where help is sent.
    #[serde(default)]
    pub(crate) help: Help,
    /// Where a customer hears of changes; empty: nowhere.
    #[serde(default)]
    pub(crate) webhook: String,
    /// The dossier that a person's number is ordered with.
    #[serde(default)]
    pub(crate) dossier: Option<DossierId>,
}

/// An address as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Help {
    /// Street and number.
    pub(crate) street: String,
    /// The place.
    pub(crate) city: String,
    /// Canton, state or province.
    pub(crate) region: String,
    /// The postal code.
    pub(crate) postal_code: String,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
}

impl Help {
    /// Whether nothing was typed: a country alone is no address.
    fn is_empty(&self) -> bool {
        let typed = [&self.street, &self.city, &self.region, &self.postal_code];
        typed.into_iter().all(|text| text.trim().is_empty())
    }

    fn address(&self) -> Address {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Address {
            uses: vec![AddressUse::Emergency],
            street: self.street.trim().to_owned(),
            extended: None,
            city: self.city.trim().to_owned(),
            region: some(&self.region),
            postal_code: some(&self.postal_code),
            country: self.country.clone(),
        }
    }
}

/// Numbers that are brought, out of what was typed.
///
/// # Errors
/// What is wrong with them, in words.
pub(crate) fn port(country: &str, text: &str, port_type: PortType) -> Result<PortWish, String> {
    Ok(PortWish {
        country: country.to_owned(),
        numbers: numbers(text).map_err(|(_, why)| why)?,
        pin: None,
        port_type,
        remaining: None,
        new_billing_number: None,
        language: None,
        carrier: None,
        rings: PortRings::Administrator,
    })
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
            ports: Vec::new(),
            help: Help::default(),
            webhook: String::new(),
            dossier: None,
        }
    }

    /// The short name: what was typed, else what follows from the name.
    pub(crate) fn short_name(&self) -> String {
        self.slug.clone().unwrap_or_else(|| slug(&self.name))
    }

    /// With one more kind of number; more of one that is there. A person gets one, and none that is free then.
    pub(crate) fn with(&self, wish: NumberWish) -> Self {
        let mut next = self.clone();
        let mut wish = NumberWish {
            count: wish.count.clamp(1, 50),
            ..wish
        };
        if self.kind == Onboards::User {
            (next.number, wish.count) = (None, 1);
            next.wishes = vec![wish];
            return next;
        }
        let kind = |wish: &NumberWish| NumberWish {
            count: 0,
            ..wish.clone()
        };
        let known = next.wishes.iter().position(|one| kind(one) == kind(&wish));
        match known {
            // A number is had once.
            Some(_) if wish.number.is_some() => {}
            Some(at) => next.wishes[at].count = (next.wishes[at].count + wish.count).min(50),
            None if next.wishes.len() < WISHES_MAX => next.wishes.push(wish),
            None => {}
        }
        next
    }

    /// With one more port, or more numbers of one that is like it.
    pub(crate) fn bringing(&self, port: PortWish) -> Self {
        let mut next = self.clone();
        let like =
            |known: &PortWish| known.country == port.country && known.port_type == port.port_type;
        match next.ports.iter().position(like) {
            Some(at) => {
                let known = &mut next.ports[at].numbers;
                for number in port.numbers {
                    if !known.contains(&number) {
                        known.push(number);
                    }
                }
            }
            None if next.ports.len() < PORTS_MAX => next.ports.push(port),
            None => {}
        }
        next
    }

    /// With a free number of the tenant, or with none.
    pub(crate) fn giving(&self, number: Option<E164>) -> Self {
        let mut next = self.clone();
        if number.is_some() {
            next.wishes.clear();
        }
        next.number = number;
        next
    }

    /// The countries of its numbers, each once.
    pub(crate) fn countries(&self) -> Vec<String> {
        let ordered = self.wishes.iter().map(|wish| &wish.country);
        let brought = self.ports.iter().map(|port| &port.country);
        let mut found: Vec<String> = Vec::new();
        for country in ordered.chain(brought) {
            if !found.contains(country) {
                found.push(country.clone());
            }
        }
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
            ports: if of_tenant {
                self.ports.clone()
            } else {
                Vec::new()
            },
            number: self.number.clone().filter(|_| !of_tenant),
            dossier: None,
            with_dossier: self
                .dossier
                .clone()
                .filter(|_| !of_tenant && !self.wishes.is_empty()),
            emergency_address: (!self.help.is_empty()).then(|| self.help.address()),
            webhook: Some(self.webhook.trim().to_owned())
                .filter(|url| of_tenant && !url.is_empty())
                .map(|url| FirstWebhook { url }),
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
        "ports" => "Numbers ported",
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
    use contract::dossier::NumberType;
    use proptest::prelude::*;

    fn wish(country: &str, count: u32) -> NumberWish {
        NumberWish {
            country: country.into(),
            number_type: NumberType::Local,
            count,
            area: None,
            carrier: None,
            number: None,
        }
    }

    #[test]
    fn a_dossier_is_wanted_for_what_its_onboarding_asks() {
        let wants = serde_json::json!([{ "country": "SG", "numberType": "local", "action": "order", "numbers": 1 }]);
        let of = |details: serde_json::Value| RequestView {
            details,
            ..crate::state::samples::request("ot-1")
        };
        let asks = of(serde_json::json!({ "dossier": "d-1", "purposes": wants }));
        assert_eq!(serde_json::json!(purposes_of(&asks, "d-1")), wants);
        assert!(purposes_of(&asks, "d-2").is_empty());
        for details in [
            serde_json::json!({ "dossier": "d-1", "purposes": [] }),
            serde_json::Value::Null,
        ] {
            assert!(purposes_of(&of(details), "d-1").is_empty());
        }
    }

    #[test]
    fn numbers_in_an_area_and_one_that_was_found_are_wishes_of_their_own() {
        let number = E164::parse("+41445551002").unwrap();
        let found = NumberWish {
            number: Some(number.clone()),
            carrier: Some("telnyx".into()),
            ..wish("CH", 1)
        };
        let area = NumberWish {
            area: Some("44".into()),
            ..wish("CH", 2)
        };
        let form = Form::new(Onboards::Tenant);
        let form = form.with(wish("CH", 60)).with(area.clone()).with(area);
        let form = form.with(found.clone()).with(found.clone());
        let counts: Vec<u32> = form.wishes.iter().map(|wish| wish.count).collect();
        assert_eq!(counts, [50, 4, 1]);
        // A person has one number: this one, or one that is free.
        let person = Form::new(Onboards::User).giving(Some(number.clone()));
        let person = person.with(wish("CH", 3)).with(found);
        assert_eq!((person.wishes.len(), person.number.clone()), (1, None));
        let free = person.giving(Some(number.clone()));
        assert_eq!((free.wishes.len(), free.number), (0, Some(number)));
    }

    #[test]
    fn a_customer_can_bring_numbers_and_order_none() {
        let full = PortType::Full;
        assert!(port("CH", "044 555 20 00", full).is_err());
        let one = port("CH", "+41 44 555 20 00\n+41 44 555 20 01", full).unwrap();
        let two = port("CH", "+41 44 555 20 01, +41 44 555 20 02", full).unwrap();
        let mut form = Form::new(Onboards::Tenant).bringing(one).bringing(two);
        assert_eq!(form.ports.len(), 1);
        assert_eq!(form.ports[0].numbers.len(), 3);
        assert!(!form.wrong().iter().any(|wrong| wrong.field == "numbers"));
        assert_eq!(form.countries(), ["CH"]);
        assert_eq!(form.body().ports, form.ports);
        form.kind = Onboards::User;
        assert!(form.body().ports.is_empty(), "a person brings none");
    }

    #[test]
    fn what_may_be_left_out_is_sent_only_if_it_was_typed() {
        let mut form = Form::new(Onboards::Tenant);
        form.help.country = "CH".into();
        let body = form.body();
        assert_eq!((body.emergency_address, body.webhook), (None, None));
        form.webhook = " https://example.com/hooks ".into();
        form.help.street = "Bahnhofstrasse 1".into();
        form.help.city = "Zürich".into();
        let body = form.body();
        let url = body.webhook.map(|hook| hook.url);
        assert_eq!(url.as_deref(), Some("https://example.com/hooks"));
        let address = body.emergency_address.unwrap();
        assert_eq!((address.city.as_str(), address.region), ("Zürich", None));
    }

    #[test]
    fn a_draft_of_before_is_still_read() {
        let old = serde_json::json!({
            "kind": "tenant", "name": "Alpenblick AG", "slug": null, "country": "CH", "person": "", "email": "", "role": "person",
            "number": null, "wishes": [{ "country": "CH", "numberType": "local", "count": 1 }],
        });
        let form: Form = serde_json::from_value(old).unwrap();
        assert_eq!((form.wishes.len(), form.ports.len()), (1, 0));
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

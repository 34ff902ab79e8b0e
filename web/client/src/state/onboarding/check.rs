//! What keeps an onboarding from being sent.
use super::{Form, SLUG_MAX};
use crate::state::dossier::form::Wrong;
use contract::onboarding::api::Onboards;

impl Form {
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
                !self.wishes.is_empty() || !self.ports.is_empty(),
                "Add numbers to be ordered, or some that the customer brings.",
            );
            let hook = self.webhook.trim();
            rule(
                "webhook.url",
                hook.is_empty() || hook.contains("://"),
                "An address such as https://example.com/hooks.",
            );
        }
        if !self.help.is_empty() {
            let fields = [
                ("emergencyAddress.street", &self.help.street),
                ("emergencyAddress.city", &self.help.city),
                ("emergencyAddress.country", &self.help.country),
            ];
            for (field, text) in fields {
                rule(field, !text.trim().is_empty(), "Is needed, too.");
            }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Role;
    use contract::dossier::NumberType;
    use contract::onboarding::api::NumberWish;

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

    fn fields(form: &Form) -> Vec<String> {
        form.wrong().into_iter().map(|wrong| wrong.field).collect()
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
        let full = full.with(wish("CH", 2)).with(wish("CH", 1));
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

    #[test]
    fn an_address_that_was_begun_is_wanted_whole() {
        let mut form = Form::new(Onboards::Tenant);
        form.help.country = "CH".into();
        let of_address = |form: &Form| {
            let mut fields = fields(form);
            fields.retain(|field| field.starts_with("emergencyAddress"));
            fields
        };
        assert!(of_address(&form).is_empty());
        form.help.street = "Bahnhofstrasse 1".into();
        assert_eq!(of_address(&form), ["emergencyAddress.city"]);
        form.help.city = "Zürich".into();
        assert!(of_address(&form).is_empty());
    }
}

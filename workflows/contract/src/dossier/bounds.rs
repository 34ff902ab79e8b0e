//! The bounds of a dossier's form, each told with its field.
use super::{Address, Contact, Document, Dossier, EndUser, Identity};
use crate::line;
use thiserror::Error;

/// Largest number of elements that any list of a dossier may have; most have fewer.
pub const LIST_MAX: usize = 50;
const LIST_SHORT_MAX: usize = 20;
/// Largest document, in bytes: 20 MiB.
pub const DOCUMENT_BYTES_MAX: u32 = 20 * 1024 * 1024;
const MEDIA_TYPES: [&str; 3] = ["application/pdf", "image/jpeg", "image/png"];

/// A field that is out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {allowed}")]
pub struct BadField {
    /// The field, as a JSON pointer into the dossier.
    pub field: String,
    /// What is allowed, in words.
    pub allowed: String,
}

impl Dossier {
    /// Checks the lengths and forms of all fields. Nothing here depends on a country.
    ///
    /// # Errors
    /// Every field that is out of bounds, in the dossier's order.
    pub fn check(&self) -> Result<(), Vec<BadField>> {
        let mut found = Found(Vec::new());
        found.id("/id", &self.id.0);
        found.rule("/version", self.version >= 1, "a whole number from 1");
        found.end_user(&self.end_user);
        let lists = [
            ("/addresses", self.addresses.len(), LIST_SHORT_MAX),
            ("/contacts", self.contacts.len(), LIST_SHORT_MAX),
            ("/identities", self.identities.len(), LIST_SHORT_MAX),
            ("/documents", self.documents.len(), LIST_MAX),
            ("/declarations", self.declarations.len(), LIST_MAX),
            (
                "/endUser/registerIds",
                self.end_user.register_ids.len(),
                LIST_SHORT_MAX,
            ),
        ];
        for (field, length, most) in lists {
            found.rule(field, length <= most, &format!("at most {most} elements"));
        }
        for (at, address) in self.addresses.iter().enumerate() {
            found.address(&format!("/addresses/{at}"), address);
        }
        if let Some(person) = &self.authorised_person {
            found.contact("/authorisedPerson", person);
        }
        for (at, contact) in self.contacts.iter().enumerate() {
            found.contact(&format!("/contacts/{at}"), contact);
        }
        for (at, identity) in self.identities.iter().enumerate() {
            found.identity(&format!("/identities/{at}"), identity);
        }
        for (at, document) in self.documents.iter().enumerate() {
            let twice = self.documents[..at]
                .iter()
                .any(|other| other.id == document.id);
            found.rule(
                &format!("/documents/{at}/id"),
                !twice,
                "an id that no other document has",
            );
            found.document(&format!("/documents/{at}"), document);
        }
        for (at, declaration) in self.declarations.iter().enumerate() {
            let field = format!("/declarations/{at}");
            found.text(
                &format!("{field}/requirement"),
                &declaration.requirement,
                80,
            );
            found.moment(&format!("{field}/madeAt"), &declaration.made_at);
            found.text(&format!("{field}/by"), &declaration.by, 200);
        }
        if let Some(service) = &self.previous_service {
            found.maybe("/previousService/provider", service.provider.as_ref(), 200);
            found.maybe(
                "/previousService/accountNumber",
                service.account_number.as_ref(),
                40,
            );
            found.maybe(
                "/previousService/accountName",
                service.account_name.as_ref(),
                200,
            );
        }
        if found.0.is_empty() {
            Ok(())
        } else {
            Err(found.0)
        }
    }
}

/// What was found so far.
struct Found(Vec<BadField>);

impl Found {
    fn rule(&mut self, field: &str, fits: bool, allowed: &str) {
        if !fits {
            self.0.push(BadField {
                field: field.to_owned(),
                allowed: allowed.to_owned(),
            });
        }
    }

    fn text(&mut self, field: &str, text: &str, most: usize) {
        self.rule(field, line::fits(text, most), &line::allowed(most));
    }

    fn maybe(&mut self, field: &str, text: Option<&String>, most: usize) {
        if let Some(text) = text {
            self.text(field, text, most);
        }
    }

    fn id(&mut self, field: &str, text: &str) {
        let fits = (8..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        self.rule(field, fits, "8 to 64 characters of A-Za-z0-9_-");
    }

    fn country(&mut self, field: &str, text: &str) {
        let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        self.rule(
            field,
            fits,
            "a country as two capital letters (ISO 3166-1 alpha-2), such as CH",
        );
    }

    fn moment(&mut self, field: &str, text: &str) {
        let day = text
            .get(..10)
            .is_some_and(|day| super::Day::parse(day).is_ok());
        let rest = text.get(10..).unwrap_or_default();
        let clock = rest.starts_with('T') && rest.ends_with('Z') && (10..=20).contains(&rest.len());
        let figures = rest
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"T:.Z".contains(&byte));
        let allowed = "a moment in UTC (RFC 3339), such as 2026-11-21T09:30:00Z";
        self.rule(field, day && clock && figures, allowed);
    }

    fn end_user(&mut self, user: &EndUser) {
        self.maybe("/endUser/givenNames", user.given_names.as_ref(), 100);
        self.maybe("/endUser/familyNames", user.family_names.as_ref(), 100);
        if let Some(country) = &user.nationality {
            self.country("/endUser/nationality", country);
        }
        self.maybe("/endUser/businessName", user.business_name.as_ref(), 200);
        self.maybe("/endUser/legalForm", user.legal_form.as_ref(), 60);
        self.maybe("/endUser/website", user.website.as_ref(), 200);
        for (at, id) in user.register_ids.iter().enumerate() {
            let field = format!("/endUser/registerIds/{at}");
            let fits = (1..=30).contains(&id.scheme.len())
                && id
                    .scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            self.rule(
                &format!("{field}/scheme"),
                fits,
                "1 to 30 characters of a-z0-9-",
            );
            self.country(&format!("{field}/country"), &id.country);
            self.text(&format!("{field}/number"), &id.number, 40);
        }
    }

    fn address(&mut self, field: &str, address: &Address) {
        let uses = (1..=4).contains(&address.uses.len());
        self.rule(
            &format!("{field}/uses"),
            uses,
            "1 to 4 of service, registered, billing, emergency",
        );
        self.text(&format!("{field}/street"), &address.street, 200);
        self.maybe(&format!("{field}/extended"), address.extended.as_ref(), 200);
        self.text(&format!("{field}/city"), &address.city, 100);
        self.maybe(&format!("{field}/region"), address.region.as_ref(), 60);
        self.maybe(
            &format!("{field}/postalCode"),
            address.postal_code.as_ref(),
            20,
        );
        self.country(&format!("{field}/country"), &address.country);
    }

    fn contact(&mut self, field: &str, contact: &Contact) {
        self.text(&format!("{field}/name"), &contact.name, 200);
        self.maybe(&format!("{field}/role"), contact.role.as_ref(), 100);
        let parts = contact.email.split_once('@');
        let fits = contact.email.len() <= 254
            && !contact
                .email
                .contains(|c: char| c.is_whitespace() || c.is_control())
            && parts.is_some_and(|(who, host)| {
                !who.is_empty() && host.contains('.') && !host.contains('@')
            });
        let allowed = "an e-mail address of at most 254 characters, such as ana@example.com";
        self.rule(&format!("{field}/email"), fits, allowed);
        if let Some(country) = &contact.nationality {
            self.country(&format!("{field}/nationality"), country);
        }
    }

    fn identity(&mut self, field: &str, identity: &Identity) {
        self.country(&format!("{field}/country"), &identity.country);
        self.text(&format!("{field}/number"), &identity.number, 40);
        let ordered = match (&identity.issued, &identity.expires) {
            (Some(issued), Some(expires)) => issued <= expires,
            (None, _) | (_, None) => true,
        };
        self.rule(
            &format!("{field}/expires"),
            ordered,
            "not before the day of issue",
        );
    }

    fn document(&mut self, field: &str, document: &Document) {
        self.id(&format!("{field}/id"), &document.id.0);
        self.text(&format!("{field}/fileName"), &document.file_name, 200);
        let bare = !document.file_name.contains(['/', '\\']) && document.file_name != "..";
        self.rule(
            &format!("{field}/fileName"),
            bare,
            "a name without / and \\",
        );
        let known = MEDIA_TYPES.contains(&document.media_type.as_str());
        self.rule(
            &format!("{field}/mediaType"),
            known,
            "application/pdf, image/jpeg or image/png",
        );
        let fits = (1..=DOCUMENT_BYTES_MAX).contains(&document.bytes);
        self.rule(&format!("{field}/bytes"), fits, "1 to 20971520 bytes");
        let digest = document.sha256.len() == 64
            && document
                .sha256
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.rule(
            &format!("{field}/sha256"),
            digest,
            "64 characters of 0-9a-f",
        );
        self.moment(&format!("{field}/uploadedAt"), &document.uploaded_at);
        self.maybe(
            &format!("{field}/rejectionReason"),
            document.rejection_reason.as_ref(),
            500,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dossier, EndUserKind, RegisterId};
    use serde_json::json;

    fn plain() -> Dossier {
        serde_json::from_value(json!({
            "id": "dossier-1", "tenant": "acme", "version": 1, "kind": "individual",
            "endUser": { "givenNames": "Ana", "familyNames": "Pérez", "nationality": "PA" },
            "addresses": [{ "uses": ["service"], "street": "Calle 50", "city": "Panamá", "country": "PA" }],
            "authorisedPerson": { "name": "Ana Pérez", "email": "ana@example.com" },
            "documents": [{
                "id": "document-1", "kind": "invoice", "fileName": "factura.pdf", "mediaType": "application/pdf",
                "bytes": 10, "sha256": "ab".repeat(32), "uploadedAt": "2026-11-21T09:30:00Z",
                "issued": "2026-11-01", "state": "pending-review"
            }]
        }))
        .expect("a dossier")
    }

    fn fields(dossier: &Dossier) -> Vec<String> {
        let found = dossier.check().err().unwrap_or_default();
        found.into_iter().map(|bad| bad.field).collect()
    }

    #[test]
    fn a_plain_dossier_is_within_bounds_and_reads_back_as_it_was() {
        let dossier = plain();
        assert_eq!(dossier.check(), Ok(()));
        assert_eq!(dossier.kind, EndUserKind::Individual);
        let text = serde_json::to_string(&dossier).expect("text");
        assert_eq!(
            serde_json::from_str::<Dossier>(&text).expect("a dossier"),
            dossier
        );
    }

    #[test]
    fn every_bound_names_its_field() {
        let mut dossier = plain();
        dossier.id = "short".into();
        dossier.version = 0;
        dossier.end_user.given_names = Some("  ".into());
        dossier.end_user.nationality = Some("Panama".into());
        dossier.end_user.register_ids = vec![RegisterId {
            scheme: "PA RUC".into(),
            country: "pa".into(),
            number: "x".repeat(41),
        }];
        dossier.addresses[0].uses.clear();
        dossier.addresses[0].street = "a\u{7}b".into();
        dossier.addresses[0].city = "é".repeat(101);
        dossier.authorised_person.as_mut().expect("one").email = "ana@localhost".into();
        dossier.documents.push(dossier.documents[0].clone());
        dossier.documents[1].file_name = "../etc/passwd".into();
        dossier.documents[1].bytes = 0;
        dossier.documents[1].sha256 = "AB".repeat(32);
        dossier.documents[1].media_type = "text/html".into();
        dossier.documents[1].uploaded_at = "yesterday".into();
        let expected = [
            "/id",
            "/version",
            "/endUser/givenNames",
            "/endUser/nationality",
            "/endUser/registerIds/0/scheme",
            "/endUser/registerIds/0/country",
            "/endUser/registerIds/0/number",
            "/addresses/0/uses",
            "/addresses/0/street",
            "/addresses/0/city",
            "/authorisedPerson/email",
            "/documents/1/id",
            "/documents/1/fileName",
            "/documents/1/mediaType",
            "/documents/1/bytes",
            "/documents/1/sha256",
            "/documents/1/uploadedAt",
        ];
        assert_eq!(fields(&dossier), expected);
        let first = &dossier.check().expect_err("bad")[0];
        assert_eq!(first.to_string(), "/id: 8 to 64 characters of A-Za-z0-9_-");
    }

    #[test]
    fn lists_have_an_end() {
        let mut dossier = plain();
        dossier.addresses = vec![dossier.addresses[0].clone(); 21];
        let document = dossier.documents[0].clone();
        dossier.documents = (0..51)
            .map(|at| super::Document {
                id: format!("document-{at}").into(),
                ..document.clone()
            })
            .collect();
        assert_eq!(fields(&dossier), ["/addresses", "/documents"]);
    }

    #[test]
    fn a_field_nobody_knows_is_refused() {
        let mut value = serde_json::to_value(plain()).expect("a value");
        value["endUser"]["pin"] = "1234".into();
        let refused = serde_json::from_value::<Dossier>(value).expect_err("unknown");
        assert!(refused.to_string().contains("pin"), "{refused}");
    }
}

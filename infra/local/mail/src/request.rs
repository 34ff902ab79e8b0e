//! What `SendEmail` takes, and the mail that it means.
//! <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use serde::{Deserialize, Serialize};

/// Most recipients of one mail (service quota).
pub const MAX_RECIPIENTS: usize = 50;
/// Most headers of one's own (service quota).
pub const MAX_HEADERS: usize = 15;
/// Most tags of one mail.
pub const MAX_TAGS: usize = 50;

/// `SendEmail`'s body.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendEmail {
    /// Whom it comes from.
    pub from_email_address: Option<String>,
    /// Where answers go.
    #[serde(default)]
    pub reply_to_addresses: Vec<String>,
    /// Whom it goes to.
    #[serde(default)]
    pub destination: Destination,
    /// What it says.
    pub content: Content,
    /// For whoever counts mails.
    #[serde(default)]
    pub email_tags: Vec<Pair>,
}

/// Whom a mail goes to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Destination {
    /// To.
    pub to_addresses: Vec<String>,
    /// Cc.
    pub cc_addresses: Vec<String>,
    /// Bcc.
    pub bcc_addresses: Vec<String>,
}

/// What a mail says.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Content {
    /// Subject and bodies.
    pub simple: Option<Simple>,
}

/// Subject and bodies.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Simple {
    /// The subject.
    pub subject: Data,
    /// The bodies.
    pub body: Body,
    /// Headers of one's own.
    #[serde(default)]
    pub headers: Vec<Pair>,
}

/// One or two bodies.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Body {
    /// For programs that show text.
    pub text: Option<Data>,
    /// For programs that show HTML.
    pub html: Option<Data>,
}

/// A text.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Data {
    /// Itself.
    pub data: String,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A mail as the outbox shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its id, as SES answered it.
    pub id: String,
    /// When it was sent, RFC 3339, UTC.
    pub at: String,
    /// Whom it comes from.
    pub from: String,
    /// Whom it goes to: To, Cc and Bcc.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: Option<String>,
    /// The HTML.
    pub html: Option<String>,
    /// Headers of its own.
    pub headers: Vec<Pair>,
    /// Tags.
    pub tags: Vec<Pair>,
}

/// Why a mail is not taken. The words name the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Something is missing.
    #[error("{0} is required")]
    Missing(&'static str),
    /// There is too much.
    #[error("{what}: at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// It is no address.
    #[error("{0:?} is no e-mail address")]
    Address(String),
    /// It would break out of its header.
    #[error("{0} holds control characters")]
    Control(&'static str),
    /// Not here.
    #[error("Content: this machine takes Simple only, neither Raw nor Template")]
    NotSimple,
}

/// The name and the address of `Name <a@b>` or `a@b`.
fn address(text: &str) -> Result<(Option<&str>, &str), Refused> {
    let wrong = || Refused::Address(text.chars().take(100).collect());
    if text.chars().any(char::is_control) {
        return Err(wrong());
    }
    let (name, bare) = match text
        .trim()
        .strip_suffix('>')
        .and_then(|t| t.rsplit_once('<'))
    {
        Some((name, bare)) => (Some(name.trim().trim_matches('"')), bare),
        None => (None, text.trim()),
    };
    let plain = bare
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'));
    let fits = plain && bare.len() <= 320 && !bare.contains([' ', '<', '>', ',', ';']);
    let name = name.filter(|name| !name.is_empty());
    if fits { Ok((name, bare)) } else { Err(wrong()) }
}

impl SendEmail {
    /// The mail that is asked for.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn mail(self, id: String, at: String) -> Result<Mail, Refused> {
        let from = self.from_email_address;
        let from = from.ok_or(Refused::Missing("FromEmailAddress"))?;
        let simple = self.content.simple.ok_or(Refused::NotSimple)?;
        let Destination {
            to_addresses: mut to,
            cc_addresses,
            bcc_addresses,
        } = self.destination;
        to.extend(cc_addresses);
        to.extend(bcc_addresses);
        if to.is_empty() {
            return Err(Refused::Missing("Destination"));
        }
        within("Destination", to.len(), MAX_RECIPIENTS)?;
        within("Headers", simple.headers.len(), MAX_HEADERS)?;
        within("EmailTags", self.email_tags.len(), MAX_TAGS)?;
        for text in to.iter().chain([&from]).chain(&self.reply_to_addresses) {
            address(text)?;
        }
        if simple.body.text.is_none() && simple.body.html.is_none() {
            return Err(Refused::Missing("Content.Simple.Body"));
        }
        let broken = |text: &str| text.chars().any(char::is_control);
        if broken(&simple.subject.data) {
            return Err(Refused::Control("Content.Simple.Subject"));
        }
        if simple
            .headers
            .iter()
            .any(|h| broken(&h.name) || broken(&h.value))
        {
            return Err(Refused::Control("Content.Simple.Headers"));
        }
        let mut headers = simple.headers;
        headers.extend(self.reply_to_addresses.into_iter().map(|value| Pair {
            name: "Reply-To".to_owned(),
            value,
        }));
        Ok(Mail {
            id,
            at,
            from,
            to,
            subject: simple.subject.data,
            text: simple.body.text.map(|text| text.data),
            html: simple.body.html.map(|html| html.data),
            headers,
            tags: self.email_tags,
        })
    }
}

fn within(what: &'static str, count: usize, most: usize) -> Result<(), Refused> {
    if count > most {
        return Err(Refused::TooMany { what, most });
    }
    Ok(())
}

impl Mail {
    /// The mail as a mail program reads it (RFC 5322). `at_s` is its time in seconds since 1970.
    ///
    /// # Errors
    /// [`Refused::Address`] for an address that is none.
    pub fn eml(&self, at_s: i64) -> Result<Vec<u8>, Refused> {
        let one = |text: &str| {
            address(text)
                .map(|(name, bare)| Address::new_address(name.map(str::to_owned), bare.to_owned()))
        };
        let to = self
            .to
            .iter()
            .map(|text| one(text))
            .collect::<Result<Vec<_>, _>>()?;
        let mut message = MessageBuilder::new()
            .message_id(format!("{}@localhost", self.id))
            .date(at_s)
            .from(one(&self.from)?)
            .to(Address::new_list(to))
            .subject(self.subject.as_str());
        for header in &self.headers {
            message = message.header(header.name.clone(), Raw::new(header.value.clone()));
        }
        if let Some(text) = &self.text {
            message = message.text_body(text.as_str());
        }
        if let Some(html) = &self.html {
            message = message.html_body(html.as_str());
        }
        // Writing to memory does not fail.
        Ok(message.write_to_vec().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn asked(change: impl FnOnce(&mut Value)) -> Result<Mail, Refused> {
        let mut body = json!({
            "FromEmailAddress": "Strowger <phone@example.test>",
            "Destination": { "ToAddresses": ["Ann Müller <ann@example.test>"] },
            "Content": { "Simple": {
                "Subject": { "Data": "Grüezi", "Charset": "UTF-8" },
                "Body": { "Text": { "Data": "Hello\n" }, "Html": { "Data": "<p>Hello</p>" } },
            } },
        });
        change(&mut body);
        let asked: SendEmail = serde_json::from_value(body).expect("a request");
        asked.mail("m-1".to_owned(), "2026-01-02T03:04:05Z".to_owned())
    }

    #[test]
    fn a_mail_is_written_as_mail_programs_read_it() {
        let mail = asked(|_| ()).expect("a mail");
        let eml = String::from_utf8(mail.eml(1_767_323_045).expect("a file")).expect("text");
        for told in [
            "Message-ID: <m-1@localhost>",
            "<phone@example.test>",
            "<ann@example.test>",
            "Subject: =?utf-8?",
            "multipart/alternative",
            "2 Jan 2026 03:04:05",
        ] {
            assert!(eml.contains(told), "{told} in {eml}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let long: Vec<String> = (0..51).map(|n| format!("a{n}@example.test")).collect();
        let refused = |change: fn(&mut Value)| asked(change).expect_err("refused").to_string();
        assert_eq!(
            refused(|b| b["FromEmailAddress"] = Value::Null),
            "FromEmailAddress is required"
        );
        assert_eq!(
            refused(|b| b["Destination"] = json!({ "ToAddresses": [] })),
            "Destination is required"
        );
        assert_eq!(
            refused(|b| b["Destination"]["ToAddresses"][0] = json!("nobody")),
            "\"nobody\" is no e-mail address"
        );
        assert_eq!(
            refused(|b| b["Content"]["Simple"]["Subject"]["Data"] = json!("a\r\nBcc: b@c")),
            "Content.Simple.Subject holds control characters"
        );
        assert_eq!(
            refused(|b| b["Content"] = json!({ "Raw": { "Data": "" } })),
            "Content: this machine takes Simple only, neither Raw nor Template"
        );
        let crowd = asked(|b| b["Destination"]["ToAddresses"] = json!(long));
        assert_eq!(
            crowd.expect_err("too many").to_string(),
            "Destination: at most 50"
        );
    }
}

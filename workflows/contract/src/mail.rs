//! `mail-send`: a mail by its template (`workflows/mails`).
use crate::error::{BAD_INPUT, STORE_UNAVAILABLE};
use crate::{Activity, Retry, TaskError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// The mail service could not be reached or takes no more for now.
pub const MAIL_UNAVAILABLE: &str = "Mail.Unavailable";
/// The mail service refused this mail for good: an address that is none, or that must not be written to.
pub const MAIL_REFUSED: &str = "Mail.Refused";

/// A mail by its file's name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Template {
    /// To the first administrator of a new tenant.
    Invitation,
    /// To a new person of a tenant.
    Join,
    /// To who was onboarded, when everything is there.
    Welcome,
    /// To whoever has to show that an address is theirs.
    VerifyEmail,
    /// To whoever has to do a task.
    TaskWaiting,
    /// To whoever asked, when a request has ended.
    RequestEnded,
    /// A document of a dossier must be renewed.
    DocumentExpires,
    /// A webhook failed for too long.
    WebhookDisabled,
}

impl Template {
    /// Every mail.
    pub const ALL: [Self; 8] = [
        Self::Invitation,
        Self::Join,
        Self::Welcome,
        Self::VerifyEmail,
        Self::TaskWaiting,
        Self::RequestEnded,
        Self::DocumentExpires,
        Self::WebhookDisabled,
    ];

    /// The file's name without `.txt`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Join => "join",
            Self::Welcome => "welcome",
            Self::VerifyEmail => "verify-email",
            Self::TaskWaiting => "task-waiting",
            Self::RequestEnded => "request-ended",
            Self::DocumentExpires => "document-expires",
            Self::WebhookDisabled => "webhook-disabled",
        }
    }

    /// The words that must be given for it, all of them and no others.
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Invitation => &["company", "link", "name", "until"],
            Self::Join => &["company", "link", "name", "until"],
            Self::Welcome => &["company", "link", "name", "numbers"],
            Self::VerifyEmail => &["link", "name", "until"],
            Self::TaskWaiting => &["action", "link", "name", "title", "until"],
            Self::RequestEnded => &["link", "name", "says", "status", "title"],
            Self::DocumentExpires => &["document", "link", "name", "until"],
            Self::WebhookDisabled => &["company", "name", "reason", "since", "url"],
        }
    }
}

/// `mail-send`: sends a mail, once per key as far as can be known.
///
/// SES has no token that makes a second sending harmless, so a record is written before and after. If the function dies between the
/// two, nobody knows whether the mail went out; a minute later a retry sends it again: an invitation that comes twice does less harm
/// than one that never comes.
pub enum MailSend {}

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailSendInput {
    /// The same on every retry, another for every mail: 1 to 200 characters.
    pub key: String,
    /// The address.
    pub to: String,
    /// Which mail.
    pub template: Template,
    /// ISO 639-1; where there is no such folder, English is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The words of the template by name, each at most 2,000 characters.
    pub words: BTreeMap<String, String>,
}

/// That it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MailSent {
    /// The service's id of the mail; of one that was sent before, the id it got then.
    pub message_id: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailSendError {
    /// The record could not be read or written.
    #[error("the record of mails is unavailable")]
    StoreUnavailable,
    /// The service failed for now, or another attempt is under way.
    #[error("the mail service is unavailable")]
    Unavailable,
    /// The service refused it for good.
    #[error("the mail service refuses the mail: {0}")]
    Refused(String),
    /// A word is missing, unknown or too long.
    #[error("{0}")]
    BadInput(String),
}

impl TaskError for MailSendError {
    const NAMES: &'static [(&'static str, Retry)] = &[
        (STORE_UNAVAILABLE, Retry::Yes),
        (MAIL_UNAVAILABLE, Retry::Yes),
        (MAIL_REFUSED, Retry::Never),
        (BAD_INPUT, Retry::Never),
    ];

    fn name(&self) -> &'static str {
        match self {
            Self::StoreUnavailable => STORE_UNAVAILABLE,
            Self::Unavailable => MAIL_UNAVAILABLE,
            Self::Refused(_) => MAIL_REFUSED,
            Self::BadInput(_) => BAD_INPUT,
        }
    }
}

impl Activity for MailSend {
    const NAME: &'static str = "mail-send";
    type Input = MailSendInput;
    type Output = MailSent;
    type Error = MailSendError;
}

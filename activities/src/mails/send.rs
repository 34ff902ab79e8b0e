//! `mail-send`: claims the mail's key, sends, writes down that it was sent.
use super::compose;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::mails::{Claimed, Mail, Mails, SendError};
use contract::mail::{MailSendError, MailSendInput, MailSent};

/// Longest key, in characters.
const MAX_KEY: usize = 200;

impl From<Unavailable> for MailSendError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "mail-send");
        Self::StoreUnavailable
    }
}

/// Sends the mail unless it was sent.
///
/// # Errors
/// [`MailSendError`].
pub async fn send(
    d: &(impl Mails + Clock),
    input: MailSendInput,
) -> Result<MailSent, MailSendError> {
    let MailSendInput {
        key,
        to,
        template,
        language,
        words,
    } = input;
    if key.is_empty() || key.chars().count() > MAX_KEY {
        let message = format!("key: 1 to {MAX_KEY} characters");
        return Err(MailSendError::BadInput(message));
    }
    let composed = compose(template, language.as_deref(), &words)
        .map_err(|error| MailSendError::BadInput(error.to_string()))?;
    match d.claim(&key, d.now().as_second()).await? {
        Claimed::Now => {}
        Claimed::Sent(message_id) => return Ok(MailSent { message_id }),
        Claimed::UnderWay => return Err(MailSendError::Unavailable),
    }
    let mail = Mail {
        to,
        subject: composed.subject,
        text: composed.text,
        html: composed.html,
        template: template.as_str(),
    };
    match d.send(&mail).await {
        Ok(message_id) => {
            // From here on a failure sends it again after a minute: see [`contract::mail::MailSend`].
            d.sent(&key, &message_id, d.now().as_second()).await?;
            tracing::info!(template = mail.template, message_id, "mail sent");
            Ok(MailSent { message_id })
        }
        Err(SendError::Refused(why)) => {
            d.give_back(&key).await?;
            Err(MailSendError::Refused(why))
        }
        Err(SendError::Unavailable(error)) => {
            // It may have gone out: the claim stays until it is stale.
            tracing::warn!(
                error = crate::shell::chain(&error),
                "a mail may not have gone out"
            );
            Err(MailSendError::Unavailable)
        }
    }
}

#[cfg(test)]
mod tests;

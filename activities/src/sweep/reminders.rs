//! The mails about what waits for somebody, each sent once: [`mails::send`] claims it by its key, and the request remembers the mail that
//! was sent last, so that a sweep that dies on the way goes on where it stopped.
use crate::mails;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::directory::{Directory, Person};
use crate::ports::mails::Mails;
use crate::ports::onboardings::Onboardings;
use crate::ports::pace::Pace;
use crate::ports::requests::Requests;
use crate::request::{Reminder, RequestRecord};
use crate::shell::chain;
use contract::mail::{MailSendError, MailSendInput, Template};
use contract::request::Party;
use contract::{Role, TenantId};
use std::collections::BTreeMap;
use thiserror::Error;

/// Most reminders of one sweep; the others have the next.
const MAX: usize = 100;
/// After so many that could not be sent, the services are left alone until the next sweep.
const MAX_FAILED: u32 = 3;

/// A request of which somebody is to be reminded.
pub(super) struct Due {
    record: RequestRecord,
    reminder: Reminder,
}

impl Due {
    /// If it is due now.
    pub(super) fn of(d: &(impl Clock + Pace), record: RequestRecord) -> Option<Self> {
        let reminder = record.reminder(d.tempo(), d.now())?;
        Some(Self { record, reminder })
    }
}

/// Somebody to be written to.
pub(super) struct Addressee {
    /// What tells them from the others in the mail's key, without their address.
    pub(super) tag: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) language: Option<String>,
}

/// Sends what is due, while there is time; gives of how many everybody was written to, and of how many somebody could not be.
pub(super) async fn send(
    d: &(impl Requests + Directory + Mails + Onboardings + Clock),
    due: Vec<Due>,
    has_time: impl Fn() -> bool,
) -> (u32, u32) {
    let (mut sent, mut failed, mut stuck) = (0, 0, 0);
    for Due { record, reminder } in due.into_iter().take(MAX) {
        match remind(d, &record, &reminder).await {
            Ok(()) => sent += 1,
            Err(error) => {
                failed += 1;
                // That nobody is named says nothing of the services.
                stuck += u32::from(!matches!(error, NotReminded::NoOperators));
                tracing::warn!(request = %record.view.id, error = chain(&error), "nobody was reminded");
            }
        }
        if stuck >= MAX_FAILED || !has_time() {
            break;
        }
    }
    (sent, failed)
}

/// Why somebody was not reminded; the next sweep tries again.
#[derive(Debug, Error)]
pub(super) enum NotReminded {
    #[error(transparent)]
    Store(#[from] Unavailable),
    #[error(transparent)]
    Mail(#[from] MailSendError),
    #[error("OPERATORS_MAIL names nobody to write to")]
    NoOperators,
}

/// Writes to everybody, and remembers it once nobody is left.
async fn remind(
    d: &(impl Requests + Directory + Mails + Onboardings + Clock),
    record: &RequestRecord,
    reminder: &Reminder,
) -> Result<(), NotReminded> {
    let people = match reminder.to {
        Party::Operator => operators(d).await?,
        Party::Customer | Party::Carrier | Party::Platform => {
            administrators(d, &record.view.tenant).await?
        }
    };
    for person in people {
        let mail = mail(d.public_url(), record, reminder, person);
        write_to(d, record.view.id.as_str(), mail).await?;
    }
    let done = |record: &mut RequestRecord| record.reminded = Some(reminder.key.clone());
    d.update(&record.view.id, done).await?;
    Ok(())
}

/// Writes to one of several: an address that takes no mail keeps nobody else from theirs.
///
/// # Errors
/// [`MailSendError`] of the services: write again.
pub(super) async fn write_to(
    d: &(impl Mails + Clock),
    about: &str,
    mail: MailSendInput,
) -> Result<(), MailSendError> {
    match mails::send(d, mail).await {
        Ok(_) => Ok(()),
        Err(error @ (MailSendError::Refused(_) | MailSendError::BadInput(_))) => {
            tracing::warn!(about, %error, "somebody cannot be reminded");
            Ok(())
        }
        Err(error @ (MailSendError::StoreUnavailable | MailSendError::Unavailable)) => Err(error),
    }
}

fn mail(at: &str, record: &RequestRecord, reminder: &Reminder, to: Addressee) -> MailSendInput {
    let view = &record.view;
    let until = reminder.until.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let words = [
        ("action", view.next_action.clone()),
        ("link", format!("{at}/requests/{}", view.id)),
        ("name", to.name),
        ("title", view.title.clone()),
        ("until", until),
    ];
    let words = words.map(|(word, value)| (word.to_owned(), value));
    MailSendInput {
        key: format!("waits/{}/{}", reminder.key, to.tag),
        to: to.email,
        template: Template::TaskWaiting,
        language: to.language,
        words: BTreeMap::from(words),
    }
}

/// The phone company's own people, as the deployment names them.
pub(super) async fn operators(d: &(impl Directory + Mails)) -> Result<Vec<Addressee>, NotReminded> {
    let addresses = d.operators();
    if addresses.is_empty() {
        return Err(NotReminded::NoOperators);
    }
    let mut people = Vec::with_capacity(addresses.len());
    for (at, email) in addresses.iter().enumerate() {
        let known = d.credential(email).await?.map(|known| known.person);
        let (name, language) =
            known.map_or(("operators".to_owned(), None), |it| (it.name, it.language));
        people.push(Addressee {
            tag: at.to_string(),
            email: email.clone(),
            name,
            language,
        });
    }
    Ok(people)
}

/// A tenant's administrators, as far as they have shown that their addresses are theirs.
async fn administrators(
    d: &impl Directory,
    tenant: &TenantId,
) -> Result<Vec<Addressee>, Unavailable> {
    let mut people = Vec::new();
    for person in d.people(tenant).await? {
        if person.role != Role::Administrator || d.credential(&person.email).await?.is_none() {
            continue;
        }
        let Person {
            person,
            email,
            name,
            language,
            ..
        } = person;
        people.push(Addressee {
            tag: person.to_string(),
            email,
            name,
            language,
        });
    }
    Ok(people)
}

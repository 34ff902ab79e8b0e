//! `dossier-renew`: every hour, dossiers whose papers run out: their people are told ahead and asked for what takes their place, while what
//! was approved holds. On the day after the last they are expired, and the check begins anew if nobody has begun it.
use super::DossierRecord;
use super::evaluate::{end_of, label, today};
use crate::aws::Aws;
use crate::mails;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::dossiers::Dossiers;
use crate::ports::mails::Mails;
use crate::ports::onboardings::Onboardings;
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::{BeginError, begin};
use crate::request::{Begun, Letter, RequestRecord, shell};
use crate::rules;
use crate::shell::{Failure, chain, serve_events};
use contract::RequestId;
use contract::Role;
use contract::dossier::Day;
use contract::error::STORE_UNAVAILABLE;
use contract::line::unbroken;
use contract::mail::{MailSendInput, Template};
use contract::request::signal::SignalName;
use contract::request::{Kind, Outcome};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many days ahead people are told: no renewal begins before that.
const AHEAD_DAYS: i64 = 30;
/// Most dossiers of one run; those that run out first come first. A minute is enough for as many.
const MAX: u32 = 1_000;
/// How long its customer has to mend a dossier whose time is over.
const TERM: &str = "dossier.renew";
/// How long before the last day its renewal is opened.
const OPENS: &str = "dossier.renew_ahead";

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewed {
    /// Dossiers whose people were told, or had been.
    pub told: u32,
    /// Renewals that were opened ahead, or had been; their people were told too.
    pub opened: u32,
    /// Checks that were begun.
    pub begun: u32,
    /// Dossiers with which it did not work; the next run tries again.
    pub failed: u32,
}

/// Serves the function until its environment is taken down.
///
/// # Errors
/// What the Lambda Runtime API answers, if that cannot go on.
pub async fn run(aws: Arc<Aws>) -> Result<(), lambda_runtime::Error> {
    serve_events(move |_| {
        let aws = aws.clone();
        async move {
            let renewed = renew(&*aws).await.map_err(|error| Failure {
                name: STORE_UNAVAILABLE.to_owned(),
                message: chain(&error),
            })?;
            Ok(json!(renewed))
        }
    })
    .await
}

/// Looks at every dossier that runs out soon. Run again, it tells nobody twice and begins nothing twice.
///
/// # Errors
/// [`Unavailable`] if they could not be listed.
pub async fn renew(
    d: &(impl Dossiers + Requests + Workflows + Directory + Mails + Onboardings + Clock),
) -> Result<Renewed, Unavailable> {
    let now = d.now();
    let horizon = now.to_zoned(TimeZone::UTC).date();
    let horizon = horizon.saturating_add(Span::new().days(AHEAD_DAYS + 1));
    let mut renewed = Renewed::default();
    for record in d.expiring(&horizon.to_string(), MAX).await? {
        match look(d, &record, now).await {
            Ok(Looked::Told) => renewed.told += 1,
            Ok(Looked::Opened) => {
                renewed.told += 1;
                renewed.opened += 1;
            }
            Ok(Looked::Begun) => renewed.begun += 1,
            Ok(Looked::Ended) => {}
            Err(error) => {
                renewed.failed += 1;
                let dossier = &record.view.dossier.id;
                tracing::warn!(%dossier, error = chain(&error), "a dossier was not renewed");
            }
        }
    }
    let Renewed {
        told,
        opened,
        begun,
        failed,
    } = renewed;
    tracing::info!(told, opened, begun, failed, "dossiers that run out");
    Ok(renewed)
}

/// What became of one dossier.
enum Looked {
    /// Its people were told, or had been.
    Told,
    /// And its renewal is open.
    Opened,
    /// Its check was begun, or had been.
    Begun,
    /// Nothing is to be checked.
    Ended,
}

/// Looks at one dossier, by the day that it is in the country that it was approved for.
async fn look(
    d: &(impl Dossiers + Requests + Workflows + Directory + Mails + Onboardings + Clock),
    record: &DossierRecord,
    now: Timestamp,
) -> Result<Looked, BeginError> {
    let last = record.expires();
    let Some((last, until)) = last.and_then(|day| Some((day, day.as_str().parse::<Date>().ok()?)))
    else {
        return Ok(Looked::Ended);
    };
    let check = match &record.view.request {
        Some(check) => Requests::get(d, check).await?,
        None => None,
    };
    let is_checked = check.as_ref().is_some_and(|check| check.view.is_open());
    let purposes = check.map(|check| check.view.details["purposes"].clone());
    let purposes = purposes.filter(Value::is_array).unwrap_or_default();
    if !is_over(until, &purposes, now) {
        tell(d, record, until).await?;
        if record.renewal.is_some() {
            return Ok(Looked::Opened);
        }
        return match opens(until, &purposes, now) {
            Some(ends) if !is_checked => open(d, record, (last, ends), &purposes).await,
            Some(_) | None => Ok(Looked::Told),
        };
    }
    let dossier = &record.view.dossier.id;
    if purposes.is_null() {
        tracing::warn!(%dossier, "a dossier that runs out was approved for nothing");
        d.update_dossier(dossier, |record| record.expire(last))
            .await?;
        return Ok(Looked::Ended);
    }
    if record.renewal.is_some() && is_checked {
        // The renewal, or a check in its place, goes on by itself.
        d.update_dossier(dossier, |record| record.expire(last))
            .await?;
        return Ok(Looked::Ended);
    }
    // Begun first: nobody looks at one that is expired again.
    let check = check_anew(d, record, until, &purposes).await?;
    d.update_dossier(dossier, |record| {
        // One that was renewed before was approved since.
        if check.view.outcome == Some(Outcome::Done) {
            record.outlive(last);
        } else {
            record.expire(last);
        }
    })
    .await?;
    Ok(Looked::Begun)
}

/// Whether a day is over where the numbers are that a dossier is for.
fn is_over(until: Date, purposes: &Value, now: Timestamp) -> bool {
    let country = purposes[0]["country"].as_str().unwrap_or_default();
    until < today(country, now)
}

/// When the last day is over where the numbers are, if its renewal is to be open by now. Purposes that nobody knows are not checked.
fn opens(until: Date, purposes: &Value, now: Timestamp) -> Option<Timestamp> {
    let country = purposes[0]["country"].as_str()?;
    let ends = end_of(until, country).ok()?;
    let term = rules::terms().row(OPENS, country)?;
    // Where days cannot be counted, it is better early than late.
    let due = rules::calendar(country).and_then(|calendar| term.due(calendar, now).ok());
    due.is_none_or(|due| due >= ends).then_some(ends)
}

/// Opens the renewal: its customer is asked for what takes the place of what runs out.
async fn open(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    record: &DossierRecord,
    (last, ends): (&Day, Timestamp),
    purposes: &Value,
) -> Result<Looked, BeginError> {
    let details = json!({ "renewal": last });
    let id = format!("vd-{}-{last}", record.view.dossier.id);
    let begun = begin(d, renewal_of(record, id, purposes, details)).await?;
    // One that was taken back is not asked for again until the day is over.
    if !begun.view.is_open() {
        return Ok(Looked::Told);
    }
    let renewal = &begun.view.id;
    let opened = d.update_dossier(&record.view.dossier.id, |record| {
        record.open_renewal(last, ends, renewal);
    });
    let opened = opened.await?.map(|(_, record)| record);
    if opened.is_some_and(|record| record.view.request.as_ref() == Some(renewal)) {
        return Ok(Looked::Opened);
    }
    // It was changed or handed in since it was read: what checks it now is enough.
    let letter = Letter {
        key: format!("not-opened#{renewal}"),
        name: SignalName::RequestCancel,
        topic: None,
        person: None,
        data: Value::Null,
    };
    shell::deliver(d, renewal, &letter).await?;
    Ok(Looked::Told)
}

/// The check begins again: what ran out is missing, and its customer is asked for it.
async fn check_anew(
    d: &(impl Requests + Workflows + Clock),
    record: &DossierRecord,
    until: Date,
    purposes: &Value,
) -> Result<RequestRecord, BeginError> {
    let id = |kind: &str| format!("{kind}-{}-{until}", record.view.dossier.id);
    if record.renewal.is_none() {
        let begun = begin(d, renewal_of(record, id("vd"), purposes, json!({}))).await?;
        if begun.view.is_open() || begun.view.outcome == Some(Outcome::Done) {
            return Ok(begun);
        }
    }
    // The one that was begun ahead has ended without an approval, opened or taken back at once: it checks nothing any more.
    begin(d, renewal_of(record, id("vr"), purposes, json!({}))).await
}

fn renewal_of(record: &DossierRecord, id: String, purposes: &Value, more: Value) -> Begun {
    let dossier = &record.view.dossier;
    let mut details = more;
    details["dossier"] = json!(dossier.id);
    details["purposes"] = purposes.clone();
    details["term"] = json!(TERM);
    Begun {
        id: RequestId(id),
        kind: Kind::VerifyDossier,
        tenant: dossier.tenant.clone(),
        person: None,
        title: format!("Renewal of the dossier of {}", label(dossier)),
        details,
        numbers: Vec::new(),
        hidden: Value::Null,
    }
}

/// A mail to each administrator of the tenant.
async fn tell(
    d: &(impl Directory + Mails + Onboardings + Clock),
    record: &DossierRecord,
    until: Date,
) -> Result<(), Unavailable> {
    let dossier = &record.view.dossier;
    let people = d.people(&dossier.tenant).await?;
    let administrators = people
        .into_iter()
        .filter(|person| person.role == Role::Administrator);
    for person in administrators {
        let words = [
            ("document", what_runs_out(record, until)),
            (
                "link",
                format!("{}/dossiers/{}", d.public_url(), dossier.id),
            ),
            ("name", person.name),
            ("until", until.to_string()),
        ];
        let words: BTreeMap<String, String> = words
            .into_iter()
            .map(|(word, value)| (word.to_owned(), value))
            .collect();
        let mail = MailSendInput {
            key: format!("expires/{}/{until}/{}", dossier.id, person.person),
            to: person.email,
            template: Template::DocumentExpires,
            language: person.language,
            words,
        };
        if let Err(error) = mails::send(d, mail).await {
            tracing::warn!(dossier = %dossier.id, error = chain(&error), "nobody was told");
        }
    }
    Ok(())
}

/// The paper that runs out first, as people call it.
fn what_runs_out(record: &DossierRecord, until: Date) -> String {
    let last = until.to_string();
    let mut documents = record.view.dossier.documents.iter();
    let named = documents.find(|document| {
        let until = document.valid_until.as_ref();
        !document.kind.is_for_ports_alone() && until.is_some_and(|until| until.as_str() == last)
    });
    named.map_or_else(
        || "An identity paper".to_owned(),
        |document| unbroken(&document.file_name),
    )
}

#[cfg(test)]
mod tests;

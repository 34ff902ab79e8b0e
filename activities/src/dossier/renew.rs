//! `dossier-renew`: every hour, dossiers whose papers run out: their people are told ahead, and on the day after the last the check
//! begins anew.
use super::DossierRecord;
use super::evaluate::label;
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
use crate::request::Begun;
use crate::request::begin::{BeginError, begin};
use crate::shell::{Failure, chain, serve_events};
use contract::RequestId;
use contract::Role;
use contract::error::STORE_UNAVAILABLE;
use contract::mail::{MailSendInput, Template};
use contract::request::Kind;
use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many days ahead people are told.
const AHEAD_DAYS: i64 = 30;
/// Most dossiers of one run; those that run out first come first.
const MAX: u32 = 100;

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewed {
    /// Dossiers whose people were told, or had been.
    pub told: u32,
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
    let today = d.now().to_zoned(TimeZone::UTC).date();
    let horizon = today.saturating_add(Span::new().days(AHEAD_DAYS + 1));
    let mut renewed = Renewed::default();
    for record in d.expiring(&horizon.to_string(), MAX).await? {
        let Some(until) = last_day(&record) else {
            continue;
        };
        let done = if until < today {
            check_anew(d, &record, until)
                .await
                .map(|()| renewed.begun += 1)
        } else {
            tell(d, &record, until)
                .await
                .map(|()| renewed.told += 1)
                .map_err(BeginError::from)
        };
        if let Err(error) = done {
            renewed.failed += 1;
            let dossier = &record.view.dossier.id;
            tracing::warn!(%dossier, error = chain(&error), "a dossier was not renewed");
        }
    }
    let Renewed {
        told,
        begun,
        failed,
    } = renewed;
    tracing::info!(told, begun, failed, "dossiers that run out");
    Ok(renewed)
}

fn last_day(record: &DossierRecord) -> Option<Date> {
    record.expires()?.as_str().parse().ok()
}

/// The check begins again: what ran out is missing, and its customer is asked for it.
async fn check_anew(
    d: &(impl Requests + Workflows + Clock),
    record: &DossierRecord,
    until: Date,
) -> Result<(), BeginError> {
    let dossier = &record.view.dossier;
    let purposes = match &record.view.request {
        Some(check) => Requests::get(d, check).await?,
        None => None,
    };
    let purposes = purposes.map(|check| check.view.details["purposes"].clone());
    let Some(purposes @ Value::Array(_)) = purposes else {
        tracing::warn!(dossier = %dossier.id, "a dossier that runs out was approved for nothing");
        return Ok(());
    };
    let begun = Begun {
        id: RequestId(format!("vd-{}-{until}", dossier.id)),
        kind: Kind::VerifyDossier,
        tenant: dossier.tenant.clone(),
        person: None,
        title: format!("Renewal of the dossier of {}", label(dossier)),
        details: json!({ "dossier": dossier.id, "purposes": purposes }),
        numbers: Vec::new(),
        hidden: serde_json::Value::Null,
    };
    begin(d, begun).await.map(drop)
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
        |document| document.file_name.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use contract::DossierId;
    use contract::dossier::Day;
    use contract::dossier::review::DossierStatus;

    /// An approved dossier of the sample tenant that runs out in so many days.
    async fn approved(house: &House, days: i64) -> DossierId {
        let d = &*house.aws;
        let id = DossierId(house.dossier().await);
        let check = Begun {
            id: RequestId(format!("vd-{id}")),
            kind: Kind::VerifyDossier,
            tenant: "t-isthmus-trading".into(),
            person: None,
            title: String::new(),
            details: json!({ "dossier": id, "purposes": [
                { "country": "CH", "numberType": "local", "action": "order", "numbers": 1 },
            ] }),
            numbers: Vec::new(),
            hidden: serde_json::Value::Null,
        };
        let check = begin(d, check).await.unwrap().view.id;
        let day = d.now().to_zoned(TimeZone::UTC).date();
        let day = day.saturating_add(Span::new().days(days)).to_string();
        let until: Day = serde_json::from_value(json!(day)).unwrap();
        let changed = d.update_dossier(&id, |record| {
            record.view.status = DossierStatus::Approved;
            record.view.request = Some(check.clone());
            record.view.dossier.valid_until = Some(until.clone());
        });
        changed.await.unwrap();
        id
    }

    #[tokio::test]
    async fn people_are_told_once_ahead_and_the_check_begins_once_after_the_last_day() {
        let house = House::new().await;
        let (soon, over) = (approved(&house, 10).await, approved(&house, -1).await);
        approved(&house, 60).await;
        let before = house.asked().started.len();
        for _ in 0..2 {
            let renewed = renew(&*house.aws).await.unwrap();
            assert_eq!((renewed.told, renewed.begun, renewed.failed), (1, 1, 0));
        }
        let mails = house.mails();
        assert_eq!(mails.len(), 1, "one administrator, one mail");
        assert!(mails[0].to_string().contains(&format!("/dossiers/{soon}")));
        let started = house.asked().started.clone();
        assert_eq!(started.len(), before + 1);
        let (name, input) = started.last().unwrap();
        assert!(name.starts_with(&format!("vd-{over}-")), "{name}");
        assert_eq!(input["details"]["purposes"][0]["country"], "CH");
    }
}

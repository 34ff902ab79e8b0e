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
        |document| document.file_name.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use crate::ports::calls::Write;
    use contract::DossierId;
    use contract::dossier::review::{Decision, DossierStatus};

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
        ended(d, &check, "done").await;
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

    /// A request ends with this outcome.
    async fn ended(d: &Aws, request: &RequestId, outcome: &str) {
        let ended =
            json!({ "request": request, "outcome": outcome, "status": outcome, "says": outcome });
        crate::request::end::end(d, serde_json::from_value(ended).unwrap())
            .await
            .unwrap();
    }

    async fn record(house: &House, id: &DossierId) -> DossierRecord {
        house.aws.dossier(id).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_renewal_is_opened_once_ahead_of_the_last_day_and_the_approval_holds() {
        let house = House::new().await;
        let d = &*house.aws;
        let id = approved(&house, 10).await;
        let before = house.asked().started.len();
        for _ in 0..2 {
            let renewed = renew(d).await.unwrap();
            assert_eq!((renewed.told, renewed.opened, renewed.failed), (1, 1, 0));
        }
        let started = house.asked().started.clone();
        assert_eq!(started.len(), before + 1);
        let (name, input) = started.last().unwrap();
        let known = record(&house, &id).await;
        let last = known.expires().unwrap().clone();
        assert_eq!(*name, format!("vd-{id}-{last}"));
        assert_eq!(input["details"]["renewal"], json!(last));
        assert_eq!(known.view.status, DossierStatus::Approved);
        assert_eq!(
            known.view.request.as_ref().map(RequestId::as_str),
            Some(name.as_str())
        );
        // The new paper comes early: what was approved holds, and what is drafted does not.
        let mut filled = known.view.dossier.clone();
        filled.end_user.business_name = Some("Isthmus Trading & Sons".to_owned());
        d.update_dossier(&id, |record| record.rewrite(&filled))
            .await
            .unwrap();
        let known = record(&house, &id).await;
        assert_eq!(known.view.status, DossierStatus::Draft);
        let relied_on = known.relied_on(d.now());
        assert_eq!(relied_on.view.status, DossierStatus::Approved);
        let name = relied_on.view.dossier.end_user.business_name;
        assert_eq!(name.as_deref(), Some("Isthmus Trading"));
    }

    #[tokio::test]
    async fn a_renewal_of_a_dossier_that_was_changed_meanwhile_is_taken_back() {
        let house = House::new().await;
        let d = &*house.aws;
        let id = approved(&house, 10).await;
        let read = record(&house, &id).await;
        let mut filled = read.view.dossier.clone();
        filled.end_user.business_name = Some("Isthmus Trading & Sons".to_owned());
        d.update_dossier(&id, |record| record.rewrite(&filled))
            .await
            .unwrap();
        for _ in 0..2 {
            let looked = look(d, &read, d.now()).await.unwrap();
            assert!(matches!(looked, Looked::Told));
        }
        let renewal = RequestId(house.asked().started.last().unwrap().0.clone());
        let begun = Requests::get(d, &renewal).await.unwrap().unwrap();
        let key = format!("not-opened#{renewal}");
        assert!(begun.inbox.seq_of(&key).is_some());
        let known = record(&house, &id).await;
        assert_eq!(known.renewal, None);
        assert_eq!(known.view.request, read.view.request);
    }

    #[tokio::test]
    async fn more_dossiers_than_a_page_has_are_all_told() {
        let house = House::new().await;
        let d = &*house.aws;
        let first = record(&house, &approved(&house, 10).await).await;
        for at in 0..101 {
            let mut next = first.clone();
            next.view.dossier.id = DossierId(format!("d-next-{at}"));
            next.view.request = None;
            assert_eq!(d.create_dossier(&next).await.unwrap(), Write::Done);
        }
        let renewed = renew(d).await.unwrap();
        assert_eq!((renewed.told, renewed.failed), (102, 0));
    }

    #[tokio::test]
    async fn a_renewal_that_is_open_when_the_last_day_is_over_goes_on_and_one_that_was_taken_back_begins_anew()
     {
        for (is_open, begun) in [(true, 0), (false, 1)] {
            let house = House::new().await;
            let d = &*house.aws;
            let id = approved(&house, 10).await;
            renew(d).await.unwrap();
            let known = record(&house, &id).await;
            let renewal = known.view.request.clone().unwrap();
            if !is_open {
                ended(d, &renewal, "cancelled").await;
                let lapse = |record: &mut DossierRecord| {
                    record.decide(&renewal, Decision::Lapse, None, &[])
                };
                d.update_dossier(&id, lapse).await.unwrap();
            }
            // Eleven days later.
            let yesterday = d.now().to_zoned(TimeZone::UTC).date();
            let yesterday = yesterday.saturating_sub(Span::new().days(2)).to_string();
            let yesterday: Day = serde_json::from_value(json!(yesterday)).unwrap();
            let past = |record: &mut DossierRecord| {
                record.view.dossier.valid_until = Some(yesterday.clone());
            };
            d.update_dossier(&id, past).await.unwrap();
            let before = house.asked().started.len();
            let renewed = renew(d).await.unwrap();
            assert_eq!((renewed.begun, renewed.failed), (begun, 0));
            let started = house.asked().started.clone();
            assert_eq!(started.len(), before + usize::from(!is_open));
            if !is_open {
                assert_eq!(started[before].0, format!("vr-{id}-{yesterday}"));
            }
            assert_eq!(status(&house, &id).await, DossierStatus::Expired);
            assert_eq!(record(&house, &id).await.renewal, None);
        }
    }

    #[tokio::test]
    async fn a_renewal_that_was_taken_back_before_it_was_opened_does_not_stand_for_the_check() {
        let house = House::new().await;
        let d = &*house.aws;
        let id = approved(&house, -2).await;
        let known = record(&house, &id).await;
        let last = known.expires().unwrap().clone();
        let purposes = json!([
            { "country": "CH", "numberType": "local", "action": "order", "numbers": 1 },
        ]);
        let ahead = format!("vd-{id}-{last}");
        let details = json!({ "renewal": last });
        let ahead = begin(d, renewal_of(&known, ahead, &purposes, details)).await;
        ended(d, &ahead.unwrap().view.id, "cancelled").await;
        let renewed = renew(d).await.unwrap();
        assert_eq!((renewed.begun, renewed.failed), (1, 0));
        let started = house.asked().started.clone();
        assert_eq!(started.last().unwrap().0, format!("vr-{id}-{last}"));
        assert_eq!(status(&house, &id).await, DossierStatus::Expired);
    }

    #[test]
    fn a_renewal_opens_a_term_before_the_last_day_where_the_numbers_are() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let until: Date = "2027-01-31".parse().unwrap();
        let purposes = json!([{ "country": "CH" }]);
        assert_eq!(opens(until, &purposes, at("2026-12-20T10:00:00Z")), None);
        let ends = Some(at("2027-01-31T23:00:00Z"));
        assert_eq!(opens(until, &purposes, at("2027-01-10T10:00:00Z")), ends);
        assert_eq!(opens(until, &Value::Null, at("2027-01-02T10:00:00Z")), None);
        for country in ["CH", "PA", "SG", "US"] {
            assert!(rules::terms().row(OPENS, country).is_some());
        }
    }

    #[tokio::test]
    async fn people_are_told_once_ahead_and_the_check_begins_once_after_the_last_day() {
        let house = House::new().await;
        let (soon, over) = (approved(&house, 10).await, approved(&house, -1).await);
        approved(&house, 60).await;
        // Its renewal was opened before.
        let opened = |record: &mut DossierRecord| {
            let last = record.view.dossier.valid_until.clone().unwrap();
            let ends = Timestamp::now() + jiff::SignedDuration::from_hours(240);
            record.open_renewal(&last, ends, &"vd-soon".into());
        };
        house.aws.update_dossier(&soon, opened).await.unwrap();
        let before = house.asked().started.len();
        for begun in [1, 0] {
            let renewed = renew(&*house.aws).await.unwrap();
            assert_eq!((renewed.told, renewed.begun, renewed.failed), (1, begun, 0));
        }
        let mails = house.mails();
        assert_eq!(mails.len(), 1, "one administrator, one mail");
        assert!(mails[0].to_string().contains(&format!("/dossiers/{soon}")));
        let started = house.asked().started.clone();
        assert_eq!(started.len(), before + 1);
        let (name, input) = started.last().unwrap();
        assert!(name.starts_with(&format!("vd-{over}-")), "{name}");
        assert_eq!(input["details"]["purposes"][0]["country"], "CH");
        assert_eq!(input["details"]["term"], "dossier.renew");
        assert!(crate::rules::terms().row(TERM, "CH").is_some());
        assert_eq!(status(&house, &over).await, DossierStatus::Expired);
        assert_eq!(status(&house, &soon).await, DossierStatus::Approved);
    }

    async fn status(house: &House, id: &DossierId) -> DossierStatus {
        record(house, id).await.view.status
    }

    #[tokio::test]
    async fn a_dossier_that_was_approved_since_its_renewal_stays_approved() {
        let house = House::new().await;
        let d = &*house.aws;
        let id = approved(&house, -1).await;
        renew(d).await.unwrap();
        let renewal = house.asked().started.last().unwrap().0.clone();
        let ended = json!({ "request": renewal, "outcome": "done", "status": "approved", "says": "Approved" });
        crate::request::end::end(d, serde_json::from_value(ended).unwrap())
            .await
            .unwrap();
        // As a program before this one has left it: approved again until the same day.
        let back = |record: &mut DossierRecord| record.view.status = DossierStatus::Approved;
        d.update_dossier(&id, back).await.unwrap();
        renew(d).await.unwrap();
        assert_eq!(status(&house, &id).await, DossierStatus::Approved);
        let known = d.dossier(&id).await.unwrap().unwrap();
        assert_eq!(known.expires(), None, "nothing else runs out");
    }

    #[tokio::test]
    async fn a_dossier_that_was_approved_for_nothing_is_expired_and_looked_at_once() {
        let house = House::new().await;
        let d = &*house.aws;
        let id = approved(&house, -2).await;
        let alone = |record: &mut DossierRecord| record.view.request = None;
        d.update_dossier(&id, alone).await.unwrap();
        let before = house.asked().started.len();
        let renewed = renew(d).await.unwrap();
        assert_eq!((renewed.begun, renewed.failed), (0, 0));
        assert_eq!(house.asked().started.len(), before);
        assert_eq!(status(&house, &id).await, DossierStatus::Expired);
        assert_eq!(d.expiring("2199-12-31", 10).await.unwrap(), []);
    }

    #[test]
    fn a_day_is_over_where_the_numbers_are() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let purposes = |country: &str| json!([{ "country": country }]);
        // Eight hours ahead of UTC, and five behind.
        let evening = at("2026-11-30T17:00:00Z");
        assert!(is_over(day("2026-11-30"), &purposes("SG"), evening));
        assert!(!is_over(day("2026-11-30"), &purposes("CH"), evening));
        let night = at("2026-12-01T03:00:00Z");
        assert!(!is_over(day("2026-11-30"), &purposes("PA"), night));
        assert!(is_over(day("2026-11-30"), &purposes("CH"), night));
        assert!(is_over(day("2026-11-30"), &Value::Null, night), "UTC");
    }
}

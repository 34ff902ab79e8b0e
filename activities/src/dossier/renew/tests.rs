//! Dossiers that run out, by the hour.
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
            let lapse =
                |record: &mut DossierRecord| record.decide(&renewal, Decision::Lapse, None, &[]);
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
    let ended =
        json!({ "request": renewal, "outcome": "done", "status": "approved", "says": "Approved" });
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

#[tokio::test]
async fn a_paper_that_runs_out_is_named_in_one_line() {
    let house = House::new().await;
    let id = approved(&house, 10).await;
    let mut known = record(&house, &id).await;
    let until = known.expires().unwrap().clone();
    let paper = json!({
        "id": "doc-1", "kind": "register_extract", "fileName": "a.pdf\nb.pdf", "mediaType": "application/pdf", "bytes": 5,
        "sha256": "0".repeat(64), "uploadedAt": "2026-11-20T10:00:00Z", "state": "approved", "validUntil": until,
    });
    known.view.dossier.documents = vec![serde_json::from_value(paper).unwrap()];
    let day = until.as_str().parse().unwrap();
    assert_eq!(what_runs_out(&known, day), "a.pdf b.pdf");
}

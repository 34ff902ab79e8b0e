//! Who waits for a dossier is told when it is checked, and when something is decided of it.
use super::DossierRecord;
use crate::ports::Unavailable;
use crate::ports::calls::Shelf;
use crate::ports::clock::Clock;
use crate::ports::requests::{Requests, Which};
use crate::ports::workflows::Workflows;
use crate::request::{Letter, RequestRecord, shell};
use contract::PersonId;
use contract::dossier::review::{DossierStatus, DossierView};
use contract::request::Kind;
use contract::request::signal::SignalName;
use serde_json::{Value, json};

/// The kinds of request that wait for dossiers.
const WAITING: [Kind; 4] = [
    Kind::NumberOrder,
    Kind::OnboardTenant,
    Kind::PortIn,
    Kind::VerifyDossier,
];
/// Requests of one page.
const PAGE: u32 = 100;
/// Most pages that are looked through.
const PAGES_MAX: usize = 10;
/// The topic of the signal: `request.change@dossier`.
const TOPIC: &str = "dossier";
/// Where the check of a dossier is whose renewal has lapsed: another check may have taken its place. Elsewhere, and of a dossier that it still
/// has, a check decides itself.
const LAPSED: &str = "renewal_lapsed";

/// Has every request of the tenant that waits for this dossier look at it again. The same version tells nobody twice.
///
/// # Errors
/// [`Unavailable`]; run again, it tells who was not told.
pub async fn wake(
    d: &(impl Requests + Workflows + Clock),
    known: &DossierView,
) -> Result<(), Unavailable> {
    let dossier = &known.dossier;
    for kind in WAITING {
        let which = Which::OfTenant {
            tenant: dossier.tenant.clone(),
            kind,
            shelf: Shelf::Live,
        };
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let page = Requests::list(d, &which, PAGE, next.as_deref()).await?;
            for record in page.records.iter().filter(|record| waits(record, known)) {
                let letter = Letter {
                    key: format!("dossier#{}#{}", dossier.id, dossier.version),
                    name: SignalName::RequestChange,
                    topic: Some(TOPIC.to_owned()),
                    person: None,
                    data: json!({ "dossier": dossier.id }),
                };
                shell::deliver(d, &record.view.id, &letter).await?;
            }
            next = page.next;
            if next.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// Tells the check of a dossier that it changed since it was taken up, if somebody looks at it now: so nobody decides on what they did
/// not see. Changes between two looks are one signal.
///
/// # Errors
/// [`Unavailable`]; the check sees for itself before it approves.
pub async fn tell_check(
    d: &(impl Requests + Workflows + Clock),
    record: &DossierRecord,
    by: &PersonId,
) -> Result<(), Unavailable> {
    let DossierView {
        status,
        request,
        dossier,
        ..
    } = &record.view;
    let checked = record.checked.filter(|_| record.is_stale());
    let (DossierStatus::InReview, Some(check), Some(checked)) = (status, request, checked) else {
        return Ok(());
    };
    let looks = Requests::get(d, check)
        .await?
        .is_some_and(|check| check.view.allows(SignalName::RequestChange, Some(TOPIC)));
    if looks {
        let letter = Letter {
            key: format!("changed#{}#{checked}", dossier.id),
            name: SignalName::RequestChange,
            topic: Some(TOPIC.to_owned()),
            person: Some(by.clone()),
            data: json!({ "dossier": dossier.id }),
        };
        shell::deliver(d, check, &letter).await?;
    }
    Ok(())
}

/// Whether a request names the dossier and its state lets it be looked at again.
fn waits(record: &RequestRecord, known: &DossierView) -> bool {
    let view = &record.view;
    let has_it = known.request.as_ref() == Some(&view.id);
    let is_told = view.kind != Kind::VerifyDossier || (view.status == LAPSED && !has_it);
    let is_named = named_in(&view.details) == Some(known.dossier.id.as_str());
    is_told && is_named && view.allows(SignalName::RequestChange, Some(TOPIC))
}

/// The dossier that the details of a request name: by its id, or as a port's copy of it.
pub(super) fn named_in(details: &Value) -> Option<&str> {
    let of_port = &details["form"]["dossier"]["id"];
    details["dossier"].as_str().or(of_port.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use crate::ports::dossiers::Dossiers;
    use crate::request::Begun;
    use crate::request::begin::begin;
    use contract::DossierId;

    #[tokio::test]
    async fn a_check_that_lapsed_is_told_of_another_in_its_place_and_of_nothing_else() {
        let house = House::new().await;
        let d = &*house.aws;
        let id = DossierId(house.dossier().await);
        let check = Begun {
            id: "vd-1".into(),
            kind: Kind::VerifyDossier,
            tenant: crate::seed::sample::TENANT.into(),
            person: None,
            title: "Renewal".to_owned(),
            details: json!({ "dossier": id }),
            numbers: Vec::new(),
            hidden: Value::Null,
        };
        begin(d, check).await.unwrap();
        let turn = json!({
            "token": "token", "request": "vd-1", "state": "Lapsed", "round": 1, "attempt": 0, "received": 0,
            "status": LAPSED, "owner": "operator", "nextAction": "Decide",
            "task": { "form": "renewal-lapsed", "title": "The renewal has lapsed" },
            "accepts": ["task.done@renewal-lapsed", "request.change@dossier"],
        });
        crate::request::turn::turn(d, serde_json::from_value(turn).unwrap())
            .await
            .unwrap();
        for (check, is_told) in [("vd-1", false), ("vd-2", true)] {
            let taken = d.update_dossier(&id, |record| record.take_up(&check.into()));
            let (_, record) = taken.await.unwrap().unwrap();
            wake(d, &record.view).await.unwrap();
            let told = house.asked().completed.clone();
            assert_eq!(!told.is_empty(), is_told, "{check}: {told:?}");
            assert!(told.iter().all(|one| one["name"] == "request.change"));
        }
    }
}

//! Which check has a dossier in hand: of two that are open, one. A dossier says which by its `request`; that check has it until its request
//! has ended, something is approved for good, or another one is handed in in its place.
use super::DossierRecord;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use contract::dossier::review::DossierStatus;
use contract::{DossierId, RequestId};
use jiff::{SignedDuration, Timestamp};

/// How long a check that a dossier was handed in for may take to begin; after that nobody waits for it.
const BEGINS_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// Takes a dossier up for a check, unless another open one has it. Says whether it did, with the dossier as it is then; none if there is no
/// such dossier.
///
/// # Errors
/// [`Unavailable`]; run again, it repeats nothing.
pub async fn take_up(
    d: &(impl Dossiers + Requests + Clock),
    dossier: &DossierId,
    check: &RequestId,
) -> Result<Option<(bool, DossierRecord)>, Unavailable> {
    unless_another_has_it(d, dossier, check, |record| record.take_up(check)).await
}

/// The same for a check that is about to begin.
///
/// # Errors
/// [`Unavailable`]; run again, it repeats nothing.
pub async fn hand_in(
    d: &(impl Dossiers + Requests + Clock),
    dossier: &DossierId,
    check: &RequestId,
) -> Result<Option<(bool, DossierRecord)>, Unavailable> {
    let now = d.now();
    unless_another_has_it(d, dossier, check, |record| record.hand_in(check, now)).await
}

async fn unless_another_has_it(
    d: &(impl Dossiers + Requests + Clock),
    dossier: &DossierId,
    check: &RequestId,
    mut change: impl FnMut(&mut DossierRecord) + Send,
) -> Result<Option<(bool, DossierRecord)>, Unavailable> {
    let Some(before) = d.dossier(dossier).await? else {
        return Ok(None);
    };
    let other = before.other_check(check).cloned();
    if let Some(other) = &other {
        let is_awaited = before.is_awaited(d.now());
        let known = Requests::get(d, other).await?;
        if known.map_or(is_awaited, |known| known.view.is_open()) {
            return Ok(Some((false, before)));
        }
    }
    let taken = d.update_dossier(dossier, |record| {
        let is_as_before = record.other_check(check) == other.as_ref();
        if is_as_before {
            change(record);
        }
        is_as_before
    });
    match taken.await? {
        Some((false, _)) => {
            let why = "another check took it up at the same time";
            Err(Unavailable::new("the dossier", why))
        }
        taken => Ok(taken),
    }
}

impl DossierRecord {
    /// Whether the check that it was handed in for is about to begin.
    fn is_awaited(&self, now: Timestamp) -> bool {
        let since = self.handed_in_at.as_deref().and_then(|at| at.parse().ok());
        since.is_some_and(|since: Timestamp| now.duration_since(since) < BEGINS_WITHIN)
    }

    /// The check beside this one that has it in hand, if its request is open. What was approved for good is in nobody's, until its renewal is
    /// opened.
    fn other_check(&self, check: &RequestId) -> Option<&RequestId> {
        let is_decided = self.view.status == DossierStatus::Approved && self.renewal.is_none();
        let last = self.view.request.as_ref();
        last.filter(|last| !is_decided && *last != check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::evaluate::evaluate;
    use crate::house::House;
    use contract::dossier::Day;
    use contract::dossier::review::{Decision, DossierError, DossierEvaluateInput};
    use contract::request::Kind;
    use serde_json::json;

    const CHECKS: [&str; 2] = ["vd-1", "vd-2"];

    /// A dossier of the sample tenant, and two checks that are open.
    async fn checked_twice() -> (House, DossierId) {
        let house = House::new().await;
        let dossier = DossierId(house.dossier().await);
        for check in CHECKS {
            house.begins(check, Kind::VerifyDossier).await;
        }
        (house, dossier)
    }

    /// Whether the dossier is another check's when this one evaluates it.
    async fn superseded(
        house: &House,
        dossier: &DossierId,
        check: &str,
    ) -> Result<bool, DossierError> {
        let input = json!({ "dossier": dossier, "request": check, "purposes": [
            { "country": "CH", "numberType": "local", "action": "order", "numbers": 1 },
        ] });
        let input: DossierEvaluateInput = serde_json::from_value(input).unwrap();
        let evaluated = evaluate(&*house.aws, input).await?;
        Ok(evaluated.superseded)
    }

    async fn change(house: &House, id: &DossierId, change: impl FnMut(&mut DossierRecord) + Send) {
        let changed = house.aws.update_dossier(id, change).await;
        changed.unwrap().unwrap();
    }

    async fn check_of(house: &House, id: &DossierId) -> Option<RequestId> {
        let record = house.aws.dossier(id).await.unwrap().unwrap();
        record.view.request
    }

    #[tokio::test]
    async fn a_dossier_that_an_open_check_has_is_taken_up_by_no_other() {
        let (house, id) = checked_twice().await;
        for (check, is_superseded) in [("vd-1", false), ("vd-2", true), ("vd-1", false)] {
            let found = superseded(&house, &id, check).await;
            assert_eq!(found, Ok(is_superseded), "{check}");
            assert_eq!(check_of(&house, &id).await, Some("vd-1".into()));
        }
        let ended = json!({ "request": "vd-1", "outcome": "failed", "status": "failed", "says": "It failed" });
        crate::request::end::end(&*house.aws, serde_json::from_value(ended).unwrap())
            .await
            .unwrap();
        assert_eq!(superseded(&house, &id, "vd-2").await, Ok(false));
        assert_eq!(check_of(&house, &id).await, Some("vd-2".into()));
    }

    #[tokio::test]
    async fn of_two_checks_at_once_one_takes_it_up() {
        let (house, id) = checked_twice().await;
        let both = CHECKS.map(|check| superseded(&house, &id, check));
        let both = futures_util::future::join_all(both).await;
        let won = both.iter().filter(|found| **found == Ok(false)).count();
        assert_eq!(won, 1, "{both:?}");
    }

    #[tokio::test]
    async fn one_that_was_handed_in_is_the_new_checks_before_that_begins() {
        let (house, id) = checked_twice().await;
        let (new, now) = (RequestId::from("vd-3"), house.aws.now());
        change(&house, &id, |record| record.hand_in(&new, now)).await;
        assert_eq!(superseded(&house, &id, "vd-1").await, Ok(true));
        assert_eq!(superseded(&house, &id, "vd-3").await, Ok(false));
        assert_eq!(check_of(&house, &id).await, Some(new));
    }

    #[tokio::test]
    async fn a_check_that_does_not_begin_in_time_keeps_no_other_from_the_dossier() {
        let (house, id) = checked_twice().await;
        let (new, now) = (RequestId::from("vd-3"), house.aws.now());
        let long_ago = now - BEGINS_WITHIN;
        change(&house, &id, |record| record.hand_in(&new, long_ago)).await;
        assert_eq!(superseded(&house, &id, "vd-1").await, Ok(false));
        assert_eq!(check_of(&house, &id).await, Some("vd-1".into()));
    }

    #[tokio::test]
    async fn what_was_approved_for_good_is_free_until_its_renewal_is_opened() {
        for is_renewed in [false, true] {
            let (house, id) = checked_twice().await;
            let (last, check) = (Day::parse("2099-01-31").unwrap(), RequestId::from("vd-1"));
            change(&house, &id, |record| {
                record.take_up(&check);
                record.decide(&check, Decision::Approve, None, &[]);
                record.view.dossier.valid_until = Some(last.clone());
                if is_renewed {
                    let ends = "2099-01-31T23:00:00Z".parse().unwrap();
                    record.open_renewal(&last, ends, &check);
                }
            })
            .await;
            // Its request could not be ended, or is the renewal.
            assert_eq!(superseded(&house, &id, "vd-2").await, Ok(is_renewed));
        }
    }
}

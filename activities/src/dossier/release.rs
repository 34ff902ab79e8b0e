//! `dossier-release`: the numbers that were ordered on a dossier whose renewal has lapsed begin to go back, each by a request of its own.
use super::DossierRecord;
use super::wake::named_in;
use crate::people::sha256_hex;
use crate::ports::Unavailable;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::{NumberRecord, Numbers, Standing};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::Begun;
use crate::request::begin::{BeginError, begin};
use contract::dossier::review::{
    DossierError, DossierReleaseInput, DossierReleased, DossierStatus,
};
use contract::number::status;
use contract::request::{Kind, NumberLine};
use contract::{DossierId, RequestId};
use serde_json::json;
use std::collections::BTreeMap;

/// Numbers of one part.
const PART: u32 = 50;
/// How much of the digest of a request and a number is in the id of what gives the number back.
const ID_CHARS: usize = 32;

/// Begins to give back those of the tenant's next numbers that were ordered on the dossier, unless it was handed in again. What leaves
/// already, and what came from no carrier, is left alone; so is what was ported in: a customer brought it, and would lose it for good.
///
/// # Errors
/// [`DossierError`]. Run again, it begins nothing twice.
pub async fn release(
    d: &(impl Dossiers + Numbers + Requests + Workflows + Clock),
    input: DossierReleaseInput,
) -> Result<DossierReleased, DossierError> {
    let record = d.dossier(&input.dossier).await?;
    let record = record.ok_or_else(|| DossierError::Unknown(input.dossier.clone()))?;
    if is_renewed(&record, &input.request) {
        return Ok(DossierReleased {
            begun: 0,
            next: None,
            superseded: true,
        });
    }
    let tenant = &record.view.dossier.tenant;
    let part = d.numbers_of(tenant, PART, input.after.as_ref()).await?;
    let mut known: BTreeMap<RequestId, bool> = BTreeMap::new();
    let mut begun = 0;
    for number in part.numbers {
        let Some(request) = &number.request else {
            continue;
        };
        let is_its = match known.get(request) {
            Some(is_its) => *is_its,
            None => {
                let found = ordered_on(d, request, &input.dossier).await?;
                known.insert(request.clone(), found);
                found
            }
        };
        let leaves = number.standing != Standing::Active || number.leaving.is_some();
        if is_its && !leaves && begin_one(d, &input.request, number).await? {
            begun += 1;
        }
    }
    tracing::info!(dossier = %input.dossier, begun, "numbers go back: the renewal has lapsed");
    Ok(DossierReleased {
        begun,
        next: part.next,
        superseded: false,
    })
}

/// Whether another check has taken the place of the one that lapsed.
fn is_renewed(record: &DossierRecord, lapsed: &RequestId) -> bool {
    let goes_on = match record.view.status {
        DossierStatus::InReview
        | DossierStatus::Approved
        | DossierStatus::ProvisionallyApproved => true,
        DossierStatus::Draft | DossierStatus::Rejected | DossierStatus::Expired => false,
    };
    goes_on && record.view.request.as_ref() != Some(lapsed)
}

/// Whether a request ordered its numbers on this dossier.
async fn ordered_on(
    d: &impl Requests,
    request: &RequestId,
    dossier: &DossierId,
) -> Result<bool, Unavailable> {
    let record = Requests::get(d, request).await?;
    let named = |record: &crate::request::RequestRecord| {
        let is_port = record.view.kind == Kind::PortIn;
        !is_port && named_in(&record.view.details) == Some(dossier.as_str())
    };
    Ok(record.as_ref().is_some_and(named))
}

/// As a person gives a number back. False for one that came from no carrier.
async fn begin_one(
    d: &(impl Requests + Workflows + Clock),
    by: &RequestId,
    number: NumberRecord,
) -> Result<bool, DossierError> {
    let Some(carrier) = number.carrier else {
        return Ok(false);
    };
    let digest = sha256_hex(&format!("{by} {}", number.number));
    let short: String = digest.chars().take(ID_CHARS).collect();
    let new = Begun {
        id: RequestId(format!("nr-{short}")),
        kind: Kind::NumberRelease,
        tenant: number.tenant,
        person: None,
        title: format!(
            "Give back {}: the renewal of its dossier has lapsed",
            number.number
        ),
        details: json!({
            "carrier": carrier, "country": number.country,
            "person": number.person, "group": number.group, "flow": number.flow,
        }),
        numbers: vec![NumberLine {
            number: number.number,
            status: status::ACTIVE.to_owned(),
            reason: None,
        }],
        hidden: serde_json::Value::Null,
    };
    match begin(d, new).await {
        Ok(_) => Ok(true),
        Err(BeginError::Unavailable(error)) => Err(error.into()),
        Err(BeginError::Refused(why)) => Err(DossierError::BadInput(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;
    use contract::E164;

    async fn begun(house: &House, id: &str, kind: Kind, details: serde_json::Value) {
        let begun = Begun {
            id: id.into(),
            kind,
            tenant: crate::seed::sample::TENANT.into(),
            person: None,
            title: "Asked for".to_owned(),
            details,
            numbers: Vec::new(),
            hidden: serde_json::Value::Null,
        };
        begin(&*house.aws, begun).await.unwrap();
    }

    async fn order(house: &House, id: &str, dossier: &str) {
        begun(house, id, Kind::NumberOrder, json!({ "dossier": dossier })).await;
    }

    async fn released(house: &House, dossier: &DossierId) -> u32 {
        let input = DossierReleaseInput {
            dossier: dossier.clone(),
            request: "vd-1".into(),
            after: None,
        };
        release(&*house.aws, input).await.unwrap().begun
    }

    async fn number(house: &House, number: &str, request: &str, leaving: Option<&str>) {
        let record = NumberRecord {
            number: E164::parse(number).unwrap(),
            tenant: crate::seed::sample::TENANT.into(),
            person: None,
            group: None,
            flow: None,
            standing: Standing::Active,
            carrier: Some("telnyx".into()),
            country: Some("CH".to_owned()),
            number_type: None,
            request: Some(request.into()),
            since: None,
            leaving: leaving.map(Into::into),
        };
        house.aws.keep_number(&record).await.unwrap();
    }

    #[tokio::test]
    async fn the_numbers_that_came_on_a_dossier_begin_to_go_back_once() {
        let house = House::new().await;
        let d = &*house.aws;
        let dossier = DossierId(house.dossier().await);
        order(&house, "no-1", dossier.as_str()).await;
        order(&house, "no-2", "d-another").await;
        number(&house, "+41445552000", "no-1", None).await;
        number(&house, "+41445552001", "no-1", Some("nr-by-hand")).await;
        number(&house, "+41445552002", "no-2", None).await;
        for _ in 0..2 {
            let input = DossierReleaseInput {
                dossier: dossier.clone(),
                request: "vd-1".into(),
                after: None,
            };
            let released = release(d, input).await.unwrap();
            assert_eq!(released.next, None);
            let started = house.asked().started.clone();
            let back = started.iter().filter(|(name, _)| name.starts_with("nr-"));
            let back: Vec<_> = back.map(|(_, input)| &input["numbers"]).collect();
            assert_eq!(back.len(), 1, "{back:?}");
            assert_eq!(back[0][0]["number"], "+41445552000");
        }
        let unknown = DossierReleaseInput {
            dossier: "d-unknown".into(),
            request: "vd-1".into(),
            after: None,
        };
        let refused = release(d, unknown).await.unwrap_err();
        assert!(matches!(refused, DossierError::Unknown(_)));
    }

    #[tokio::test]
    async fn an_order_that_went_on_with_another_dossier_is_that_ones() {
        let house = House::new().await;
        let first = DossierId(house.dossier().await);
        let second = DossierId(house.dossier().await);
        order(&house, "no-1", first.as_str()).await;
        let wanted = json!({
            "token": "token-1", "request": "no-1", "state": "Dossier wanted", "round": 1, "attempt": 0, "received": 0,
            "status": "dossier_wanted", "owner": "customer", "nextAction": "Complete the dossier",
            "details": { "dossier": first }, "accepts": ["request.change@dossier"],
        });
        let wanted = serde_json::from_value(wanted).unwrap();
        crate::request::turn::turn(&*house.aws, wanted)
            .await
            .unwrap();
        let ended = json!({
            "request": "no-1", "outcome": "done", "status": "done", "says": "In use", "details": { "dossier": second },
        });
        let ended = serde_json::from_value(ended).unwrap();
        crate::request::end::end(&*house.aws, ended).await.unwrap();
        number(&house, "+41445552000", "no-1", None).await;
        assert_eq!(released(&house, &first).await, 0);
        assert_eq!(released(&house, &second).await, 1);
    }

    #[tokio::test]
    async fn a_dossier_that_was_handed_in_again_keeps_its_numbers() {
        let house = House::new().await;
        let d = &*house.aws;
        let dossier = DossierId(house.dossier().await);
        order(&house, "no-1", dossier.as_str()).await;
        number(&house, "+41445552000", "no-1", None).await;
        let input = || DossierReleaseInput {
            dossier: dossier.clone(),
            request: "vd-1".into(),
            after: None,
        };
        for check in ["vd-2", "vd-1"] {
            let anew = |record: &mut DossierRecord| record.take_up(&check.into());
            d.update_dossier(&dossier, anew).await.unwrap();
            let released = release(d, input()).await.unwrap();
            let told = (released.superseded, released.begun);
            let wanted = if check == "vd-1" {
                (false, 1)
            } else {
                (true, 0)
            };
            assert_eq!(told, wanted, "{check}");
        }
        let started = house.asked().started.clone();
        let back = started.iter().filter(|(name, _)| name.starts_with("nr-"));
        assert_eq!(back.count(), 1);
    }

    #[tokio::test]
    async fn what_was_ported_in_stays() {
        let house = House::new().await;
        let dossier = DossierId(house.dossier().await);
        let form = json!({ "form": { "dossier": { "id": dossier } } });
        begun(&house, "pi-1", Kind::PortIn, form).await;
        number(&house, "+41445552000", "pi-1", None).await;
        assert_eq!(released(&house, &dossier).await, 0);
    }
}

//! `dossier-release`: the numbers that came on a dossier whose renewal has lapsed begin to go back, each by a request of its own.
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
use contract::dossier::review::{DossierError, DossierReleaseInput, DossierReleased};
use contract::number::status;
use contract::request::{Kind, NumberLine};
use contract::{DossierId, RequestId};
use serde_json::json;
use std::collections::BTreeMap;

/// Numbers of one part.
const PART: u32 = 50;
/// How much of the digest of a request and a number is in the id of what gives the number back.
const ID_CHARS: usize = 32;

/// Begins to give back those of the tenant's next numbers that came on the dossier. What leaves already, and what came from no carrier, is
/// left alone.
///
/// # Errors
/// [`DossierError`]; run again, it begins nothing twice.
pub async fn release(
    d: &(impl Dossiers + Numbers + Requests + Workflows + Clock),
    input: DossierReleaseInput,
) -> Result<DossierReleased, DossierError> {
    let record = d.dossier(&input.dossier).await?;
    let record = record.ok_or_else(|| DossierError::Unknown(input.dossier.clone()))?;
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
                let found = came_on(d, request, &input.dossier).await?;
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
    })
}

/// Whether what a request brought came on this dossier.
async fn came_on(
    d: &impl Requests,
    request: &RequestId,
    dossier: &DossierId,
) -> Result<bool, Unavailable> {
    let record = Requests::get(d, request).await?;
    let named = |record: &crate::request::RequestRecord| {
        named_in(&record.view.details) == Some(dossier.as_str())
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

    async fn order(house: &House, id: &str, dossier: &str) {
        let begun = Begun {
            id: id.into(),
            kind: Kind::NumberOrder,
            tenant: crate::seed::sample::TENANT.into(),
            person: None,
            title: "Order".to_owned(),
            details: json!({ "dossier": dossier }),
            numbers: Vec::new(),
            hidden: serde_json::Value::Null,
        };
        begin(&*house.aws, begun).await.unwrap();
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
}

//! `onboarding-order`: numbers of one kind are looked for and ordered for the person, or a free one is given.
use super::{asked, order_id, pick::pick};
use crate::dossier::evaluate::today;
use crate::number::counted;
use crate::ports::calls::Write;
use crate::ports::carriers::{Carrier, CarrierError, Carriers, MAX_FOUND, Search};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::{Numbers, Standing};
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::Begun;
use crate::request::begin::begin;
use crate::rules;
use compliance::requirement::{Asked, Wanted, evaluate, resolve};
use contract::dossier::{Compliance, Dossier, NumberAction};
use contract::number::status;
use contract::onboarding::api::NumberWish;
use contract::onboarding::{OnboardingError, OnboardingOrderInput, OrderBegun};
use contract::request::{Kind, NumberLine};
use contract::routing::Target;
use contract::{CarrierId, DossierId, E164};
use serde_json::json;

/// Begins the order of this try once; a carrier that fails is passed over if another has numbers.
///
/// # Errors
/// [`OnboardingError`].
pub async fn order(
    d: &(impl Onboardings + Carriers + Numbers + Dossiers + Requests + Workflows + Clock),
    input: OnboardingOrderInput,
) -> Result<OrderBegun, OnboardingError> {
    let onboarding = asked(d, &input.request).await?;
    if let Some(number) = &onboarding.wish.number {
        return give(d, &onboarding, number).await;
    }
    let at = usize::try_from(input.at).unwrap_or(usize::MAX);
    let wish = onboarding.wish.numbers.get(at);
    let wish = wish.ok_or_else(|| OnboardingError::BadInput("at: there is no such kind".into()))?;
    let id = order_id(&input.request, input.at, input.attempt);
    let ordered = |count: usize| OrderBegun {
        child: id.0.clone(),
        had: Vec::new(),
        short: wish
            .count
            .saturating_sub(u32::try_from(count).unwrap_or(u32::MAX)),
        says: format!("{} ordered in {}", counted(count, ""), wish.country),
    };
    // Begun before: the numbers of then stand.
    if let Some(known) = Requests::get(d, &id).await? {
        let count = known.view.numbers.len();
        crate::request::begin::start(d, known).await?;
        return Ok(ordered(count));
    }
    let dossier = dossier_of(d, &onboarding).await?;
    let Some((carrier, numbers)) = find(d, &input, wish, dossier.as_ref()).await? else {
        return Ok(OrderBegun {
            child: String::new(),
            had: Vec::new(),
            short: wish.count,
            says: format!("No carrier has such numbers in {} now", wish.country),
        });
    };
    let count = numbers.len();
    let mut details = json!({
        "carrier": carrier, "country": wish.country, "numberType": wish.number_type, "person": onboarding.person,
        "parent": input.request,
    });
    if let Some(dossier) = dossier {
        details["dossier"] = json!(dossier.id);
    }
    let begun = Begun {
        hidden: serde_json::Value::Null,
        id: id.clone(),
        kind: Kind::NumberOrder,
        tenant: input.tenant.clone(),
        person: None,
        title: format!("{} in {}", counted(count, ""), wish.country),
        details,
        numbers: numbers
            .into_iter()
            .map(|number| NumberLine {
                number,
                status: status::WANTED.to_owned(),
                reason: None,
            })
            .collect(),
    };
    begin(d, begun).await?;
    Ok(ordered(count))
}

/// A free number of the tenant rings the person from now on.
async fn give(
    d: &impl Numbers,
    onboarding: &Onboarding,
    number: &E164,
) -> Result<OrderBegun, OnboardingError> {
    let known = d.number_record(number).await?;
    let person = &onboarding.person;
    let is_free = known.is_some_and(|known| {
        known.tenant == onboarding.tenant
            && known.standing == Standing::Active
            && known
                .target()
                .is_none_or(|has| has.person() == Some(person))
    });
    let given = is_free
        && d.lead_number(
            &onboarding.tenant,
            number,
            Some(&Target::Person(person.clone())),
        )
        .await?
            == Write::Done;
    Ok(OrderBegun {
        child: String::new(),
        had: given.then(|| number.clone()).into_iter().collect(),
        short: u32::from(!given),
        says: if given {
            format!("{number} rings them")
        } else {
            format!("{number} is not free any more")
        },
    })
}

/// The dossier that stands behind the numbers. While it is renewed, what is approved counts.
pub(crate) async fn dossier_of(
    d: &(impl Dossiers + Clock),
    onboarding: &Onboarding,
) -> Result<Option<Dossier>, OnboardingError> {
    let id = match (&onboarding.wish.with_dossier, &onboarding.wish.tenant) {
        (Some(id), _) => id.clone(),
        (None, Some(_)) => own_dossier(&onboarding.request),
        (None, None) => return Ok(None),
    };
    let record = d.dossier(&id).await?;
    let own = record.filter(|record| record.view.dossier.tenant == onboarding.tenant);
    Ok(own.map(|record| record.relied_on(d.now()).view.dossier))
}

/// The dossier that a tenant's onboarding fills in.
pub fn own_dossier(request: &contract::RequestId) -> DossierId {
    DossierId(format!("d-{request}"))
}

/// The first carrier with such numbers, and which of them to order.
async fn find<D: Carriers + Numbers + Clock>(
    d: &D,
    input: &OnboardingOrderInput,
    wish: &NumberWish,
    dossier: Option<&Dossier>,
) -> Result<Option<(CarrierId, Vec<E164>)>, OnboardingError> {
    // The one that was chosen, unless it is gone: then any that is like it.
    if let (Some(number), Some(carrier), 1) = (&wish.number, &wish.carrier, input.attempt)
        && d.number_record(number).await?.is_none()
    {
        return Ok(Some((carrier.clone(), vec![number.clone()])));
    }
    let search = Search {
        country: wish.country.clone(),
        number_type: wish.number_type,
        area: wish.area.clone(),
        pattern: None,
        limit: MAX_FOUND,
    };
    let ids = match &wish.carrier {
        Some(id) => vec![id.clone()],
        None => d.carrier_ids(),
    };
    let mut failed = None;
    for id in ids {
        let Some(carrier) = d.carrier(&id) else {
            continue;
        };
        if carrier.by_case(&wish.country).is_some() {
            continue;
        }
        let mut found = Vec::new();
        match carrier.search(&search).await {
            Ok(numbers) => {
                for number in numbers {
                    if d.number_record(&number.number).await?.is_none() {
                        found.push(number.number);
                    }
                }
            }
            Err(error) => failed = Some(error),
        }
        let fits = |number: &E164| dossier.is_none_or(|dossier| suits(d, dossier, wish, number));
        let count = usize::try_from(wish.count).unwrap_or(usize::MAX);
        let picked = pick(&found, fits, count, &input.request, input.attempt);
        if !picked.is_empty() {
            return Ok(Some((id, picked)));
        }
    }
    match failed {
        // Asked again, it may answer.
        Some(error @ (CarrierError::Busy { .. } | CarrierError::Unknown(_))) => Err(error.into()),
        Some(CarrierError::Refused(_) | CarrierError::NotFound(_)) | None => Ok(None),
    }
}

/// Whether the dossier has what this very number asks for, such as an address in its area.
fn suits(d: &impl Clock, dossier: &Dossier, wish: &NumberWish, number: &E164) -> bool {
    let asked = Asked {
        country: wish.country.clone(),
        number_type: wish.number_type,
        end_user: dossier.kind,
        action: NumberAction::Order,
        numbers: wish.count,
        nationality: dossier.end_user.nationality.clone(),
    };
    let Ok(required) = resolve(rules::catalogue(), &[asked]) else {
        return true;
    };
    let wanted = [Wanted {
        country: wish.country.clone(),
        number_type: wish.number_type,
        number: Some(number.clone()),
    }];
    let today = today(&wish.country, d.now());
    evaluate(&required, dossier, &wanted, today).verdict == Compliance::Compliant
}

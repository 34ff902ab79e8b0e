//! `onboarding-order`: numbers of one kind are looked for and ordered for the person, or a free one is given.
use super::{asked, order_id, pick::pick};
use crate::dossier::evaluate::today;
use crate::number::by_case::{Way, way};
use crate::number::{self, asked_for, counted, wanted};
use crate::ports::calls::Write;
use crate::ports::carriers::{Carrier, CarrierError, Carriers, MAX_FOUND, Search};
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::numbers::{Numbers, Standing};
use crate::ports::onboardings::{Onboarding, Onboardings};
use crate::ports::requests::Requests;
use crate::ports::workflows::Workflows;
use crate::request::begin::{BeginError, begin, start};
use crate::request::{Begun, RequestRecord};
use crate::rules;
use compliance::requirement::{Asked, Wanted, evaluate, resolve};
use contract::dossier::{Compliance, Dossier, NumberAction};
use contract::onboarding::api::NumberWish;
pub use contract::onboarding::own_dossier;
use contract::onboarding::{OnboardingError, OnboardingOrderInput, OrderBegun};
use contract::request::{Kind, Outcome, RequestView};
use contract::routing::Target;
use contract::{CarrierId, E164};
use serde_json::{Value, json};

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
        let count = asked_for(&known.view);
        or_ended(start(d, known).await)?;
        return Ok(ordered(count));
    }
    let dossier = dossier_of(d, &onboarding).await?;
    let Some((carrier, had)) = find(d, &input, wish, dossier.as_ref()).await? else {
        return Ok(OrderBegun {
            child: String::new(),
            had: Vec::new(),
            short: wish.count,
            says: format!("No carrier has such numbers in {} now", wish.country),
        });
    };
    let mut details = json!({
        "carrier": carrier, "country": wish.country, "numberType": wish.number_type, "person": onboarding.person,
        "parent": input.request,
    });
    let (count, numbers) = match had {
        Had::Chosen(numbers) => (numbers.len(), numbers),
        Had::ByCase => (by_case(wish, &mut details), Vec::new()),
    };
    if let Some(dossier) = dossier {
        details["dossier"] = json!(dossier.id);
    }
    let begun = Begun {
        hidden: Value::Null,
        id: id.clone(),
        kind: Kind::NumberOrder,
        tenant: input.tenant.clone(),
        person: None,
        title: format!("{} in {}", counted(count, ""), wish.country),
        details,
        numbers: wanted(&numbers),
    };
    or_ended(begin(d, begun).await)?;
    Ok(ordered(count))
}

/// An order that the workflow service refused has ended as one that failed: it is looked at like any other, and the next try is another order.
fn or_ended(begun: Result<RequestRecord, BeginError>) -> Result<(), OnboardingError> {
    match begun {
        Ok(_) => Ok(()),
        Err(BeginError::Refused(why)) => {
            tracing::warn!(why, "an order of an onboarding did not begin");
            Ok(())
        }
        Err(error @ BeginError::Unavailable(_)) => Err(error.into()),
    }
}

/// Writes down that numbers come by support case, and gives how many.
fn by_case(wish: &NumberWish, details: &mut Value) -> usize {
    details["byCase"] = json!(true);
    details["count"] = json!(wish.count);
    if let Some(area) = &wish.area {
        details["area"] = json!(area);
    }
    usize::try_from(wish.count).unwrap_or(usize::MAX)
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

/// The dossier that stands behind the numbers, as they are had by it now.
pub(crate) async fn dossier_of(
    d: &(impl Dossiers + Clock),
    onboarding: &Onboarding,
) -> Result<Option<Dossier>, OnboardingError> {
    let id = match (&onboarding.wish.with_dossier, &onboarding.wish.tenant) {
        (Some(id), _) => id.clone(),
        (None, Some(_)) => own_dossier(&onboarding.request),
        (None, None) => return Ok(None),
    };
    let record = number::dossier_of(d, &onboarding.tenant, Some(&id)).await?;
    Ok(record.map(|record| record.view.dossier))
}

/// How numbers of a kind are had of a carrier.
enum Had {
    /// These are ordered.
    Chosen(Vec<E164>),
    /// So many are ordered, and come by support case.
    ByCase,
}

/// The first carrier with such numbers, and which of them to order; else the first that gives them by support case.
async fn find<D: Carriers + Numbers + Clock + Requests>(
    d: &D,
    input: &OnboardingOrderInput,
    wish: &NumberWish,
    dossier: Option<&Dossier>,
) -> Result<Option<(CarrierId, Had)>, OnboardingError> {
    // The one that was chosen, unless it is gone: then any that is like it.
    if let (Some(number), Some(carrier), 1) = (&wish.number, &wish.carrier, input.attempt)
        && d.number_record(number).await?.is_none()
    {
        return Ok(Some((carrier.clone(), Had::Chosen(vec![number.clone()]))));
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
    let (mut failed, mut by_case) = (None, None);
    for id in ids {
        let Some(carrier) = d.carrier(&id) else {
            continue;
        };
        match way(d, &id, &wish.country, wish.number_type).await {
            Ok(Way::Listed) => {}
            Ok(Way::ByCase(_)) => {
                by_case = by_case.or(Some(id));
                continue;
            }
            Ok(Way::NotHad(_)) => continue,
            Err(error) => {
                failed = Some(error);
                continue;
            }
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
            return Ok(Some((id, Had::Chosen(picked))));
        }
    }
    match failed {
        // Asked again, it may answer.
        Some(error @ (CarrierError::Busy { .. } | CarrierError::Unknown(_))) => Err(error.into()),
        Some(CarrierError::Refused(_) | CarrierError::NotFound(_)) | None => {
            if by_case.is_some() && was_by_case(d, input).await? {
                return Ok(None);
            }
            Ok(by_case.map(|id| (id, Had::ByCase)))
        }
    }
}

/// Whether a try before was an order by support case: what support has refused is not asked of it again. One that failed before it was handed in
/// has asked nobody.
async fn was_by_case(
    d: &impl Requests,
    input: &OnboardingOrderInput,
) -> Result<bool, OnboardingError> {
    for attempt in 1..input.attempt {
        let id = order_id(&input.request, input.at, attempt);
        let known = Requests::get(d, &id).await?;
        let was_asked = |view: &RequestView| {
            let is_handed_in = !view.details["caseId"].is_null();
            is_handed_in || view.outcome != Some(Outcome::Failed)
        };
        if known.is_some_and(|known| known.view.details["byCase"] == true && was_asked(&known.view))
        {
            return Ok(true);
        }
    }
    Ok(false)
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

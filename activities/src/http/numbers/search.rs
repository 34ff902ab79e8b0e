//! What can be had of carriers: numbers, and the countries that they sell in.
use crate::http::begin::administrator;
use crate::http::{Ports, Refused, Shared, query};
use crate::number::by_case::{Way, way};
use crate::people::Caller;
use crate::ports::carriers::{Available, Carrier, CarrierError, Carriers, Offer, Pattern, Search};
use crate::rules;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use contract::api::Problem;
use contract::dossier::NumberType;
use contract::number::AREA_MAX;
use contract::number::api::{
    AskedCarrier, AvailableNumber, AvailableNumbers, NumberPrice, OfferedCountries, OfferedCountry,
};
use contract::{CarrierId, Role};
use futures_util::future::join_all;
use serde_json::json;

/// Numbers of each carrier unless the query says otherwise.
const LIMIT: u16 = 20;

/// Numbers that can be ordered.
///
/// Every carrier of this platform is asked. One that does not answer is named in `carriers`, with why, and so is one that lists no numbers
/// of the country: they are ordered by their count and come by support case, or it has none.
#[utoipa::path(get, path = "/v1/numbers/available", operation_id = "search_numbers", tag = "numbers", security(("bearer" = [])), params(
    ("country" = String, Query, description = "ISO 3166-1 alpha-2, such as CH", example = "CH"),
    ("type" = Option<NumberType>, Query, description = "`local` if not given"),
    ("area" = Option<String>, Query, description = "The digits it begins with in its country, such as 44, or a place"),
    ("pattern" = Option<String>, Query, description = "1 to 15 digits that it has: `77` anywhere, `77*` at the beginning, `*77` at the end"),
    ("carrier" = Option<String>, Query, description = "Only this carrier"),
    ("limit" = Option<u16>, Query, description = "Of each carrier, 1 to 100; 20 if not given", minimum = 1, maximum = 100),
), responses(
    (status = 200, description = "What was found", body = AvailableNumbers),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
    (status = 502, description = "`Carrier.Unavailable`: no carrier answered", body = Problem),
))]
pub(in crate::http) async fn available<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<AvailableNumbers>, Refused> {
    let d = &*api.ports;
    let wish = Wish::read(asked.as_deref())?;
    administrator(&caller)?;
    let ids = match &wish.carrier {
        Some(id) => vec![known_carrier(d, id)?],
        None => d.carrier_ids(),
    };
    let asked = ids.into_iter().map(|id| {
        let search = &wish.search;
        async move {
            let found = found(d, &id, search).await;
            (id, found)
        }
    });
    let (mut numbers, mut carriers, mut silent) = (Vec::new(), Vec::new(), 0);
    for (carrier, found) in join_all(asked).await {
        let problem = match found {
            Ok((found, why_none)) => {
                let offered = found.into_iter().map(|each| offered(&carrier, each));
                numbers.extend(offered);
                why_none
            }
            Err(error) => {
                silent += 1;
                Some(told(&carrier, &error))
            }
        };
        carriers.push(AskedCarrier { carrier, problem });
    }
    some_answered(&carriers, silent)?;
    Ok(Json(AvailableNumbers { numbers, carriers }))
}

/// What a carrier lists, or why it lists nothing: what its interface does not order it is not asked for.
async fn found(
    d: &impl Carriers,
    id: &CarrierId,
    search: &Search,
) -> Result<(Vec<Available>, Option<String>), CarrierError> {
    match way(d, id, &search.country, search.number_type).await? {
        Way::ByCase(why) | Way::NotHad(why) => Ok((Vec::new(), Some(why))),
        Way::Listed => match d.carrier(id) {
            Some(carrier) => Ok((carrier.search(search).await?, None)),
            None => Ok((Vec::new(), None)),
        },
    }
}

fn offered(carrier: &CarrierId, found: Available) -> AvailableNumber {
    AvailableNumber {
        number: found.number,
        carrier: carrier.clone(),
        country: found.country,
        number_type: found.number_type,
        area: found.area,
        features: found.features,
        price: found.price.map(|price| NumberPrice {
            upfront: price.upfront,
            monthly: price.monthly,
            per_minute: price.per_minute,
            currency: price.currency,
        }),
    }
}

/// Where numbers are sold.
///
/// A country that a carrier sells in and whose rules are not known here is not `orderable`: `reason` says so, and so does the refusal of an
/// order for it. Where the carrier lists no numbers, `byCase` says how they are had: they are ordered by their count.
#[utoipa::path(get, path = "/v1/numbers/countries", operation_id = "list_countries", tag = "numbers", security(("bearer" = [])), responses(
    (status = 200, description = "Countries and types, as the carriers say now", body = OfferedCountries),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 502, description = "`Carrier.Unavailable`: no carrier answered", body = Problem),
))]
pub(in crate::http) async fn countries<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
) -> Result<Json<OfferedCountries>, Refused> {
    // The phone company's people ask for tenants that are not there yet.
    if caller.role != Role::Staff {
        administrator(&caller)?;
    }
    let d = &*api.ports;
    let asked = d.carrier_ids().into_iter().map(|id| async move {
        let offers = match d.carrier(&id) {
            Some(carrier) => carrier.offers().await,
            None => Ok(Vec::new()),
        };
        (id, offers)
    });
    let (mut countries, mut carriers, mut silent) = (Vec::new(), Vec::new(), 0);
    for (carrier, offers) in join_all(asked).await {
        let problem = match offers {
            Ok(offers) => {
                countries.extend(offers.into_iter().map(|offer| {
                    let by_case = lists_none(d, &carrier, &offer.country);
                    sold(&carrier, offer, by_case)
                }));
                None
            }
            Err(error) => {
                silent += 1;
                Some(told(&carrier, &error))
            }
        };
        carriers.push(AskedCarrier { carrier, problem });
    }
    some_answered(&carriers, silent)?;
    countries.sort_by(|a, b| a.country.cmp(&b.country));
    Ok(Json(OfferedCountries {
        countries,
        carriers,
    }))
}

fn sold(carrier: &CarrierId, offer: Offer, by_case: Option<String>) -> OfferedCountry {
    let reason = not_orderable(&offer.country);
    OfferedCountry {
        wants_address: rules::wants_address(&offer.country),
        country: offer.country,
        carrier: carrier.clone(),
        number_types: offer.number_types,
        orderable: reason.is_none(),
        by_case: by_case.filter(|_| reason.is_none()),
        reason,
    }
}

/// Why no orders are taken for a country, if so: what it asks for, its terms and its days are not known.
pub(super) fn not_orderable(country: &str) -> Option<String> {
    let known: Vec<&str> = rules::countries_calendars().map(|(id, _)| id).collect();
    (!known.contains(&country)).then(|| {
        let known = known.join(", ");
        format!("no rules are known here for this country: orders are taken for {known}")
    })
}

/// How a carrier's numbers of a country are had, where it lists none.
pub(super) fn lists_none(d: &impl Carriers, carrier: &CarrierId, country: &str) -> Option<String> {
    d.carrier(carrier)?.by_case(country)
}

/// How numbers of a country and type are had of a carrier.
pub(super) async fn way_to(
    d: &impl Carriers,
    carrier: &CarrierId,
    country: &str,
    kind: NumberType,
) -> Result<Way, Refused> {
    way(d, carrier, country, kind).await.map_err(|error| {
        let message = told(carrier, &error);
        Refused::new(StatusCode::BAD_GATEWAY, "Carrier.Unavailable", message)
    })
}

/// The carrier of this id.
pub(in crate::http) fn known_carrier(
    d: &impl Carriers,
    id: &CarrierId,
) -> Result<CarrierId, Refused> {
    let known = d.carrier_ids();
    if known.contains(id) {
        return Ok(id.clone());
    }
    let known: Vec<String> = known.into_iter().map(|id| id.0).collect();
    let message = format!("one of the carriers: {}", known.join(", "));
    Err(Refused::field("carrier", message))
}

fn told(carrier: &CarrierId, error: &CarrierError) -> String {
    tracing::warn!(%carrier, error = crate::shell::chain(error), "a carrier gave nothing");
    error.to_string()
}

/// Whether one of those that were asked answered; so many did not.
fn some_answered(carriers: &[AskedCarrier], silent: usize) -> Result<(), Refused> {
    if silent == 0 || silent < carriers.len() {
        return Ok(());
    }
    let problems = carriers.iter().filter_map(|asked| asked.problem.as_deref());
    let message: Vec<&str> = problems.collect();
    Err(Refused::new(
        StatusCode::BAD_GATEWAY,
        "Carrier.Unavailable",
        message.join("; "),
    ))
}

/// What is looked for, and at whom.
struct Wish {
    search: Search,
    carrier: Option<CarrierId>,
}

impl Wish {
    fn read(asked: Option<&str>) -> Result<Self, Refused> {
        let names = ["country", "type", "area", "pattern", "carrier", "limit"];
        let (mut country, mut carrier) = (None, None);
        let mut search = Search {
            country: String::new(),
            number_type: NumberType::Local,
            area: None,
            pattern: None,
            limit: LIMIT,
        };
        for (name, value) in query::parameters(asked, &names)? {
            match name {
                "country" => country = Some(query::country(&value)?),
                "type" => search.number_type = type_of(&value)?,
                "area" => search.area = Some(area_of(&value)?),
                "pattern" => search.pattern = Some(pattern_of(&value)?),
                "carrier" => carrier = Some(CarrierId::from(value)),
                _ => search.limit = query::limit(&value)?,
            }
        }
        let needed = || Refused::field("country", "ISO 3166-1 alpha-2, such as CH, is needed");
        search.country = country.ok_or_else(needed)?;
        Ok(Self { search, carrier })
    }
}

fn type_of(text: &str) -> Result<NumberType, Refused> {
    serde_json::from_value(json!(text)).map_err(|_| {
        let all: Vec<String> = NumberType::ALL
            .iter()
            .filter_map(|kind| json!(kind).as_str().map(str::to_owned))
            .collect();
        Refused::field("type", format!("one of {}", all.join(", ")))
    })
}

fn area_of(text: &str) -> Result<String, Refused> {
    let text = text.trim();
    let fits =
        (1..=AREA_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let message = format!("digits such as 44, or a place of at most {AREA_MAX} characters");
    fits.then(|| text.to_owned())
        .ok_or_else(|| Refused::field("area", message))
}

fn pattern_of(text: &str) -> Result<Pattern, Refused> {
    let (end, start) = (text.strip_prefix('*'), text.strip_suffix('*'));
    let digits = end.or(start).unwrap_or(text);
    let fits = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        let message = "1 to 15 digits: `77` anywhere, `77*` at the beginning, `*77` at the end";
        return Err(Refused::field("pattern", message));
    }
    let digits = digits.to_owned();
    Ok(match (end, start) {
        (Some(_), _) => Pattern::EndsWith(digits),
        (None, Some(_)) => Pattern::StartsWith(digits),
        (None, None) => Pattern::Contains(digits),
    })
}

#[cfg(test)]
mod tests {
    use super::super::orders::served;
    use super::*;

    fn read(query: &str) -> Result<Search, String> {
        Wish::read(Some(query))
            .map(|wish| wish.search)
            .map_err(|refused| refused.problem.field.unwrap_or_default())
    }

    #[test]
    fn a_search_reads_places_and_patterns() {
        let search = read("country=PA&area=Panam%C3%A1&pattern=*77&limit=3&type=mobile").unwrap();
        assert_eq!(search.area.as_deref(), Some("Panamá"));
        assert_eq!(search.pattern, Some(Pattern::EndsWith("77".into())));
        assert_eq!((search.number_type, search.limit), (NumberType::Mobile, 3));
        let begins = read("country=CH&pattern=445*").unwrap().pattern;
        assert_eq!(begins, Some(Pattern::StartsWith("445".into())));
    }

    #[test]
    fn a_country_without_rules_is_sold_and_refused_in_the_same_words() {
        let sold = |country: &str| {
            let number_types = vec![NumberType::Local];
            let country = country.to_owned();
            let offer = Offer {
                country,
                number_types,
            };
            super::sold(&CarrierId::from("telnyx"), offer, None)
        };
        for country in ["CH", "PA", "SG", "US"] {
            let told = sold(country);
            assert_eq!((told.orderable, told.reason), (true, None), "{country}");
            assert_eq!(served(country).as_deref(), Ok(country));
        }
        let told = sold("DE");
        assert!(!told.orderable);
        let refused = served("DE").unwrap_err().problem;
        assert_eq!(refused.field.as_deref(), Some("country"));
        assert_eq!(told.reason, Some(refused.message));
        assert!(!sold("CH-ONP").orderable, "a clearing house is no country");
    }

    #[test]
    fn each_field_that_does_not_fit_is_named() {
        for (query, field) in [
            ("", "country"),
            ("country=ch", "country"),
            ("country=CH&type=fax", "type"),
            ("country=CH&area=", "area"),
            ("country=CH&pattern=**", "pattern"),
            ("country=CH&pattern=12a", "pattern"),
            ("country=CH&limit=0", "limit"),
            ("country=CH&limit=101", "limit"),
            ("country=CH&country=CH", "country"),
            ("country=CH&tenant=t-2", "tenant"),
        ] {
            assert_eq!(read(query), Err(field.to_owned()), "{query}");
        }
    }
}

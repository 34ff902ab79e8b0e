//! What a country asks for, before anybody has told anything.
use crate::http::requests::not_allowed;
use crate::http::{Ports, Refused, Shared, query};
use crate::people::Caller;
use crate::rules;
use axum::Json;
use axum::extract::{RawQuery, State};
use compliance::requirement::{Asked, resolve};
use contract::api::Problem;
use contract::api::dossiers::Requirements;
use contract::dossier::{EndUserKind, NumberAction, NumberType};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Most numbers of one purpose.
pub(super) const NUMBERS_MAX: u32 = 10_000;

/// What a country asks for.
///
/// Each requirement has its source, and says whether somebody has checked it there.
#[utoipa::path(get, path = "/v1/requirements", operation_id = "list_requirements", tag = "dossiers", security(("bearer" = [])), params(
    ("country" = String, Query, description = "ISO 3166-1 alpha-2, such as CH", example = "CH"),
    ("type" = Option<NumberType>, Query, description = "`local` if not given"),
    ("action" = Option<NumberAction>, Query, description = "`order` if not given"),
    ("kind" = Option<EndUserKind>, Query, description = "`business` if not given"),
    ("numbers" = Option<u32>, Query, description = "How many numbers, 1 to 10,000; 1 if not given", minimum = 1, maximum = 10_000),
    ("nationality" = Option<String>, Query, description = "Of who signs, ISO 3166-1 alpha-2; some countries ask foreigners for more"),
), responses(
    (status = 200, description = "What it asks for, in the order of its rows", body = Requirements),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(in crate::http) async fn list<P: Ports>(
    State(_api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<Requirements>, Refused> {
    let asked = read(asked.as_deref())?;
    if !caller.role.makes_requests() {
        return Err(not_allowed("only administrators see what is required"));
    }
    let found = resolve(rules::catalogue(), &[asked])
        .map_err(|why| Refused::field("country", why.to_string()))?;
    let requirements = found.iter().map(|one| one.view()).collect();
    Ok(Json(Requirements { requirements }))
}

fn read(parameters: Option<&str>) -> Result<Asked, Refused> {
    let names = [
        "country",
        "type",
        "action",
        "kind",
        "numbers",
        "nationality",
    ];
    let mut asked = Asked {
        country: String::new(),
        number_type: NumberType::Local,
        end_user: EndUserKind::Business,
        action: NumberAction::Order,
        numbers: 1,
        nationality: None,
    };
    for (name, value) in query::parameters(parameters, &names)? {
        match name {
            "country" => asked.country = query::country(&value)?,
            "type" => asked.number_type = word(name, &value, "local, national, mobile, ...")?,
            "action" => asked.action = word(name, &value, "order, port_in or port_out")?,
            "kind" => asked.end_user = word(name, &value, "individual or business")?,
            "numbers" => {
                let count = value.parse().ok();
                let fits = count.filter(|count| (1..=NUMBERS_MAX).contains(count));
                let wrong = || Refused::field(name, format!("1 to {NUMBERS_MAX}"));
                asked.numbers = fits.ok_or_else(wrong)?;
            }
            _ => {
                let country = query::country(&value);
                asked.nationality = Some(country.map_err(|refused| refused.of(name))?);
            }
        }
    }
    if asked.country.is_empty() {
        let message = "ISO 3166-1 alpha-2, such as CH, is needed";
        return Err(Refused::field("country", message));
    }
    Ok(asked)
}

/// One of our words, by its wire form.
fn word<T: DeserializeOwned>(name: &str, value: &str, allowed: &str) -> Result<T, Refused> {
    serde_json::from_value(json!(value))
        .map_err(|_| Refused::field(name, format!("one of {allowed}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_that_does_not_fit_is_named() {
        for (query, field) in [
            ("", "country"),
            ("country=ch", "country"),
            ("country=CH&type=fax", "type"),
            ("country=CH&action=sell", "action"),
            ("country=CH&kind=robot", "kind"),
            ("country=CH&numbers=0", "numbers"),
            ("country=CH&numbers=10001", "numbers"),
            ("country=CH&nationality=Swiss", "nationality"),
            ("country=CH&tenant=t-2", "tenant"),
        ] {
            let refused = read(Some(query)).err();
            let found = refused.and_then(|refused| refused.problem.field);
            assert_eq!(found.as_deref(), Some(field), "{query}");
        }
    }

    #[test]
    fn a_business_and_a_person_are_asked_for_different_things() {
        let of = |query: &str| {
            let asked = read(Some(query)).ok().unwrap();
            let found = resolve(rules::catalogue(), &[asked]).unwrap();
            let ids = found.iter().map(|one| one.view().id);
            ids.collect::<Vec<_>>()
        };
        let business = of("country=CH&kind=business");
        assert!(!business.is_empty());
        assert_ne!(business, of("country=CH&kind=individual"));
    }
}

//! Where help is sent when an emergency call comes from a number of the tenant.
use super::{owned, shown_now, stays};
use crate::dial::look_up;
use crate::http::begin::administrator;
use crate::http::body::{Body, line};
use crate::http::{Ports, Refused, Shared, query};
use crate::number::emergency::{Heard, tell_carrier};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::ports::emergencies::EmergencyNote;
use crate::ports::numbers::Standing;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use contract::E164;
use contract::api::Problem;
use contract::dossier::Address;
use contract::number::NumberError;
use contract::number::api::{EmergencyAddress, OwnedNumber};

/// Longest parts of an address, in characters: as a dossier takes them.
const STREET_MAX: usize = 200;
const CITY_MAX: usize = 100;
const REGION_MAX: usize = 60;
const POSTAL_CODE_MAX: usize = 20;

/// Says where help is sent when an emergency call comes from a number.
///
/// The number's carrier is told first: an address that it does not take is refused, and the one before stays. Where the carrier takes none
/// at all it is noted here alone, and the number's `problem` says so. The same again changes nothing.
#[utoipa::path(put, path = "/v1/numbers/{number}/emergency-address", operation_id = "set_emergency_address", tag = "numbers", security(("bearer" = [])), params(
    ("number" = String, Path, description = "In E.164, with or without the plus sign"),
), request_body = EmergencyAddress, responses(
    (status = 200, description = "The number as it is now", body = OwnedNumber),
    (status = 403, description = "`Role.NotAllowed`: only an administrator of the tenant may", body = Problem),
    (status = 404, description = "`Number.NotFound`: not a number of the tenant", body = Problem),
    (status = 409, description = "`Number.Leaving`: it is being given back; `Carrier.Refused`: its carrier does not take the address, `message` says why", body = Problem),
    (status = 502, description = "`Carrier.Unavailable`: its carrier does not answer: try again", body = Problem),
))]
pub(in crate::http) async fn set<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(number): Path<String>,
    Body(body): Body<EmergencyAddress>,
) -> Result<Json<OwnedNumber>, Refused> {
    check(&body)?;
    administrator(&caller)?;
    let d = &*api.ports;
    let record = stays(d, owned(d, &caller, &number).await?).await?;
    if record.standing == Standing::Quarantined {
        let message = "the number is being given back: cancel that first";
        return Err(Refused::conflict("Number.Leaving", message));
    }
    within(&body, &record.number)?;
    let address = Address::from(body);
    let tenant = d.tenant(&caller.tenant).await?;
    let who = tenant.as_ref().map_or("", |tenant| tenant.name.as_str());
    let told = tell_carrier(d, &record, &address, who).await;
    let untold = match told.map_err(not_told)? {
        Heard::Taken => None,
        Heard::NotTaken(why) => Some(why),
        Heard::Refused(why) => {
            let message = format!("the carrier does not take this address: {why}");
            return Err(Refused::conflict("Carrier.Refused", message));
        }
    };
    let note = EmergencyNote {
        tenant: caller.tenant.clone(),
        address,
        own: true,
        untold,
    };
    d.note_emergency(&record.number, &note).await?;
    shown_now(d, &caller, &number).await
}

/// Whether each part is there and not too long.
pub(in crate::http) fn check(address: &EmergencyAddress) -> Result<(), Refused> {
    line("street", &address.street, STREET_MAX)?;
    line("city", &address.city, CITY_MAX)?;
    let given = [
        (&address.extended, STREET_MAX, "extended"),
        (&address.region, REGION_MAX, "region"),
        (&address.postal_code, POSTAL_CODE_MAX, "postalCode"),
    ];
    for (part, most, field) in given {
        if let Some(part) = part {
            line(field, part, most)?;
        }
    }
    query::country(&address.country).map(drop)
}

/// Help is sent within a country.
fn within(address: &EmergencyAddress, number: &E164) -> Result<(), Refused> {
    match look_up(number) {
        Some(known) if known.iso2 != address.country => {
            let message = format!("{}: help is sent within the number's country", known.iso2);
            Err(Refused::field("country", message))
        }
        Some(_) | None => Ok(()),
    }
}

fn not_told(error: NumberError) -> Refused {
    match error {
        NumberError::Store(_) => Refused::from(Unavailable::new("the store", error)),
        NumberError::Carrier(_) | NumberError::Refused(_) | NumberError::BadInput(_) => {
            tracing::warn!(
                error = crate::shell::chain(&error),
                "a carrier was not told"
            );
            let message = "the carrier does not answer: try again";
            Refused::new(StatusCode::BAD_GATEWAY, "Carrier.Unavailable", message)
        }
    }
}

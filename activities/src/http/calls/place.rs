//! Placing a call. Its id is kept under the `Idempotency-Key`, and every step after is keyed by the id; so a request sent again goes on
//! where the first one stopped.
use crate::call::begin::{BeginError, NewCall, To, begin};
use crate::dial::{self, Country, ReadError};
use crate::http::body::{Body, Key, check_device};
use crate::http::caller::SignedIn;
use crate::http::people::gone;
use crate::http::{Ports, Refused, Shared};
use crate::people::sha256_hex;
use crate::ports::directory::{Directory, Person};
use crate::ports::sessions::Claim;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::{PlaceCall, Problem};
use contract::view::CallView;
use contract::{CallId, E164, PersonId};
use serde::Serialize;

/// How long a request's key is remembered, in seconds.
pub(in crate::http) const KEY_LIFETIME_S: i64 = 24 * 60 * 60;
/// What a person's id begins with; no telephone number does.
const PERSON_PREFIX: &str = "p-";
/// Longest `to`, in characters.
const TO_MAX: usize = 64;

/// Place a call.
///
/// To a telephone number, as people write it (national numbers are those of the country of the caller's own first number), or to a
/// person of the tenant. Whether the number may be called is decided by the workflow; a refusal is in the call's `outcome` and `reason`.
#[utoipa::path(post, path = "/v1/calls", tag = "calls", security(("bearer" = [])), request_body = PlaceCall, responses(
    (status = 202, description = "The call begins; `Location` is where to look at it", body = CallView),
    (status = 403, description = "`ApiKey.NotAllowed`: only people call", body = Problem),
    (status = 404, description = "`Person.NotFound`: the tenant has no such person", body = Problem),
    (status = 409, description = "`Call.Busy`: you are in a call; `Request.KeyReused`: another request had this key", body = Problem),
    (status = 422, description = "`Dial.BadNumber`: not a telephone number; `Request.BadField`", body = Problem),
))]
pub(in crate::http) async fn place<P: Ports>(
    State(api): State<Shared<P>>,
    SignedIn(caller): SignedIn,
    Key(key): Key,
    Body(body): Body<PlaceCall>,
) -> Result<Response, Refused> {
    check_device(&body.device)?;
    if body.to.trim().is_empty() || body.to.chars().count() > TO_MAX {
        return Err(Refused::field(
            "to",
            "a telephone number or a person's id of at most 64 characters",
        ));
    }
    let d = &*api.ports;
    let fingerprint = fingerprint("POST /v1/calls", &body);
    let fresh = format!("c-{}", uuid::Uuid::now_v7());
    let expires = d.now().as_second() + KEY_LIFETIME_S;
    let call = match d
        .claim(&caller.person, &key, &fingerprint, &fresh, expires)
        .await?
    {
        Claim::Fresh => CallId::from(fresh),
        Claim::Same(call) => CallId::from(call),
        Claim::Different => return Err(key_reused()),
    };
    let me = d
        .person(&caller.tenant, &caller.person)
        .await?
        .ok_or_else(gone)?;
    let to = whom(d, &me, body.to.trim()).await?;
    let new = NewCall {
        call: call.clone(),
        tenant: me.tenant,
        caller: me.person,
        caller_name: me.name,
        caller_number: me.numbers.into_iter().next(),
        device: body.device,
        to,
    };
    let record = begin(d, new).await.map_err(|error| match error {
        BeginError::Unavailable(error) => Refused::from(error),
        BeginError::Busy(_) => Refused::conflict("Call.Busy", "you are in a call: end it first"),
        BeginError::Refused(why) => {
            tracing::error!(%call, why, "a workflow was not started");
            let message = "the call could not be started: this is our fault";
            Refused::new(StatusCode::BAD_GATEWAY, "Call.NotStarted", message)
        }
    })?;
    let location = format!("/v1/calls/{call}");
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(record.view),
    )
        .into_response())
}

/// What tells one request from another with the same key.
pub(in crate::http) fn fingerprint(route: &str, body: &impl Serialize) -> String {
    // Bodies are structs of strings.
    sha256_hex(&format!(
        "{route} {}",
        serde_json::to_string(body).unwrap_or_default()
    ))
}

pub(in crate::http) fn key_reused() -> Refused {
    let message = "another request had this Idempotency-Key: a new wish needs a new key";
    Refused::conflict("Request.KeyReused", message).of(crate::http::body::KEY_HEADER)
}

/// Whom a person means: somebody of their tenant, or a number.
async fn whom(d: &impl Directory, me: &Person, to: &str) -> Result<To, Refused> {
    if to.starts_with(PERSON_PREFIX) {
        let found = person(d, me, to).await?;
        return Ok(To::Person {
            person: found.person,
            name: found.name,
            number: found.numbers.into_iter().next(),
        });
    }
    // A number that reads is dialled as it was read here; what policy refuses keeps its words for the call log.
    let number = number(d, me, to).await?;
    Ok(To::Written(
        number.map_or_else(|| to.to_owned(), String::from),
    ))
}

async fn person(d: &impl Directory, me: &Person, id: &str) -> Result<Person, Refused> {
    let id = PersonId::from(id);
    if id == me.person {
        return Err(Refused::field(
            "to",
            "that is you: a call needs somebody else",
        ));
    }
    let found = d.person(&me.tenant, &id).await?;
    found.ok_or_else(|| Refused::no_such("Person").of("to"))
}

async fn number(d: &impl Directory, me: &Person, text: &str) -> Result<Option<E164>, Refused> {
    let world = d.world().await?;
    let tenant = d.tenant(&me.tenant).await?.ok_or_else(gone)?;
    let home = me
        .numbers
        .first()
        .and_then(|number| world.country_of(number));
    let near: Vec<&Country> = tenant
        .dial
        .countries
        .iter()
        .filter_map(|iso2| world.country(iso2))
        .collect();
    match dial::read(text, home, &near) {
        Ok(number) => Ok(Some(number)),
        // Refused by policy, not by grammar: such an attempt belongs into the call log.
        Err(ReadError::Emergency) => Ok(None),
        Err(
            refused @ (ReadError::Extension | ReadError::Ambiguous(..) | ReadError::NotANumber),
        ) => Err(Refused::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Dial.BadNumber",
            refused.to_string(),
        )
        .of("to")),
    }
}

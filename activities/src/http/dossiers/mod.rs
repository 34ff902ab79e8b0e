//! Dossiers: filling them in, holding them against what is required, handing them in.
use super::begin::claimed;
use super::body::{Body, Key, is_plain};
use super::problem::place;
use super::query;
use super::requests::{begun, not_allowed};
use super::whose::whose;
use super::{Ports, Refused, Shared};
use crate::dossier::DossierRecord;
use crate::dossier::evaluate::{evaluation, evaluation_of, label};
use crate::dossier::wake::{tell_check, wake};
use crate::people::Caller;
use crate::ports::clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::Requests;
use crate::request::{Begun, Letter, shell};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::api::dossiers::{self, DossierForm, ForPurposes, ReplaceDossier};
use contract::dossier::review::{DossierStatus, DossierView, Purpose};
use contract::dossier::{Declaration, Dossier, Evaluation};
use contract::request::signal::SignalName;
use contract::request::{Kind, RequestView};
use contract::{DossierId, RequestId, Role, TenantId};
use jiff::Timestamp;
use requirements::NUMBERS_MAX;
use serde_json::json;

pub(super) mod papers;
pub(super) mod requirements;
pub(super) mod screening;
pub(super) mod views;

/// Your dossiers, the newest first.
#[utoipa::path(get, path = "/v1/dossiers", operation_id = "list_dossiers", tag = "dossiers", security(("bearer" = [])), params(
    ("tenant" = Option<String>, Query, description = "Of this tenant, for the phone company's people; your own if not given"),
), responses(
    (status = 200, description = "At most 1,000", body = dossiers::Dossiers),
    (status = 403, description = "`Role.NotAllowed`: only for administrators, of their own tenant", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<dossiers::Dossiers>, Refused> {
    let tenant = whose(&caller, asked.as_deref())?;
    let records = api.ports.dossiers(&tenant).await?;
    let now = api.ports.now();
    let dossiers = records.into_iter().map(|record| record.shown(now));
    Ok(Json(dossiers::Dossiers {
        dossiers: dossiers.collect(),
    }))
}

/// Begin a dossier.
#[utoipa::path(post, path = "/v1/dossiers", operation_id = "begin_dossier", tag = "dossiers", security(("bearer" = [])),
    request_body = DossierForm, responses(
    (status = 201, description = "The dossier", body = DossierView),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 409, description = "`Request.KeyReused`: another request had this key", body = Problem),
))]
pub(super) async fn create<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(form): Body<DossierForm>,
) -> Result<Response, Refused> {
    may(&caller)?;
    let d = &*api.ports;
    fits(&form, d.now())?;
    let id = claimed(d, &caller, &key, "POST /v1/dossiers", &form, "d").await?;
    let id = DossierId(id.0);
    let now = d.now();
    let fresh = DossierRecord::new(filled_in(&caller.tenant, &id, form, now)?, clock::text(now));
    // The same wish again finds the dossier that it made.
    d.create_dossier(&fresh).await?;
    let record = visible(d, &caller, &id.0).await?;
    Ok((StatusCode::CREATED, Json(record.shown(now))).into_response())
}

/// A dossier.
#[utoipa::path(get, path = "/v1/dossiers/{dossier}", operation_id = "get_dossier", tag = "dossiers", security(("bearer" = [])),
    params(("dossier" = String, Path, description = "The dossier's id")), responses(
    (status = 200, description = "The dossier as it is now", body = DossierView),
    (status = 404, description = "`Dossier.NotFound`: no such dossier, or not yours to see", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(dossier): Path<String>,
) -> Result<Json<DossierView>, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &dossier).await?;
    Ok(Json(record.shown(d.now())))
}

/// Fill a dossier in anew. Its documents stay.
///
/// One that was approved is a draft again if anything in it is another than before, and is to be handed in again; orders and ports under way
/// go on. While it is renewed, and where something must follow, what was approved holds meanwhile (`approvedUntil`). One that is being looked
/// at is looked at from the beginning.
#[utoipa::path(put, path = "/v1/dossiers/{dossier}", operation_id = "replace_dossier", tag = "dossiers", security(("bearer" = [])),
    params(("dossier" = String, Path, description = "The dossier's id")), request_body = ReplaceDossier, responses(
    (status = 200, description = "The dossier as it is now", body = DossierView),
    (status = 404, description = "`Dossier.NotFound`: no such dossier, or not yours to see", body = Problem),
    (status = 409, description = "`Dossier.Changed`: somebody else changed it; read it again", body = Problem),
))]
pub(super) async fn replace<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(dossier): Path<String>,
    Body(body): Body<ReplaceDossier>,
) -> Result<Json<DossierView>, Refused> {
    let d = &*api.ports;
    let id = visible(d, &caller, &dossier).await?.view.dossier.id;
    let filled = filled_in(&caller.tenant, &id, body.form, d.now());
    let filled = filled.map_err(|refused| refused.within("form"))?;
    let changed = d.update_dossier(&id, |record| {
        if record.view.dossier.version != body.version {
            return false;
        }
        record.rewrite(&filled);
        true
    });
    match changed.await?.ok_or_else(no_such_dossier)? {
        (true, record) => {
            tell_check(d, &record, &caller.person).await?;
            Ok(Json(record.shown(d.now())))
        }
        (false, _) => Err(changed_meanwhile()),
    }
}

/// Hold a dossier against what is required, today or, in a renewal, on the day after the approval's last: every requirement with what is to be mended.
///
/// With `as=approved` it is held as an order or a port would rely on it today: what is approved, while its next edition is filled in and checked.
#[utoipa::path(post, path = "/v1/dossiers/{dossier}/evaluation", operation_id = "evaluate_dossier", tag = "dossiers",
    security(("bearer" = [])), params(
    ("dossier" = String, Path, description = "The dossier's id"),
    ("as" = Option<String>, Query, description = "`approved`: as orders and ports rely on it; as it is filled in if not given"),
), request_body = ForPurposes, responses(
    (status = 200, description = "Each requirement, passed or with its failures", body = Evaluation),
    (status = 404, description = "`Dossier.NotFound`: no such dossier, or not yours to see", body = Problem),
))]
pub(super) async fn evaluate<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(dossier): Path<String>,
    RawQuery(asked): RawQuery,
    Body(body): Body<ForPurposes>,
) -> Result<Json<Evaluation>, Refused> {
    let d = &*api.ports;
    let as_approved = is_as_approved(asked.as_deref())?;
    let record = visible(d, &caller, &dossier).await?;
    fit(&body.purposes)?;
    let now = d.now();
    let held = if as_approved {
        evaluation_of(&record.relied_on(now), &body.purposes, now)
    } else {
        evaluation(&record.view.dossier, &body.purposes, record.held_at(now))
    };
    Ok(Json(held.map_err(|why| Refused::field("purposes", why))?))
}

/// Whether each purpose fits by itself.
fn fit(purposes: &[Purpose]) -> Result<(), Refused> {
    for (at, purpose) in purposes.iter().enumerate() {
        let within = |refused: Refused| refused.within(&format!("purposes[{at}]"));
        query::country(&purpose.country).map_err(within)?;
        if !(1..=NUMBERS_MAX).contains(&purpose.numbers) {
            return Err(within(Refused::field(
                "numbers",
                format!("1 to {NUMBERS_MAX}"),
            )));
        }
    }
    Ok(())
}

fn is_as_approved(asked: Option<&str>) -> Result<bool, Refused> {
    let mut is = false;
    for (_, value) in query::parameters(asked, &["as"])? {
        if value != "approved" {
            return Err(Refused::field("as", "approved, or not given"));
        }
        is = true;
    }
    Ok(is)
}

/// Hand a dossier in: the workflow `verify-dossier` begins.
///
/// A check that waits for something to follow, or for something refused to be mended, is taken back: the new one takes its place.
#[utoipa::path(post, path = "/v1/dossiers/{dossier}/submit", operation_id = "submit_dossier", tag = "dossiers",
    security(("bearer" = [])), params(("dossier" = String, Path, description = "The dossier's id")), request_body = ForPurposes,
    responses(
    (status = 202, description = "The request; `Location` is where to look at it", body = RequestView),
    (status = 404, description = "`Dossier.NotFound`: no such dossier, or not yours to see", body = Problem),
    (status = 409, description = "`Dossier.InReview`: it is being checked; `Request.KeyReused`", body = Problem),
))]
pub(super) async fn submit<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(dossier): Path<String>,
    key: Key,
    Body(body): Body<ForPurposes>,
) -> Result<Response, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &dossier).await?;
    fit(&body.purposes)?;
    let dossier = &record.view.dossier;
    evaluation(dossier, &body.purposes, d.now()).map_err(|why| Refused::field("purposes", why))?;
    let route = format!("POST /v1/dossiers/{}/submit", dossier.id);
    let id = claimed(d, &caller, &key, &route, &body, "vd").await?;
    let before = earlier_check(d, &record, &id).await?;
    let now = d.now();
    let is_free = d.update_dossier(&dossier.id, |record| {
        let known = record.view.request.as_ref();
        if record.view.status == DossierStatus::InReview && known == Some(&id) {
            return true;
        }
        let is_over = matches!(&before, Some((check, false)) if known == Some(check));
        let is_free = record.view.status != DossierStatus::InReview || is_over;
        if is_free {
            record.hand_in(&id, now);
        }
        is_free
    });
    if !is_free.await?.ok_or_else(no_such_dossier)?.0 {
        let message = "the dossier is being checked: take that request back first";
        return Err(Refused::conflict("Dossier.InReview", message));
    }
    let new = Begun {
        id,
        kind: Kind::VerifyDossier,
        tenant: dossier.tenant.clone(),
        person: Some(caller.person.clone()),
        title: format!("Dossier of {}", label(dossier)),
        details: json!({ "dossier": dossier.id, "purposes": body.purposes }),
        numbers: Vec::new(),
        hidden: serde_json::Value::Null,
    };
    let answer = begun(d, &caller, new, "/v1/requests").await?;
    if let Some((check, true)) = &before {
        // It waits for something to follow, which this is.
        shell::deliver(d, check, &taken_back(&caller, dossier)).await?;
    }
    // An onboarding that waits for it goes on.
    if let Some(now) = d.dossier(&dossier.id).await? {
        wake(d, &now.view).await?;
    }
    Ok(answer)
}

/// The request that checked the dossier before this one, and whether it is open.
async fn earlier_check(
    d: &impl Requests,
    record: &DossierRecord,
    id: &RequestId,
) -> Result<Option<(RequestId, bool)>, Refused> {
    let Some(check) = record.view.request.as_ref().filter(|check| *check != id) else {
        return Ok(None);
    };
    let known = Requests::get(d, check).await?;
    let is_open = known.is_some_and(|known| known.view.is_open());
    Ok(Some((check.clone(), is_open)))
}

fn taken_back(caller: &Caller, dossier: &Dossier) -> Letter {
    Letter {
        key: format!("handed-in-again#{}", dossier.id),
        name: SignalName::RequestCancel,
        topic: None,
        person: Some(caller.person.clone()),
        data: serde_json::Value::Null,
    }
}

/// Only administrators, and the phone company's people, work with dossiers.
fn may(caller: &Caller) -> Result<(), Refused> {
    if caller.role.makes_requests() {
        Ok(())
    } else {
        Err(not_allowed("only administrators work with dossiers"))
    }
}

/// The record of a dossier that the caller may see. One of another tenant and one that never was are the same.
pub(super) async fn visible(
    d: &impl Dossiers,
    caller: &Caller,
    dossier: &str,
) -> Result<DossierRecord, Refused> {
    let record = d.dossier(&DossierId(dossier.to_owned())).await?;
    let is_theirs = |record: &DossierRecord| {
        caller.role == Role::Staff
            || caller.role.makes_requests() && record.view.dossier.tenant == caller.tenant
    };
    record.filter(is_theirs).ok_or_else(no_such_dossier)
}

/// The tenant's dossier that a body names in `field`. One of another tenant and one that never was are the same.
pub(super) async fn of_tenant(
    d: &impl Dossiers,
    tenant: &TenantId,
    dossier: &DossierId,
    field: &str,
) -> Result<DossierRecord, Refused> {
    let known = if is_plain(dossier.as_str(), 1..=64) {
        d.dossier(dossier).await?
    } else {
        None
    };
    let own = known.filter(|record| record.view.dossier.tenant == *tenant);
    own.ok_or_else(|| {
        let message = "not a dossier of this tenant: `GET /v1/dossiers` lists them";
        Refused::field(field, message)
    })
}

pub(super) fn no_such_dossier() -> Refused {
    let message = "there is no such dossier";
    Refused::new(StatusCode::NOT_FOUND, "Dossier.NotFound", message)
}

fn changed_meanwhile() -> Refused {
    let message = "somebody else changed the dossier: read it again";
    Refused::conflict("Dossier.Changed", message).of("version")
}

/// Whether a form is within its bounds, whosever dossier it becomes: asked before a key is taken, so that what is mended is sent again with the
/// same one.
pub(super) fn fits(form: &DossierForm, now: Timestamp) -> Result<(), Refused> {
    let (nobody, none) = ("t-not-known-yet".into(), "d-not-known-yet".into());
    filled_in(&nobody, &none, form.clone(), now).map(drop)
}

/// The form as a dossier, within its bounds; a refusal names the form's field.
pub(super) fn filled_in(
    tenant: &TenantId,
    id: &DossierId,
    form: DossierForm,
    now: Timestamp,
) -> Result<Dossier, Refused> {
    let by = form
        .authorised_person
        .as_ref()
        .map(|person| person.name.clone());
    let declared = |requirement| Declaration {
        requirement,
        made_at: clock::text(now),
        by: by.clone().unwrap_or_else(|| "the customer".to_owned()),
    };
    let dossier = Dossier {
        id: id.clone(),
        tenant: tenant.clone(),
        version: 1,
        kind: form.kind,
        end_user: form.end_user,
        addresses: form.addresses,
        authorised_person: form.authorised_person,
        contacts: form.contacts,
        identities: form.identities,
        documents: Vec::new(),
        declarations: form.declares.into_iter().map(declared).collect(),
        previous_service: form.previous_service,
        valid_until: None,
    };
    let Err(wrong) = dossier.check() else {
        return Ok(dossier);
    };
    let refused = match wrong.into_iter().next() {
        Some(first) => Refused::field(&place_in_form(&first.field), first.allowed),
        None => Refused::field("kind", "it does not fit"),
    };
    Err(refused)
}

/// Where the form has what a dossier has there: what is declared is a list of requirements' ids.
fn place_in_form(pointer: &str) -> String {
    let pointer = pointer.replacen("/declarations", "/declares", 1);
    place(pointer.strip_suffix("/requirement").unwrap_or(&pointer))
}

//! Onboardings: customers by the phone company's people, people by an administrator of their tenant.
use super::begin::{claimed, not_begun};
use super::body::{Body, Key, is_plain};
use super::dossiers::{filled_in, of_tenant};
use super::requests::{Wish, no_such_request, not_allowed, take_back, tell, visible};
use super::{Ports, Refused, Shared, access, query};
use crate::dossier::DossierRecord;
use crate::onboarding::{order::own_dossier, port::take_pins, progress};
use crate::people::Caller;
use crate::ports::calls::Shelf;
use crate::ports::clock;
use crate::ports::onboardings::{Made, Onboarding};
use crate::ports::requests::{Requests, Which};
use crate::request::{Begun, RequestRecord, begin::begin};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::dossier::{Dossier, EndUser, EndUserKind};
use contract::onboarding::api::{NewOnboarding, OnboardingView, Onboardings, Onboards};
use contract::request::{Kind, RequestView};
use contract::{PersonId, RequestId, Role, TenantId};
use form::{Checked, are_had, check, country};
use serde_json::{Value, json};
use webhook::first_webhook;

pub(super) mod form;
pub(super) mod invitations;
mod ported;
mod webhook;

/// Onboardings of a page unless the query says otherwise.
const LIMIT: u32 = 20;

/// Onboard a customer, or a person.
///
/// A customer (`kind` `tenant`, by the phone company's people): the tenant is made, its first administrator invited by mail, the
/// dossier filled in and checked, numbers ordered, those that it brings from other carriers asked for, an emergency address noted where
/// the country wants one, and a test call made. Who has a number that was ordered does not wait for those that are ported. A person
/// (`kind` `user`, by an administrator of the tenant): likewise without a dossier and ports. What is not completed is taken back whole.
/// A key makes no administrators of its own tenant: a person who has signed in does.
#[utoipa::path(post, path = "/v1/onboardings", operation_id = "begin_onboarding", tag = "onboardings", security(("bearer" = [])),
    request_body = NewOnboarding, responses(
    (status = 202, description = "It begins; `Location` is where to look at it", body = OnboardingView),
    (status = 403, description = "`Role.NotAllowed`: not yours to do; `ApiKey.NotAllowed`: a key makes no administrators of its tenant", body = Problem),
    (status = 409, description = "`Tenant.SlugInUse`, `Person.EmailInUse`, `Number.NotFree`; `Request.KeyReused`", body = Problem),
    (status = 502, description = "`Request.NotStarted`: our fault", body = Problem),
))]
pub(super) async fn create<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    key: Key,
    Body(mut body): Body<NewOnboarding>,
) -> Result<Response, Refused> {
    let d = &*api.ports;
    let checked = check(d, &body)?;
    may_ask(&caller, body.kind)?;
    makes_nobody_who_outlives_it(&caller, &body)?;
    let prefix = match body.kind {
        Onboards::Tenant => "ot",
        Onboards::User => "ou",
    };
    let id = claimed(d, &caller, &key, "POST /v1/onboardings", &body, prefix).await?;
    let (tenant, person) = made_of(&caller, &id, body.kind);
    let is_new = Requests::get(d, &id).await?.is_none();
    if is_new {
        is_free(d, &tenant, &body).await?;
        are_had(d, &body.numbers).await?;
    }
    let dossier = first_dossier(d, &tenant, &id, &body).await?;
    let (webhook, secret) = first_webhook(d, (&tenant, &person), &id, &body, is_new).await?;
    let pins = take_pins(&mut body.ports);
    let onboarding = Onboarding {
        request: id.clone(),
        tenant: tenant.clone(),
        person,
        asked_by: caller.tenant.clone(),
        begun_by: Some(caller.person.clone()),
        begun_at: clock::text(d.now()),
        wish: NewOnboarding {
            dossier: None,
            webhook: None,
            ..body
        },
        closed_at: None,
    };
    d.keep_onboarding(&onboarding).await?;
    let country = country(d, &tenant, &onboarding.wish).await?;
    let begun = Begun {
        hidden: pins,
        ..begun(
            &caller,
            &onboarding,
            (&checked, country.as_str()),
            dossier.as_ref(),
        )
    };
    let record = begin(d, begun).await.map_err(not_begun)?;
    let location = format!("/v1/onboardings/{}", record.view.id);
    let mut view = shown(&caller, record.view);
    (view.webhook, view.webhook_secret) = (webhook, secret);
    let headers = [(header::LOCATION, location)];
    Ok((StatusCode::ACCEPTED, headers, Json(view)).into_response())
}

fn may_ask(caller: &Caller, kind: Onboards) -> Result<(), Refused> {
    let (may, message) = match kind {
        Onboards::Tenant => (
            caller.role == Role::Staff,
            "only the phone company's people onboard customers",
        ),
        Onboards::User => (
            caller.role.makes_requests(),
            "only an administrator of the tenant may do this",
        ),
    };
    let refused = || Refused::new(StatusCode::FORBIDDEN, "Role.NotAllowed", message);
    may.then_some(()).ok_or_else(refused)
}

/// A key can be revoked, and an administrator whom it made would make keys of their own. A new customer's first one is what keys are for.
fn makes_nobody_who_outlives_it(caller: &Caller, body: &NewOnboarding) -> Result<(), Refused> {
    if caller.key().is_none()
        || body.kind == Onboards::Tenant
        || body.person.role != Some(Role::Administrator)
    {
        return Ok(());
    }
    let message = "an API key makes no administrators of its tenant: a person has to sign in";
    let refused = Refused::new(StatusCode::FORBIDDEN, "ApiKey.NotAllowed", message);
    Err(refused.of("person.role"))
}

/// The ids follow from the request's, so that doing it again makes nobody twice.
fn made_of(caller: &Caller, id: &RequestId, kind: Onboards) -> (TenantId, PersonId) {
    let tail = id.as_str().get(3..).unwrap_or_default();
    let tenant = match kind {
        Onboards::Tenant => TenantId(format!("t-{tail}")),
        Onboards::User => caller.tenant.clone(),
    };
    (tenant, PersonId(format!("p-{tail}")))
}

/// Told at once rather than by a request that ends: names, addresses and numbers that somebody else has.
async fn is_free<P: Ports>(d: &P, tenant: &TenantId, body: &NewOnboarding) -> Result<(), Refused> {
    let slug = body.tenant.as_ref().map(|tenant| tenant.slug.as_str());
    match d.is_free(slug, &body.person.email).await? {
        Made::Done => {}
        Made::SlugTaken => {
            let refused =
                Refused::conflict("Tenant.SlugInUse", "another tenant has this short name");
            return Err(refused.of("tenant.slug"));
        }
        Made::EmailTaken => {
            let message = "somebody signs in with this address already";
            return Err(Refused::conflict("Person.EmailInUse", message).of("person.email"));
        }
    }
    if let Some(number) = &body.number {
        let known = d.number_record(number).await?;
        let free = known.is_some_and(|known| known.tenant == *tenant && known.target().is_none());
        if !free {
            let message = "this number is not free: only one of the tenant's that rings nobody is";
            return Err(Refused::conflict("Number.NotFree", message).of("number"));
        }
    }
    if let Some(id) = &body.with_dossier {
        of_tenant(d, tenant, id, "withDossier").await?;
    }
    ported::none_is_here(d, &body.ports).await
}

/// The dossier of a new tenant, filled in as far as it was given.
async fn first_dossier<P: Ports>(
    d: &P,
    tenant: &TenantId,
    id: &RequestId,
    body: &NewOnboarding,
) -> Result<Option<Dossier>, Refused> {
    let Some(new) = &body.tenant else {
        return Ok(None);
    };
    let own = own_dossier(id);
    let now = d.now();
    let dossier = match &body.dossier {
        Some(form) => filled_in(tenant, &own, form.clone(), now)
            .map_err(|refused| refused.within("dossier"))?,
        None => Dossier {
            id: own,
            tenant: tenant.clone(),
            version: 1,
            kind: EndUserKind::Business,
            end_user: EndUser {
                business_name: Some(new.name.clone()),
                ..EndUser::default()
            },
            addresses: Vec::new(),
            authorised_person: None,
            contacts: Vec::new(),
            identities: Vec::new(),
            documents: Vec::new(),
            declarations: Vec::new(),
            previous_service: None,
            valid_until: None,
        },
    };
    // One that is there already has been changed since.
    d.create_dossier(&DossierRecord::new(dossier.clone(), clock::text(now)))
        .await?;
    Ok(Some(dossier))
}

fn begun(
    caller: &Caller,
    onboarding: &Onboarding,
    (checked, country): (&Checked, &str),
    dossier: Option<&Dossier>,
) -> Begun {
    let wish = &onboarding.wish;
    let mut details = json!({ "country": country, "wishes": checked.wishes });
    if let Some(dossier) = dossier {
        details["dossier"] = json!(dossier.id);
        details["purposes"] = json!(checked.purposes);
    }
    if !wish.ports.is_empty() {
        let ports = wish.ports.iter();
        let ports =
            ports.map(|port| json!({ "country": port.country, "numbers": port.numbers.len() }));
        details["portWishes"] = ports.collect();
    }
    let (kind, whose) = match &wish.tenant {
        Some(tenant) => {
            details["tenantName"] = json!(tenant.name);
            details["slug"] = json!(tenant.slug);
            (Kind::OnboardTenant, tenant.name.clone())
        }
        None => (Kind::OnboardUser, wish.person.name.clone()),
    };
    Begun {
        hidden: Value::Null,
        id: onboarding.request.clone(),
        kind,
        tenant: onboarding.tenant.clone(),
        person: Some(caller.person.clone()),
        title: format!("Onboarding of {whose}"),
        details,
        numbers: Vec::new(),
    }
}

fn shown(caller: &Caller, view: RequestView) -> OnboardingView {
    OnboardingView {
        progress: progress(&view),
        request: access::shown_to(caller.role, view),
        ports: Vec::new(),
        webhook: None,
        webhook_secret: None,
    }
}

/// Onboardings that your people have asked for, the newest first; an administrator's own tenant's before all.
///
/// Those of customers are for the phone company's people, and not for whoever else their tenant has. A page may hold fewer than `limit`, or
/// none, with more to come.
#[utoipa::path(get, path = "/v1/onboardings", operation_id = "list_onboardings", tag = "onboardings", security(("bearer" = [])), params(
    ("limit" = Option<u32>, Query, description = "1 to 100; 20 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of onboardings", body = Onboardings),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<Onboardings>, Refused> {
    let (mut limit, mut next) = (LIMIT, None);
    for (name, value) in query::parameters(asked.as_deref(), &["limit", "next"])? {
        match name {
            "limit" => limit = query::limit(&value)?,
            _ => next = Some(read_next(&value)?),
        }
    }
    if !caller.role.makes_requests() {
        return Err(not_allowed("only administrators see onboardings"));
    }
    let d = &*api.ports;
    let mut onboardings = Vec::new();
    if next.is_none() {
        for shelf in [Shelf::Live, Shelf::Log] {
            let which = Which::OfTenant {
                tenant: caller.tenant.clone(),
                kind: Kind::OnboardTenant,
                shelf,
            };
            let page = Requests::list(d, &which, limit, None).await?;
            let views = page.records.into_iter().map(|record| record.view);
            onboardings.extend(views.map(|view| shown(&caller, view)));
        }
    }
    let asked = d
        .onboardings_of(&caller.tenant, limit, next.as_deref())
        .await?;
    for id in &asked.requests {
        // One whose request was never written did not begin.
        if let Some(record) = Requests::get(d, id).await?
            && access::may_see_request(&caller, &record.view)
        {
            onboardings.push(shown(&caller, record.view));
        }
    }
    Ok(Json(Onboardings {
        onboardings,
        next: asked.next.map(|next| next.replace('#', "~")),
    }))
}

/// A moment and a request.
fn read_next(value: &str) -> Result<String, Refused> {
    let wrong = || Refused::field("next", "the `next` of the page before, unchanged");
    let text = value.replace('~', "#");
    let fits = text.len() <= 120 && text.contains('#');
    fits.then_some(text).ok_or_else(wrong)
}

/// An onboarding with its stages and the ports that it has begun.
#[utoipa::path(get, path = "/v1/onboardings/{onboarding}", operation_id = "get_onboarding", tag = "onboardings", security(("bearer" = [])),
    params(("onboarding" = String, Path, description = "The request's id")), responses(
    (status = 200, description = "The onboarding as it is now", body = OnboardingView),
    (status = 404, description = "`Request.NotFound`: no such onboarding, or not yours to see", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(onboarding): Path<String>,
) -> Result<Json<OnboardingView>, Refused> {
    let d = &*api.ports;
    let record = onboarding_of(d, &caller, &onboarding).await?;
    let ports = ported::shown(d, &record.view).await?;
    let webhook = webhook::shown(d, &caller, &record.view.id).await?;
    Ok(Json(OnboardingView {
        ports,
        webhook,
        ..shown(&caller, record.view)
    }))
}

/// Take an onboarding back: whatever it has made is unmade. One that is `stalled` is taken back by the phone company's people.
#[utoipa::path(post, path = "/v1/onboardings/{onboarding}/cancel", operation_id = "cancel_onboarding", tag = "onboardings",
    security(("bearer" = [])), params(("onboarding" = String, Path, description = "The request's id")), responses(
    (status = 202, description = "The workflow was told"),
    (status = 400, description = "`Request.BadHeader`: no good `Idempotency-Key`", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such onboarding, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: its state does not allow it", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
    (status = 502, description = "`Request.NotStarted`: a stalled one could not be taken back: it is as it was", body = Problem),
))]
pub(super) async fn cancel<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(onboarding): Path<String>,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    let d = &*api.ports;
    let record = onboarding_of(d, &caller, &onboarding).await?;
    take_back(d, &caller, &record, &key).await
}

/// Send the invitation again, with a new link; the one before is void. Five times at most.
#[utoipa::path(post, path = "/v1/onboardings/{onboarding}/invitation", operation_id = "invite_again", tag = "onboardings",
    security(("bearer" = [])), params(("onboarding" = String, Path, description = "The request's id")), responses(
    (status = 202, description = "The workflow was told"),
    (status = 400, description = "`Request.BadHeader`: no good `Idempotency-Key`", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such onboarding, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: no address waits to be proven", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn invite_again<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(onboarding): Path<String>,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    change(&*api.ports, &caller, &onboarding, &key, "invitation").await
}

/// Go live before a number has come: the ports go on by themselves.
///
/// Possible while an onboarding that orders no numbers, or got none, waits for its ports: while its `actions` have `request.change@live`.
#[utoipa::path(post, path = "/v1/onboardings/{onboarding}/go-live", operation_id = "go_live", tag = "onboardings",
    security(("bearer" = [])), params(("onboarding" = String, Path, description = "The request's id")), responses(
    (status = 202, description = "The workflow was told"),
    (status = 400, description = "`Request.BadHeader`: no good `Idempotency-Key`", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such onboarding, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: it does not wait for ports", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
))]
pub(super) async fn go_live<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(onboarding): Path<String>,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    change(&*api.ports, &caller, &onboarding, &key, "live").await
}

/// Tells an onboarding's workflow that this is wanted of it.
async fn change<P: Ports>(
    d: &P,
    caller: &Caller,
    id: &str,
    key: &str,
    topic: &'static str,
) -> Result<StatusCode, Refused> {
    let record = onboarding_of(d, caller, id).await?;
    let wish = Wish::change(topic, Value::Null);
    tell(d, caller, &record, key, wish).await
}

/// The request of an onboarding that the caller may see.
async fn onboarding_of(
    d: &impl Requests,
    caller: &Caller,
    id: &str,
) -> Result<RequestRecord, Refused> {
    if !is_plain(id, 1..=80) {
        return Err(no_such_request());
    }
    let record = visible(d, caller, id).await?;
    let is_one = matches!(record.view.kind, Kind::OnboardTenant | Kind::OnboardUser);
    is_one.then_some(record).ok_or_else(no_such_request)
}

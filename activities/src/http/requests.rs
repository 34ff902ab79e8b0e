//! Requests of every kind: looking at them, taking them back, talking about them. What only one kind has is in its own file.
use super::begin::not_begun;
use super::body::{Body, Key};
use super::outline::outline;
use super::{Ports, Refused, Shared, access, query};
use crate::dossier::let_go::{approved, let_go};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::ports::calls::Shelf;
use crate::ports::clock::Clock;
use crate::ports::dossiers::Dossiers;
use crate::ports::requests::{Requests, Which};
use crate::ports::workflows::Workflows;
use crate::request::begin::begin;
use crate::request::end::end;
use crate::request::take_over::{TakeOver, lives_on, take_over};
use crate::request::{Begun, Delivered, Letter, RequestRecord, shell};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::api::Problem;
use contract::api::requests::{self, Comment, RequestExecution};
use contract::request::end::{RequestEndError, RequestEndInput};
use contract::request::signal::SignalName;
use contract::request::{Kind, Outcome, Party, RequestView};
use contract::{RequestId, Role};
use serde_json::Value;

/// How many requests a page has unless the query says otherwise.
const LIMIT: u32 = 50;
/// Longest comment, in characters.
const COMMENT_MAX: usize = 2_000;

/// Requests: those that run by their deadlines, the nearest first; those that have ended, newest first.
///
/// The phone company's people see those of every tenant. Of those that have ended, others get those of one kind after those of another if no `kind` is given. A page may have fewer than `limit`, or none, and yet a `next`.
#[utoipa::path(get, path = "/v1/requests", operation_id = "list_requests", tag = "requests", security(("bearer" = [])), params(
    ("kind" = Option<Kind>, Query, description = "Only of this kind"),
    ("live" = Option<bool>, Query, description = "`true`: those that run; `false` or not given: those that have ended"),
    ("limit" = Option<u32>, Query, description = "1 to 100; 50 if not given", minimum = 1, maximum = 100),
    ("next" = Option<String>, Query, description = "`next` of the page before, unchanged"),
), responses(
    (status = 200, description = "A page of requests", body = requests::Requests),
    (status = 403, description = "`Role.NotAllowed`: only for administrators", body = Problem),
    (status = 422, description = "`Request.BadField`: `field` says which, `message` what is allowed", body = Problem),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    RawQuery(asked): RawQuery,
) -> Result<Json<requests::Requests>, Refused> {
    let asked = Asked::read(asked.as_deref(), &["kind", "live", "limit", "next"])?;
    page(&*api.ports, &caller, asked).await
}

/// A page of the requests of one kind that somebody may see: what `GET /v1/<kinds>` answers.
pub(super) async fn of_kind(
    d: &impl Requests,
    caller: &Caller,
    kind: Kind,
    asked: Option<&str>,
) -> Result<Json<requests::Requests>, Refused> {
    let asked = Asked::read(asked, &["live", "limit", "next"])?;
    let kind = Some(kind);
    page(d, caller, Asked { kind, ..asked }).await
}

/// Which page of which requests.
struct Asked {
    kind: Option<Kind>,
    shelf: Shelf,
    limit: u32,
    next: Option<String>,
}

impl Asked {
    fn read(asked: Option<&str>, names: &[&str]) -> Result<Self, Refused> {
        let (mut kind, mut shelf, mut limit, mut next) = (None, Shelf::Log, LIMIT, None);
        for (name, value) in query::parameters(asked, names)? {
            match name {
                "kind" => kind = Some(kind_of(&value)?),
                "live" => shelf = query::shelf(&value)?,
                "limit" => limit = query::limit(&value)?,
                _ => next = Some(value),
            }
        }
        Ok(Self {
            kind,
            shelf,
            limit,
            next,
        })
    }
}

fn kind_of(text: &str) -> Result<Kind, Refused> {
    let mut kinds = Kind::ALL.into_iter();
    let known = kinds.find(|kind| kind.as_str() == text);
    known.ok_or_else(|| {
        let names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        Refused::field("kind", format!("one of {}", names.join(", ")))
    })
}

async fn page(
    d: &impl Requests,
    caller: &Caller,
    asked: Asked,
) -> Result<Json<requests::Requests>, Refused> {
    if !caller.role.sees_every_call() {
        return Err(not_allowed(
            "only administrators and operators see requests",
        ));
    }
    let Asked {
        kind,
        shelf,
        limit,
        next,
    } = asked;
    let own = (caller.role != Role::Staff).then(|| caller.tenant.clone());
    let which = match (shelf, own, kind) {
        (Shelf::Live, tenant, kind) => Which::Due { tenant, kind },
        (Shelf::Log, None, kind) => Which::OfEverybody { kind, shelf },
        (Shelf::Log, Some(tenant), None) => Which::AllOfTenant { tenant, shelf },
        (Shelf::Log, Some(tenant), Some(kind)) => Which::OfTenant {
            tenant,
            kind,
            shelf,
        },
    };
    let page = d.list(&which, limit, next.as_deref()).await?;
    let views = page.records.into_iter().map(|record| record.view);
    Ok(Json(requests::Requests {
        requests: views
            .filter(|view| access::may_see_request(caller, view))
            .map(|view| access::shown_to(caller.role, view))
            .collect(),
        next: page.next,
    }))
}

/// A request.
#[utoipa::path(get, path = "/v1/requests/{request}", operation_id = "get_request", tag = "requests", security(("bearer" = [])), params(
    ("request" = String, Path, description = "The request's id"),
), responses(
    (status = 200, description = "The request as it is now", body = RequestView),
    (status = 404, description = "`Request.NotFound`: no such request, or not yours to see", body = Problem),
))]
pub(super) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(request): Path<String>,
) -> Result<Json<RequestView>, Refused> {
    let record = visible(&*api.ports, &caller, &request).await?;
    Ok(Json(access::shown_to(caller.role, record.view)))
}

/// The record of a request that the caller may see. One of another tenant and one that never was are the same.
pub(super) async fn visible(
    d: &impl Requests,
    caller: &Caller,
    request: &str,
) -> Result<RequestRecord, Refused> {
    let record = Requests::get(d, &RequestId(request.to_owned())).await?;
    record
        .filter(|record| access::may_see_request(caller, &record.view))
        .ok_or_else(no_such_request)
}

pub(super) fn no_such_request() -> Refused {
    let message = "there is no such request";
    Refused::new(StatusCode::NOT_FOUND, "Request.NotFound", message)
}

pub(super) fn not_allowed(message: &str) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, "Role.NotAllowed", message)
}

/// Take a request back.
///
/// Possible while its `actions` have `request.cancel`; one that is `stalled` is ended by the phone company's people. 202 says that the workflow was told; what comes of it is in the request. A stalled order, port, release or onboarding is not over at once: what stands at the carrier is seen to first, what was made is taken back, and what cannot be becomes an operator's task.
#[utoipa::path(post, path = "/v1/requests/{request}/cancel", tag = "requests", security(("bearer" = [])), params(
    ("request" = String, Path, description = "The request's id"),
), responses(
    (status = 202, description = "The workflow was told"),
    (status = 400, description = "`Request.BadHeader`: no good `Idempotency-Key`", body = Problem),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such request, or not yours to see", body = Problem),
    (status = 409, description = "`Request.Ended`; `Request.NotNow`: its state does not allow it", body = Problem),
    (status = 429, description = "`Request.TooMany`: too many signals wait", body = Problem),
    (status = 502, description = "`Request.NotStarted`: a stalled one could not be brought to its end: it is as it was", body = Problem),
))]
pub(super) async fn cancel<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(request): Path<String>,
    Key(key): Key,
) -> Result<StatusCode, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &request).await?;
    take_back(d, &caller, &record, &key).await
}

/// Takes a request back by whichever route: its workflow is told, if its state allows it, and one that is stalled is ended.
pub(super) async fn take_back(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    caller: &Caller,
    record: &RequestRecord,
    key: &str,
) -> Result<StatusCode, Refused> {
    if record.is_stalled() && caller.role == Role::Staff {
        if lives_on(record.view.kind) {
            let taken = take_over(d, &record.view.id).await.map_err(not_begun)?;
            if taken == TakeOver::GoesOn {
                let message = "its workflow goes on after all: look again";
                return Err(Refused::conflict("Request.NotNow", message));
            }
        } else {
            end_stalled(d, record).await?;
        }
        return Ok(StatusCode::ACCEPTED);
    }
    tell(d, caller, record, key, Wish::cancel()).await
}

/// Ends a request whose workflow failed and is not to be redriven: no workflow is there to be told.
async fn end_stalled(
    d: &(impl Dossiers + Requests + Workflows + Clock),
    record: &RequestRecord,
) -> Result<(), Refused> {
    let is_approved = let_go(d, &record.view).await?;
    let input = RequestEndInput {
        request: record.view.id.clone(),
        outcome: Outcome::Failed,
        status: "failed".to_owned(),
        says: "An operator ended it: its workflow had failed".to_owned(),
        numbers: Vec::new(),
        details: Value::Null,
    };
    let input = if is_approved { approved(input) } else { input };
    end(d, input).await.map(drop).map_err(|error| match error {
        RequestEndError::Unavailable => Refused::from(Unavailable::new("the request", error)),
        RequestEndError::Unknown(_) => no_such_request(),
    })
}

/// What somebody wants of a request.
pub(super) struct Wish {
    /// `request.cancel` or `request.change`.
    name: SignalName,
    /// What is to be changed.
    topic: Option<&'static str>,
    /// What comes with it.
    data: Value,
}

impl Wish {
    /// It is to be taken back.
    pub(super) fn cancel() -> Self {
        Self {
            name: SignalName::RequestCancel,
            topic: None,
            data: Value::Null,
        }
    }

    /// This of it is to be changed, to what comes with it.
    pub(super) fn change(topic: &'static str, data: Value) -> Self {
        Self {
            name: SignalName::RequestChange,
            topic: Some(topic),
            data,
        }
    }
}

/// Tells the workflow what whoever asked wants, if its state allows it.
pub(super) async fn tell(
    d: &(impl Requests + Workflows + Clock),
    caller: &Caller,
    record: &RequestRecord,
    key: &str,
    wish: Wish,
) -> Result<StatusCode, Refused> {
    let view = &record.view;
    if !access::may_act_on(caller, view) {
        return Err(not_allowed("only administrators of its tenant do this"));
    }
    let letter = Letter {
        key: format!("command#{}#{key}", caller.person),
        name: wish.name,
        topic: wish.topic.map(str::to_owned),
        person: Some(caller.person.clone()),
        data: wish.data,
    };
    let was_told = record.inbox.seq_of(&letter.key).is_some();
    if view.is_open() && !was_told && !view.allows(wish.name, wish.topic) {
        let message = format!("a request that is `{}` does not allow this", view.status);
        return Err(Refused::conflict("Request.NotNow", message));
    }
    told(shell::deliver(d, &view.id, &letter).await?)
}

/// What became of a signal, as an answer.
pub(super) fn told(delivered: Delivered) -> Result<StatusCode, Refused> {
    match delivered {
        Delivered::Taken(_) | Delivered::Kept | Delivered::Known(_) => Ok(StatusCode::ACCEPTED),
        Delivered::Ended => Err(Refused::conflict("Request.Ended", "the request has ended")),
        Delivered::Overtaken => Err(super::tasks::done()),
        Delivered::Full => {
            let message = "too many signals wait for this request: slow down";
            let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, "Request.TooMany", message);
            Err(refused.retry_after(1))
        }
        Delivered::TooLarge => {
            let message = "what is said to a request at once has at most 4 KiB of JSON";
            Err(Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "Request.TooLarge",
                message,
            ))
        }
    }
}

/// Say something about a request, for everybody who sees it.
#[utoipa::path(post, path = "/v1/requests/{request}/comments", tag = "requests", security(("bearer" = [])), params(
    ("request" = String, Path, description = "The request's id"),
), request_body = Comment, responses(
    (status = 200, description = "The request with the comment in its timeline", body = RequestView),
    (status = 403, description = "`Role.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Request.NotFound`: no such request, or not yours to see", body = Problem),
))]
pub(super) async fn comment<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(request): Path<String>,
    Body(comment): Body<Comment>,
) -> Result<Json<RequestView>, Refused> {
    let d = &*api.ports;
    let record = visible(d, &caller, &request).await?;
    if !access::may_act_on(&caller, &record.view) {
        return Err(not_allowed("only administrators of its tenant do this"));
    }
    let text = said(&comment.text)?;
    let by = if caller.tenant == record.view.tenant {
        Party::Customer
    } else {
        Party::Operator
    };
    let now = d.now();
    let person = Some(caller.person.clone());
    let said = Requests::update(d, &record.view.id, |record| {
        record.comment(by, person.clone(), text, now);
    });
    let (_, record) = said.await?.ok_or_else(no_such_request)?;
    Ok(Json(access::shown_to(caller.role, record.view)))
}

/// A comment, which may have several lines, without the spaces around it.
pub(super) fn said(text: &str) -> Result<&str, Refused> {
    let text = text.trim();
    let fits = (1..=COMMENT_MAX).contains(&text.chars().count());
    let allowed = "1 to 2,000 characters, not only spaces";
    fits.then_some(text)
        .ok_or_else(|| Refused::field("text", allowed))
}

/// Watch the workflow.
///
/// The definition that runs and the history so far, at most 1,000 events. What went into its tasks and came out of them is told to the
/// phone company's people alone.
#[utoipa::path(get, path = "/v1/requests/{request}/execution", operation_id = "request_execution", tag = "requests",
    security(("bearer" = [])), params(("request" = String, Path, description = "The request's id")), responses(
    (status = 200, description = "Definition and history", body = RequestExecution),
    (status = 404, description = "`Request.NotFound`: no such request, or not yours to see", body = Problem),
    (status = 409, description = "`Request.NotStarted`: its workflow has not begun", body = Problem),
))]
pub(super) async fn execution<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(request): Path<String>,
) -> Result<Json<RequestExecution>, Refused> {
    let view = visible(&*api.ports, &caller, &request).await?.view;
    let not_started = || {
        let message = "the request's workflow has not begun: try again in a moment";
        Refused::conflict("Request.NotStarted", message)
    };
    let execution = view.execution.ok_or_else(not_started)?;
    let inspected = api.ports.inspect(&execution).await?;
    let mut inspected = inspected.ok_or_else(not_started)?;
    for event in &mut inspected.events {
        super::calls::execution::mask(&mut event.details);
        if caller.role != Role::Staff {
            outline(&mut event.details);
        }
    }
    Ok(Json(RequestExecution {
        request: view.id,
        kind: view.kind,
        execution,
        status: inspected.status,
        definition: inspected.definition,
        events: inspected.events,
        truncated: inspected.truncated,
    }))
}

/// Begins a request whose id is kept under the caller's key, and answers with where to look at it.
pub(super) async fn begun(
    d: &(impl Requests + Workflows + Clock),
    caller: &Caller,
    begun: Begun,
    at: &str,
) -> Result<Response, Refused> {
    let record = begin(d, begun).await.map_err(not_begun)?;
    let location = format!("{at}/{}", record.view.id);
    let headers = [(header::LOCATION, location)];
    let view = access::shown_to(caller.role, record.view);
    Ok((StatusCode::ACCEPTED, headers, Json(view)).into_response())
}

//! Signing in, staying signed in, signing out.
use super::body::Body;
use super::{Ports, Refused, Shared, Source, cookie};
use crate::people::limits::limits;
use crate::people::passwords::{LENGTH_MAX, LENGTH_MIN, random_secret};
use crate::people::refresh::{Presented, Verdict, begin, present};
use crate::people::{Caller, access};
use crate::ports::calls::Write;
use crate::ports::connections::Sockets;
use crate::ports::directory::{Directory, Person};
use crate::ports::sessions::SessionRecord;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use contract::PersonId;
use contract::api::{Me, Problem, Session, SignIn};

/// Longest address, in characters (RFC 5321 §4.5.3.1.3).
const EMAIL_MAX: usize = 254;

/// Sign in.
///
/// The answer has a short-lived access token; the cookie `strowger_refresh` gives the next ones. Ten failed attempts for one address
/// (or a hundred from one source) in a quarter of an hour are answered with 429 until it is over.
#[utoipa::path(post, path = "/v1/session", tag = "session", security(()), request_body = SignIn, responses(
    (status = 200, description = "Signed in", body = Session),
    (status = 401, description = "`Session.BadCredentials`: address or password is wrong", body = Problem),
    (status = 429, description = "`Session.TooManyAttempts`: see `Retry-After`", body = Problem),
))]
pub(super) async fn sign_in<P: Ports>(
    State(api): State<Shared<P>>,
    source: Option<Extension<Source>>,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> Result<Response, Refused> {
    let email = body.email.trim();
    if email.is_empty() || email.chars().count() > EMAIL_MAX {
        return Err(Refused::field(
            "email",
            "an address of at most 254 characters is needed",
        ));
    }
    can_be_password(&body.password)?;
    let d = &*api.ports;
    let now = d.now();
    let source = source
        .map(|Extension(Source(source))| source)
        .unwrap_or_default();
    // Counted before the password is looked at, so that many attempts at once count too; taken back if it was right.
    let limits = limits(email, &source, now.as_second());
    for limit in &limits {
        if d.count(&limit.key, limit.until).await? > limit.max {
            let message = "too many failed attempts: wait until the time in Retry-After is over";
            let refused = Refused::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Session.TooManyAttempts",
                message,
            );
            return Err(refused.retry_after(limit.until - now.as_second()));
        }
    }
    let known = d.credential(email).await?;
    let hash = known.as_ref().map(|known| known.password_hash.as_str());
    let right = api.passwords.verify(&body.password, hash).await?;
    let Some(known) = known.filter(|_| right) else {
        return Err(Refused::unauthorised(
            "Session.BadCredentials",
            "address or password is wrong",
        ));
    };
    for limit in &limits {
        d.uncount(&limit.key).await?;
    }
    let blank = SessionRecord {
        family: uuid::Uuid::new_v4().to_string(),
        tenant: known.person.tenant.clone(),
        person: known.person.person.clone(),
        current: String::new(),
        previous: None,
        rotated_at_ms: 0,
        client: String::new(),
        expires: 0,
    };
    let (session, token) = begin(
        &api.keys,
        blank,
        &random_secret(),
        client(&headers),
        now.as_millisecond(),
    );
    d.create_session(&session).await?;
    signed_in(&api, known.person, &session.family, &token, &headers).await
}

/// Whether a text can be somebody's password.
pub(super) fn can_be_password(text: &str) -> Result<(), Refused> {
    let fits = (LENGTH_MIN..=LENGTH_MAX).contains(&text.chars().count());
    let allowed = || format!("a password has {LENGTH_MIN} to {LENGTH_MAX} characters");
    fits.then_some(())
        .ok_or_else(|| Refused::field("password", allowed()))
}

/// Refresh the session.
///
/// Takes the cookie, gives a new access token and a new cookie. A cookie that was replaced before and comes back ends the session
/// everywhere: somebody else has it.
#[utoipa::path(post, path = "/v1/session/refresh", tag = "session", security(("cookie" = [])), responses(
    (status = 200, description = "Goes on", body = Session),
    (status = 401, description = "`Session.Invalid`: sign in again", body = Problem),
))]
pub(super) async fn refresh<P: Ports>(
    State(api): State<Shared<P>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let refused = || Refused::unauthorised("Session.Invalid", "the session is over: sign in again");
    let shown = cookie::read(&headers)
        .and_then(Presented::parse)
        .ok_or_else(refused)?;
    let d = &*api.ports;
    // A second tab may rotate between our read and our write; then the second look finds the grace.
    for _ in 0..2 {
        let session = d.session(&shown.family).await?.ok_or_else(refused)?;
        let token = match present(
            &api.keys,
            &session,
            &shown,
            client(&headers),
            d.now().as_millisecond(),
        ) {
            Verdict::Rotate(next, token) => {
                match d.rotate_session(&next, &session.current).await? {
                    Write::Done => token,
                    Write::Conflict => continue,
                }
            }
            Verdict::Again(token) => token,
            Verdict::Reused => {
                tracing::warn!(person = %session.person, "a replaced refresh token came back: the session ends");
                end(d, &session.family, &session.person).await?;
                return Err(refused());
            }
            Verdict::Refused => return Err(refused()),
        };
        let person = d
            .person(&session.tenant, &session.person)
            .await?
            .ok_or_else(refused)?;
        return signed_in(&api, person, &session.family, &token, &headers).await;
    }
    Err(refused())
}

/// Sign out.
///
/// Ends the session of the cookie (or of the bearer token): no refresh token of it is good any more, and its sockets close. Access tokens end
/// by themselves within ten minutes. Signing out twice is fine.
#[utoipa::path(delete, path = "/v1/session", tag = "session", security((), ("cookie" = []), ("bearer" = [])), responses(
    (status = 204, description = "Signed out"),
))]
pub(super) async fn sign_out<P: Ports>(
    State(api): State<Shared<P>>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let d = &*api.ports;
    let now = d.now();
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '));
    if let Some(caller) =
        bearer.and_then(|(_, token)| access::verify(&api.keys, token, now.as_second()).ok())
    {
        end(d, &caller.session, &caller.person).await?;
    }
    if let Some(shown) = cookie::read(&headers).and_then(Presented::parse)
        && let Some(session) = d.session(&shown.family).await?
    {
        // A guess ends nothing.
        match present(
            &api.keys,
            &session,
            &shown,
            client(&headers),
            now.as_millisecond(),
        ) {
            Verdict::Rotate(..) | Verdict::Again(_) | Verdict::Reused => {
                end(d, &session.family, &session.person).await?
            }
            Verdict::Refused => {}
        }
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(cookie) = cookie::clear(&headers) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Ends a session and closes its sockets.
async fn end(d: &impl Ports, family: &str, person: &PersonId) -> Result<(), Refused> {
    d.end_session(family).await?;
    for connection in d
        .of_person(person)
        .await?
        .iter()
        .filter(|connection| connection.session == family)
    {
        d.remove(connection).await?;
        // It hears nothing any more; that it is also closed is a courtesy.
        if let Err(error) = Sockets::close(d, &connection.id).await {
            tracing::warn!(
                error = crate::shell::chain(&error),
                "a socket was not closed"
            );
        }
    }
    Ok(())
}

async fn signed_in<P: Ports>(
    api: &Shared<P>,
    person: Person,
    session: &str,
    token: &str,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let tenant = api.ports.tenant(&person.tenant).await?;
    if tenant.is_some_and(|tenant| tenant.closed_at.is_some()) {
        return Err(Refused::closed());
    }
    let caller = Caller {
        tenant: person.tenant.clone(),
        person: person.person.clone(),
        role: person.role,
        session: session.to_owned(),
    };
    let access_token = access::issue(&api.keys, &caller, api.ports.now().as_second());
    let me = me_of(&*api.ports, person).await?;
    let mut response = Json(Session {
        access_token,
        expires_in_s: access::LIFETIME_S,
        me,
    })
    .into_response();
    if let Some(cookie) = cookie::set(token, headers) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What a person sees of themselves.
pub(super) async fn me_of(d: &impl Directory, person: Person) -> Result<Me, Refused> {
    let tenant_name = d
        .tenant(&person.tenant)
        .await?
        .map(|tenant| tenant.name)
        .unwrap_or_default();
    Ok(Me {
        person: person.person,
        tenant: person.tenant,
        tenant_name,
        name: person.name,
        email: person.email,
        role: person.role,
        numbers: person.numbers,
    })
}

/// What tells one client from another: its program's name for itself.
fn client(headers: &HeaderMap) -> &str {
    headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

//! Invitations: whoever has the link in a mail proves the address with it, and chooses a password. Open to everybody; the secret in
//! the link is all that counts.
use crate::http::body::Body;
use crate::http::session::can_be_password;
use crate::http::{Ports, Refused, Shared};
use crate::onboarding::invite::read_link;
use crate::people::sha256_hex;
use crate::ports::calls::Write;
use crate::ports::directory::Person;
use crate::ports::onboardings::Invitation;
use crate::request::{Delivered, Letter, shell};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use contract::api::Problem;
use contract::onboarding::api::{AcceptInvitation, InvitationView};
use contract::request::signal::SignalName;
use jiff::Timestamp;
use serde_json::json;

/// An invitation.
#[utoipa::path(get, path = "/v1/invitations/{invitation}", operation_id = "get_invitation", tag = "invitations", security(()), params(
    ("invitation" = String, Path, description = "The last part of the link in the mail"),
), responses(
    (status = 200, description = "Who invites whom", body = InvitationView),
    (status = 404, description = "`Invitation.NotFound`: no such link, or a newer one was sent", body = Problem),
    (status = 409, description = "`Invitation.Accepted`: sign in", body = Problem),
    (status = 410, description = "`Invitation.Expired`: ask for another", body = Problem),
))]
pub(in crate::http) async fn get<P: Ports>(
    State(api): State<Shared<P>>,
    Path(link): Path<String>,
) -> Result<Json<InvitationView>, Refused> {
    let d = &*api.ports;
    let invitation = good(d, &link).await?;
    let person = invited(d, &invitation).await?;
    let tenant = d.tenant(&invitation.tenant).await?;
    Ok(Json(InvitationView {
        company: tenant.map(|tenant| tenant.name).unwrap_or_default(),
        name: person.name,
        email: person.email,
        until: invitation.until,
    }))
}

/// Accept an invitation: the address is proven, and from now on this password signs in.
#[utoipa::path(post, path = "/v1/invitations/{invitation}", operation_id = "accept_invitation", tag = "invitations", security(()), params(
    ("invitation" = String, Path, description = "The last part of the link in the mail"),
), request_body = AcceptInvitation, responses(
    (status = 204, description = "Sign in with the address and the password"),
    (status = 404, description = "`Invitation.NotFound`: no such link, or a newer one was sent", body = Problem),
    (status = 409, description = "`Invitation.Accepted`: sign in", body = Problem),
    (status = 410, description = "`Invitation.Expired`: ask for another", body = Problem),
))]
pub(in crate::http) async fn accept<P: Ports>(
    State(api): State<Shared<P>>,
    Path(link): Path<String>,
    Body(body): Body<AcceptInvitation>,
) -> Result<StatusCode, Refused> {
    can_be_password(&body.password)?;
    let d = &*api.ports;
    let invitation = good(d, &link).await?;
    let person = invited(d, &invitation).await?;
    let hash = api.passwords.hash(&body.password).await?;
    if d.let_in(&person, &hash).await? == Write::Conflict {
        return Err(no_such_invitation());
    }
    let letter = Letter {
        key: format!("verified#{}", invitation.request),
        name: SignalName::EmailVerified,
        topic: None,
        person: Some(person.person),
        data: json!(null),
    };
    match shell::deliver(d, &invitation.request, &letter).await? {
        Delivered::Taken(_) | Delivered::Kept | Delivered::Known(_) | Delivered::Ended => {}
        Delivered::Full | Delivered::TooLarge | Delivered::Overtaken => {
            let message = "too much waits for this invitation: try again";
            let refused = Refused::new(StatusCode::SERVICE_UNAVAILABLE, "Request.Full", message);
            return Err(refused.retry_after(5));
        }
    }
    // Last, so that what was interrupted can be done again.
    d.keep_invitation(&Invitation {
        accepted: true,
        ..invitation
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The invitation that a link leads to, if it is good now.
async fn good<P: Ports>(d: &P, link: &str) -> Result<Invitation, Refused> {
    let (request, secret) = read_link(link).ok_or_else(no_such_invitation)?;
    let found = d.invitation(&request).await?;
    let invitation = found
        .filter(|found| found.hash == sha256_hex(secret))
        .ok_or_else(no_such_invitation)?;
    if invitation.accepted {
        let message = "the invitation was accepted: sign in";
        return Err(Refused::conflict("Invitation.Accepted", message));
    }
    let until = invitation.until.parse::<Timestamp>();
    if until.is_ok_and(|until| until < d.now()) {
        let message = "the link is no longer good: ask for another";
        return Err(Refused::new(
            StatusCode::GONE,
            "Invitation.Expired",
            message,
        ));
    }
    Ok(invitation)
}

async fn invited<P: Ports>(d: &P, invitation: &Invitation) -> Result<Person, Refused> {
    let person = d.person(&invitation.tenant, &invitation.person).await?;
    person.ok_or_else(no_such_invitation)
}

fn no_such_invitation() -> Refused {
    let message = "there is no such invitation: a newer mail may have another link";
    Refused::new(StatusCode::NOT_FOUND, "Invitation.NotFound", message)
}

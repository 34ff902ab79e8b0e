//! What a person does to a call.
use super::place::{KEY_LIFETIME_S, fingerprint, key_reused};
use super::visible;
use crate::call::record;
use crate::http::access::{Act, Denied, act};
use crate::http::body::{Body, Key, check_device};
use crate::http::{Ports, Refused, Shared};
use crate::mailbox::{Delivered, Delivery, Letter, shell};
use crate::people::Caller;
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::{CallRecord, Calls, Changed};
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::sessions::Claim;
use crate::ports::workflows::Workflows;
use crate::shell::chain;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use contract::api::{Command, Problem};
use contract::signal::SignalName;
use contract::{CallId, DeviceId, LegId, PersonId};

/// What is remembered with the key of a command that was taken.
const TAKEN: &str = "taken";
/// What is remembered with the key of a command that came too late.
const LATE: &str = "late";

/// Answer, decline, hang up, press keys.
///
/// The first device to answer has the call; the others get 409 `Call.AnsweredElsewhere`. Operators may hang up any call of the tenant.
/// 202 says that the command was taken; what comes of it is in the call.
#[utoipa::path(post, path = "/v1/calls/{call}/commands", tag = "calls", security(("bearer" = [])), params(
    ("call" = String, Path, description = "The call's id"),
), request_body = Command, responses(
    (status = 202, description = "Taken"),
    (status = 403, description = "`Call.NotAllowed`: not yours to do", body = Problem),
    (status = 404, description = "`Call.NotFound`: no such call, or not yours to see", body = Problem),
    (status = 409, description = "`Call.Ended`, `Call.AnsweredElsewhere`, `Call.NotRinging`, `Call.NotConnected`, `Call.NoPhone`, \
        `Request.KeyReused`", body = Problem),
    (status = 429, description = "`Call.TooMany`: too many commands wait", body = Problem),
))]
pub(in crate::http) async fn command<P: Ports>(
    State(api): State<Shared<P>>,
    caller: Caller,
    Path(call): Path<String>,
    Key(key): Key,
    Body(command): Body<Command>,
) -> Result<StatusCode, Refused> {
    if let Command::Answer { device } = &command {
        check_device(device)?;
    }
    let d = &*api.ports;
    let record = visible(d, &caller, &call).await?;
    let call = record.view.id.clone();
    let fingerprint = fingerprint(&format!("POST /v1/calls/{call}/commands"), &command);
    let decided = act(&caller, &record.view, &command);
    // Too late is remembered too: a command that ended the call and is sent again was not late the first time.
    let subject = match decided {
        Ok(_) => TAKEN,
        Err(Denied::Ended) => LATE,
        Err(denied) => return Err(denied.into()),
    };
    let expires = d.now().as_second() + KEY_LIFETIME_S;
    let again = match d
        .claim(&caller.person, &key, &fingerprint, subject, expires)
        .await?
    {
        Claim::Fresh => false,
        Claim::Same(first) => first == TAKEN,
        Claim::Different => return Err(key_reused()),
    };
    let act = match decided {
        Ok(act) => act,
        Err(_) if again => return Ok(StatusCode::ACCEPTED),
        Err(denied) => return Err(denied.into()),
    };
    match take(d, &caller, &call, &key, act).await? {
        Delivered::Taken(_) | Delivered::Kept(_) | Delivered::Dropped(_) | Delivered::Known(_) => {
            Ok(StatusCode::ACCEPTED)
        }
        Delivered::Elsewhere => Err(Denied::AnsweredElsewhere.into()),
        Delivered::Closed if again => Ok(StatusCode::ACCEPTED),
        Delivered::Closed => Err(Denied::Ended.into()),
        Delivered::Full => {
            let message = "too many commands wait for this call: slow down";
            Err(Refused::new(StatusCode::TOO_MANY_REQUESTS, "Call.TooMany", message).retry_after(1))
        }
    }
}

/// Delivers the command's signal. Of devices that answer at once, the mailbox lets one.
async fn take(
    d: &(impl Calls + Mailboxes + Workflows + CallControl + Clock),
    caller: &Caller,
    call: &CallId,
    key: &str,
    act: Act,
) -> Result<Delivered, Unavailable> {
    let letter = letter(caller, key, act);
    let now = d.now();
    let Delivery { delivered, outputs } =
        shell::change(d, call, |mailbox| mailbox.deliver(&letter, now))
            .await?
            .unwrap_or(Delivery::quiet(Delivered::Closed));
    tracing::debug!(%call, signal = letter.name.as_str(), ?delivered, "command");
    let ours = matches!(
        delivered,
        Delivered::Taken(_) | Delivered::Kept(_) | Delivered::Known(_)
    );
    if let (true, SignalName::ClientAnswer, Some(leg), Some(device)) =
        (ours, letter.name, &letter.leg, &letter.device)
    {
        show_answered(d, call, (leg, &caller.person), device).await;
    }
    shell::perform(d, call, outputs).await;
    Ok(delivered)
}

/// Tells the screens which device has the leg, before the workflow goes on. The mailbox has decided it; if this fails, the turn
/// that follows the signal tells them.
async fn show_answered(
    d: &impl Calls,
    call: &CallId,
    (leg, person): (&LegId, &PersonId),
    device: &DeviceId,
) {
    let shown = d
        .update(call, |record| answered(record, (leg, person), device))
        .await;
    if let Err(error) = shown {
        tracing::warn!(%call, %leg, error = chain(&error), "screens were not told who answered");
    }
}

fn answered(
    record: &mut CallRecord,
    (leg, person): (&LegId, &PersonId),
    device: &DeviceId,
) -> Changed {
    if !record.view.is_live() {
        return Changed::No;
    }
    record::changed(record, |record| {
        record::answered(record, leg, Some(person), device);
    })
}

fn letter(caller: &Caller, key: &str, act: Act) -> Letter {
    let key = format!("command#{}#{key}", caller.person);
    let person = Some(caller.person.clone());
    let plain = |name, leg| Letter {
        person: person.clone(),
        ..Letter::new(key.clone(), name, leg)
    };
    match act {
        Act::Answer(leg, device) => Letter {
            device: Some(device),
            ..plain(SignalName::ClientAnswer, Some(leg))
        },
        Act::Decline(leg) => plain(SignalName::ClientDecline, Some(leg)),
        Act::HangUp(Some(leg)) => plain(SignalName::ClientHangup, Some(leg)),
        Act::HangUp(None) => Letter {
            reason: Some("operator".to_owned()),
            ..plain(SignalName::ClientHangup, None)
        },
        Act::Digits(leg, digits) => Letter {
            digits: Some(digits),
            ..plain(SignalName::ClientDigits, Some(leg))
        },
    }
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        let name = match denied {
            Denied::Ended => "Call.Ended",
            Denied::AnsweredElsewhere => "Call.AnsweredElsewhere",
            Denied::NotRinging => "Call.NotRinging",
            Denied::NotConnected => "Call.NotConnected",
            Denied::NoPhone => "Call.NoPhone",
            Denied::NotCalled | Denied::NotParty => {
                return Self::new(StatusCode::FORBIDDEN, "Call.NotAllowed", denied.to_string());
            }
            Denied::BadKeys => return Self::field("digits", denied.to_string()),
        };
        Self::conflict(name, denied.to_string())
    }
}

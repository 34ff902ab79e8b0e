//! Who may see and do what: decided here and nowhere else. Pure.
use crate::people::Caller;
use contract::Role;
use contract::api::Command;
use contract::request::task::TaskView;
use contract::request::{Party, RequestView};
use contract::view::{CallView, Leg, LegKind, Phase, Rang};
use contract::{DeviceId, LegId, TenantId};
use serde_json::Value;
use thiserror::Error;

/// Whether somebody may see a call: its parties, and the operators of its tenant. Nobody of another tenant, whatever they are.
pub fn may_see(caller: &Caller, call: &CallView) -> bool {
    call.tenant == caller.tenant
        && (caller.role.sees_every_call() || call.people().any(|one| *one == caller.person))
}

/// Whether somebody may see a request: the administrators and operators of its tenant, and the phone company's people.
pub fn may_see_request(caller: &Caller, request: &RequestView) -> bool {
    sees_request(&caller.tenant, caller.role, request)
}

/// As [`may_see_request`], for somebody of this tenant with this role.
pub fn sees_request(tenant: &TenantId, role: Role, request: &RequestView) -> bool {
    role == Role::Staff || request.tenant == *tenant && role.sees_every_call()
}

/// What a request's details tell of a dossier: what of it is missing or was refused, and the text in which an operator hands a port
/// or an order in.
const OF_A_DOSSIER: [&str; 4] = ["evaluation", "failures", "prepared", "reasons"];

/// A request as somebody with this role is shown it. What operators look at while they do a task (hits of a screening, dossiers of
/// other tenants) is for the phone company's people alone, and what a dossier says is for those who work with dossiers.
pub fn shown_to(role: Role, mut view: RequestView) -> RequestView {
    let sees_dossiers = role.makes_requests();
    let theirs = |task: &&mut TaskView| match task.owner {
        Party::Customer => !sees_dossiers,
        Party::Operator | Party::Carrier | Party::Platform => role != Role::Staff,
    };
    if let Some(task) = view.task.as_mut().filter(theirs) {
        task.about = Value::Null;
    }
    if !sees_dossiers && let Some(details) = view.details.as_object_mut() {
        details.retain(|name, _| !OF_A_DOSSIER.contains(&name.as_str()));
        // A port keeps a copy of its dossier.
        if let Some(form) = details.get_mut("form").and_then(Value::as_object_mut) {
            form.remove("dossier");
        }
    }
    view
}

/// Whether somebody may take a request back, change it or talk about it.
pub fn may_act_on(caller: &Caller, request: &RequestView) -> bool {
    may_see_request(caller, request) && caller.role.makes_requests()
}

/// Whether somebody may do a task of this party. The phone company's people may also do a customer's, who is on the phone with them.
pub fn may_do(caller: &Caller, request: &RequestView, owner: Party) -> bool {
    match (owner, caller.role) {
        (Party::Customer | Party::Operator, Role::Staff) => true,
        (Party::Customer, Role::Administrator) => request.tenant == caller.tenant,
        (
            Party::Customer | Party::Operator,
            Role::Person | Role::Operator | Role::Administrator,
        )
        | (Party::Carrier | Party::Platform, _) => false,
    }
}

/// Whether somebody may fill something in for a tenant: its administrators, and the phone company's people for any.
pub fn may_fill_in(caller: &Caller, tenant: &TenantId) -> bool {
    let own = *tenant == caller.tenant && caller.role.makes_requests();
    own || caller.role == Role::Staff
}

/// Whether somebody may look after the webhook that came with an onboarding which people of this tenant asked for: the phone company's people
/// of that tenant, also when the customer has nobody any more.
pub fn looks_after(caller: &Caller, asked_by: &TenantId) -> bool {
    caller.role == Role::Staff && *asked_by == caller.tenant
}

/// Whether somebody with this role may look after a webhook of their own tenant: its administrators, and if it hears of the customers whom the
/// tenant onboards, the phone company's people alone.
pub fn sees_webhook(role: Role, hears_customers: bool) -> bool {
    role == Role::Staff || role.makes_requests() && !hears_customers
}

/// Why a command cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    /// The call is over.
    #[error("the call has ended")]
    Ended,
    /// Another device has the call.
    #[error("the call was answered on another device")]
    AnsweredElsewhere,
    /// Nothing rings.
    #[error("the call does not ring")]
    NotRinging,
    /// Nobody talks yet, so nobody would hear keys.
    #[error("the call is not connected yet")]
    NotConnected,
    /// No phone is in the call.
    #[error("there is no phone in this call that would hear keys")]
    NoPhone,
    /// Only the called person may.
    #[error("only the person who is called may do this")]
    NotCalled,
    /// Only a party may.
    #[error("only a party of the call may do this")]
    NotParty,
    /// The keys are none.
    #[error("1 to 50 keys of 0-9, *, #, A-D and , (half a second) are allowed")]
    BadKeys,
}

/// What a command does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// This device takes this leg.
    Answer(LegId, DeviceId),
    /// This leg refuses.
    Decline(LegId),
    /// The call ends: by the party with this leg, or by an operator.
    HangUp(Option<LegId>),
    /// Keys, pressed by the party with this leg.
    Digits(LegId, String),
}

/// What a command of somebody who may see the call does.
///
/// # Errors
/// [`Denied`] if it cannot be done now, or not by them.
pub fn act(caller: &Caller, call: &CallView, command: &Command) -> Result<Act, Denied> {
    let own = call.leg_of(&caller.person);
    if let Command::Digits { digits } = command
        && !are_keys(digits)
    {
        return Err(Denied::BadKeys);
    }
    if !call.is_live() {
        return Err(Denied::Ended);
    }
    match command {
        Command::Answer { device } => {
            let leg = called(caller, call)?;
            match (&leg.device, call.phase) {
                (Some(taken), _) if taken == device => {
                    Ok(Act::Answer(leg.id.clone(), device.clone()))
                }
                (Some(_), _) => Err(Denied::AnsweredElsewhere),
                (None, Phase::Ringing) => Ok(Act::Answer(leg.id.clone(), device.clone())),
                (
                    None,
                    Phase::Starting
                    | Phase::Connecting
                    | Phase::Talking
                    | Phase::Ending
                    | Phase::Ended,
                ) => Err(Denied::NotRinging),
            }
        }
        Command::Decline => {
            let leg = called(caller, call)?;
            match (&leg.device, call.phase) {
                (Some(_), _) => Err(Denied::AnsweredElsewhere),
                (None, Phase::Ringing) => Ok(Act::Decline(leg.id.clone())),
                (
                    None,
                    Phase::Starting
                    | Phase::Connecting
                    | Phase::Talking
                    | Phase::Ending
                    | Phase::Ended,
                ) => Err(Denied::NotRinging),
            }
        }
        Command::HangUp => match (own, caller.role) {
            (Some(leg), _) => Ok(Act::HangUp(Some(leg.id.clone()))),
            (None, _) if rings(caller, call) => act(caller, call, &Command::Decline),
            (None, role) if role.sees_every_call() => Ok(Act::HangUp(None)),
            (None, _) => Err(Denied::NotParty),
        },
        Command::Digits { digits } => {
            let leg = own.ok_or(Denied::NotParty)?;
            if !call.legs.iter().any(|leg| leg.kind == LegKind::Phone) {
                return Err(Denied::NoPhone);
            }
            match call.phase {
                Phase::Connecting | Phase::Talking => {
                    Ok(Act::Digits(leg.id.clone(), digits.clone()))
                }
                Phase::Starting | Phase::Ringing | Phase::Ending | Phase::Ended => {
                    Err(Denied::NotConnected)
                }
            }
        }
    }
}

/// The leg that somebody may answer or refuse: their own, or that of those who ring with them.
///
/// # Errors
/// [`Denied::NotCalled`], or [`Denied::NotRinging`] if they ring no more.
fn called<'c>(caller: &Caller, call: &'c CallView) -> Result<&'c Leg, Denied> {
    let own = call.leg_of(&caller.person);
    if let Some(own) = own.filter(|leg| leg.id.as_str() == LegId::CALLEE) {
        return Ok(own);
    }
    let leg = call.leg(LegId::CALLEE).filter(|_| own.is_none());
    match (leg, call.rung(&caller.person)) {
        (Some(leg), Some(rung)) if rung.status == Rang::Ringing || leg.device.is_some() => Ok(leg),
        (Some(_), Some(_)) => Err(Denied::NotRinging),
        (None, _) | (_, None) => Err(Denied::NotCalled),
    }
}

/// Whether somebody rings for a group or a flow.
fn rings(caller: &Caller, call: &CallView) -> bool {
    call.rung(&caller.person)
        .is_some_and(|rung| rung.status == Rang::Ringing)
}

fn are_keys(digits: &str) -> bool {
    (1..=50).contains(&digits.len())
        && digits
            .chars()
            .all(|key| matches!(key, '0'..='9' | '*' | '#' | 'A'..='D' | ','))
}

#[cfg(test)]
mod tests;

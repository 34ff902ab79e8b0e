//! Begins a call that a person makes: its mailbox, its record, its execution. Safe to run twice with one call id.
use super::{end, record};
use crate::mailbox::shell;
use crate::ports::Unavailable;
use crate::ports::call_control::CallControl;
use crate::ports::calls::{CallRecord, Calls, Engaging};
use crate::ports::clock::Clock;
use crate::ports::mailboxes::Mailboxes;
use crate::ports::meetings::Meetings;
use crate::ports::workflows::{StartError, Workflows};
use crate::sweep::makes_way;
use contract::call::{ClientStart, EndInput};
use contract::view::{EndedBy, Outcome, Workflow};
use contract::{CallId, DeviceId, E164, LegId, PersonId, TenantId};
use thiserror::Error;

/// A call that a person makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCall {
    /// Its id: `c-` and a UUID, chosen before, so that trying again is the same call.
    pub call: CallId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Who calls.
    pub caller: PersonId,
    /// Their name.
    pub caller_name: String,
    /// The number they show, if they have one.
    pub caller_number: Option<E164>,
    /// The device that will talk.
    pub device: DeviceId,
    /// Whom they call.
    pub to: To,
}

/// Whom a person calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// A number as they wrote it: `call-authorise` reads it.
    Written(String),
    /// A person of their tenant.
    Person {
        /// Who.
        person: PersonId,
        /// Their name.
        name: String,
        /// Their number, if they have one.
        number: Option<E164>,
    },
}

/// Why a call did not begin.
#[derive(Debug, Error)]
pub enum BeginError {
    /// A service failed for now: try again with the same call id.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The caller is in this other call.
    #[error("the caller is in another call")]
    Busy(CallId),
    /// The workflow service refused; the call is in the log as failed.
    #[error("the call could not be started: {0}")]
    Refused(String),
}

/// Begins the call and gives its record. A call that began before is given as it is. The caller is engaged by the very write
/// that makes the record: of two calls that they ask for at once, one begins.
///
/// # Errors
/// [`BeginError`] if they are in another call, or a service failed or refused.
pub async fn begin(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
    new: NewCall,
) -> Result<CallRecord, BeginError> {
    let other = match try_once(d, new.clone()).await {
        Err(BeginError::Busy(other)) => other,
        begun => return begun,
    };
    // A call that is over and did not come to say so keeps nobody busy until the sweep.
    if makes_way(d, &other).await {
        try_once(d, new).await
    } else {
        Err(BeginError::Busy(other))
    }
}

async fn try_once(
    d: &(impl Calls + Mailboxes + Workflows + Meetings + CallControl + Clock),
    new: NewCall,
) -> Result<CallRecord, BeginError> {
    let (call, caller) = (new.call.clone(), new.caller.clone());
    let first = record_of(new, d);
    let workflow = first.view.workflow;
    let known = match d.get(&call).await? {
        Some(known) => known,
        None => create(d, &caller, first).await?,
    };
    if !known.view.is_live() {
        return Ok(known);
    }
    let input = serde_json::json!(ClientStart { call: call.clone() });
    match d.start(workflow.into(), call.as_str(), &input).await {
        Ok(_) => Ok(known),
        Err(StartError::Unavailable(error)) => Err(error.into()),
        Err(StartError::Refused(why)) => {
            let end_input = EndInput {
                call,
                state: "Not started".into(),
                outcome: Outcome::Failed,
                ended_by: EndedBy::System,
                reason: Some("Call.NotStarted".into()),
            };
            // Whether it is logged now or by the sweep, the caller must know that there is no call.
            if let Err(error) = end::end(d, end_input).await {
                tracing::warn!(
                    error = crate::shell::chain(&error),
                    "a call that did not start was not logged"
                );
            }
            Err(BeginError::Refused(why))
        }
    }
}

/// Makes the mailbox, then the record: what has a record takes signals.
async fn create(
    d: &(impl Calls + Mailboxes + Clock),
    caller: &PersonId,
    first: CallRecord,
) -> Result<CallRecord, BeginError> {
    let call = &first.view.id;
    if let Some(other) = d.engaged(caller).await?.filter(|other| other != call) {
        return Err(BeginError::Busy(other));
    }
    shell::change_or_create(d, call, |_| ()).await?;
    match d.create(&first).await? {
        Engaging::Done => Ok(first),
        Engaging::Conflict => {
            let gone = || Unavailable::new("the call's record", "it is gone");
            Ok(d.get(call).await?.ok_or_else(gone)?)
        }
        Engaging::Busy => {
            let free = || Unavailable::new("the caller's other call", "it has just ended");
            Err(BeginError::Busy(d.engaged(caller).await?.ok_or_else(free)?))
        }
    }
}

fn record_of(new: NewCall, clock: &impl Clock) -> CallRecord {
    let NewCall {
        call,
        tenant,
        caller,
        caller_name,
        caller_number,
        device,
        to,
    } = new;
    let engaged = caller.clone();
    let mut from = record::client_leg(LegId::CALLER, &caller_name, Some(caller), caller_number);
    from.device = Some(device);
    let (workflow, callee, written) = match to {
        To::Written(text) => (
            Workflow::OutboundCall,
            record::phone_leg(LegId::CALLEE, &text),
            Some(text),
        ),
        To::Person {
            person,
            name,
            number,
        } => (
            Workflow::ClientCall,
            record::client_leg(LegId::CALLEE, &name, Some(person), number),
            None,
        ),
    };
    let mut begun = record::new(call, tenant, workflow, vec![from, callee], clock.now());
    begun.private.typed = written;
    begun.private.engaged.insert(engaged);
    begun
}

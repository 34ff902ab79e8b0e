//! The calls' records: what screens draw, and what only the system knows beside it.
use super::Unavailable;
use crate::routing::ringing::Ringing;
use contract::view::CallView;
use contract::{CallId, LegId, PersonId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

/// How often [`Calls::update`] reads, changes and writes again when others write at the same time.
pub const MAX_CONFLICTS: usize = 32;

/// One call, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// What its parties and operators see. `view.rev` is also the version that writes compare.
    pub view: CallView,
    /// What nobody sees.
    #[serde(default)]
    pub private: Private,
}

/// The part of a record that never leaves the functions: join tokens are in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Private {
    /// `Meeting` of `CreateMeeting`, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<Value>,
    /// `Attendee` of `CreateAttendee`, unchanged, by leg.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attendees: BTreeMap<LegId, Value>,
    /// What the person typed, for a call to a phone: `call-authorise` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
    /// The last turn whose step was written, so that a turn run twice writes one step.
    #[serde(default)]
    pub round: u32,
    /// Whom the call has engaged: they can be in no other call until it ends.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub engaged: BTreeSet<PersonId>,
    /// Who is to ring and who rings, once that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringing: Option<Ringing>,
}

impl Private {
    /// The meeting's `MeetingId`.
    pub fn meeting_id(&self) -> Option<&str> {
        self.meeting.as_ref()?.get("MeetingId")?.as_str()
    }

    /// The `JoinToken` of a leg's attendee.
    pub fn join_token(&self, leg: &LegId) -> Option<&str> {
        self.attendees.get(leg)?.get("JoinToken")?.as_str()
    }
}

/// Whose calls to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those a person is a party of.
    Person(PersonId),
    /// All of a tenant.
    Tenant(TenantId),
}

/// Which calls to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Those that run.
    Live,
    /// Those that are over.
    Log,
}

/// A part of a list, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The calls.
    pub records: Vec<CallRecord>,
    /// Where the next part begins, if there is one: opaque.
    pub next: Option<String>,
}

/// What became of a conditional write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Written.
    Done,
    /// Somebody else wrote since the read (or the item was there already): nothing was written.
    Conflict,
}

/// What became of a write that engages people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engaging {
    /// Written: they are in this call and in no other.
    Done,
    /// As [`Write::Conflict`]: nothing was written.
    Conflict,
    /// One of them is in another call: nothing was written.
    Busy,
}

/// Whether people could be engaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engaged {
    /// They are in this call now, and in no other.
    Here,
    /// One of them is in another call.
    Elsewhere,
    /// This call is over, or was never there.
    CallOver,
}

/// The table of calls. Each write also keeps the pointers by which calls are listed (per person, per tenant, and all that
/// run) and the engagements of people: in the same transaction, so that none of them ever disagrees with a record. A person is
/// engaged exactly while a live record says so; a crash between two writes leaves nobody engaged by nothing.
pub trait Calls: Send + Sync {
    /// Writes a new call and engages those that it names; [`Engaging::Conflict`] if there is one with this id.
    fn create(
        &self,
        record: &CallRecord,
    ) -> impl Future<Output = Result<Engaging, Unavailable>> + Send;

    /// Reads a call, strongly consistent.
    fn get(
        &self,
        call: &CallId,
    ) -> impl Future<Output = Result<Option<CallRecord>, Unavailable>> + Send;

    /// Writes a call that is in the store as `before`, by its revision. Whom it engages and did not is engaged, whom it does not
    /// engage any more is free. When its phase has become `ended`, its pointers move from the live calls to the log, and everybody is
    /// free.
    fn write(
        &self,
        record: &CallRecord,
        before: &CallRecord,
    ) -> impl Future<Output = Result<Engaging, Unavailable>> + Send;

    /// The call that a person is in, strongly consistent.
    fn engaged(
        &self,
        person: &PersonId,
    ) -> impl Future<Output = Result<Option<CallId>, Unavailable>> + Send;

    /// Lists calls, newest first, at most `limit` (1 to 100), from `next` of the page before.
    fn list(
        &self,
        whose: &Whose,
        shelf: Shelf,
        limit: u32,
        next: Option<&str>,
    ) -> impl Future<Output = Result<Page, Unavailable>> + Send;

    /// The ids of all calls of all tenants that run.
    fn all_live(&self) -> impl Future<Output = Result<Vec<CallId>, Unavailable>> + Send;

    /// Reads a call, lets `change` change it, and writes it with the next revision if nobody wrote in between; else again.
    /// `change` says whether it changed anything. Whom it would engage and is in another call by now stays there. Gives the record as
    /// it is then, or `None` if there is no such call.
    fn update<F>(
        &self,
        call: &CallId,
        mut change: F,
    ) -> impl Future<Output = Result<Option<CallRecord>, Unavailable>> + Send
    where
        F: FnMut(&mut CallRecord) -> Changed + Send,
    {
        async move {
            let mut engages = true;
            for _ in 0..MAX_CONFLICTS {
                let Some(before) = self.get(call).await? else {
                    return Ok(None);
                };
                let mut record = before.clone();
                if change(&mut record) == Changed::No {
                    return Ok(Some(record));
                }
                if !engages {
                    let engaged = &mut record.private.engaged;
                    engaged.retain(|person| before.private.engaged.contains(person));
                }
                record.view.rev = before.view.rev + 1;
                match self.write(&record, &before).await? {
                    Engaging::Done => return Ok(Some(record)),
                    Engaging::Busy => engages = false,
                    Engaging::Conflict => {}
                }
            }
            Err(crowded())
        }
    }

    /// As [`Calls::update`] of a live call whose change engages people, all of them or nobody. Engaging somebody again is fine.
    fn engage<F>(
        &self,
        call: &CallId,
        mut change: F,
    ) -> impl Future<Output = Result<Engaged, Unavailable>> + Send
    where
        F: FnMut(&mut CallRecord) + Send,
    {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let Some(before) = self.get(call).await?.filter(|known| known.view.is_live())
                else {
                    return Ok(Engaged::CallOver);
                };
                let mut record = before.clone();
                change(&mut record);
                if record == before {
                    return Ok(Engaged::Here);
                }
                record.view.rev = before.view.rev + 1;
                match self.write(&record, &before).await? {
                    Engaging::Done => return Ok(Engaged::Here),
                    Engaging::Busy => return Ok(Engaged::Elsewhere),
                    Engaging::Conflict => {}
                }
            }
            Err(crowded())
        }
    }
}

fn crowded() -> Unavailable {
    Unavailable::new("the call's record", "too many writers at once")
}

/// Whether a change changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It must be written.
    Yes,
    /// It is as it was: nothing is written.
    No,
}

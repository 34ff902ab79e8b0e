//! `call-authorise`: may this person call what they wrote, and with which number of theirs?
use super::record;
use crate::dial::{self, ReadError};
use crate::ports::Unavailable;
use crate::ports::calls::{CallRecord, Calls};
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use contract::LegId;
use contract::call::{AuthoriseError, AuthoriseInput, Authorised};

impl From<Unavailable> for AuthoriseError {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(error = crate::shell::chain(&error), "call-authorise");
        Self::Store
    }
}

impl From<ReadError> for AuthoriseError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Emergency => Self::Emergency,
            ReadError::Extension | ReadError::Ambiguous(..) | ReadError::NotANumber => {
                Self::BadNumber
            }
        }
    }
}

/// Reads the number, asks the tenant's policy, and notes in the record what will be dialled.
///
/// # Errors
/// [`AuthoriseError`]: what no rule allows is refused.
pub async fn authorise(
    d: &(impl Calls + Directory + Clock),
    input: AuthoriseInput,
) -> Result<Authorised, AuthoriseError> {
    let now = d.now();
    let entered = |record: &mut CallRecord| {
        record::changed(record, |r| {
            r.view.execution = Some(input.execution.clone());
            record::enter(&mut r.view, &input.state, now);
        })
    };
    let bad = |what: &str| AuthoriseError::BadInput(format!("call: {what}"));
    let record = d
        .update(&input.call, entered)
        .await?
        .ok_or_else(|| bad("there is no record of this call"))?;
    let written = record
        .private
        .typed
        .as_deref()
        .ok_or_else(|| bad("its record has no number to dial"))?;
    let caller = record
        .view
        .leg(LegId::CALLER)
        .and_then(|leg| leg.person.clone());
    let caller = caller.ok_or_else(|| bad("its record has no person who calls"))?;
    let tenant = d
        .tenant(&record.view.tenant)
        .await?
        .ok_or_else(|| bad("there is no such tenant"))?;
    let person = d
        .person(&record.view.tenant, &caller)
        .await?
        .ok_or_else(|| bad("there is no such person"))?;
    let world = d.world().await?;

    let own = dial::caller_id(&person.numbers).cloned();
    let home = own
        .as_ref()
        .ok()
        .and_then(|number| world.country_of(number));
    let near: Vec<_> = home
        .into_iter()
        .chain(
            tenant
                .dial
                .countries
                .iter()
                .filter_map(|iso2| world.country(iso2)),
        )
        .collect();
    let to = dial::read(written, home, &near)?;
    dial::decide(&tenant.dial, &world, &to)?;
    let caller_id = own?;

    let dialled = |record: &mut CallRecord| {
        record::changed(record, |r| {
            r.view.dialled = Some(to.clone());
            for leg in r
                .view
                .legs
                .iter_mut()
                .filter(|leg| leg.id.as_str() == LegId::CALLEE)
            {
                leg.number = Some(to.clone());
                leg.name = to.to_string();
            }
        })
    };
    d.update(&input.call, dialled).await?;
    Ok(Authorised {
        to,
        caller_id,
        ring_limit_s: person.ring_limit_s.clamp(5, 120),
    })
}

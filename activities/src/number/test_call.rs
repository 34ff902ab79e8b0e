//! `number-test`: the platform calls a number of its own as anybody would, from outside: the phone network has to bring the call
//! back. What came of it, `sma-event` tells the request.
use crate::ports::call_control::{CallControl, DialError};
use crate::ports::clock::Clock;
use crate::ports::numbers::{Numbers, TestCall};
use contract::number::{NumberError, NumberTestBegun, NumberTestError, NumberTestInput};
use contract::{CallId, E164, LegId};

/// The leg of a test call that the platform dials. Its call has no mailbox and no workflow.
pub const TEST_LEG: &str = "test";
/// How long a test call counts, in seconds: the network lets a phone ring for a minute.
pub const TEST_LIMIT_S: i64 = 90;

/// Dials. The same try again dials only if the first did not.
///
/// # Errors
/// [`NumberTestError::NotHere`] if the deployment makes no test calls; [`NumberError::Refused`] if the number is not the tenant's.
pub async fn test(
    d: &(impl Numbers + CallControl + Clock),
    input: NumberTestInput,
) -> Result<NumberTestBegun, NumberTestError> {
    let Some(shows) = d.test_caller() else {
        return Err(NumberTestError::NotHere);
    };
    Ok(call(d, input, shows).await?)
}

async fn call(
    d: &(impl Numbers + CallControl + Clock),
    input: NumberTestInput,
    shows: &E164,
) -> Result<NumberTestBegun, NumberError> {
    let number = &input.number;
    let known = d.number_record(number).await?;
    if known.is_none_or(|known| known.tenant != input.tenant) {
        return Err(NumberError::Refused(format!(
            "{number} is not the tenant's number"
        )));
    }
    let digits = number.as_str().trim_start_matches('+');
    let mut call = TestCall {
        test: format!("{}-{digits}-{}", input.request, input.attempt),
        called: number.clone(),
        shows: shows.clone(),
        request: input.request,
        until_s: d.now().as_second() + TEST_LIMIT_S,
        dialled: false,
    };
    let begun = NumberTestBegun {
        test: call.test.clone(),
    };
    let before = d.test_of(number).await?;
    if before.is_some_and(|before| before.test == call.test && before.dialled) {
        return Ok(begun);
    }
    d.note_test(&call).await?;
    let id = CallId::from(call.test.as_str());
    match d
        .dial(&id, &LegId::from(TEST_LEG), &call.called, shows)
        .await
    {
        Ok(_) => {}
        Err(DialError::Busy) => {
            return Err(NumberError::Carrier(
                "the phone network has no room for a test call".to_owned(),
            ));
        }
        Err(DialError::Refused(why)) => {
            return Err(NumberError::Refused(format!("no test call: {why}")));
        }
        // It may be on its way; a second call to see whether a number leads here does no harm, but is not needed either.
        Err(DialError::Unknown(error)) => {
            tracing::warn!(%number, error = crate::shell::chain(&error), "a test call may be on its way");
        }
    }
    call.dialled = true;
    d.note_test(&call).await?;
    Ok(begun)
}

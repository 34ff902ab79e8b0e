//! `number-withdraw`: numbers ring nobody and wait to be given back.
use super::{line, line_because};
use crate::ports::calls::Write;
use crate::ports::numbers::Numbers;
use contract::E164;
use contract::number::{NumberError, NumberWithdrawInput, NumbersSettled, status};

/// Withdraws each number of the tenant; the second time only those that are still withdrawn.
///
/// # Errors
/// [`NumberError`]; run again, it goes on where it stopped.
pub async fn withdraw(
    d: &impl Numbers,
    input: NumberWithdrawInput,
) -> Result<NumbersSettled, NumberError> {
    let mut settled = NumbersSettled::default();
    for number in &input.numbers {
        let (tenant, request) = (&input.tenant, &input.request);
        if !is_to_leave(d, &input, number).await?
            || d.mark_leaving(tenant, number, request, true).await? == Write::Conflict
        {
            settled.failed.push(number.clone());
            let why = "not the tenant's, or given back by another request";
            settled
                .numbers
                .push(line_because(number, status::FAILED, why));
            continue;
        }
        d.lead_number(tenant, number, None).await?;
        settled.done.push(number.clone());
        settled.numbers.push(line(number, status::QUARANTINED));
    }
    Ok(settled)
}

/// Whether the request gives this number back: one that it has withdrawn before bears its mark until it is back in use.
async fn is_to_leave(
    d: &impl Numbers,
    input: &NumberWithdrawInput,
    number: &E164,
) -> Result<bool, NumberError> {
    if !input.again {
        return Ok(true);
    }
    let known = d.number_record(number).await?;
    Ok(known.is_some_and(|known| known.leaving.as_ref() == Some(&input.request)))
}

//! `number-reserve`: keeps the numbers from others until they are ordered.
use super::{carrier, line, new_order};
use crate::ports::carriers::{Carrier, Carriers};
use crate::ports::clock::{self, Clock};
use contract::number::{NumberError, NumberReserveInput, NumberReserved, status};

/// Reserves; reserved before under the same request, they stay so.
///
/// # Errors
/// [`NumberError`]; [`NumberError::Refused`] if one of them cannot be had.
pub async fn reserve(
    d: &(impl Carriers + Clock),
    input: NumberReserveInput,
) -> Result<NumberReserved, NumberError> {
    let from = carrier(d, &input.carrier)?;
    let order = new_order(input.request.as_str(), &input.numbers, d.now());
    let kept = from.reserve(&order).await?;
    let status = if kept.is_some() {
        status::RESERVED
    } else {
        status::WANTED
    };
    Ok(NumberReserved {
        until: kept.and_then(|kept| kept.until).map(clock::text),
        numbers: input.numbers.iter().map(|n| line(n, status)).collect(),
    })
}

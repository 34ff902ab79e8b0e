//! `number-release`: numbers go back to the carrier.
use super::{carrier, line, line_because, refusal_of};
use crate::ports::carriers::{Carrier, Carriers};
use crate::ports::numbers::{NumberRecord, Numbers};
use contract::number::{NumberError, NumberReleaseInput, NumbersSettled, status};

/// Gives each number back, and strikes it once the carrier has it. One that is another tenant's is not touched, nor is one that another
/// request has brought: it is in use by that one, and nothing is left to do about it.
///
/// # Errors
/// [`NumberError`]; run again, it goes on where it stopped.
pub async fn release(
    d: &(impl Carriers + Numbers),
    input: NumberReleaseInput,
) -> Result<NumbersSettled, NumberError> {
    let from = carrier(d, &input.carrier)?;
    let mut settled = NumbersSettled::default();
    for number in &input.numbers {
        let known = d.number_record(number).await?;
        if known
            .as_ref()
            .is_some_and(|known| is_anothers(&input, known))
        {
            let why = "another request has brought it: it stays";
            settled
                .numbers
                .push(line_because(number, status::FAILED, why));
            continue;
        }
        let others = known.is_some_and(|known| known.tenant != input.tenant);
        let refused = if others {
            Some("the number is not the tenant's".to_owned())
        } else {
            d.lead_number(&input.tenant, number, None).await?;
            refusal_of(from.release(number).await)?
        };
        if let Some(why) = refused {
            settled.failed.push(number.clone());
            settled
                .numbers
                .push(line_because(number, status::FAILED, &why));
            continue;
        }
        d.strike_number(&input.tenant, number).await?;
        settled.done.push(number.clone());
        settled.numbers.push(match &input.reason {
            Some(why) => line_because(number, status::RELEASED, why),
            None => line(number, status::RELEASED),
        });
    }
    Ok(settled)
}

/// Whether a number of the tenant's was brought by another request than this one, and does not leave by this one.
fn is_anothers(input: &NumberReleaseInput, known: &NumberRecord) -> bool {
    let brought = known.request.as_ref();
    known.tenant == input.tenant
        && brought.is_some_and(|brought| *brought != input.request)
        && known.leaving.as_ref() != Some(&input.request)
}

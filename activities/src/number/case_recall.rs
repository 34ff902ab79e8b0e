//! `number-case-recall`: what came by the support case of a request that is brought to its end.
use super::recall::{Place, Whose, place};
use super::{line, line_because};
use crate::ports::numbers::Numbers;
use contract::number::{NumberCaseRecallInput, NumberCaseRecalled, NumberError, status};

/// Tells what has come from what is in use: the carrier has no order to ask about.
///
/// # Errors
/// [`NumberError`].
pub async fn recall(
    d: &impl Numbers,
    input: NumberCaseRecallInput,
) -> Result<NumberCaseRecalled, NumberError> {
    let whose = Whose {
        tenant: &input.tenant,
        request: &input.request,
        returning: &input.returning,
    };
    let mut recalled = NumberCaseRecalled::default();
    for number in &input.numbers {
        let known = d.number_record(number).await?;
        let line = match place(&whose, number, known.as_ref()) {
            Place::Back => {
                recalled.had.push(number.clone());
                line(number, status::ACQUIRED)
            }
            Place::Used => {
                recalled.used.push(number.clone());
                line(number, status::ASSIGNED)
            }
            Place::Others => line_because(number, status::FAILED, "another tenant's by now"),
        };
        recalled.numbers.push(line);
    }
    Ok(recalled)
}

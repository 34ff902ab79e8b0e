//! `number-order-answer`: gives the carrier what it asks for.
use super::carrier;
use crate::ports::carriers::{Carrier, Carriers};
use contract::number::{NumberAnswerInput, NumberAnswered, NumberError};
use serde::Deserialize;

/// Most answers at once.
const MAX_ANSWERS: usize = 50;

/// What the form `carrier-answers` gives.
#[derive(Deserialize)]
struct Answers {
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    /// The carrier's id of the need.
    need: String,
    /// A text, or the carrier's id of a document.
    value: String,
}

/// Hands the answers in; the same again changes nothing.
///
/// # Errors
/// [`NumberError`]; [`NumberError::Refused`] if the carrier does not take them.
pub async fn answer(
    d: &impl Carriers,
    input: NumberAnswerInput,
) -> Result<NumberAnswered, NumberError> {
    let from = carrier(d, &input.carrier)?;
    let filled: Answers = serde_json::from_value(input.answers)
        .map_err(|error| NumberError::BadInput(format!("answers: {error}")))?;
    if filled.answers.is_empty() || filled.answers.len() > MAX_ANSWERS {
        return Err(NumberError::BadInput(format!(
            "answers: 1 to {MAX_ANSWERS} are allowed"
        )));
    }
    let pairs: Vec<(String, String)> = filled
        .answers
        .into_iter()
        .map(|each| (each.need, each.value))
        .collect();
    from.answer(&input.order, &pairs).await?;
    Ok(NumberAnswered {
        answered: u32::try_from(pairs.len()).unwrap_or(u32::MAX),
    })
}

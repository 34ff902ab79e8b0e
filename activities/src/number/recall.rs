//! `number-order-recall`: the order of a request that is brought to its end, as far as it can be taken back.
use super::order::{take_back, view};
use super::{carrier, new_order};
use crate::ports::carriers::{Carrier, Carriers};
use crate::ports::numbers::Numbers;
use contract::E164;
use contract::number::{
    NumberError, NumberOrdered, NumberRecallInput, NumberRecalled, NumberState, status,
};
use jiff::Timestamp;

/// Looks for the order, cancels what has not come yet, and tells what has come from what is in use.
///
/// # Errors
/// [`NumberError`]; run again, it goes on where it stopped.
pub async fn recall(
    d: &(impl Carriers + Numbers),
    input: NumberRecallInput,
) -> Result<NumberRecalled, NumberError> {
    let since: Timestamp = input.since.parse().map_err(|_| {
        NumberError::BadInput("since: not an instant such as 2026-11-20T10:00:00Z".to_owned())
    })?;
    let from = carrier(d, &input.carrier)?;
    let wanted = new_order(input.request.as_str(), &input.numbers, since);
    let Some(found) = from.find_order(&wanted).await? else {
        return Ok(nothing());
    };
    take_back(from, &found.id).await?;
    let ordered = view(from, &from.order_state(&found.id).await?).await;
    let mut used = Vec::new();
    for number in &ordered.had {
        let known = d.number_record(number).await?;
        if known.is_some_and(|known| known.tenant == input.tenant) {
            used.push(number.clone());
        }
    }
    Ok(sorted(ordered, used))
}

fn nothing() -> NumberRecalled {
    NumberRecalled {
        order: String::new(),
        state: NumberState::Failed,
        numbers: Vec::new(),
        had: Vec::new(),
        used: Vec::new(),
    }
}

/// What the tenant has in use stays: to give it back is the tenant's wish, and a request of its own.
fn sorted(mut ordered: NumberOrdered, used: Vec<E164>) -> NumberRecalled {
    for line in &mut ordered.numbers {
        if used.contains(&line.number) {
            status::ASSIGNED.clone_into(&mut line.status);
        }
    }
    ordered.had.retain(|number| !used.contains(number));
    NumberRecalled {
        order: ordered.order,
        state: ordered.state,
        numbers: ordered.numbers,
        had: ordered.had,
        used,
    }
}

#[cfg(test)]
mod tests {
    use super::super::line;
    use super::*;

    fn number(last: u8) -> E164 {
        E164::parse(&format!("+4144555100{last}")).unwrap()
    }

    #[test]
    fn what_is_in_use_stays_and_the_rest_is_to_be_given_back() {
        let had = [number(1), number(2)];
        let ordered = NumberOrdered {
            order: "o-1".to_owned(),
            state: NumberState::Settled,
            numbers: had
                .iter()
                .map(|each| line(each, status::ACQUIRED))
                .chain([line(&number(3), status::FAILED)])
                .collect(),
            had: had.to_vec(),
            needs: Vec::new(),
        };
        let recalled = sorted(ordered, vec![number(1)]);
        assert_eq!(
            (recalled.had, recalled.used),
            (vec![number(2)], vec![number(1)])
        );
        let shown: Vec<&str> = recalled.numbers.iter().map(|l| l.status.as_str()).collect();
        assert_eq!(shown, [status::ASSIGNED, status::ACQUIRED, status::FAILED]);
    }
}

//! `number-order-recall`: the order of a request that is brought to its end, as far as it can be taken back.
use super::order::{take_back, view};
use super::{carrier, line_because, new_order, since};
use crate::ports::carriers::{Carrier, Carriers};
use crate::ports::numbers::{NumberRecord, Numbers};
use contract::number::{
    NumberError, NumberOrdered, NumberRecallInput, NumberRecalled, NumberState, status,
};
use contract::{E164, RequestId, TenantId};

/// Looks for the order, cancels what has not come yet, and tells what has come from what is in use.
///
/// # Errors
/// [`NumberError`]; run again, it goes on where it stopped.
pub async fn recall(
    d: &(impl Carriers + Numbers),
    input: NumberRecallInput,
) -> Result<NumberRecalled, NumberError> {
    let since = since(&input.since)?;
    let from = carrier(d, &input.carrier)?;
    let wanted = new_order(input.request.as_str(), &input.numbers, since);
    let Some(found) = from.find_order(&wanted).await? else {
        return Ok(nothing());
    };
    take_back(from, &found.id).await?;
    let ordered = view(from, &from.order_state(&found.id).await?).await;
    let whose = whose(&input);
    let mut here = Vec::new();
    for number in &ordered.had {
        let known = d.number_record(number).await?;
        here.push((number.clone(), place(&whose, number, known.as_ref())));
    }
    Ok(sorted(ordered, &here))
}

/// Where a number is that the carrier gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nobody has it, or it was to go back.
    Back,
    /// The tenant has it in use.
    Used,
    /// Another tenant has it by now.
    Others,
}

/// Whose numbers are looked at.
pub(super) struct Whose<'a> {
    /// Whose they were to be.
    pub(super) tenant: &'a TenantId,
    /// The request that brought them.
    pub(super) request: &'a RequestId,
    /// Those that were to be given back.
    pub(super) returning: &'a [E164],
}

fn whose(input: &NumberRecallInput) -> Whose<'_> {
    Whose {
        tenant: &input.tenant,
        request: &input.request,
        returning: &input.returning,
    }
}

/// A number that the tenant has stays, and one that came anew by another request, or leaves by one, is that request's. That the
/// order shows it as `active` is not asked for: of the number that was tested last, only the order's end would have said so.
pub(super) fn place(whose: &Whose<'_>, number: &E164, known: Option<&NumberRecord>) -> Place {
    let Some(known) = known else {
        return Place::Back;
    };
    if known.tenant != *whose.tenant {
        return Place::Others;
    }
    let ours = known.request.as_ref() == Some(whose.request) && known.leaving.is_none();
    if ours && whose.returning.contains(number) {
        Place::Back
    } else {
        Place::Used
    }
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

/// What the tenant has in use stays: to give it back is the tenant's wish, and a request of its own. What another tenant has is not
/// ours to give back, and its line says so.
fn sorted(ordered: NumberOrdered, here: &[(E164, Place)]) -> NumberRecalled {
    let in_place = |wanted: Place| {
        let there = here.iter().filter(move |(_, place)| *place == wanted);
        there.map(|(number, _)| number.clone()).collect::<Vec<_>>()
    };
    let (had, used, others) = (
        in_place(Place::Back),
        in_place(Place::Used),
        in_place(Place::Others),
    );
    let mut numbers = ordered.numbers;
    for line in &mut numbers {
        if used.contains(&line.number) {
            status::ASSIGNED.clone_into(&mut line.status);
        } else if others.contains(&line.number) {
            *line = line_because(&line.number, status::FAILED, "another tenant's by now");
        }
    }
    NumberRecalled {
        order: ordered.order,
        state: ordered.state,
        numbers,
        had,
        used,
    }
}

#[cfg(test)]
mod tests {
    use super::super::line;
    use super::*;
    use crate::ports::numbers::Standing;

    fn number(last: u8) -> E164 {
        E164::parse(&format!("+4144555100{last}")).unwrap()
    }

    fn recalling(returning: &[E164]) -> NumberRecallInput {
        NumberRecallInput {
            request: "no-1".into(),
            tenant: "t-1".into(),
            carrier: "telnyx".into(),
            numbers: vec![number(1), number(2)],
            since: "2026-11-20T10:00:00Z".to_owned(),
            returning: returning.to_vec(),
        }
    }

    fn known(tenant: &str, request: &str, leaving: Option<&str>) -> NumberRecord {
        NumberRecord {
            number: number(1),
            tenant: tenant.into(),
            person: None,
            group: None,
            flow: None,
            standing: Standing::Active,
            carrier: Some("telnyx".into()),
            country: None,
            number_type: None,
            request: Some(request.into()),
            since: None,
            leaving: leaving.map(Into::into),
        }
    }

    #[test]
    fn what_the_tenant_has_stays_unless_the_order_was_to_give_it_back() {
        let (kept, returning) = (recalling(&[]), recalling(&[number(1)]));
        for (record, while_kept, while_returning) in [
            (None, Place::Back, Place::Back),
            (Some(known("t-1", "no-1", None)), Place::Used, Place::Back),
            // Given back, struck and ordered once more.
            (Some(known("t-1", "no-2", None)), Place::Used, Place::Used),
            (
                Some(known("t-1", "no-1", Some("nr-1"))),
                Place::Used,
                Place::Used,
            ),
            (
                Some(known("t-2", "no-3", None)),
                Place::Others,
                Place::Others,
            ),
        ] {
            let record = record.as_ref();
            assert_eq!(
                place(&whose(&kept), &number(1), record),
                while_kept,
                "{record:?}"
            );
            assert_eq!(
                place(&whose(&returning), &number(1), record),
                while_returning,
                "{record:?}"
            );
        }
    }

    #[test]
    fn what_is_in_use_stays_and_the_rest_is_to_be_given_back_except_what_another_tenant_has() {
        let had = [number(1), number(2), number(4)];
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
        let places = [Place::Used, Place::Back, Place::Others];
        let here: Vec<(E164, Place)> = had.iter().cloned().zip(places).collect();
        let recalled = sorted(ordered, &here);
        assert_eq!(
            (recalled.had, recalled.used),
            (vec![number(2)], vec![number(1)])
        );
        let shown: Vec<&str> = recalled.numbers.iter().map(|l| l.status.as_str()).collect();
        assert_eq!(
            shown,
            [
                status::ASSIGNED,
                status::ACQUIRED,
                status::FAILED,
                status::FAILED
            ]
        );
        let why = recalled.numbers[2].reason.as_deref();
        assert_eq!(why, Some("another tenant's by now"));
    }
}

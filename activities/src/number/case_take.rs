//! `number-case-take`: what came by a support case, held against what was asked for and against the carrier's inventory. A number that is
//! named in two cases is one order's: the one that takes it in first.
use super::{carrier, counted, line, no_request};
use crate::dial;
use crate::ports::Unavailable;
use crate::ports::carriers::{Carrier, Carriers, Held};
use crate::ports::numbers::Numbers;
use crate::ports::requests::Requests;
use crate::rules;
use contract::number::{NumberCaseTakeInput, NumberError, NumbersCame, status};
use contract::request::NumberLine;
use contract::{E164, RequestId};
use serde_json::{Value, json};

/// Most problems that are told.
const TOLD_MAX: usize = 5;

/// Looks at each number that an operator has named, and writes them into the request: a workflow that fails afterwards knows them.
///
/// # Errors
/// [`NumberError`]; run again, it looks again.
pub async fn take(
    d: &(impl Carriers + Numbers + Requests),
    input: NumberCaseTakeInput,
) -> Result<NumbersCame, NumberError> {
    let from = carrier(d, &input.carrier)?;
    let (new, mut problems) = read(&input);
    for number in &new {
        match not_free(d, from, &input.request, number).await {
            Ok(None) => {}
            Ok(Some(why)) => problems.push(format!("{number}: {why}")),
            Err(error) => {
                // Asked again, it claims them again; named otherwise, what was claimed by mistake is nobody's.
                leave(d, &new, &input.request).await?;
                return Err(error);
            }
        }
    }
    let lines = |numbers: &[E164]| -> Vec<NumberLine> {
        let acquired = numbers.iter().map(|number| line(number, status::ACQUIRED));
        acquired.collect()
    };
    if !problems.is_empty() {
        // Whoever named them by mistake keeps them from nobody.
        leave(d, &new, &input.request).await?;
        problems.truncate(TOLD_MAX);
        return Ok(NumbersCame {
            numbers: lines(&input.before),
            had: input.before,
            problems,
            more: false,
        });
    }
    let numbers: Vec<E164> = input.before.iter().cloned().chain(new).collect();
    let more = input.more && numbers.len() < wanted(&input);
    let lines = lines(&numbers);
    // A workflow that takes the order over withdraws the case if more would come.
    let details = json!({ "moreToCome": more.then_some(true) });
    let learn = |record: &mut crate::request::RequestRecord| record.learn(&lines, &details);
    if Requests::update(d, &input.request, learn).await?.is_none() {
        return Err(no_request(&input.request));
    }
    Ok(NumbersCame {
        numbers: lines,
        had: numbers,
        problems,
        more,
    })
}

/// Why an order cannot have a number, if it cannot. One that it can have is claimed for it.
async fn not_free(
    d: &(impl Numbers + Requests),
    from: &impl Carrier,
    order: &RequestId,
    number: &E164,
) -> Result<Option<String>, NumberError> {
    // Claimed before it is looked at: an order that had it, and is over, has put it into use by then or left it.
    let other = other_order(d, order, number).await?;
    let known = d.number_record(number).await?;
    match (known, other) {
        // Taken in before by this very request.
        (Some(known), _) if known.request.as_ref() == Some(order) => Ok(None),
        (Some(_), _) => Ok(Some("it is in use here already".to_owned())),
        (None, Some(other)) => Ok(Some(format!("the order {other} has taken it in"))),
        (None, None) => Ok(match from.held(number).await? {
            Held::Free => None,
            Held::Not(why) => Some(why),
        }),
    }
}

/// Takes back an order's claims.
async fn leave(d: &impl Numbers, numbers: &[E164], order: &RequestId) -> Result<(), Unavailable> {
    for number in numbers {
        d.unclaim_number(number, order).await?;
    }
    Ok(())
}

/// Claims a number for an order; the order that has it, if another one that is open does.
async fn other_order(
    d: &(impl Numbers + Requests),
    order: &RequestId,
    number: &E164,
) -> Result<Option<RequestId>, Unavailable> {
    let mut holder = d.claim_number(number, order, None).await?;
    if holder != *order {
        let known = Requests::get(d, &holder).await?;
        if known.is_none_or(|known| !known.view.is_open()) {
            holder = d.claim_number(number, order, Some(&holder)).await?;
        }
    }
    Ok((holder != *order).then_some(holder))
}

/// How many were asked for.
fn wanted(input: &NumberCaseTakeInput) -> usize {
    usize::try_from(input.count).unwrap_or(usize::MAX)
}

/// The numbers that are new among those that were named, and what of them cannot be what was asked for.
fn read(input: &NumberCaseTakeInput) -> (Vec<E164>, Vec<String>) {
    let (mut numbers, mut problems) = (Vec::new(), Vec::new());
    let came_before = |text: &&String| {
        let number = E164::parse(text.trim());
        number.is_ok_and(|number| input.before.contains(&number))
    };
    let new: Vec<&String> = input
        .numbers
        .iter()
        .filter(|text| !came_before(text))
        .collect();
    let (named, asked) = (input.before.len() + new.len(), wanted(input));
    if input.numbers.is_empty() {
        problems.push("no number was named".to_owned());
    }
    if named > asked {
        let named = counted(named, "");
        problems.push(format!("{named} named, {asked} asked for"));
    }
    for text in new {
        match E164::parse(text.trim()) {
            Err(why) => problems.push(format!("{text}: {why}")),
            Ok(number) if numbers.contains(&number) => {
                problems.push(format!("{number}: named twice"));
            }
            Ok(number) => match differs(input, &number) {
                Some(why) => problems.push(format!("{number}: {why}")),
                None => numbers.push(number),
            },
        }
    }
    (numbers, problems)
}

/// Why a number is not of the country and type that were asked for, if it is not.
fn differs(input: &NumberCaseTakeInput, number: &E164) -> Option<String> {
    let country = dial::look_up(number).map(|known| known.iso2);
    match country {
        Some(country) if country == input.country => {}
        Some(country) => {
            return Some(format!("a number of {country}, not of {}", input.country));
        }
        None => return Some("no country's plan has it".to_owned()),
    }
    let kind = rules::porting().place(number).map(|(_, kind)| kind);
    if kind == Some(input.number_type) {
        return None;
    }
    let word = |value: Value| value.as_str().unwrap_or_default().replace('_', "-");
    let wanted = word(json!(input.number_type));
    Some(match kind {
        Some(kind) => format!("a {} number, not a {wanted} one", word(json!(kind))),
        None => format!("not known to be a {wanted} number"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(numbers: &[&str]) -> NumberCaseTakeInput {
        let input = json!({
            "request": "no-1", "carrier": "chime", "country": "CH", "numberType": "local", "count": 2, "numbers": numbers,
        });
        serde_json::from_value(input).unwrap()
    }

    #[test]
    fn what_fits_is_read_as_it_was_written() {
        let (numbers, problems) = read(&came(&["+41445552000", " +41445552001 "]));
        let texts: Vec<&str> = numbers.iter().map(E164::as_str).collect();
        assert_eq!(texts, ["+41445552000", "+41445552001"]);
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn what_came_before_may_be_named_again_and_counts() {
        let mut again = came(&["+41445552000", "+41445552001"]);
        again.before = vec![E164::parse("+41445552000").unwrap()];
        let (numbers, problems) = read(&again);
        assert_eq!(numbers, [E164::parse("+41445552001").unwrap()]);
        assert_eq!(problems, Vec::<String>::new());
        let mut many = came(&["+41445552001", "+41445552002"]);
        many.before = again.before;
        assert_eq!(read(&many).1, ["3 numbers named, 2 asked for"]);
    }

    #[test]
    fn what_cannot_be_what_was_asked_for_is_named_with_why() {
        for (numbers, says) in [
            (vec![], "no number was named"),
            (vec!["0445552000"], "0445552000"),
            (vec!["+6565552000"], "a number of SG, not of CH"),
            (vec!["+41785552000"], "a mobile number, not a local one"),
            (vec!["+41445552000", "+41445552000"], "named twice"),
            (
                vec!["+41445552000", "+41445552001", "+41445552002"],
                "3 numbers named, 2 asked for",
            ),
        ] {
            let (_, problems) = read(&came(&numbers));
            assert_eq!(problems.len(), 1, "{numbers:?}: {problems:?}");
            assert!(problems[0].contains(says), "{problems:?}");
        }
    }
}

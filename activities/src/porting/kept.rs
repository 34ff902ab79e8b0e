//! Numbers that have left and that a carrier does not let go: the timeline says what is left to do there.
use crate::ports::Unavailable;
use crate::ports::carriers::Refusal;
use crate::ports::clock::Clock;
use crate::ports::requests::Requests;
use contract::request::Party;
use contract::{E164, RequestId};

/// How many numbers are named.
const NAMED_MAX: usize = 5;

/// A number, and why its carrier does not let it go.
pub(super) type Kept = (E164, Refusal);

/// What a carrier goes on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Still {
    /// It has the numbers, and may charge for them.
    Has,
    /// It leads their calls here.
    Leads,
}

/// Says in the timeline what is left to do at the carrier, once, however often it is tried. Nothing if it keeps none.
///
/// # Errors
/// [`Unavailable`]: it may not be said yet.
pub(super) async fn tell(
    d: &(impl Requests + Clock),
    request: &RequestId,
    still: Still,
    kept: &[Kept],
) -> Result<(), Unavailable> {
    let Some(says) = says(still, kept) else {
        return Ok(());
    };
    let now = d.now();
    let noted = Requests::update(d, request, |record| {
        if !record.has_line(&says) {
            record.note(Party::Platform, None, &says, now);
        }
    });
    noted.await.map(drop)
}

/// In words, with the first one's refusal; none if nothing is kept.
fn says(still: Still, kept: &[Kept]) -> Option<String> {
    let (_, why) = kept.first()?;
    let named = kept.iter().take(NAMED_MAX);
    let named: Vec<_> = named.map(|(number, _)| number.as_str()).collect();
    let named = named.join(", ");
    let more = match kept.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(match still {
        Still::Has => format!("The carrier has {named}{more} still: {why}. Delete them there"),
        Still::Leads => format!(
            "The carrier leads calls to {named}{more} here still: {why}. Have it lead them here no more"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_named_and_the_others_counted() {
        let why = Refusal {
            status: 409,
            reasons: Vec::new(),
        };
        let number = |at: usize| E164::parse(&format!("+4144555200{at}")).unwrap();
        let kept: Vec<Kept> = (0..7).map(|at| (number(at), why.clone())).collect();
        assert_eq!(says(Still::Has, &[]), None);
        let one = says(Still::Has, &kept[..1]).unwrap();
        assert!(
            one.starts_with("The carrier has +41445552000 still"),
            "{one}"
        );
        let all = says(Still::Leads, &kept).unwrap();
        assert!(all.contains("+41445552004 and 2 more here still"), "{all}");
    }
}

//! Which numbers exist, and what kind they are: libphonenumber's metadata, matched against a whole E.164 number.
//!
//! The crate's own parser guesses at what people mean; a guess is the wrong thing where a wrong number costs money. So
//! only its patterns are used here, and reading is done in `read.rs`.
use contract::E164;
use phonenumber::metadata::{DATABASE, Descriptor, Metadata};

/// What the numbering plans say about a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// ISO 3166-1 alpha-2, or `001` for numbers of no country (satellites, shared-cost worldwide).
    pub iso2: String,
    /// Costs the caller extra: premium rate, or a personal number, which is billed like one.
    pub premium: bool,
}

/// The plan's entry of a number; `None` if no plan has such a number.
pub fn look_up(number: &E164) -> Option<Known> {
    let digits = number.as_str().strip_prefix('+')?;
    // Country codes are prefix-free, so the first that exists is the one.
    let (plans, national) = (1..=3).find_map(|len| {
        let (code, national) = digits.split_at_checked(len)?;
        let plans = DATABASE.by_code(&code.parse::<u16>().ok()?)?;
        Some((plans, national))
    })?;
    let alone = plans.len() == 1;
    plans
        .into_iter()
        .find(|plan| alone || claims(plan, national))
        .filter(|plan| exists(plan, national))
        .map(|plan| Known {
            iso2: plan.id().to_owned(),
            premium: premium(plan, national),
        })
}

/// A number without its country code; `None` if no plan has such a code.
pub fn national(number: &E164) -> Option<&str> {
    let digits = number.as_str().strip_prefix('+')?;
    (1..=3).find_map(|len| {
        let (code, national) = digits.split_at_checked(len)?;
        DATABASE.by_code(&code.parse::<u16>().ok()?)?;
        Some(national)
    })
}

/// Whether a country among several with the same code has this number.
fn claims(plan: &Metadata, national: &str) -> bool {
    match plan.leading_digits() {
        Some(pattern) => pattern
            .find(national)
            .is_some_and(|found| found.start() == 0),
        None => exists(plan, national),
    }
}

fn exists(plan: &Metadata, national: &str) -> bool {
    let kinds = plan.descriptors();
    matches(Some(kinds.general()), national)
        && [
            kinds.fixed_line(),
            kinds.mobile(),
            kinds.toll_free(),
            kinds.premium_rate(),
            kinds.shared_cost(),
            kinds.personal_number(),
            kinds.voip(),
            kinds.pager(),
            kinds.uan(),
            kinds.voicemail(),
        ]
        .into_iter()
        .any(|kind| matches(kind, national))
}

fn premium(plan: &Metadata, national: &str) -> bool {
    let kinds = plan.descriptors();
    matches(kinds.premium_rate(), national) || matches(kinds.personal_number(), national)
}

fn matches(kind: Option<&Descriptor>, national: &str) -> bool {
    kind.is_some_and(|kind| kind.is_match(national))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso2(number: &str) -> Option<String> {
        look_up(&E164::parse(number).unwrap()).map(|known| known.iso2)
    }

    #[test]
    fn countries_that_share_a_code_are_told_apart() {
        for (number, country) in [
            ("+41445550100", "CH"),
            ("+6565550100", "SG"),
            ("+5078330100", "PA"),
            ("+12025550123", "US"),
            ("+16137827274", "CA"),
            ("+18765550123", "JM"),
            ("+18095550123", "DO"),
            ("+441212345678", "GB"),
            ("+442079460000", "GB"),
            ("+441534456789", "JE"),
            ("+390612345678", "IT"),
            ("+881612345678", "001"),
        ] {
            assert_eq!(iso2(number).as_deref(), Some(country), "{number}");
        }
    }

    #[test]
    fn a_number_that_no_plan_has_is_unknown() {
        for number in [
            "+41115550100",
            "+415550100",
            "+414455501000",
            "+999123456789",
            "+12015",
            "+10005550123",
        ]
        .into_iter()
        .filter_map(|text| E164::parse(text).ok())
        {
            assert_eq!(look_up(&number), None, "{number}");
        }
    }

    #[test]
    fn premium_numbers_are_known_as_such() {
        for number in [
            "+41900123456",
            "+41906123456",
            "+19002345678",
            "+6519001234567",
            "+447012345678",
        ] {
            let known = look_up(&E164::parse(number).unwrap());
            assert!(known.is_none_or(|known| known.premium), "{number}");
        }
    }
}

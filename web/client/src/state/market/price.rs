//! Prices, as carriers say them: decimal texts, added without a rounding.

use contract::number::api::NumberPrice;

/// Digits behind the point that are kept when prices are added.
const SCALE: u32 = 6;

/// The price of a month: `1.50 USD`.
pub(crate) fn monthly(price: Option<&NumberPrice>) -> Option<String> {
    let price = price?;
    Some(format!("{} {}", price.monthly.as_ref()?, price.currency))
}

/// The price of a minute of a call to the number.
pub(crate) fn per_minute(price: Option<&NumberPrice>) -> Option<String> {
    let price = price?;
    Some(format!("{} {}", price.per_minute.as_ref()?, price.currency))
}

/// The sum of the months, a line for each currency, and how many have no price.
pub(crate) fn sum<'p>(
    prices: impl Iterator<Item = Option<&'p NumberPrice>>,
) -> (Vec<String>, usize) {
    let mut sums: Vec<(&str, i128)> = Vec::new();
    let mut unknown = 0;
    for price in prices {
        let month = price.and_then(|price| Some((price, units(price.monthly.as_deref()?)?)));
        let Some((price, units)) = month else {
            unknown += 1;
            continue;
        };
        match sums.iter_mut().find(|(one, _)| *one == price.currency) {
            Some((_, sum)) => *sum += units,
            None => sums.push((&price.currency, units)),
        }
    }
    let lines = sums.iter();
    let lines = lines.map(|(currency, units)| format!("{} {currency}", text(*units)));
    (lines.collect(), unknown)
}

fn units(text: &str) -> Option<i128> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !digits(whole) || !digits(rest) {
        return None;
    }
    let rest = rest.get(..rest.len().min(SCALE as usize))?;
    let shift = 10i128.pow(SCALE - u32::try_from(rest.len()).ok()?);
    let rest: i128 = if rest.is_empty() {
        0
    } else {
        rest.parse().ok()?
    };
    Some(whole.parse::<i128>().ok()? * 10i128.pow(SCALE) + rest * shift)
}

/// With two digits behind the point, more if they say something.
fn text(units: i128) -> String {
    let one = 10i128.pow(SCALE);
    let rest = format!("{:06}", units % one);
    let kept = rest.trim_end_matches('0').len().max(2);
    format!("{}.{}", units / one, &rest[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn price(monthly: &str, currency: &str) -> NumberPrice {
        NumberPrice {
            upfront: None,
            monthly: Some(monthly.into()),
            per_minute: Some("0.0140".into()),
            currency: currency.into(),
        }
    }

    #[test]
    fn months_are_added_by_currency_and_what_has_no_price_is_told() {
        let (a, b, c) = (
            price("1.10", "USD"),
            price("2.205", "USD"),
            price("3", "CHF"),
        );
        let all = [Some(&a), Some(&b), Some(&c), None];
        let (lines, unknown) = sum(all.into_iter());
        assert_eq!(
            (lines, unknown),
            (vec!["3.305 USD".into(), "3.00 CHF".into()], 1)
        );
        assert_eq!(monthly(Some(&a)).as_deref(), Some("1.10 USD"));
        assert_eq!(per_minute(Some(&a)).as_deref(), Some("0.0140 USD"));
        assert_eq!(sum([Some(&price("free", "USD"))].into_iter()).1, 1);
    }

    proptest! {
        /// Adding cents gives cents: nothing is lost to binary fractions.
        #[test]
        fn sums_are_exact(cents in proptest::collection::vec(0u32..100_000, 1..40)) {
            let prices: Vec<_> = cents
                .iter()
                .map(|cents| price(&format!("{}.{:02}", cents / 100, cents % 100), "USD"))
                .collect();
            let total: u32 = cents.iter().sum();
            let (lines, unknown) = sum(prices.iter().map(Some));
            prop_assert_eq!(unknown, 0);
            prop_assert_eq!(&lines[0], &format!("{}.{:02} USD", total / 100, total % 100));
        }
    }
}

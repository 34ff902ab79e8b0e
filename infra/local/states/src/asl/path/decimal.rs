//! Numbers by their mathematical value, however they are written: `1`, `1.0` and `1e0` are one number, `0` and `-0` too, and
//! whole numbers above 2^53 are told apart.

use std::borrow::Cow;
use std::cmp::Ordering;

/// A number: `0.DIGITS` times ten to the power of `magnitude`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decimal<'a> {
    is_negative: bool,
    /// Without zeros at either end. 0 has none.
    digits: Cow<'a, str>,
    magnitude: i128,
}

impl<'a> Decimal<'a> {
    /// Reads a number of JSON; `None` for what is none.
    pub(super) fn of(node: &'a str) -> Option<Self> {
        let (is_negative, rest) = match node.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, node),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], exponent(&rest[at + 1..])),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut all = whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || !all.all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (leading, digits) = if fraction.is_empty() {
            let digits = whole.trim_start_matches('0');
            let leading = whole.len() - digits.len();
            (leading, Cow::Borrowed(digits.trim_end_matches('0')))
        } else {
            let all = format!("{whole}{fraction}");
            let digits = all.trim_start_matches('0');
            let leading = all.len() - digits.len();
            (leading, Cow::Owned(digits.trim_end_matches('0').to_owned()))
        };
        if digits.is_empty() {
            return Some(Self {
                is_negative: false,
                digits,
                magnitude: 0,
            });
        }
        let point = whole.len() as i128 - leading as i128;
        Some(Self {
            is_negative,
            digits,
            magnitude: exponent.saturating_add(point),
        })
    }

    /// Appends the one text of this value.
    pub(super) fn write(&self, out: &mut String) {
        if self.digits.is_empty() {
            out.push('0');
            return;
        }
        if self.is_negative {
            out.push('-');
        }
        out.push_str(&self.digits);
        out.push('e');
        out.push_str(&self.magnitude.to_string());
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    pub(super) fn order(&self, other: &Self) -> Ordering {
        let sign = self.sign();
        let signs = sign.cmp(&other.sign());
        // Digits behind a point compare as texts do.
        let sizes = self
            .magnitude
            .cmp(&other.magnitude)
            .then_with(|| self.digits.cmp(&other.digits));
        signs.then(if sign < 0 { sizes.reverse() } else { sizes })
    }
}

/// One that no machine can count to is as good as the largest.
fn exponent(text: &str) -> i128 {
    let most = if text.starts_with('-') {
        i128::MIN / 2
    } else {
        i128::MAX / 2
    };
    text.parse().unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(a: &str, b: &str) -> Ordering {
        Decimal::of(a).unwrap().order(&Decimal::of(b).unwrap())
    }

    #[test]
    fn one_value_has_one_text() {
        for same in [
            &["1", "1.0", "1e0", "10E-1", "0.1e+1", "1.00e00"][..],
            &["0", "-0", "0.0", "-0e5", "0e-3"],
            &["100", "1e2", "1.0E2", "0.1e3"],
            &["-12.5", "-125e-1", "-0.00125e4"],
            &["9007199254740993", "9007199254740993.0"],
        ] {
            for other in same {
                assert_eq!(order(same[0], other), Ordering::Equal, "{other}");
                assert_eq!(Decimal::of(same[0]), Decimal::of(other), "{other}");
            }
        }
        assert_ne!(
            Decimal::of("9007199254740993"),
            Decimal::of("9007199254740992")
        );
    }

    #[test]
    fn numbers_stand_in_their_order() {
        let sorted = [
            "-1e99999999999999999999999999999999999999999",
            "-1000",
            "-12.5",
            "-12",
            "-1e-3",
            "0",
            "1e-400",
            "0.1",
            "0.15",
            "0.2",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e400",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(order(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }
}

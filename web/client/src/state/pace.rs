//! How fast days pass where this is served: as they do, but for practice.

use contract::api::calendars::Calendars;

/// The pace of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How many times faster than they do days pass.
    time_scale: u32,
    /// How long people have at least, in real seconds.
    patience_s: u32,
}

impl Pace {
    /// As the server tells it.
    pub(crate) fn of(told: &Calendars) -> Self {
        Self {
            time_scale: told.time_scale,
            patience_s: told.patience_s,
        }
    }

    /// For whoever reads a deadline; nothing where days pass as they do.
    pub(crate) fn words(self) -> Option<String> {
        let Self {
            time_scale,
            patience_s,
        } = self;
        if time_scale <= 1 {
            return None;
        }
        let faster = format!("Time runs {} times faster here", grouped(time_scale));
        Some(match patience_s / 60 {
            0 => format!("{faster}, deadlines too."),
            minutes => {
                format!("{faster}. People have {minutes} minutes at least for what they are asked.")
            }
        })
    }
}

/// A number with commas between its thousands.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(time_scale: u32, patience_s: u32) -> Option<String> {
        let told = Calendars {
            calendars: Vec::new(),
            time_scale,
            patience_s,
        };
        Pace::of(&told).words()
    }

    #[test]
    fn it_is_said_where_days_pass_faster_than_they_do() {
        assert_eq!(
            words(3_600, 1_800).unwrap(),
            "Time runs 3,600 times faster here. People have 30 minutes at least for what they are asked."
        );
        assert_eq!(
            words(86_400, 0).unwrap(),
            "Time runs 86,400 times faster here, deadlines too."
        );
        assert_eq!(words(1, 0), None);
    }
}

//! How fast days pass for requests, and how long people have at least.

use crate::functions::Surroundings;

/// How fast days pass unless the command line names it: an hour a second.
const USUAL_SCALE: u32 = 3600;

/// How long people have at least for what they are asked where nobody named a scale, in real seconds: half an hour. Programs name one, and
/// get what they named.
const PATIENCE_S: u32 = 30 * 60;

/// The pace of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// By how much waits are divided, 1 or more.
    pub time_scale: u32,
    /// How long people have at least, in real seconds.
    pub patience_s: u32,
}

impl Pace {
    /// From the scale that was named, if one was.
    pub fn new(named: Option<u32>) -> Self {
        Self {
            time_scale: named.unwrap_or(USUAL_SCALE),
            patience_s: named.map_or(PATIENCE_S, |_| 0),
        }
    }

    /// Tells functions.
    pub fn tell(self, surroundings: &mut Surroundings) {
        surroundings.set("TIME_SCALE", &self.time_scale.to_string());
        surroundings.set("PATIENCE_S", &self.patience_s.to_string());
    }

    /// For a person; nothing of real time.
    pub fn words(self) -> Option<String> {
        let Self {
            time_scale,
            patience_s,
        } = self;
        if time_scale == 1 {
            return None;
        }
        let people = match patience_s {
            0 => "people's deadlines too".to_owned(),
            seconds => format!("people have {} minutes at least", seconds / 60),
        };
        Some(format!(
            "requests run {} times faster, {people} (--time-scale 1: real time)",
            grouped(time_scale)
        ))
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

    #[test]
    fn whoever_names_no_scale_has_half_an_hour_and_whoever_names_one_what_they_named() {
        let usual = Pace::new(None);
        assert_eq!((usual.time_scale, usual.patience_s), (3600, 1800));
        let named = Pace::new(Some(3600));
        assert_eq!((named.time_scale, named.patience_s), (3600, 0));
    }

    #[test]
    fn it_is_said_unless_time_is_real() {
        assert_eq!(
            Pace::new(None).words().unwrap(),
            "requests run 3,600 times faster, people have 30 minutes at least (--time-scale 1: real time)"
        );
        let fast = Pace::new(Some(1_000_000)).words().unwrap();
        assert!(
            fast.starts_with("requests run 1,000,000 times faster, people's deadlines too"),
            "{fast}"
        );
        assert!(Pace::new(Some(60)).words().unwrap().contains(" 60 times"));
        assert_eq!(Pace::new(Some(1)).words(), None);
    }
}

//! `request-deadline`: until when the next step of a request may take.
use crate::ports::clock::{self, Clock};
use crate::ports::pace::Pace;
use crate::rules;
use compliance::calendar::Calendar;
use contract::request::deadline::{Deadline, RequestDeadlineError, RequestDeadlineInput};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Longest wait of a state in Step Functions, whole seconds.
const MAX_S: i64 = 99_999_999;

/// Says what a term means for what begins now, or began at `from`.
///
/// # Errors
/// [`RequestDeadlineError`].
pub async fn deadline(
    d: &(impl Clock + Pace),
    input: RequestDeadlineInput,
) -> Result<Deadline, RequestDeadlineError> {
    let now = d.now();
    let from = match &input.from {
        Some(text) => text
            .parse()
            .map_err(|_| bad("from: not an instant such as 2026-11-20T10:00:00Z"))?,
        None => now,
    };
    let row = rules::terms().row(&input.term, &input.country);
    let row = row.ok_or_else(|| bad(format!("term: there is no term `{}`", input.term)))?;
    let calendar = rules::calendar(&input.country)
        .ok_or_else(|| bad(format!("country: {} has no calendar", input.country)))?;
    let due = match &input.until {
        Some(day) => end_of(day, calendar)?,
        None => row
            .due(calendar, from)
            .map_err(|why| bad(why.to_string()))?,
    };
    Ok(within(now, due, d.time_scale()))
}

/// The moment at which a day is over where the calendar counts.
fn end_of(day: &str, calendar: &Calendar) -> Result<Timestamp, RequestDeadlineError> {
    let wrong = || bad("until: not a day such as 2026-11-20");
    let day: Date = day.parse().map_err(|_| wrong())?;
    let next = day.tomorrow().map_err(|_| wrong())?;
    let begins = next
        .to_zoned(calendar.zone().clone())
        .map_err(|_| wrong())?;
    Ok(begins.timestamp())
}

/// A moment as a deadline: how far away it is, with the deployment's pace.
pub fn within(now: Timestamp, due: Timestamp, time_scale: u32) -> Deadline {
    let wait_s = due.duration_since(now).as_secs() / i64::from(time_scale.max(1));
    let wait_s = wait_s.clamp(1, MAX_S);
    let at = if time_scale > 1 {
        now + SignedDuration::from_secs(wait_s)
    } else {
        due
    };
    Deadline {
        at: clock::text(at),
        in_s: u32::try_from(wait_s).unwrap_or(1),
    }
}

fn bad(why: impl Into<String>) -> RequestDeadlineError {
    RequestDeadlineError::BadInput(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_deadline_is_as_far_away_as_it_says_and_never_in_the_past() {
        let now = at("2026-11-20T10:00:00Z");
        let due = at("2026-11-24T10:00:00Z");
        let days_s = 4 * 24 * 60 * 60;
        let plain = within(now, due, 1);
        assert_eq!(
            (plain.in_s, plain.at.as_str()),
            (days_s, "2026-11-24T10:00:00.000Z")
        );
        let fast = within(now, due, 3_600);
        assert_eq!(
            (fast.in_s, fast.at.as_str()),
            (96, "2026-11-20T10:01:36.000Z")
        );
        assert_eq!(within(due, now, 1).in_s, 1);
    }

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            at("2026-11-20T11:00:00Z")
        }

        async fn sleep(&self, _: std::time::Duration) {}
    }

    impl Pace for Noon {
        fn time_scale(&self) -> u32 {
            1
        }
    }

    fn asked(term: &str, country: &str, until: Option<&str>) -> RequestDeadlineInput {
        RequestDeadlineInput {
            request: "r-1".into(),
            term: term.to_owned(),
            country: country.to_owned(),
            from: None,
            until: until.map(str::to_owned),
        }
    }

    #[tokio::test]
    async fn a_day_that_was_named_counts_to_its_end_where_the_numbers_are() {
        let until = |day: &str, country: &str| {
            let input = asked("number.order.carrier", country, Some(day));
            async move { deadline(&Noon, input).await }
        };
        let zurich = until("2026-11-24", "CH").await.unwrap();
        assert_eq!(zurich.at, "2026-11-24T23:00:00.000Z");
        let panama = until("2026-11-24", "PA").await.unwrap();
        assert_eq!(panama.at, "2026-11-25T05:00:00.000Z");
        // A day that is over is over at once, and no day is named.
        assert_eq!(until("2026-11-19", "CH").await.unwrap().in_s, 1);
        let wrong = until("2026-02-31", "CH").await.unwrap_err().to_string();
        assert!(wrong.contains("until"), "{wrong}");
    }

    #[tokio::test]
    async fn a_term_is_counted_in_working_days_and_what_does_not_fit_is_named() {
        let ask = |term: &str, country: &str| {
            let input = asked(term, country, None);
            async move { deadline(&Noon, input).await }
        };
        // A Friday, noon in Zurich: two working days later is Tuesday, when work ends.
        let review = ask("dossier.review", "CH").await.unwrap();
        assert!(review.at.starts_with("2026-11-24T"), "{}", review.at);
        let why = |answer: Result<Deadline, RequestDeadlineError>| answer.unwrap_err().to_string();
        assert!(why(ask("dossier.nap", "CH").await).contains("term"));
        assert!(why(ask("dossier.review", "ZZ").await).contains("country"));
    }
}

//! Calendars that end soon: the phone company's own people are written to in time, for after a calendar's end deadlines are guesses.
use super::reminders::{Addressee, NotReminded, operators, write_to};
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::mails::Mails;
use crate::ports::onboardings::Onboardings;
use crate::rules;
use crate::shell::chain;
use compliance::calendar::Calendar;
use contract::mail::{MailSendInput, Template};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How many days ahead.
const AHEAD_DAYS: i32 = 90;

/// Writes to the operators about each calendar of this deployment that ends within [`AHEAD_DAYS`] or is over, once per calendar and end
/// and, while that is so, again after the thirty days for which a mail is remembered. Gives how many there are. What cannot be sent now is
/// tried again by the next sweep.
pub async fn sweep_calendars(d: &(impl Directory + Mails + Onboardings + Clock)) -> u32 {
    let ending: Vec<_> = rules::calendars()
        .filter(|(_, calendar)| ends_soon(calendar, d.now()))
        .collect();
    for (id, calendar) in &ending {
        if let Err(error) = tell(d, id, calendar).await {
            tracing::warn!(
                calendar = id,
                ends = %calendar.ends(),
                error = chain(&error),
                "a calendar ends, and the operators do not hear of it"
            );
        }
    }
    u32::try_from(ending.len()).unwrap_or(u32::MAX)
}

/// Whether its last day is that near where it counts, or over.
fn ends_soon(calendar: &Calendar, now: Timestamp) -> bool {
    (calendar.ends() - calendar.day_of(now)).get_days() <= AHEAD_DAYS
}

async fn tell(
    d: &(impl Directory + Mails + Onboardings + Clock),
    id: &str,
    calendar: &Calendar,
) -> Result<(), NotReminded> {
    for person in operators(d).await? {
        write_to(d, id, mail(d.public_url(), id, calendar, person)).await?;
    }
    Ok(())
}

fn mail(at: &str, id: &str, calendar: &Calendar, to: Addressee) -> MailSendInput {
    let ends = calendar.ends().to_string();
    let action = format!(
        "put the holidays of the years after {ends} into calendars/{id}, by the function `seed` or a newer release (infra/world/README.md). \
         From then on its weekends alone are known, and deadlines are guesses"
    );
    let words = [
        ("action", action),
        ("link", format!("{at}/requests")),
        ("name", to.name),
        ("title", format!("The working calendar {id}")),
        ("until", ends.clone()),
    ];
    let words = words.map(|(word, value)| (word.to_owned(), value));
    MailSendInput {
        key: format!("calendar-ends/{id}/{ends}/{}", to.tag),
        to: to.email,
        template: Template::TaskWaiting,
        language: to.language,
        words: BTreeMap::from(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::House;

    #[test]
    fn a_calendar_is_told_of_ninety_days_before_it_ends_where_it_counts() {
        let singapore = rules::calendar("SG").unwrap();
        let soon = |now: &str| ends_soon(singapore, now.parse().unwrap());
        assert_eq!(singapore.ends().to_string(), "2027-12-31");
        // Midnight there is 16:00 UTC of the day before.
        assert!(!soon("2027-10-01T15:59:59Z"));
        assert!(soon("2027-10-01T16:00:00Z"));
        assert!(soon("2028-03-01T00:00:00Z"), "it is over");
        assert!(!ends_soon(
            rules::calendar("CH").unwrap(),
            "2027-10-02T00:00:00Z".parse().unwrap()
        ));
    }

    #[tokio::test]
    async fn each_operator_hears_of_a_calendar_once_whoever_cannot_be_written_to() {
        let house = House::new().await;
        let mut aws = (*house.aws).clone();
        aws.names.operators_mail.insert(0, "nowhere".to_owned());
        let d = &aws;
        let singapore = rules::calendar("SG").unwrap();
        for _ in 0..2 {
            tell(d, "SG", singapore).await.unwrap();
        }
        let mails = house.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        let told = mails[0].to_string();
        assert!(told.contains("The working calendar SG"), "{told}");
        assert!(told.contains("2027-12-31"), "{told}");
    }
}

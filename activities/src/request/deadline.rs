//! `request-deadline`: until when the next step of a request may take.
use crate::ports::Unavailable;
use crate::ports::clock::{self, Clock};
use crate::ports::dossiers::Dossiers;
use crate::ports::pace::{Pace, Tempo};
use crate::ports::requests::Requests;
use crate::rules;
use crate::shell::chain;
use compliance::calendar::Calendar;
use compliance::term::{Due, Turn};
use contract::dossier::{AddressUse, Dossier};
use contract::request::deadline::{Deadline, RequestDeadlineError, RequestDeadlineInput};
use contract::{DossierId, RequestId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Longest wait of a state in Step Functions, whole seconds.
const MAX_S: i64 = 99_999_999;

/// Says what a term means for what begins now, or began at `from`.
///
/// Where parts of the country have holidays of their own, those of the address count that the request's dossier names; of a request that
/// cannot be read, the country's.
///
/// # Errors
/// [`RequestDeadlineError`].
pub async fn deadline(
    d: &(impl Requests + Dossiers + Clock + Pace),
    input: RequestDeadlineInput,
) -> Result<Deadline, RequestDeadlineError> {
    let region = if rules::has_regions(&input.country) {
        let found = region_of(d, &input.request, &input.country).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(request = %input.request, error = chain(&error), "the country's holidays are counted, not the region's");
            None
        })
    } else {
        None
    };
    counted(&input, region.as_deref(), d.now(), d.tempo())
}

/// The part of a country in which a request's numbers are used, as its dossier has it.
async fn region_of(
    d: &(impl Requests + Dossiers),
    request: &RequestId,
    country: &str,
) -> Result<Option<String>, Unavailable> {
    let record = d.get(request).await?;
    let details = record.map(|record| record.view.details);
    let dossier = details.and_then(|details| details["dossier"].as_str().map(str::to_owned));
    let Some(dossier) = dossier else {
        return Ok(None);
    };
    let record = d.dossier(&DossierId(dossier)).await?;
    Ok(record.and_then(|record| region_in(&record.view.dossier, country).map(str::to_owned)))
}

/// Where the numbers are used; where nobody says so, where help is sent, or any address there.
fn region_in<'d>(dossier: &'d Dossier, country: &str) -> Option<&'d str> {
    let of = |wanted: Option<AddressUse>| {
        let mut there = dossier.addresses.iter();
        there.find_map(|address| {
            let is_it = address.country == country
                && wanted.is_none_or(|wanted| address.uses.contains(&wanted));
            address.region.as_deref().filter(|_| is_it)
        })
    };
    let first = [Some(AddressUse::Service), Some(AddressUse::Emergency), None];
    first.into_iter().find_map(of)
}

/// What the term means. Pure.
fn counted(
    input: &RequestDeadlineInput,
    region: Option<&str>,
    now: Timestamp,
    tempo: Tempo,
) -> Result<Deadline, RequestDeadlineError> {
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
    let regional = region.and_then(|region| rules::calendar_of_region(&input.country, region));
    let due = match &input.until {
        Some(day) => Due {
            at: end_of(day, calendar)?,
            guessed: false,
        },
        None => row
            .due_or_guess(regional.as_ref().unwrap_or(calendar), from)
            .map_err(|why| bad(why.to_string()))?,
    };
    if due.guessed {
        tracing::warn!(term = input.term, calendar = calendar.id(), ends = %calendar.ends(), "a deadline is a guess: the calendar ends before it");
    }
    let deadline = within(now, due.at, tempo, row.turn);
    Ok(Deadline {
        unverified: due.guessed,
        ..deadline
    })
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

/// A moment as a deadline: how far away it is, with the deployment's pace and people's patience.
pub fn within(now: Timestamp, due: Timestamp, tempo: Tempo, turn: Turn) -> Deadline {
    let away = due.duration_since(now);
    let wait = match turn {
        Turn::People => tempo.turn(away),
        Turn::Carrier | Turn::Nobody => tempo.wait(away),
    };
    let wait_s = wait.as_secs().clamp(1, MAX_S);
    let at = if tempo.scale > 1 {
        now + SignedDuration::from_secs(wait_s)
    } else {
        due
    };
    Deadline {
        at: clock::text(at),
        in_s: u32::try_from(wait_s).unwrap_or(1),
        unverified: false,
    }
}

fn bad(why: impl Into<String>) -> RequestDeadlineError {
    RequestDeadlineError::BadInput(why.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dossier::DossierRecord;
    use crate::house::House;
    use crate::request::tests::begun;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// How fast days pass, and how long people have at least.
    fn paced(scale: u32, patience_s: u32) -> Tempo {
        Tempo { scale, patience_s }
    }

    #[test]
    fn a_deadline_is_as_far_away_as_it_says_and_never_in_the_past() {
        let now = at("2026-11-20T10:00:00Z");
        let due = at("2026-11-24T10:00:00Z");
        let days_s = 4 * 24 * 60 * 60;
        let plain = within(now, due, Tempo::REAL, Turn::People);
        assert_eq!(
            (plain.in_s, plain.at.as_str()),
            (days_s, "2026-11-24T10:00:00.000Z")
        );
        let fast = within(now, due, paced(3_600, 0), Turn::People);
        assert_eq!(
            (fast.in_s, fast.at.as_str()),
            (96, "2026-11-20T10:01:36.000Z")
        );
        assert_eq!(within(due, now, Tempo::REAL, Turn::People).in_s, 1);
    }

    #[test]
    fn people_have_their_patience_at_least_and_carriers_their_days() {
        let now = at("2026-11-20T10:00:00Z");
        let due = at("2026-11-24T10:00:00Z");
        let of = |turn| {
            let deadline = within(now, due, paced(3_600, 1_800), turn);
            (deadline.in_s, deadline.at)
        };
        let half_an_hour = (1_800, "2026-11-20T10:30:00.000Z".to_owned());
        assert_eq!(of(Turn::People), half_an_hour);
        assert_eq!((of(Turn::Carrier).0, of(Turn::Nobody).0), (96, 96));
    }

    /// A Friday, noon in Zürich, at the pace of a deployment.
    fn noon(term: &str, country: &str, until: Option<&str>) -> Result<Deadline, String> {
        let now = at("2026-11-20T11:00:00Z");
        let answer = counted(&asked(term, country, until), None, now, Tempo::REAL);
        answer.map_err(|error| error.to_string())
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

    #[test]
    fn a_day_that_was_named_counts_to_its_end_where_the_numbers_are() {
        let until = |day, country| noon("number.order.carrier", country, Some(day));
        assert_eq!(
            until("2026-11-24", "CH").unwrap().at,
            "2026-11-24T23:00:00.000Z"
        );
        assert_eq!(
            until("2026-11-24", "PA").unwrap().at,
            "2026-11-25T05:00:00.000Z"
        );
        // A day that is over is over at once, and no day is named.
        assert_eq!(until("2026-11-19", "CH").unwrap().in_s, 1);
        let wrong = until("2026-02-31", "CH").unwrap_err();
        assert!(wrong.contains("until"), "{wrong}");
    }

    #[test]
    fn a_term_is_counted_in_working_days_and_what_does_not_fit_is_named() {
        // Two working days after Friday is Tuesday, when work ends.
        let review = noon("dossier.review", "CH", None).unwrap();
        assert!(review.at.starts_with("2026-11-24T"), "{}", review.at);
        assert!(!review.unverified);
        let why = |term, country| noon(term, country, None).unwrap_err();
        assert!(why("dossier.nap", "CH").contains("term"));
        assert!(why("dossier.review", "ZZ").contains("country"));
    }

    #[test]
    fn where_a_calendar_ends_nobody_is_turned_away_and_the_deadline_says_that_it_is_a_guess() {
        // In the last days that Singapore has announced: a good customer is given their thirty days all the same.
        let now = at("2027-12-02T04:00:00Z");
        let of = |term: &str| {
            let input = asked(term, "SG", None);
            counted(&input, None, now, Tempo::REAL).unwrap()
        };
        let dossier = of("onboarding.dossier");
        assert!(dossier.at.starts_with("2028-01-01T"), "{}", dossier.at);
        assert!(dossier.unverified);
        assert!(!of("dossier.review").unverified);
        let told = serde_json::to_value(&dossier).unwrap();
        assert_eq!(told["unverified"], true);
    }

    #[test]
    fn working_days_are_those_of_the_canton() {
        // The afternoon before Epiphany, on which nobody works in Schwyz.
        let now = at("2027-01-05T13:00:00Z");
        let day = |region: Option<&str>| {
            let input = asked("number.order.review", "CH", None);
            let deadline = counted(&input, region, now, Tempo::REAL).unwrap();
            deadline.at[..10].to_owned()
        };
        assert_eq!(day(None), "2027-01-06");
        assert_eq!(day(Some("ZH")), "2027-01-06");
        assert_eq!(day(Some("SZ")), "2027-01-07");
        assert_eq!(day(Some("Nowhere")), "2027-01-06");
    }

    #[tokio::test]
    async fn the_canton_is_that_of_the_address_at_which_the_numbers_are_used() {
        let house = House::new().await;
        let d = &*house.aws;
        let address = |uses: &[&str], region: &str| json!({ "uses": uses, "street": "Dorf 1", "city": "Dorf", "region": region, "country": "CH" });
        let dossier = json!({
            "id": "d-1", "tenant": "t-1", "version": 1, "kind": "business", "endUser": {},
            "addresses": [address(&["registered"], "ZH"), address(&["service", "billing"], "SZ")],
        });
        let dossier: Dossier = serde_json::from_value(dossier).unwrap();
        let record = DossierRecord::new(dossier, "2026-01-20T10:00:00.000Z".to_owned());
        d.create_dossier(&record).await.unwrap();
        let mut request = begun();
        request.view.details = json!({ "dossier": "d-1" });
        Requests::create(d, &request).await.unwrap();
        let of = |country| region_of(d, &request.view.id, country);
        assert_eq!(of("CH").await.unwrap().as_deref(), Some("SZ"));
        assert_eq!(of("PA").await.unwrap(), None);
        let unknown = RequestId::from("r-none");
        assert_eq!(region_of(d, &unknown, "CH").await.unwrap(), None);
    }
}

//! Working calendars, for pages that tell a deadline.
use super::{Ports, Refused, Shared};
use crate::people::Caller;
use crate::rules;
use axum::Json;
use axum::extract::State;
use compliance::calendar::Calendar;
use contract::api::calendars::{CalendarView, Calendars};
use contract::dossier::Day;
use jiff::civil::{Date, date};

/// Years whose holidays are listed: this one and the next.
const YEARS: i16 = 2;

/// Countries' working calendars: whose clock counts, when nobody works, and how fast days pass.
#[utoipa::path(get, path = "/v1/calendars", operation_id = "list_calendars", tag = "requests", security(("bearer" = [])), responses(
    (status = 200, description = "The calendars by which deadlines are counted", body = Calendars),
))]
pub(super) async fn list<P: Ports>(
    State(api): State<Shared<P>>,
    _: Caller,
) -> Result<Json<Calendars>, Refused> {
    let now = api.ports.now();
    let calendars = rules::countries_calendars()
        .filter_map(|(country, calendar)| view(country, calendar, calendar.day_of(now)))
        .collect();
    let tempo = api.ports.tempo();
    Ok(Json(Calendars {
        calendars,
        time_scale: tempo.scale,
        patience_s: tempo.patience_s,
    }))
}

/// A calendar as it is from `today` on; `None` if it does not know this year.
fn view(country: &str, calendar: &Calendar, today: Date) -> Option<CalendarView> {
    let last = calendar.years().last.min(today.year() + YEARS - 1);
    let mut days_off = Vec::new();
    for year in today.year()..=last {
        let whole = calendar.holidays(year).ok()?.into_iter();
        days_off.extend(
            whole
                .filter(|holiday| holiday.closes.is_none())
                .map(|holiday| day(holiday.date)),
        );
    }
    let zone = calendar.zone().iana_name()?;
    (last >= today.year()).then(|| CalendarView {
        country: country.to_owned(),
        zone: zone.to_owned(),
        place: calendar.place().to_owned(),
        weekend: calendar
            .weekend()
            .iter()
            .map(|day| day.to_monday_one_offset().unsigned_abs())
            .collect(),
        days_off,
        known_until: day(date(last, 12, 31)),
    })
}

fn day(date: Date) -> Day {
    Day::parse(&date.to_string()).expect("a date writes itself as one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_tells_whose_clock_it_is_and_the_days_off_that_are_known() {
        let calendar = rules::calendar("CH").unwrap();
        let shown = view("CH", calendar, date(2026, 11, 20)).unwrap();
        assert_eq!(
            (shown.zone.as_str(), shown.place.as_str()),
            ("Europe/Zurich", "Zürich")
        );
        assert_eq!(shown.weekend, [6, 7]);
        assert!(
            shown
                .days_off
                .iter()
                .any(|day| day.as_str() == "2026-12-25")
        );
        assert!(
            shown
                .days_off
                .is_sorted_by_key(|day| day.as_str().to_owned())
        );
        assert!(
            view("CH", calendar, date(1999, 1, 1)).is_none(),
            "nothing is guessed"
        );
        assert!(rules::countries_calendars().all(|(country, _)| country.len() == 2));
    }
}

//! A moment in the future, by the clock of the country that it was counted in.

use crate::hooks::zones::{own_zone, use_calendar, zone_ahead_min};
use crate::hooks::{use_desk, use_now};
use crate::state::clock::{Millis, day_number, moment};
use crate::state::due::{left_in_words, place_of, working_days_left};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) at: Millis,
    /// ISO 3166-1 alpha-2; without one, or one without a calendar, it is the browser's clock.
    pub(crate) country: Option<AttrValue>,
    /// Whether the working days left are said too.
    #[prop_or_default]
    pub(crate) counted: bool,
}

#[component]
pub(crate) fn Until(props: &Props) -> Html {
    let desk = use_desk();
    let now = use_now(10_000);
    let at = props.at;
    let calendar = use_calendar(&desk, props.country.as_deref());
    let there = calendar.as_ref().and_then(|calendar| {
        let at_min = zone_ahead_min(&calendar.zone, at)?;
        Some((calendar, at_min, zone_ahead_min(&calendar.zone, now)?))
    });
    let (told, zone, left) = if let Some((calendar, at_min, now_min)) = there {
        let days = working_days_left(calendar, (now, now_min), (at, at_min));
        let is_today = day_number(now, now_min) == day_number(at, at_min);
        let left = days.filter(|_| props.counted);
        (
            format!("{} in {}", moment(at, at_min), calendar.place),
            calendar.zone.clone(),
            left.and_then(|days| left_in_words(days, is_today)),
        )
    } else {
        let (zone, ahead) = own_zone(at);
        let zone = zone.unwrap_or_else(|| "this device".to_owned());
        let place = place_of(&zone);
        let told = if place == zone {
            format!("{} {zone}", moment(at, ahead))
        } else {
            format!("{} in {place}", moment(at, ahead))
        };
        (told, zone, None)
    };
    html! {
        <time class="until" title={zone} data-testid="until">{ told }{ left.map(|words| format!(", {words}")) }</time>
    }
}

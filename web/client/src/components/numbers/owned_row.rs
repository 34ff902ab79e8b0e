//! A number of the tenant: whom it rings, where it is, what it costs.

use crate::components::Chip;
use crate::components::field::Choice;
use crate::hooks::names::country;
use crate::hooks::{now, zone_min};
use crate::route::Route;
use crate::state::clock::{parse, when};
use crate::state::dossier::words::number_type;
use crate::state::market::price::{monthly, per_minute};
use crate::state::market::words::{help, line, plain};
use crate::state::numbers::readable;
use crate::state::routing::{target_of, value_of, with_present};
use crate::state::words::Tone;
use contract::number::api::OwnedNumber;
use contract::number::status;
use contract::request::RequestView;
use contract::routing::Target;
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) number: Rc<OwnedNumber>,
    /// Whom it can ring: nobody, people, groups and flows.
    pub(crate) people: Rc<Vec<(String, String)>>,
    /// The request by which it leaves, if it is known.
    pub(crate) leaving: Option<Rc<RequestView>>,
    /// Whether a change of it is under way.
    pub(crate) busy: bool,
    pub(crate) onassign: Callback<Option<Target>>,
    pub(crate) onrelease: Callback<()>,
    pub(crate) onkeep: Callback<()>,
    /// Where help is sent is to be said.
    pub(crate) onhelp: Callback<()>,
}

#[component]
pub(crate) fn OwnedRow(props: &Props) -> Html {
    let number = &props.number;
    let shown = readable(number.number.as_str());
    let (text, tone) = line(&number.status);
    let kind = number.number_type.map(|kind| plain(number_type(kind)));
    let place = number.country.as_deref().map(country);
    let place = [place, kind]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    let since = number
        .since
        .as_deref()
        .and_then(parse)
        .map(|at| when(at, now(), zone_min()));
    let (month, minute) = (
        monthly(number.price.as_ref()),
        per_minute(number.price.as_ref()),
    );
    let leaves = number.status == status::QUARANTINED || number.leaving.is_some();
    let target = Target::of(
        number.person.clone(),
        number.group.clone(),
        number.flow.clone(),
    );
    let target = target.ok().flatten();
    let rings = value_of(target.as_ref());
    let options = Rc::new(with_present(&props.people, target.as_ref()));
    let onchange = {
        let told = props.onassign.clone();
        move |value: String| told.emit(target_of(&value))
    };
    html! {
        <tr class="pf-v6-c-table__tr" data-testid="number-row" data-number={number.number.to_string()} data-status={number.status.clone()}>
            <td class="pf-v6-c-table__td" data-label="Number"><strong class="figures">{ &shown }</strong><small class="quiet">{ place }</small></td>
            <td class="pf-v6-c-table__td" data-label="Rings">
                if leaves { <span class="quiet">{ "Nobody" }</span> } else {
                    <Choice id={format!("rings-{}", number.number)} label={format!("Whom {shown} rings")} hides_label=true value={rings} {options} disabled={props.busy} {onchange} />
                }
            </td>
            <td class="pf-v6-c-table__td" data-label="State">
                if leaves { { leaving(props) } } else { <Chip {text} {tone} testid="number-state" />{ emergency(props, &shown) } }
            </td>
            <td class="pf-v6-c-table__td figures" data-label="Price">
                if month.is_none() && minute.is_none() { <span class="quiet">{ "Not said" }</span> } else {
                    <span>{ month.map(|month| format!("{month} a month")) }</span><small class="quiet">{ minute.map(|minute| format!("{minute} a minute")) }</small>
                }
            </td>
            <td class="pf-v6-c-table__td" data-label="From"><span>{ number.carrier.as_ref().map_or("The platform".to_owned(), |carrier| plain(carrier.as_str())) }</span><small class="quiet">{ since }</small></td>
            <td class="pf-v6-c-table__td is-action">{ action(props, leaves, &shown) }</td>
        </tr>
    }
}

fn leaving(props: &Props) -> Html {
    let request = props.number.leaving.as_ref();
    let until = props
        .leaving
        .as_ref()
        .and_then(|view| view.deadline.as_deref())
        .and_then(parse);
    html! {
        <>
            <Chip text="In quarantine" tone={Tone::Waits} testid="number-state" />
            if let Some(request) = request {
                <Link<Route> to={Route::Request { id: request.to_string() }} class={classes!("text-link", "is-small")}>
                    { until.map_or("See its return".to_owned(), |at| format!("until {}", when(at, now(), zone_min()))) }
                </Link<Route>>
            }
        </>
    }
}

/// Where help is sent, and a way to say it.
fn emergency(props: &Props, shown: &str) -> Html {
    let Some(standing) = &props.number.emergency else {
        return Html::default();
    };
    let label = match standing.address {
        Some(_) => "Emergency address",
        None => "Say where help is sent",
    };
    let onhelp = {
        let told = props.onhelp.clone();
        move |_| told.emit(())
    };
    html! {
        <>
            if let Some(words) = help(standing) { <Chip text={words} tone={Tone::Waits} testid="number-help" /> }
            <Button variant={ButtonVariant::Link} {label} aria_label={format!("{label}: {shown}")} disabled={props.busy} onclick={onhelp} />
        </>
    }
}

fn action(props: &Props, leaves: bool, shown: &str) -> Html {
    let number = &props.number;
    if leaves {
        let onkeep = {
            let told = props.onkeep.clone();
            move |_| told.emit(())
        };
        return html! { <Button variant={ButtonVariant::Secondary} label="Keep it" aria_label={format!("Keep {shown}")} disabled={props.busy || number.leaving.is_none()} onclick={onkeep} /> };
    }
    if number.carrier.is_none() {
        return Html::default();
    }
    let onrelease = {
        let told = props.onrelease.clone();
        move |_| told.emit(())
    };
    html! { <Button variant={ButtonVariant::Secondary} label="Give back" aria_label={format!("Give {shown} back")} disabled={props.busy} onclick={onrelease} /> }
}

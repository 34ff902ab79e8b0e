//! A flow: its hours, and who rings when.

use crate::components::field::{Choice, Said, TextField};
use crate::hooks::names::country;
use crate::hooks::routing::people_options;
use crate::hooks::use_desk;
use crate::hooks::zones::use_calendars;
use crate::state::dossier::form::Wrong;
use crate::state::routing::{FlowDraft, day_name, group_options};
use contract::routing::{Day, Group};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) draft: FlowDraft,
    pub(crate) groups: Vec<Group>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) onchange: Callback<FlowDraft>,
}

impl Props {
    fn set(&self, change: impl Fn(&mut FlowDraft, String) + 'static) -> Callback<String> {
        let (told, draft) = (self.onchange.clone(), self.draft.clone());
        Callback::from(move |text: String| {
            let mut next = draft.clone();
            change(&mut next, text);
            told.emit(next);
        })
    }

    /// What is wrong with a field or a part of it.
    fn said(&self, field: &str) -> Said {
        let part = format!("{field}.");
        let mut all = self.wrong.iter();
        let found = all.find(|one| one.field == field || one.field.starts_with(&part));
        found.map_or(Said::Nothing, |one| Said::Wrong(one.words.clone().into()))
    }
}

#[component]
pub(crate) fn FlowFields(props: &Props) -> Html {
    let draft = &props.draft;
    let desk = use_desk();
    let calendars = use_calendars(&desk, true).unwrap_or_default();
    let mut codes: Vec<&str> = calendars.iter().map(|one| one.country.as_str()).collect();
    let chosen = draft.holidays.as_str();
    if !chosen.is_empty() && !codes.contains(&chosen) {
        codes.push(chosen);
    }
    let holidays = codes
        .into_iter()
        .map(|code| (code.to_owned(), format!("Those of {}", country(code))));
    let nowhere = (String::new(), "On no holidays".to_owned());
    let holidays = std::iter::once(nowhere).chain(holidays).collect();
    let days = Day::ALL.into_iter().enumerate().map(|(at, day)| {
        let name = day_name(day);
        let oninput = props.set(move |draft, text| {
            if let Some(hours) = draft.days.get_mut(at) {
                *hours = text;
            }
        });
        let value = draft.days.get(at).cloned().unwrap_or_default();
        html! { <TextField id={format!("hours-{}", name.to_lowercase())} label={name} most=120 placeholder="Closed" {value} {oninput} said={Said::of(&props.wrong, name)} /> }
    });
    let hours = props
        .wrong
        .iter()
        .find(|one| one.field.starts_with("hours"));
    html! {
        <>
            <fieldset class="card fields is-card">
                <legend>{ "Flow" }</legend>
                <TextField id="name" label="Name" most=60 value={draft.name.clone()} oninput={props.set(|draft, name| draft.name = name)} said={props.said("name")} />
                <TextField id="time-zone" label="Time zone" most=60 value={draft.time_zone.clone()} oninput={props.set(|draft, zone| draft.time_zone = zone)} said={props.said("timeZone")} />
            </fieldset>
            <fieldset class="card fields is-card" data-testid="week">
                <legend>{ "Opening hours" }</legend>
                { for days }
                <Choice id="holidays" label="Closed" value={draft.holidays.clone()} options={Rc::new(holidays)} onchange={props.set(|draft, code| draft.holidays = code)} said={props.said("holidays")} />
                if let Some(wrong) = hours { <p class="field-said is-wrong is-wide" role="alert">{ &wrong.words }</p> }
            </fieldset>
            <Rings draft={draft.clone()} groups={props.groups.clone()} wrong={props.wrong.clone()} onchange={props.onchange.clone()} />
        </>
    }
}

#[component]
fn Rings(props: &Props) -> Html {
    let desk = use_desk();
    let draft = &props.draft;
    let with = |first: Option<&str>| {
        let mut options: Vec<_> = first
            .map(|words| (String::new(), words.to_owned()))
            .into_iter()
            .collect();
        options.extend(people_options(&desk));
        options.extend(group_options(&props.groups));
        Rc::new(options)
    };
    html! {
        <fieldset class="card fields is-card">
            <legend>{ "Who rings" }</legend>
            <Choice id="open" label="In the opening hours" value={draft.open.clone()} empty="Choose who" options={with(None)} onchange={props.set(|draft, value| draft.open = value)} said={props.said("open")} />
            <TextField id="open-s" label="For (seconds)" kind="number" most=3 placeholder="Their own time" value={draft.open_s.clone()} oninput={props.set(|draft, text| draft.open_s = text)} said={Said::of(&props.wrong, "open.ringS")} />
            <Choice id="closed" label="Outside them" value={draft.closed.clone()} options={with(Some("Nobody"))} onchange={props.set(|draft, value| draft.closed = value)} said={props.said("closed.ring")} />
            if draft.closed.is_empty() {
                <TextField id="refuse" label="Why, for the call log" most=100 value={draft.refuse.clone()} oninput={props.set(|draft, text| draft.refuse = text)} said={Said::of(&props.wrong, "closed.refuse")} />
            }
            <Choice id="unanswered" label="When nobody of them answers" class="is-wide" value={draft.unanswered.clone()} options={with(Some("The call ends"))} onchange={props.set(|draft, value| draft.unanswered = value)} said={props.said("unanswered")} />
        </fieldset>
    }
}

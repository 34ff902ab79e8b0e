//! The people of the tenant, with whether they can be rung.

use super::Avatar;
use crate::hooks::use_desk;
use crate::state::find::presence;
use crate::state::numbers::readable;
use crate::state::store::Loaded;
use contract::api::Person;
use gloo_timers::callback::Interval;
use lucide_yew::Phone;
use patternfly_yew::prelude::Spinner;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// How often the list is read while it is shown, in milliseconds.
const REFRESH_MS: u32 = 5_000;

#[component]
pub(crate) fn PeopleList() -> Html {
    let desk = use_desk();
    {
        // While the list is looked at, presence is kept fresh.
        let desk = desk.clone();
        use_effect_with((), move |()| {
            let read = move || {
                let desk = desk.clone();
                spawn_local(async move { desk.read_people().await });
            };
            read();
            let interval = Interval::new(REFRESH_MS, read);
            move || drop(interval)
        });
    }
    let row = |person: &Person| {
        let onclick = {
            let (desk, person) = (desk.clone(), person.clone());
            move |_| desk.dial(person.person.as_str(), &person.name)
        };
        let number = person
            .numbers
            .first()
            .map(|number| format!(", {}", readable(number.as_str())));
        html! {
            <li key={person.person.to_string()} class="row is-person" data-testid="person-row" data-person={person.person.to_string()}>
                <Avatar name={person.name.clone()} presence={person.presence} />
                <span class="row-text"><strong>{ &person.name }</strong><span class="quiet">{ presence(person.presence) }{ number }</span></span>
                <button type="button" class="icon-button is-call" aria-label={format!("Call {}", person.name)} {onclick}><Phone size={20} /></button>
            </li>
        }
    };
    match &desk.store.people {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading people"><Spinner /></div> }
        }
        Loaded::Failed(words) => html! { <p class="list-foot" role="alert">{ words }</p> },
        Loaded::Here(people) => {
            let others: Vec<_> = people
                .iter()
                .filter(|person| person.person != desk.eye().person)
                .collect();
            html! {
                <div class="list" data-testid="people-list">
                    <ul>{ for others.iter().map(|person| row(person)) }</ul>
                    if others.is_empty() { <p class="list-foot quiet">{ "Nobody else is here yet." }</p> }
                </div>
            }
        }
    }
}

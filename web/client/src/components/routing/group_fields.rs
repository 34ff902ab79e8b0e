//! A group: its name, how it rings, and who is in it.

use crate::components::field::{Choice, Said, TextField};
use crate::hooks::use_desk;
use crate::state::dossier::form::Wrong;
use crate::state::routing::GroupDraft;
use contract::PersonId;
use contract::routing::Strategy;
use lucide_yew::{ArrowUp, X};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) draft: GroupDraft,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) onchange: Callback<GroupDraft>,
}

#[component]
pub(crate) fn GroupFields(props: &Props) -> Html {
    let draft = &props.draft;
    let set = |change: fn(&mut GroupDraft, String)| {
        let (told, draft) = (props.onchange.clone(), draft.clone());
        Callback::from(move |text: String| {
            let mut next = draft.clone();
            change(&mut next, text);
            told.emit(next);
        })
    };
    let strategies = [
        (
            "all_at_once",
            "All at once: the first who answers has the call",
        ),
        ("in_turn", "In turn: one after the other, in this order"),
    ]
    .map(|(value, name)| (value.to_owned(), name.to_owned()));
    let strategy = match draft.strategy {
        Strategy::AllAtOnce => "all_at_once",
        Strategy::InTurn => "in_turn",
    };
    let onstrategy = set(|draft, word| {
        draft.strategy = match word.as_str() {
            "in_turn" => Strategy::InTurn,
            _ => Strategy::AllAtOnce,
        };
    });
    html! {
        <>
            <fieldset class="card fields is-card">
                <legend>{ "Group" }</legend>
                <TextField id="name" label="Name" most=60 value={draft.name.clone()} oninput={set(|draft, name| draft.name = name)} said={Said::of(&props.wrong, "name")} />
                <TextField id="ring-s" label="Rings for (seconds)" kind="number" most=3 value={draft.ring_s.clone()} oninput={set(|draft, text| draft.ring_s = text)} said={Said::of(&props.wrong, "ringS")} />
                <Choice id="strategy" label="How it rings" class="is-wide" value={strategy} options={Rc::new(strategies.to_vec())} onchange={onstrategy} />
            </fieldset>
            <Members draft={draft.clone()} wrong={props.wrong.clone()} onchange={props.onchange.clone()} />
        </>
    }
}

#[component]
fn Members(props: &Props) -> Html {
    let desk = use_desk();
    let people = desk.store.people();
    let draft = &props.draft;
    let others = people
        .iter()
        .filter(|person| !draft.members.contains(&person.person));
    let options: Vec<(String, String)> = others
        .map(|person| (person.person.to_string(), person.name.clone()))
        .collect();
    let add = {
        let (told, draft) = (props.onchange.clone(), draft.clone());
        move |id: String| {
            let mut next = draft.clone();
            next.members.push(PersonId::from(id));
            told.emit(next);
        }
    };
    let rows = draft.members.iter().enumerate().map(|(at, member)| {
        let known = people.iter().find(|person| person.person == *member);
        let name = known.map_or_else(|| "Somebody who left".to_owned(), |one| one.name.clone());
        let raise = {
            let (told, draft) = (props.onchange.clone(), draft.clone());
            move |_: MouseEvent| told.emit(draft.raised(at))
        };
        let remove = {
            let (told, draft) = (props.onchange.clone(), draft.clone());
            move |_: MouseEvent| {
                let mut next = draft.clone();
                next.members.remove(at);
                told.emit(next);
            }
        };
        html! {
            <li class="want" key={member.to_string()} data-testid="member"><span>{ &name }</span>
                if at > 0 { <button type="button" aria-label={format!("Further up: {name}")} onclick={raise}><ArrowUp size={14} /></button> }
                <button type="button" aria-label={format!("Remove: {name}")} onclick={remove}><X size={14} /></button>
            </li>
        }
    });
    let found = props
        .wrong
        .iter()
        .find(|one| one.field.starts_with("members"));
    let said = found.map_or(Said::Nothing, |one| Said::Wrong(one.words.clone().into()));
    html! {
        <fieldset class="card fields is-card">
            <legend>{ "People" }</legend>
            <ul class="wants is-wide">{ for rows }</ul>
            <Choice id="add-member" label="Add somebody" class="is-wide" value="" empty="Choose a person" options={Rc::new(options)} onchange={add} {said} />
        </fieldset>
    }
}

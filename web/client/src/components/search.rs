//! The field that finds people and calls, or dials what is typed or pasted.

use super::Avatar;
use crate::hooks::keyboard::SEARCH;
use crate::hooks::use_desk;
use crate::state::find::{Found, find};
use lucide_yew::{Phone, Search as SearchIcon};
use web_sys::HtmlInputElement;
use yew::prelude::*;

#[component]
pub(crate) fn Search() -> Html {
    let desk = use_desk();
    let text = use_state(String::new);
    let at = use_state(|| 0usize);
    let found = find(
        &text,
        desk.store.people(),
        desk.store.book.log(),
        &desk.eye(),
    );
    let open = !found.is_empty();
    let chosen = (*at).min(found.len().saturating_sub(1));

    let oninput = {
        let (text, at) = (text.clone(), at.clone());
        Callback::from(move |event: InputEvent| {
            text.set(event.target_unchecked_into::<HtmlInputElement>().value());
            at.set(0);
        })
    };
    let call = {
        let (desk, text) = (desk.clone(), text.clone());
        Callback::from(move |found: Found| {
            desk.dial(&found.to, &found.title);
            text.set(String::new());
        })
    };
    let onkeydown = {
        let (text, at, found, call) = (text.clone(), at.clone(), found.clone(), call.clone());
        Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
            "ArrowDown" => {
                event.prevent_default();
                at.set((chosen + 1).min(found.len().saturating_sub(1)));
            }
            "ArrowUp" => {
                event.prevent_default();
                at.set(chosen.saturating_sub(1));
            }
            "Escape" => text.set(String::new()),
            "Enter" => {
                event.prevent_default();
                if let Some(found) = found.get(chosen) {
                    call.emit(found.clone());
                }
            }
            _ => {}
        })
    };
    html! {
        <div class="search" role="search">
            <SearchIcon size={18} />
            <input id={SEARCH} type="search" role="combobox" autocomplete="off" enterkeyhint="go"
                aria-label="Name, number, or paste to dial" placeholder="Name, number, or paste to dial"
                aria-expanded={open.to_string()} aria-controls="search-results" aria-autocomplete="list"
                aria-activedescendant={open.then(|| format!("found-{chosen}"))}
                value={(*text).clone()} {oninput} {onkeydown} />
            <kbd aria-hidden="true">{ "Ctrl K" }</kbd>
            if open {
                <ul id="search-results" class="results card" role="listbox" aria-label="Results">
                    { for found.iter().enumerate().map(|(i, found)| result(i, found, i == chosen, &call)) }
                </ul>
            } else if !text.trim().is_empty() {
                <p class="results card quiet" role="status">{ "Nobody by that name, and not a number." }</p>
            }
        </div>
    }
}

fn result(i: usize, found: &Found, chosen: bool, call: &Callback<Found>) -> Html {
    // The press would take the focus from the field and close the list before the click.
    let onmousedown = |event: MouseEvent| event.prevent_default();
    let onclick = {
        let (call, found) = (call.clone(), found.clone());
        move |_| call.emit(found.clone())
    };
    html! {
        <li id={format!("found-{i}")} role="option" class={classes!("row", chosen.then_some("is-current"))}
            aria-selected={chosen.to_string()} data-testid="search-result" {onmousedown} {onclick}>
            <Avatar name={found.title.clone()} presence={found.presence} />
            <span class="row-text"><strong>{ &found.title }</strong><span class="quiet">{ &found.detail }</span></span>
            <Phone size={18} />
        </li>
    }
}

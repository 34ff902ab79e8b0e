//! What a country asks for, said before anybody orders.

use crate::components::dossier::told;
use crate::state::store::Loaded;
use contract::dossier::RequirementView;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Of what, such as `Switzerland, local`.
    pub(crate) of: String,
    pub(crate) requirements: Loaded<Rc<Vec<RequirementView>>>,
}

#[component]
pub(crate) fn Asked(props: &Props) -> Html {
    let body = match &props.requirements {
        Loaded::Loading => {
            html! { <p class="quiet" role="status">{ "Looking up what is asked for" }</p> }
        }
        Loaded::Failed(words) => {
            html! { <p class="field-said is-asked" role="alert">{ words }</p> }
        }
        Loaded::Here(known) if known.is_empty() => {
            html! { <p class="quiet">{ "Nothing is asked for." }</p> }
        }
        Loaded::Here(known) => html! { <ul class="needs">{ for known.iter().map(row) }</ul> },
    };
    html! {
        <section class="card checklist" aria-label="What is asked for" data-testid="asked">
            <h2>{ format!("Asked for: {}", props.of) }</h2>
            { body }
        </section>
    }
}

fn row(view: &RequirementView) -> Html {
    html! {
        <li key={view.id.clone()} class="need" data-testid="ask" data-requirement={view.id.clone()}>
            <details>
                <summary><span class="need-name">{ &view.name }</span>if !view.verified { <span class="chip is-quiet">{ "Unverified" }</span> }</summary>
                { told(view) }
            </details>
        </li>
    }
}

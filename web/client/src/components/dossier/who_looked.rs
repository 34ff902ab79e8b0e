//! Who looked at the documents of a dossier: the server notes each look, and tells it to everybody who sees the dossier.

use crate::hooks::api_keys::use_key_names;
use crate::hooks::reading::use_read;
use crate::hooks::{use_desk, zone_min};
use crate::state::api_keys::program;
use crate::state::clock::{moment, parse};
use crate::state::dossier::looked::{Look, looks};
use crate::state::store::Loaded;
use contract::DossierId;
use contract::dossier::Document;
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// How many are shown before somebody asks for more.
const FEW: usize = 5;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) dossier: DossierId,
    /// The documents that it has.
    pub(crate) documents: Vec<Document>,
    /// How often the one who looks at this page opened a document: the list is read again then.
    pub(crate) opened: u32,
}

#[component]
pub(crate) fn WhoLooked(props: &Props) -> Html {
    let desk = use_desk();
    let all = use_state(|| false);
    // A document that comes or goes is noted too.
    let of = (props.dossier.clone(), props.documents.len(), props.opened);
    let known = use_read(&desk, of, |api, (dossier, ..)| async move {
        let told = api.document_views(&dossier).await;
        told.map(|told| told.views)
    });
    let programs = match &known {
        Loaded::Here(views) => views.iter().any(|view| view.person.key().is_some()),
        Loaded::Loading | Loaded::Failed(_) => false,
    };
    let keys = use_key_names(&desk, programs);
    let views = match &known {
        Loaded::Here(views) if !views.is_empty() => views,
        Loaded::Failed(words) => {
            return html! { <p class="quiet" role="alert">{ "Who looked at the documents is not known now. " }{ words }</p> };
        }
        Loaded::Here(_) | Loaded::Loading => return Html::default(),
    };
    let lines = looks(views, &props.documents, |person| {
        let known = desk.store.name_of(person).map(str::to_owned);
        known.or_else(|| program(person, &keys).map(|key| format!("A program ({key})")))
    });
    let shown = if *all { lines.len() } else { FEW };
    let more = lines.len().saturating_sub(shown);
    let onmore = {
        let all = all.clone();
        move |_: MouseEvent| all.set(true)
    };
    html! {
        <section class="who-looked" aria-label="Who looked" data-testid="who-looked">
            <h3>{ "Who looked" }</h3>
            <ul>{ for lines.iter().take(shown).map(line) }</ul>
            if more > 0 { <Button variant={ButtonVariant::Link} label={format!("Show {more} more")} onclick={onmore} /> }
        </section>
    }
}

fn line(look: &Look) -> Html {
    let at = parse(&look.at).map(|at| moment(at, zone_min()));
    let times = (look.times > 1).then(|| format!(", {} times", look.times));
    let from = look.from.as_ref().map(|from| format!(", from {from}"));
    html! {
        <li data-testid="look"><span><strong>{ &look.who }</strong>{ " " }{ &look.what }{ times }</span>
            <span class="quiet"><time datetime={look.at.clone()}>{ at }</time>{ from }</span></li>
    }
}

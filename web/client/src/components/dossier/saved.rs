//! Where what is typed is, and what to do when somebody else typed too.

use crate::state::dossier::work::{Saving, Step};
use lucide_yew::{CloudAlert, CloudCheck, CloudUpload};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) saving: Saving,
}

#[component]
pub(crate) fn SavedMark(props: &Props) -> Html {
    let (state, icon, words) = match &props.saving {
        Saving::Saved => (
            "saved",
            html! { <CloudCheck size={16} /> },
            "Saved".to_owned(),
        ),
        Saving::Typed | Saving::Sending => (
            "saving",
            html! { <CloudUpload size={16} /> },
            "Saving".to_owned(),
        ),
        Saving::Conflict(_) => (
            "conflict",
            html! { <CloudAlert size={16} /> },
            "Not saved".to_owned(),
        ),
        Saving::Failed(why) => (
            "failed",
            html! { <CloudAlert size={16} /> },
            format!("Not saved. {why}"),
        ),
    };
    html! { <p class={classes!("saved-mark", format!("is-{state}"))} role="status" data-testid="saved" data-state={state}>{ icon }<span>{ words }</span></p> }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ConflictProps {
    pub(crate) saving: Saving,
    pub(crate) step: Callback<Step>,
}

/// Asks which of two texts is to stand. Nothing is lost until somebody has decided.
#[component]
pub(crate) fn Conflict(props: &ConflictProps) -> Html {
    match &props.saving {
        Saving::Conflict(_) => {}
        Saving::Saved | Saving::Typed | Saving::Sending | Saving::Failed(_) => {
            return Html::default();
        }
    }
    let choose = |step: Step| {
        let told = props.step.clone();
        move |_| told.emit(step.clone())
    };
    html! {
        <div class="notice is-waits" role="alert" data-testid="conflict">
            <p><strong>{ "Somebody else changed this dossier. " }</strong>{ "What you typed is kept here and not saved yet. Which of the two is to stand?" }</p>
            <div class="actions">
                <Button variant={ButtonVariant::Primary} label="Keep what I typed" onclick={choose(Step::KeepMine)} />
                <Button variant={ButtonVariant::Secondary} label="Take theirs" onclick={choose(Step::TakeTheirs)} />
            </div>
        </div>
    }
}

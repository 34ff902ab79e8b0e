//! A task: its form, kept as it is typed, sent once.

use super::form::{Form, FormModel};
use crate::api::Failure;
use crate::hooks::browser::{keep, kept};
use crate::hooks::use_desk;
use crate::state::form::{Event, Filling, read};
use contract::TaskId;
use contract::api::requests::Task;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) task: Rc<Task>,
    /// The answer was taken.
    pub(crate) ondone: Callback<()>,
}

fn place_of(task: &TaskId) -> String {
    format!("strowger.task.{task}")
}

#[component]
pub(crate) fn TaskForm(props: &Props) -> Html {
    let desk = use_desk();
    let task = props.task.clone();
    let model = {
        let task = task.clone();
        use_reducer(move || {
            let draft =
                kept(&place_of(&task.task.id)).and_then(|text| serde_json::from_str(&text).ok());
            FormModel::new(Filling::new(Rc::new(read(&task.schema)), draft))
        })
    };
    let filling = model.0.clone();
    let id = task.task.id.clone();
    use_effect_with(filling.draft.clone(), {
        let id = id.clone();
        move |draft| {
            let empty = draft.as_object().is_none_or(serde_json::Map::is_empty);
            keep(
                &place_of(&id),
                (!empty).then(|| draft.to_string()).as_deref(),
            );
        }
    });
    {
        // Sent when a try found nothing wrong.
        let (dispatch, ondone) = (model.dispatcher(), props.ondone.clone());
        let (answer, id) = (filling.answer(), id.clone());
        use_effect_with((filling.sending, filling.tries), move |(sending, _)| {
            if *sending {
                spawn_local(async move {
                    match desk.api.do_task(&id, answer).await {
                        Ok(()) => {
                            keep(&place_of(&id), None);
                            ondone.emit(());
                        }
                        Err(Failure::SessionOver) => desk.failed(&Failure::SessionOver),
                        Err(failure) => {
                            let field = failure.field().map(str::to_owned);
                            dispatch.dispatch(Event::Refused(field, failure.words()));
                        }
                    }
                });
            }
        });
    }
    let onevent = {
        let dispatch = model.dispatcher();
        Callback::from(move |event| dispatch.dispatch(event))
    };
    html! {
        <>
            if !filling.form.help.is_empty() { <p class="quiet">{ &filling.form.help }</p> }
            <Form {filling} {onevent} send="Done" />
        </>
    }
}

//! Fields of a dossier: each knows its place in the draft and what is said of it there.

use crate::components::field::{Choice, Said, TextField};
use crate::hooks::names::countries;
use crate::state::dossier::checklist::said_of;
use crate::state::dossier::draft::Edit;
use crate::state::dossier::work::{Step, Work};
use contract::dossier::{Evaluation, Failure, FailureCode};
use serde_json::Value;
use std::rc::Rc;
use yew::prelude::*;

/// What every field of a dossier stands in.
#[derive(Clone, PartialEq)]
pub(crate) struct Sheet {
    /// The dossier.
    pub(crate) work: Rc<Work>,
    /// What it lacks, with fields as the draft has them.
    pub(crate) evaluation: Option<Rc<Evaluation>>,
    /// Elements that are not whole yet and so not saved.
    pub(crate) held: Rc<Vec<String>>,
    /// What happens to it.
    pub(crate) step: Callback<Step>,
}

impl Sheet {
    /// What a field says.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.work.draft.text(field)
    }

    /// Writes into a field.
    pub(crate) fn write(&self, field: &str, text: String) {
        self.edit(Edit::Text {
            field: field.to_owned(),
            text,
        });
    }

    /// Changes the draft.
    pub(crate) fn edit(&self, edit: Edit) {
        self.step.emit(Step::Edit(edit));
    }

    /// Puts one more into a list.
    pub(crate) fn add(&self, list: &'static str, element: Value) -> Callback<MouseEvent> {
        let sheet = self.clone();
        Callback::from(move |_| {
            sheet.edit(Edit::Add {
                list,
                element: element.clone(),
            });
        })
    }

    /// Takes one out of a list.
    pub(crate) fn remove(&self, list: &'static str, at: usize) -> Callback<MouseEvent> {
        let sheet = self.clone();
        Callback::from(move |_| sheet.edit(Edit::Remove { list, at }))
    }

    /// What is to be said of a field.
    pub(crate) fn said(&self, field: &str) -> Said {
        if let Some(words) = self.work.wrong_with(field) {
            return Said::Wrong(words.to_owned().into());
        }
        let lacks = self.evaluation.as_ref().and_then(|evaluation| {
            let failures = said_of(evaluation, field);
            // What was missing and is typed now waits for the next look.
            let typed = !self.text(field).is_empty();
            let still = |failure: &&&Failure| !(typed && failure.code == FailureCode::Missing);
            let first = failures.iter().find(still);
            first.map(|failure| sentence(&failure.words))
        });
        match lacks {
            Some(words) if self.text(field).is_empty() => Said::Asked(words.into()),
            Some(words) => Said::Wrong(words.into()),
            None => Said::Nothing,
        }
    }

    /// Says that an element is not whole yet.
    pub(crate) fn waits(&self, pointer: &str, words: &'static str) -> Html {
        if self.held.iter().any(|held| held == pointer) {
            html! { <p class="field-said is-asked">{ words }</p> }
        } else {
            Html::default()
        }
    }
}

/// A sentence of words that may not be one.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    let stop = if words.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{}{stop}", first.unwrap_or_default(), letters.as_str())
}

/// The id of a field's element.
pub(crate) fn id_of(field: &str) -> String {
    format!("f{}", field.replace('/', "-"))
}

/// The sheet that this stands in.
#[hook]
pub(crate) fn use_sheet() -> Sheet {
    use_context::<Sheet>().expect("every field of a dossier stands in its sheet")
}

#[derive(PartialEq, Properties)]
pub(crate) struct TypedProps {
    pub(crate) field: AttrValue,
    pub(crate) label: AttrValue,
    #[prop_or(AttrValue::Static("text"))]
    pub(crate) kind: AttrValue,
    #[prop_or(200)]
    pub(crate) most: u32,
    #[prop_or_default]
    pub(crate) placeholder: AttrValue,
    /// Said while nothing else is.
    #[prop_or_default]
    pub(crate) hint: Option<AttrValue>,
    /// What was found by looking at it, before everything else.
    #[prop_or_default]
    pub(crate) found: Option<Said>,
    #[prop_or_default]
    pub(crate) class: Classes,
}

#[component]
pub(crate) fn Typed(props: &TypedProps) -> Html {
    let sheet = use_sheet();
    let said = match (&props.found, sheet.said(&props.field), &props.hint) {
        (Some(found), _, _) => found.clone(),
        (None, Said::Nothing, Some(hint)) => Said::Hint(hint.clone()),
        (None, said, _) => said,
    };
    let value = sheet.text(&props.field).to_owned();
    let oninput = {
        let (sheet, field) = (sheet.clone(), props.field.clone());
        move |text: String| sheet.write(&field, text)
    };
    html! {
        <TextField id={id_of(&props.field)} label={props.label.clone()} {value} {oninput} {said} kind={props.kind.clone()}
            most={props.most} placeholder={props.placeholder.clone()} class={props.class.clone()} />
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct CountryProps {
    pub(crate) field: AttrValue,
    pub(crate) label: AttrValue,
}

/// A country, by its name.
#[component]
pub(crate) fn CountryField(props: &CountryProps) -> Html {
    html! { <ChosenField field={props.field.clone()} label={props.label.clone()} options={countries()} empty="Choose a country" /> }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ChosenProps {
    pub(crate) field: AttrValue,
    pub(crate) label: AttrValue,
    pub(crate) options: Rc<Vec<(String, String)>>,
    #[prop_or_default]
    pub(crate) empty: Option<AttrValue>,
}

/// One of some values.
#[component]
pub(crate) fn ChosenField(props: &ChosenProps) -> Html {
    let sheet = use_sheet();
    let value = sheet.text(&props.field).to_owned();
    let onchange = {
        let (sheet, field) = (sheet.clone(), props.field.clone());
        move |text: String| sheet.write(&field, text)
    };
    html! {
        <Choice id={id_of(&props.field)} label={props.label.clone()} {value} options={props.options.clone()} {onchange}
            said={sheet.said(&props.field)} empty={props.empty.clone()} />
    }
}

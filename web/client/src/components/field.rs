//! A labelled field: what it is, what may be said, what is wrong with it.

use crate::state::dossier::form::Wrong;
use std::rc::Rc;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// What is said below a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// Nothing.
    Nothing,
    /// How it is meant.
    Hint(AttrValue),
    /// It is asked for and not there yet.
    Asked(AttrValue),
    /// It fits; what it is in its normal form.
    Good(AttrValue),
    /// It does not fit; why.
    Wrong(AttrValue),
}

impl Said {
    /// What is wrong with a field, if anything is.
    pub(crate) fn of(wrong: &[Wrong], field: &str) -> Self {
        let found = wrong.iter().find(|one| one.field == field);
        found.map_or(Self::Nothing, |one| Self::Wrong(one.words.clone().into()))
    }

    fn show(&self, id: &str) -> Html {
        let (class, role, words) = match self {
            Self::Nothing => return Html::default(),
            Self::Hint(words) => ("is-hint", None, words),
            Self::Asked(words) => ("is-asked", None, words),
            Self::Good(words) => ("is-good", None, words),
            Self::Wrong(words) => ("is-wrong", Some("alert"), words),
        };
        html! { <span id={format!("{id}-said")} class={classes!("field-said", class)} {role}>{ words }</span> }
    }

    fn is_wrong(&self) -> bool {
        match self {
            Self::Wrong(_) => true,
            Self::Nothing | Self::Hint(_) | Self::Asked(_) | Self::Good(_) => false,
        }
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct TextProps {
    pub(crate) id: AttrValue,
    pub(crate) label: AttrValue,
    pub(crate) value: AttrValue,
    pub(crate) oninput: Callback<String>,
    #[prop_or(Said::Nothing)]
    pub(crate) said: Said,
    /// `text`, `email`, `tel`, `date`, `url`, `number`.
    #[prop_or(AttrValue::Static("text"))]
    pub(crate) kind: AttrValue,
    #[prop_or(200)]
    pub(crate) most: u32,
    #[prop_or_default]
    pub(crate) placeholder: AttrValue,
    #[prop_or_default]
    pub(crate) class: Classes,
}

#[component]
pub(crate) fn TextField(props: &TextProps) -> Html {
    let oninput = {
        let told = props.oninput.clone();
        move |event: InputEvent| {
            told.emit(event.target_unchecked_into::<HtmlInputElement>().value())
        }
    };
    let described = (props.said != Said::Nothing).then(|| format!("{}-said", props.id));
    html! {
        <div class={classes!("field", props.class.clone())}>
            <label class="field-label" for={props.id.clone()}>{ &props.label }</label>
            <span class="pf-v6-c-form-control">
                <input id={props.id.clone()} type={props.kind.clone()} value={props.value.clone()} maxlength={props.most.to_string()}
                    placeholder={props.placeholder.clone()} autocomplete="off" aria-invalid={props.said.is_wrong().then_some("true")}
                    aria-describedby={described} {oninput} />
            </span>
            { props.said.show(&props.id) }
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct ChoiceProps {
    pub(crate) id: AttrValue,
    pub(crate) label: AttrValue,
    pub(crate) value: AttrValue,
    /// Values and what they are called.
    pub(crate) options: Rc<Vec<(String, String)>>,
    pub(crate) onchange: Callback<String>,
    #[prop_or(Said::Nothing)]
    pub(crate) said: Said,
    /// What is shown while nothing is chosen; without it something always is.
    #[prop_or_default]
    pub(crate) empty: Option<AttrValue>,
    #[prop_or_default]
    pub(crate) disabled: bool,
    /// For screen readers only.
    #[prop_or_default]
    pub(crate) hides_label: bool,
    #[prop_or_default]
    pub(crate) class: Classes,
}

#[component]
pub(crate) fn Choice(props: &ChoiceProps) -> Html {
    let onchange = {
        let told = props.onchange.clone();
        move |event: Event| told.emit(event.target_unchecked_into::<HtmlSelectElement>().value())
    };
    let known = props
        .options
        .iter()
        .any(|(value, _)| *value == *props.value);
    let described = (props.said != Said::Nothing).then(|| format!("{}-said", props.id));
    let label = if props.hides_label {
        "visually-hidden"
    } else {
        "field-label"
    };
    html! {
        <div class={classes!("field", props.class.clone())}>
            <label class={label} for={props.id.clone()}>{ &props.label }</label>
            <span class="pf-v6-c-form-control">
                <select id={props.id.clone()} disabled={props.disabled} aria-invalid={props.said.is_wrong().then_some("true")} aria-describedby={described} {onchange}>
                    if let Some(empty) = &props.empty { <option value="" selected={!known}>{ empty }</option> }
                    { for props.options.iter().map(|(value, name)| html! { <option key={value.clone()} value={value.clone()} selected={*value == *props.value}>{ name }</option> }) }
                </select>
            </span>
            { props.said.show(&props.id) }
        </div>
    }
}

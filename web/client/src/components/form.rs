//! A form drawn from its schema.

use super::form_field::FormField;
use crate::state::form::{Event, Filling, Group, inside};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant};
use std::rc::Rc;
use yew::prelude::*;

/// What is filled in as Yew keeps it.
pub(crate) struct FormModel(pub(crate) Rc<Filling>);

impl FormModel {
    pub(crate) fn new(filling: Filling) -> Self {
        Self(Rc::new(filling))
    }
}

impl Reducible for FormModel {
    type Action = Event;
    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        Rc::new(Self::new(self.0.after(event)))
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) filling: Rc<Filling>,
    pub(crate) onevent: Callback<Event>,
    /// What the button says.
    #[prop_or(AttrValue::Static("Send"))]
    pub(crate) send: AttrValue,
}

#[component]
pub(crate) fn Form(props: &Props) -> Html {
    let filling = &props.filling;
    let onsubmit = props.onevent.reform(|event: SubmitEvent| {
        event.prevent_default();
        Event::Try
    });
    let summary = (!filling.wrong.is_empty()).then(|| match filling.wrong.len() {
        1 => "One field has to be mended.".to_owned(),
        count => format!("{count} fields have to be mended."),
    });
    // The first field that is wrong gets the focus when the form was tried.
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(filling.tries, move |tries| {
            if *tries > 0
                && let Some(form) = node.cast::<web_sys::Element>()
                && let Ok(Some(first)) = form.query_selector("[aria-invalid='true']")
                && let Some(id) = first.get_attribute("id")
            {
                crate::hooks::browser::focus(&id);
            }
        });
    }
    html! {
        <form class="form" novalidate=true ref={node} {onsubmit} data-testid="form">
            { fields(&filling.form.group, "", filling, &props.onevent) }
            if let Some(words) = &filling.refused { <p class="form-refused" role="alert" data-testid="form-refused">{ words }</p> }
            if let Some(words) = summary { <p class="form-refused" role="status">{ words }</p> }
            <div class="actions"><Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} label={props.send.to_string()} disabled={filling.sending} /></div>
        </form>
    }
}

/// The fields of a group that are asked for what is filled in.
pub(super) fn fields(
    group: &Group,
    place: &str,
    filling: &Rc<Filling>,
    onevent: &Callback<Event>,
) -> Html {
    let nothing = serde_json::Value::Null;
    let object = filling.draft.pointer(place).unwrap_or(&nothing);
    let asked = group
        .fields
        .iter()
        .filter(|field| group.asks(field, object));
    asked
        .map(|field| {
            let at = inside(place, &field.name);
            html! {
                <FormField key={at.clone()} field={field.clone()} place={at.clone()} needed={group.needs(field, object)}
                    filling={filling.clone()} onevent={onevent.clone()} />
            }
        })
        .collect()
}

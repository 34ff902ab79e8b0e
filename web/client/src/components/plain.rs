//! Data that no page knows the words of, as a list of names and values.

use crate::state::plain::{Row, rows};
use serde_json::Value;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) value: Value,
}

#[component]
pub(crate) fn Plain(props: &Props) -> Html {
    html! { <dl class="plain-rows">{ for rows(&props.value).iter().map(row) }</dl> }
}

fn row(row: &Row) -> Html {
    html! {
        <div class={classes!(format!("is-deep-{}", row.depth.min(3)))}>
            <dt>{ &row.name }</dt>
            if let Some(text) = &row.text { <dd>{ text }</dd> }
        </div>
    }
}

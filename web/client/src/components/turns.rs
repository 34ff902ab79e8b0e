//! The table of turns.

use super::Chip;
use crate::state::turns::Row;
use patternfly_yew::prelude::{ComposableTable, TableBody, TableMode};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) rows: Vec<Row>,
    pub(crate) selected: Option<usize>,
    pub(crate) onselect: Callback<usize>,
}

#[component]
pub(crate) fn Turns(props: &Props) -> Html {
    html! {
        <ComposableTable mode={TableMode::Compact} class="turns" id="turns">
            <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr">
                { for ["Time s", "State", "Signal", "Reply"].iter().map(|head| html! { <th class="pf-v6-c-table__th" scope="col">{ *head }</th> }) }
            </tr></thead>
            <TableBody>{ for props.rows.iter().map(|row| line(row, props)) }</TableBody>
        </ComposableTable>
    }
}

fn line(row: &Row, props: &Props) -> Html {
    let current = props.selected == Some(row.visit);
    let onclick = {
        let (onselect, visit) = (props.onselect.clone(), row.visit);
        move |_| onselect.emit(visit)
    };
    html! {
        <tr key={row.visit} class={classes!("pf-v6-c-table__tr", "turn", current.then_some("is-current"))} data-testid="turn" data-state={row.state.clone()} onclick={onclick.clone()}>
            <td class="pf-v6-c-table__td figures">{ &row.offset }</td>
            <td class="pf-v6-c-table__td"><button type="button" class="plain" aria-pressed={current.to_string()} {onclick}><Chip text={row.label.clone()} tone={row.tone} /></button></td>
            <td class="pf-v6-c-table__td">{ &row.signal }</td>
            <td class="pf-v6-c-table__td figures quiet">{ &row.reply }</td>
        </tr>
    }
}

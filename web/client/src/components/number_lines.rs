//! The numbers of a request, each with a status of its own.

use super::Chip;
use crate::state::numbers::readable;
use crate::state::request_words::{number_tone, spelled};
use contract::request::NumberLine;
use patternfly_yew::prelude::{Button, ButtonVariant, ComposableTable, TableBody, TableMode};
use std::collections::BTreeMap;
use yew::prelude::*;

/// How many are shown before one asks for all.
const FIRST: usize = 20;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lines: Vec<NumberLine>,
}

#[component]
pub(crate) fn NumberLines(props: &Props) -> Html {
    let whole = use_state(|| false);
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &props.lines {
        *counted.entry(&line.status).or_default() += 1;
    }
    let shown = if *whole { props.lines.len() } else { FIRST };
    let onclick = {
        let whole = whole.clone();
        move |_| whole.set(true)
    };
    html! {
        <section class="card numbers" aria-label="Numbers" data-testid="numbers">
            <h2>{ format!("Numbers, {}", props.lines.len()) }</h2>
            if counted.len() > 1 {
                <p class="actions">{ for counted.into_iter().map(|(status, count)| html! { <Chip text={format!("{} {count}", spelled(status))} tone={number_tone(status)} /> }) }</p>
            }
            <ComposableTable mode={TableMode::Compact}>
                <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr">
                    { for ["Number", "Status", "Why"].iter().map(|head| html! { <th class="pf-v6-c-table__th" scope="col">{ *head }</th> }) }
                </tr></thead>
                <TableBody>{ for props.lines.iter().take(shown).map(row) }</TableBody>
            </ComposableTable>
            if props.lines.len() > shown { <Button variant={ButtonVariant::Link} label={format!("All {}", props.lines.len())} {onclick} /> }
        </section>
    }
}

fn row(line: &NumberLine) -> Html {
    html! {
        <tr key={line.number.to_string()} class="pf-v6-c-table__tr" data-testid="number-line" data-number={line.number.to_string()}>
            <td class="pf-v6-c-table__td figures">{ readable(line.number.as_str()) }</td>
            <td class="pf-v6-c-table__td"><Chip text={spelled(&line.status)} tone={number_tone(&line.status)} /></td>
            <td class="pf-v6-c-table__td">{ line.reason.clone().unwrap_or_default() }</td>
        </tr>
    }
}

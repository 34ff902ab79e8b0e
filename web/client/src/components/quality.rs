//! The state of the connection: five bars and words.

use crate::state::media::Signal;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) signal: Signal,
}

#[component]
pub(crate) fn Bars(props: &Props) -> Html {
    let Signal { bars, words } = &props.signal;
    let tone = match bars {
        4.. => "is-well",
        2..=3 => "is-waits",
        _ => "is-failed",
    };
    html! {
        <span class={classes!("quality", tone)} data-testid="quality" data-bars={bars.to_string()}>
            <svg width="22" height="16" viewBox="0 0 22 16" aria-hidden="true">
                { for (0u8..5).map(|i| {
                    let height = 4 + i * 3;
                    let class = if i < *bars { "bar is-on" } else { "bar" };
                    html! { <rect {class} x={(i * 4 + i / 2).to_string()} y={(16 - height).to_string()} width="3.2" height={height.to_string()} rx="1" /> }
                }) }
            </svg>
            <span>{ words }</span>
        </span>
    }
}

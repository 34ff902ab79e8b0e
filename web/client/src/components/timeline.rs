//! One time line: the states and each leg.

use crate::state::clock::{Millis, precise};
use crate::state::timeline::{Lane, Piece, Stretch};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) lanes: Vec<Lane>,
    pub(crate) whole: Millis,
    pub(crate) onselect: Callback<AttrValue>,
}

#[component]
pub(crate) fn TimeLine(props: &Props) -> Html {
    html! {
        <section class="card timeline" aria-label="Time line" data-testid="timeline">
            <h2>{ if props.lanes.len() > 1 { "One time line: states and legs" } else { "Time line" } }</h2>
            { for props.lanes.iter().map(|lane| html! {
                <div class="lane">
                    <span class="quiet">{ &lane.name }</span>
                    <span class="lane-track">{ for lane.stretches.iter().map(|stretch| piece(stretch, &props.onselect)) }</span>
                </div>
            }) }
            <div class="lane lane-scale" aria-hidden="true"><span /><span class="lane-track"><span>{ "0" }</span><span>{ precise(props.whole / 2) }</span><span>{ precise(props.whole) }</span></span></div>
        </section>
    }
}

fn piece(stretch: &Stretch, onselect: &Callback<AttrValue>) -> Html {
    let class = match stretch.piece {
        Piece::Wait => "is-wait",
        Piece::Talked => "is-joined",
        Piece::Ran => "is-ran",
        Piece::Now => "is-now",
        Piece::Failed => "is-failed",
        Piece::Before => "is-before",
        Piece::Joined => "is-joined",
    };
    let style = format!(
        "left:{:.2}%;width:{:.2}%",
        stretch.from * 100.0,
        (stretch.to - stretch.from) * 100.0
    );
    let onclick = stretch.state.clone().map(|state| {
        let onselect = onselect.clone();
        Callback::from(move |_: MouseEvent| onselect.emit(AttrValue::from(state.clone())))
    });
    html! { <span class={classes!("piece", class)} {style} role="img" aria-label={stretch.title.clone()} title={stretch.title.clone()} {onclick} /> }
}

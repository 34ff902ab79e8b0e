//! An execution as a picture: the graph, the turns, what went in and out, the time line.

use super::{Graph, Json, TimeLine, Turns};
use crate::hooks::use_now;
use crate::state::film::Film;
use crate::state::machine;
use crate::state::timeline::lanes;
use crate::state::turns::rows;
use contract::view::CallView;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) film: Rc<Film>,
    /// The call, if it is one's: its legs are on the time line.
    #[prop_or_default]
    pub(crate) call: Option<Rc<CallView>>,
}

#[component]
pub(crate) fn Picture(props: &Props) -> Html {
    let now = use_now(1_000);
    let Film { machine, run, .. } = &*props.film;
    let chosen = use_state(|| None::<AttrValue>);
    let visit_at = use_state(|| None::<usize>);
    let table = rows(run, machine);
    let last = run.visits.len().checked_sub(1);
    let chosen_last = chosen.as_ref().and_then(|name| {
        run.visits
            .iter()
            .rposition(|visit| visit.state == name.as_str())
    });
    let selected = visit_at
        .or(chosen_last)
        .or_else(|| if chosen.is_none() { last } else { None });
    let onstate = {
        let (chosen, visit_at) = (chosen.clone(), visit_at.clone());
        Callback::from(move |name: AttrValue| {
            chosen.set(Some(name));
            visit_at.set(None);
        })
    };
    let onturn = {
        let (chosen, visit_at, run) = (chosen.clone(), visit_at.clone(), run.clone());
        Callback::from(move |i: usize| {
            visit_at.set(Some(i));
            chosen.set(
                run.visits
                    .get(i)
                    .map(|visit| AttrValue::from(visit.state.clone())),
            );
        })
    };
    let name = selected
        .and_then(|i| run.visits.get(i))
        .map(|visit| AttrValue::from(visit.state.clone()))
        .or_else(|| (*chosen).clone());
    let card = use_node_ref();
    {
        // The state now stays in view.
        let card = card.clone();
        let now_in = run.visits.last().map(|visit| visit.state.clone());
        use_effect_with(now_in, move |_| {
            if let Some(card) = card.cast::<web_sys::Element>()
                && let Ok(Some(state)) = card.query_selector(".state.is-now")
            {
                let (outer, inner) = (
                    card.get_bounding_client_rect(),
                    state.get_bounding_client_rect(),
                );
                let below = inner.top() - outer.top() - outer.height() * 0.6;
                card.set_scroll_top(card.scroll_top() + below as i32);
                let beside =
                    inner.left() + inner.width() / 2.0 - outer.left() - outer.width() / 2.0;
                card.set_scroll_left(card.scroll_left() + beside as i32);
            }
        });
    }
    let (lanes, whole) = lanes(props.call.as_deref(), run, machine, now);
    html! {
        <>
            <div class="watch-grid">
                <section class="card graph-card" aria-label="Graph" tabindex="0" ref={card}>
                    <Graph machine={machine.clone()} run={run.clone()} {now} selected={name.clone()} onselect={onstate.clone()} />
                </section>
                <section class="card turns-card" aria-label="Turns">
                    <h2>{ "Turns" }</h2>
                    <div class="turns-scroll"><Turns rows={table} {selected} onselect={onturn} /></div>
                    if props.film.truncated { <p class="hint">{ "The history is longer than what is shown: its first 1,000 events." }</p> }
                    if let Some(name) = name {
                        <h2>{ machine::readable(&name) }</h2>
                        if let Some(visit) = selected.and_then(|i| run.visits.get(i)) { <Json visit={visit.clone()} /> } else { <p class="quiet">{ "It was not in this state." }</p> }
                    }
                </section>
            </div>
            <TimeLine {lanes} {whole} onselect={onstate} />
        </>
    }
}

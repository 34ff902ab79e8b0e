//! The step strip: where a call has been, where it is, and where it probably goes.

use crate::hooks::execution::use_machine;
use crate::hooks::use_desk;
use crate::route::Route;
use crate::state::machine::Machine;
use crate::state::strip::{Mark, Stand, spoken, strip, strip_of};
use contract::request::RequestView;
use contract::view::CallView;
use lucide_yew::Check;
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::components::Link;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) call: Rc<CallView>,
}

#[component]
pub(crate) fn StepStrip(props: &Props) -> Html {
    let desk = use_desk();
    let machine = use_machine(&desk, Some(&props.call));
    let marks = strip(&props.call, machine.as_deref());
    let said = spoken(&marks);
    html! {
        <div class="card strip" data-testid="strip" data-state={props.call.state.clone()}>
            <Link<Route> to={Route::Calls { id: props.call.id.to_string() }} class={classes!("strip-link")}>
                <span class="visually-hidden">{ said }{ " Open the graph." }</span>
                <Steps {marks} />
            </Link<Route>>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct RequestProps {
    pub(crate) view: Rc<RequestView>,
    /// The machine, once it is here.
    pub(crate) machine: Option<Rc<Machine>>,
}

/// The strip of a request; its graph stands on the same page.
#[component]
pub(crate) fn RequestStrip(props: &RequestProps) -> Html {
    let marks = strip_of(&props.view, props.machine.as_deref());
    if marks.is_empty() {
        return Html::default();
    }
    html! {
        <div class="card strip request-strip" data-testid="strip">
            <span class="visually-hidden">{ spoken(&marks) }</span>
            <Steps {marks} />
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct StepsProps {
    marks: Vec<Mark>,
}

#[component]
fn Steps(props: &StepsProps) -> Html {
    let marks = &props.marks;
    let now = marks
        .iter()
        .position(|mark| matches!(mark.stand, Stand::Now | Stand::Last));
    let node = use_node_ref();
    {
        // The step now stays in view when the strip is wider than its place.
        let node = node.clone();
        use_effect_with(marks.clone(), move |_| {
            if let Some(strip) = node.cast::<web_sys::Element>()
                && let Ok(Some(now)) = strip.query_selector(".is-now, .is-last")
            {
                let (outer, inner) = (
                    strip.get_bounding_client_rect(),
                    now.get_bounding_client_rect(),
                );
                let middle =
                    inner.left() + inner.width() / 2.0 - outer.left() - outer.width() / 2.0;
                strip.set_scroll_left(strip.scroll_left() + middle as i32);
            }
        });
    }
    html! {
        <span class="strip-scroll" aria-hidden="true" ref={node}>
            { for marks.iter().enumerate().map(|(i, mark)| step(i, mark, now)) }
        </span>
    }
}

fn step(i: usize, mark: &Mark, now: Option<usize>) -> Html {
    let class = match mark.stand {
        Stand::Taken => "is-taken",
        Stand::Now => "is-now",
        Stand::Last => "is-last",
        Stand::Next => "is-next",
    };
    let is_now = now == Some(i);
    html! {
        <>
            if i > 0 { <span class={classes!("strip-line", class)} /> }
            <span class={classes!("step", class)}>
                <span class="step-mark">
                    if matches!(mark.stand, Stand::Taken | Stand::Last) { <Check size={12} stroke_width={3} /> }
                </span>
                <span class={classes!("step-label", (!is_now).then_some("is-optional"))}>{ &mark.label }</span>
                if let Some(took) = &mark.took { <span class="step-took">{ took }</span> }
            </span>
        </>
    }
}

//! The steps of the wizard, as every strip of this client: what is done, where one is, what is still to mend.

use crate::state::dossier::parts::{Part, to_mend};
use contract::dossier::Evaluation;
use lucide_yew::Check;
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) part: Part,
    pub(crate) is_business: bool,
    pub(crate) evaluation: Option<Rc<Evaluation>>,
    /// Whether anything is wanted yet.
    pub(crate) wanted: bool,
    pub(crate) onpart: Callback<Part>,
}

#[component]
pub(crate) fn PartStrip(props: &Props) -> Html {
    html! {
        <nav class="part-strip" aria-label="Steps">
            <ol>{ for Part::ALL.into_iter().enumerate().map(|(at, part)| step(props, at, part)) }</ol>
        </nav>
    }
}

fn step(props: &Props, at: usize, part: Part) -> Html {
    let failures = props
        .evaluation
        .iter()
        .flat_map(|evaluation| &evaluation.outcomes)
        .flat_map(|outcome| &outcome.failures);
    let open = to_mend(part, failures);
    let is_now = props.part == part;
    let done = match part {
        Part::Wanted => props.wanted,
        Part::Who | Part::Addresses | Part::People | Part::Documents => {
            props.evaluation.is_some() && open == 0
        }
        Part::Check => false,
    };
    let class = match (is_now, done) {
        (true, _) => "is-now",
        (false, true) => "is-taken",
        (false, false) => "is-next",
    };
    let onclick = {
        let told = props.onpart.clone();
        move |_| told.emit(part)
    };
    let name = part.name(props.is_business);
    let spoken = match open {
        0 => name.to_owned(),
        open => format!("{name}, {open} to mend"),
    };
    html! {
        <li key={at}>
            <button type="button" class={classes!("step", class)} aria-current={is_now.then_some("step")} aria-label={spoken} {onclick}>
                <span class="step-mark">if done && !is_now { <Check size={12} stroke_width={3} /> }</span>
                <span class={classes!("step-label", (!is_now).then_some("is-optional"))}>{ name }</span>
                if open > 0 { <span class="step-open" aria-hidden="true">{ open }</span> }
            </button>
        </li>
    }
}

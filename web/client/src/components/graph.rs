//! A state machine as a layered drawing, with the path that a call took.

use crate::state::clock::{Millis, precise, timer};
use crate::state::history::{Run, Visit};
use crate::state::layout::{Box, Drawing, Line, draw, path};
use crate::state::machine::{Kind, Machine, Reason};
use std::rc::Rc;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) machine: Rc<Machine>,
    pub(crate) run: Rc<Run>,
    pub(crate) now: Millis,
    pub(crate) selected: Option<AttrValue>,
    pub(crate) onselect: Callback<AttrValue>,
}

#[component]
pub(crate) fn Graph(props: &Props) -> Html {
    let drawing = use_memo(props.machine.clone(), |machine| draw(machine));
    let run = &props.run;
    let passed: Vec<&str> = run
        .visits
        .iter()
        .filter(|v| v.exited.is_some())
        .map(|v| v.state.as_str())
        .collect();
    let Drawing {
        boxes,
        lines,
        width,
        height,
    } = &*drawing;
    let took = |line: &Line| {
        let reached = run.took(&line.from, &line.to);
        let join = line.to.strip_suffix(" \u{2022}");
        reached
            || join
                .is_some_and(|fork| passed.contains(&fork) && passed.contains(&line.from.as_str()))
    };
    // Ways that were taken are drawn last, above the others.
    let (taken, others): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| took(line));
    html! {
        <svg class="graph" viewBox={format!("0 0 {width:.0} {height:.0}")} width={format!("{width:.0}")} height={format!("{height:.0}")}
            role="group" aria-label="State machine" data-testid="graph">
            <defs>
                { arrow("arrow") }{ arrow("arrow-taken") }
            </defs>
            { for others.into_iter().map(|line| way(line, false)) }
            { for taken.into_iter().map(|line| way(line, true)) }
            { for boxes.iter().map(|one| state(one, props)) }
        </svg>
    }
}

fn arrow(id: &'static str) -> Html {
    html! {
        <marker {id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0.5 L8 4 L0 7.5 Z" />
        </marker>
    }
}

fn way(line: &Line, taken: bool) -> Html {
    let reason = match line.reason {
        Reason::Next => "",
        Reason::Rule => "is-rule",
        Reason::Otherwise => "is-otherwise",
        Reason::Caught => "is-caught",
    };
    let full = if line.full.is_empty() {
        format!("{} to {}", line.from, line.to)
    } else {
        line.full.clone()
    };
    html! {
        <g class={classes!("way", reason, taken.then_some("is-taken"))} data-from={line.from.clone()} data-to={line.to.clone()}>
            <path d={path(&line.points)} marker-end={if taken { "url(#arrow-taken)" } else { "url(#arrow)" }}><title>{ &full }</title></path>
            if !line.label.is_empty() {
                <text class={classes!("way-label", line.leftward.then_some("is-leftward"))} x={format!("{:.1}", line.at.0)} y={format!("{:.1}", line.at.1)}>{ &line.label }<title>{ full }</title></text>
            }
        </g>
    }
}

fn figure(visits: &[&Visit], now: Millis) -> String {
    let Some(last) = visits.last() else {
        return String::new();
    };
    let whole: Millis = visits.iter().map(|visit| visit.lasted(now)).sum();
    let times = if visits.len() > 1 {
        format!(", {} times", visits.len())
    } else {
        String::new()
    };
    match (&last.error, last.exited) {
        (Some((error, _)), _) => error.clone(),
        (None, None) => format!("since {}{times}", timer(last.lasted(now))),
        (None, Some(_)) => format!("{}{times}", precise(whole)),
    }
}

fn state(one: &Box, props: &Props) -> Html {
    let visits: Vec<&Visit> = props.run.of(&one.name).collect();
    let now = visits.last().is_some_and(|visit| visit.exited.is_none());
    let failed = visits.last().is_some_and(|visit| visit.error.is_some())
        || (one.kind == Kind::Fail && !visits.is_empty());
    let stand = match (visits.is_empty(), now, failed) {
        (true, _, _) => "is-untaken",
        (false, true, _) => "is-now",
        (false, false, true) => "is-failed",
        (false, false, false) => "is-taken",
    };
    let kind = match one.kind {
        Kind::Choice | Kind::Pass => "is-small",
        Kind::Join => "is-join",
        Kind::Task | Kind::Wait | Kind::Fork | Kind::Succeed | Kind::Fail => "",
    };
    let (x, y) = (one.x - one.width / 2.0, one.y - one.height / 2.0);
    let figure = figure(&visits, props.now);
    let chosen = props.selected.as_deref() == Some(one.name.as_str());
    let name = AttrValue::from(one.name.clone());
    let onclick = {
        let (onselect, name) = (props.onselect.clone(), name.clone());
        move |_| onselect.emit(name.clone())
    };
    let onkeydown = {
        let (onselect, name) = (props.onselect.clone(), name.clone());
        move |event: KeyboardEvent| {
            if matches!(event.key().as_str(), "Enter" | " ") {
                event.prevent_default();
                onselect.emit(name.clone())
            }
        }
    };
    let words = match stand {
        "is-untaken" => "not reached",
        "is-now" => "now",
        "is-failed" => "failed",
        _ => "passed",
    };
    let small = matches!(one.kind, Kind::Choice | Kind::Pass);
    let rx = if small { one.height / 2.0 } else { 8.0 };
    let text_y = if small || figure.is_empty() {
        one.y + 4.5
    } else {
        one.y - 2.5
    };
    html! {
        <g class={classes!("state", stand, kind, chosen.then_some("is-chosen"))} tabindex="0" role="button" {onclick} {onkeydown}
            aria-label={format!("{}, {words} {figure}", one.label)} aria-pressed={chosen.to_string()} data-state={one.name.clone()} data-stand={stand}>
            <rect x={format!("{x:.1}")} y={format!("{y:.1}")} width={format!("{:.1}", one.width)} height={format!("{:.1}", one.height)} rx={format!("{rx:.1}")} />
            if one.kind != Kind::Join {
                <text class="state-name" x={format!("{:.1}", one.x)} y={format!("{text_y:.1}")}>{ &one.label }</text>
                if !small && !figure.is_empty() { <text class="state-figure" x={format!("{:.1}", one.x)} y={format!("{:.1}", one.y + 13.0)}>{ figure }</text> }
            }
        </g>
    }
}

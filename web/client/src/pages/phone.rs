//! The softphone: what there is, and the one thing in hand.

use crate::components::{
    Banners, CallCard, CallDetail, CallList, DialPad, EndedCard, Legs, PeopleList, Search,
    StepStrip,
};
use crate::hooks::audio::use_audio;
use crate::hooks::keyboard::Panels;
use crate::hooks::{Desk, use_desk};
use contract::CallId;
use lucide_yew::{ChevronLeft, Grip};
use patternfly_yew::prelude::{ToggleGroup, ToggleGroupItem};
use yew::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    All,
    Missed,
    People,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Open {
    Nothing,
    Pad,
    Call(CallId),
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) panels: Panels,
}

#[component]
pub(crate) fn Phone(props: &Props) -> Html {
    let desk = use_desk();
    let tab = use_state(|| Tab::All);
    let open = use_state(|| Open::Nothing);
    let away = use_state(|| false);
    let hand_id = desk
        .in_hand()
        .map(|call| call.id.clone())
        .or_else(|| desk.store.book.ended().map(|call| call.id.clone()));
    {
        // A new call comes to the front.
        let (away, pad) = (away.setter(), props.panels.pad.setter());
        use_effect_with(
            (hand_id.clone(), desk.store.dialling.is_some()),
            move |_| {
                away.set(false);
                pad.set(false);
            },
        );
    }
    let has_hand = hand_id.is_some() || desk.store.dialling.is_some();
    let front = *open != Open::Nothing || (has_hand && !*away);
    let onselect = {
        let (open, away, desk) = (open.clone(), away.clone(), desk.clone());
        Callback::from(move |id: CallId| {
            let in_hand = desk.in_hand().is_some_and(|call| call.id == id);
            away.set(!in_hand && desk.in_hand().is_some());
            open.set(if in_hand {
                Open::Nothing
            } else {
                Open::Call(id)
            });
        })
    };
    let selected = match &*open {
        Open::Call(id) if !has_hand || *away => Some(id.clone()),
        Open::Call(_) | Open::Nothing | Open::Pad => None,
    };
    let back = {
        let (open, away) = (open.clone(), away.clone());
        move |_: MouseEvent| {
            open.set(Open::Nothing);
            away.set(true);
        }
    };
    let pad = {
        let open = open.clone();
        let away = away.clone();
        move |_: MouseEvent| {
            away.set(true);
            open.set(Open::Pad);
        }
    };
    html! {
        <div class={classes!("phone", front.then_some("has-front"))}>
            <section class="column" aria-label="Calls and people">
                <Search />
                <div class="filters">
                    <ToggleGroup>
                        { for [(Tab::All, "All"), (Tab::Missed, "Missed"), (Tab::People, "People")].into_iter().map(|(one, name)| filter(one, name, &tab)) }
                    </ToggleGroup>
                    <button type="button" class="icon-button" aria-label="Dial pad" data-testid="open-dial-pad" onclick={pad}><Grip size={20} /></button>
                </div>
                if has_hand && *away { { return_bar(&away) } }
                if *tab == Tab::People { <PeopleList /> } else { <CallList missed_only={*tab == Tab::Missed} {selected} {onselect} /> }
            </section>
            <main class="stage" aria-label="In hand">
                <button type="button" class="back" onclick={back}><ChevronLeft size={20} />{ "Calls" }</button>
                { stage(&desk, &open, *away, &props.panels) }
            </main>
        </div>
    }
}

fn filter(
    one: Tab,
    name: &'static str,
    tab: &UseStateHandle<Tab>,
) -> yew::virtual_dom::VChild<ToggleGroupItem> {
    let onchange = {
        let tab = tab.clone();
        move |_| tab.set(one)
    };
    html_nested! { <ToggleGroupItem text={name} selected={**tab == one} {onchange} /> }
}

fn return_bar(away: &UseStateHandle<bool>) -> Html {
    let onclick = {
        let away = away.clone();
        move |_: MouseEvent| away.set(false)
    };
    html! { <button type="button" class="return-bar" data-testid="return-to-call" {onclick}>{ "Return to the call" }</button> }
}

fn stage(desk: &Desk, open: &Open, away: bool, panels: &Panels) -> Html {
    let book = &desk.store.book;
    if !away {
        if let Some(call) = desk.in_hand() {
            return html! {
                <>
                    <CallCard call={call.clone()} pad={panels.pad.clone()} />
                    <StepStrip call={call.clone()} />
                    <Legs {call} />
                </>
            };
        }
        if let Some(dialling) = &desk.store.dialling {
            return html! { <section class="card call" role="status" data-testid="dialling"><div class="call-head"><crate::components::Avatar name={dialling.to.clone()} large=true tone={crate::state::words::Tone::Waits} /><div class="call-who"><h1>{ &dialling.to }</h1><p class="quiet">{ "Calling" }</p></div></div></section> };
        }
        if let Some(call) = book.ended() {
            return html! { <EndedCard call={call.clone()} /> };
        }
    }
    match open {
        Open::Call(id) => book.call(id).map_or_else(
            || html! { <DialPad /> },
            |call| html! { <CallDetail call={call.clone()} /> },
        ),
        Open::Pad | Open::Nothing => html! { <DialPad /> },
    }
}

/// The sound of the call in hand, whichever page is shown, and what is wrong with it.
#[component]
pub(crate) fn Sound() -> Html {
    let desk = use_desk();
    let again = use_state(|| 0u32);
    use_audio(&desk, *again);
    let onagain = {
        let again = again.clone();
        move |()| again.set(*again + 1)
    };
    html! { <Banners {onagain} /> }
}

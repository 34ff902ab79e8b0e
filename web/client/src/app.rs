//! The whole page: the store and what keeps it true, around the page that is shown.

use crate::api::Api;
use crate::components::{Brand, Shell};
use crate::hooks::browser::use_theme;
use crate::hooks::desk::{Desk, Model};
use crate::hooks::keyboard::Panels;
use crate::hooks::live::{new_store, use_confirmation, use_lists, use_live};
use crate::hooks::ringing::{use_busy_tone, use_ringing};
use crate::hooks::session::{use_mark, use_renewal, use_resume};
use crate::pages::{
    ApiKeys, Buy, Dossier, Dossiers, Invitation, NEW, NewDossier, NewPort, NewPortOut, Numbers,
    Onboard, Onboarding, Onboardings, Phone, PortOuts, Ports, Request, Requests, Routed, Routing,
    SignIn, Sound, Task, Watch, Webhook, Webhooks, Workflows,
};
use crate::route::{Route, task_of};
use crate::rtc::Audio;
use crate::rtc::tones::Tones;
use crate::state::side::Side;
use crate::state::store::Session;
use contract::view::Phase;
use gloo_events::{EventListener, EventListenerOptions};
use patternfly_yew::prelude::{Spinner, ToastViewer, use_toaster};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;
use yew_nested_router::{Router, Switch};

/// The page.
#[component]
pub(crate) fn App() -> Html {
    use_theme();
    html! {
        <ToastViewer>
            <Router<Route> default={Route::Phone}>
                <Switchboard />
            </Router<Route>>
        </ToastViewer>
    }
}

#[component]
fn Switchboard() -> Html {
    let model = use_reducer(|| Model(Rc::new(new_store())));
    let api = use_memo((), |()| Rc::new(Api::default()));
    let audio = use_memo((), |()| Rc::new(Audio::new()));
    let tones = use_memo((), |()| Rc::new(Tones::default()));
    let keys: Rc<Rc<RefCell<Option<String>>>> = use_memo((), |()| Rc::default());
    let desk = Desk {
        store: model.0.clone(),
        dispatch: model.dispatcher(),
        api: (*api).clone(),
        audio: (*audio).clone(),
        tones: (*tones).clone(),
        keys: (*keys).clone(),
        toaster: use_toaster(),
    };
    use_resume(&desk);
    use_renewal(&desk);
    use_mark(&desk);
    use_live(&desk);
    use_confirmation(&desk);
    use_lists(&desk);
    use_ringing(&desk);
    use_busy_tone(&desk);
    use_closing(&desk);
    {
        let tones = desk.tones.clone();
        use_effect_with((), move |()| {
            let listeners = tones.unlock_by_gesture();
            move || drop(listeners)
        });
    }
    let panels = Panels {
        pad: use_state(|| false),
        help: use_state(|| false),
    };
    let page = match &desk.store.session {
        Session::Checking => {
            html! { <main class="splash" role="status" aria-label="Opening"><Brand /><Spinner /></main> }
        }
        Session::SignedOut(_) => {
            let render = |route: Route| {
                if let Route::Invitation { link } = route {
                    html! { <Invitation {link} /> }
                } else {
                    html! { <SignIn /> }
                }
            };
            html! { <Switch<Route> {render} /> }
        }
        Session::SignedIn(_) => {
            let shown = panels.clone();
            let render = move |route: Route| match route {
                Route::Phone => html! { <Phone panels={shown.clone()} /> },
                Route::Ports => html! { <Ports /> },
                Route::PortOuts => html! { <PortOuts /> },
                Route::NewPortOut { .. } => html! { <NewPortOut /> },
                Route::Port { id } if id == NEW => html! { <NewPort /> },
                Route::Port { id } => html! { <Request key={id.clone()} id={id.clone()} /> },
                Route::Requests => html! { <Requests /> },
                Route::Request { id } => html! { <Request key={id.clone()} id={id.clone()} /> },
                Route::Tasks { id } => html! { <Task key={id.clone()} id={task_of(&id)} /> },
                Route::Numbers => html! { <Numbers /> },
                Route::Market { .. } => html! { <Buy /> },
                Route::Routing => html! { <Routing /> },
                Route::Routed { id } => html! { <Routed key={id.clone()} id={id.clone()} /> },
                Route::Dossiers => html! { <Dossiers /> },
                Route::Dossier { id } if id == "new" => html! { <NewDossier /> },
                Route::Dossier { id } => html! { <Dossier key={id.clone()} id={id.clone()} /> },
                Route::Onboardings => html! { <Onboardings /> },
                Route::Onboarding { id } if id == "new" => html! { <Onboard /> },
                Route::Onboarding { id } => {
                    html! { <Onboarding key={id.clone()} id={id.clone()} /> }
                }
                Route::ApiKeys => html! { <ApiKeys /> },
                Route::Webhooks => html! { <Webhooks /> },
                Route::Webhook { id } => html! { <Webhook key={id.clone()} id={id.clone()} /> },
                Route::Invitation { link } => html! { <Invitation {link} /> },
                Route::Workflows => html! { <Workflows /> },
                Route::Calls { id } => html! { <Watch key={id.clone()} id={id.clone()} /> },
            };
            html! { <Shell {panels}><Sound /><Switch<Route> {render} /></Shell> }
        }
    };
    html! { <ContextProvider<Desk> context={desk}>{ page }</ContextProvider<Desk>> }
}

/// Asks before the tab of a call is closed. A call that only rings elsewhere goes with the tab; one that is talked in
/// may go on after a reload.
#[hook]
fn use_closing(desk: &Desk) {
    let in_hand = desk.in_hand();
    let unanswered = in_hand.as_ref().filter(|call| {
        desk.eye().side(call) == Side::Caller
            && matches!(call.phase, Phase::Starting | Phase::Ringing)
    });
    let api = desk.api.clone();
    let parts = (in_hand.is_some(), unanswered.map(|call| call.id.clone()));
    use_effect_with(parts, move |(busy, unanswered)| {
        let options = EventListenerOptions::enable_prevent_default();
        let window = web_sys::window().filter(|_| *busy);
        let unanswered = unanswered.clone();
        let listeners = window.map(|window| {
            let asks = EventListener::new_with_options(&window, "beforeunload", options, |event| {
                event.prevent_default()
            });
            let ends = EventListener::new(&window, "pagehide", move |_| {
                if let Some(call) = &unanswered {
                    api.hang_up_last(call);
                }
            });
            (asks, ends)
        });
        move || drop(listeners)
    });
}

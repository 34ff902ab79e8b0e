//! Ordering numbers that a carrier does not list: so many of them, which come by a support case.

use crate::api::{Api, Wish};
use crate::components::field::{Said, TextField};
use crate::hooks::use_desk;
use crate::state::dossier::wanted::by_case;
use crate::state::market::cart::MOST;
use crate::state::market::words::plain;
use crate::state::sent::Sent;
use crate::state::store::Action;
use contract::number::api::{OfferedCountries, OrderNumbers};
use contract::routing::Target;
use contract::{CarrierId, DossierId, RequestId};
use patternfly_yew::prelude::{Button, ButtonVariant};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Longest words on what numbers are for.
const PURPOSE_MAX: u32 = 300;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) offered: Rc<OfferedCountries>,
    pub(crate) wish: Wish,
    pub(crate) dossier: Option<DossierId>,
    pub(crate) target: Option<Target>,
    pub(crate) onordered: Callback<Vec<RequestId>>,
}

#[component]
pub(crate) fn ByCase(props: &Props) -> Html {
    let desk = use_desk();
    let count = use_state(|| "1".to_owned());
    let purpose = use_state(String::new);
    let busy = use_state(|| false);
    let sent = use_mut_ref(Sent::<OrderNumbers, String>::new);
    let wish = &props.wish;
    let offered = &props.offered.countries;
    let Some((carrier, how)) = by_case(offered, &wish.country, wish.number_type) else {
        return Html::default();
    };
    let name = plain(carrier.as_str());
    let body = number(&count).map(|count| order_of(props, carrier, count, &purpose));
    let said = match body {
        Some(_) => Said::Nothing,
        None => Said::Wrong(format!("1 to {MOST}").into()),
    };
    let oncount = {
        let count = count.clone();
        move |text: String| count.set(text)
    };
    let onpurpose = {
        let purpose = purpose.clone();
        move |text: String| purpose.set(text)
    };
    let is_whole = body.is_some();
    let order = {
        let (busy, told) = (busy.clone(), props.onordered.clone());
        move |_: MouseEvent| {
            let Some(body) = body.clone() else { return };
            let key = sent.borrow_mut().key(&body, Api::key);
            busy.set(true);
            let (desk, busy, told, sent) =
                (desk.clone(), busy.setter(), told.clone(), sent.clone());
            spawn_local(async move {
                match desk.api.order_by_case(&body, &key).await {
                    Ok(placed) => {
                        sent.borrow_mut().done();
                        let id = placed.id.clone();
                        let shown = Action::Request(Box::new(placed), true);
                        desk.dispatch.dispatch(shown);
                        told.emit(vec![id]);
                    }
                    Err(failure) => desk.failed(&failure),
                }
                busy.set(false);
            });
        }
    };
    html! {
        <section class="card fields is-card" aria-label="By support case" data-testid="by-case">
            <p class="quiet is-whole">{ format!("{name}: {how}. You see here how far it is.") }</p>
            <TextField id="case-count" label="How many" kind="number" most=2 value={(*count).clone()} oninput={oncount} {said} />
            <TextField id="case-purpose" label="What they are for" class="is-wide" most={PURPOSE_MAX} value={(*purpose).clone()} oninput={onpurpose} placeholder="Such as a hotline" />
            <Button variant={ButtonVariant::Secondary} label={if *busy { "Being ordered" } else { "Order by support case" }} disabled={*busy || !is_whole} onclick={order} />
        </section>
    }
}

fn number(text: &str) -> Option<u32> {
    let count = text.trim().parse::<u32>().ok()?;
    let fits = usize::try_from(count).is_ok_and(|count| (1..=MOST).contains(&count));
    fits.then_some(count)
}

fn order_of(props: &Props, carrier: CarrierId, count: u32, purpose: &str) -> OrderNumbers {
    let said = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let target = props.target.as_ref();
    OrderNumbers {
        carrier,
        country: props.wish.country.clone(),
        number_type: props.wish.number_type,
        numbers: Vec::new(),
        count: Some(count),
        area: said(&props.wish.area),
        purpose: said(purpose),
        dossier: props.dossier.as_ref().map(|dossier| dossier.0.clone()),
        person: target.and_then(Target::person).cloned(),
        group: target.and_then(Target::group).cloned(),
        flow: target.and_then(Target::flow).cloned(),
    }
}

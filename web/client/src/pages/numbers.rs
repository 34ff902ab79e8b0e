//! The tenant's numbers: whom they ring, what they cost, and what is on its way.

use super::dossiers::use_dossiers;
use crate::components::loaded;
use crate::components::numbers::{GiveBack, HelpAddress, OrderCard, OwnedRow};
use crate::hooks::numbers::{Owned, use_numbers, use_orders};
use crate::hooks::routing::{target_options, use_routing};
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::market::price::sum;
use crate::state::store::Loaded;
use contract::E164;
use contract::number::api::OwnedNumber;
use contract::request::RequestView;
use contract::routing::Target;
use lucide_yew::Plus;
use patternfly_yew::prelude::{ComposableTable, TableBody};
use std::future::Future;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

/// How many ended orders are shown beside those that run.
const ENDED_SHOWN: usize = 3;

#[component]
pub(crate) fn Numbers() -> Html {
    let desk = use_desk();
    let orders = use_orders(&desk);
    let owned = use_numbers(&desk, &orders);
    let dossiers = match use_dossiers(&desk) {
        Loaded::Here(list) => list,
        Loaded::Loading | Loaded::Failed(_) => Rc::default(),
    };
    let running = orders.iter().filter(|view| view.is_open());
    let ended = orders
        .iter()
        .filter(|view| !view.is_open())
        .take(ENDED_SHOWN);
    let shown: Vec<Rc<RequestView>> = running.chain(ended).cloned().collect();
    let body = loaded(owned.numbers.clone(), |numbers| {
        if numbers.is_empty() {
            html! { <div class="card list-foot" data-testid="numbers-empty"><h2>{ "No number yet" }</h2><p class="quiet">{ "Look for some among those that carriers have." }</p></div> }
        } else {
            html! { <Table {numbers} owned={owned.clone()} {orders} /> }
        }
    });
    html! {
        <main class="page" data-testid="numbers-page">
            <header class="page-head">
                <div><h1>{ "Numbers" }</h1><p class="quiet">{ summary(&owned.numbers) }</p></div>
                <Link<Route> to={Route::buy()} class={classes!("link-button")}><Plus size={18} />{ "Buy numbers" }</Link<Route>>
            </header>
            if !shown.is_empty() {
                <section class="orders" aria-label="Orders">{ for shown.iter().map(|order| html! { <OrderCard key={order.id.to_string()} order={order.clone()} dossiers={dossiers.clone()} /> }) }</section>
            }
            { body }
        </main>
    }
}

fn summary(numbers: &Loaded<Rc<Vec<OwnedNumber>>>) -> String {
    let Loaded::Here(numbers) = numbers else {
        return "Those of your organisation.".to_owned();
    };
    let count = match numbers.len() {
        0 => return "Those of your organisation.".to_owned(),
        1 => "1 number".to_owned(),
        count => format!("{count} numbers"),
    };
    let (sums, _) = sum(numbers.iter().map(|number| number.price.as_ref()));
    if sums.is_empty() {
        count
    } else {
        format!("{count}, {} a month", sums.join(" and "))
    }
}

#[derive(PartialEq, Properties)]
struct TableProps {
    numbers: Rc<Vec<OwnedNumber>>,
    owned: Owned,
    orders: Vec<Rc<RequestView>>,
}

#[component]
fn Table(props: &TableProps) -> Html {
    let desk = use_desk();
    let asked = use_state(|| None::<E164>);
    let helped = use_state(|| None::<E164>);
    let busy = use_state(|| None::<E164>);
    let people = Rc::new(target_options(&desk, &use_routing(&desk), "Nobody"));
    let rows = props.numbers.iter().map(|number| {
        let leaving = number.leaving.as_ref();
        let leaving = leaving.and_then(|id| props.orders.iter().find(|view| view.id == *id));
        let onassign = {
            let (desk, again, busy, one) = (desk.clone(), props.owned.again.clone(), busy.clone(), number.number.clone());
            move |target: Option<Target>| {
                let (asker, one) = (desk.clone(), one.clone());
                let work = { let one = one.clone(); async move { asker.api.assign(&one, target).await.map(drop) } };
                change(&desk, &busy, one, again.clone(), work);
            }
        };
        let onkeep = {
            let (desk, again, busy, one) = (desk.clone(), props.owned.again.clone(), busy.clone(), number.clone());
            move |()| {
                let (asker, request) = (desk.clone(), one.leaving.clone());
                let work = async move {
                    match request {
                        Some(request) => asker.api.cancel_order(&request, &crate::api::Api::key()).await,
                        None => Ok(()),
                    }
                };
                change(&desk, &busy, one.number.clone(), again.clone(), work);
            }
        };
        let onrelease = { let (asked, one) = (asked.clone(), number.number.clone()); move |()| asked.set(Some(one.clone())) };
        let onhelp = { let (helped, one) = (helped.clone(), number.number.clone()); move |()| helped.set(Some(one.clone())) };
        html! {
            <OwnedRow key={number.number.to_string()} number={Rc::new(number.clone())} people={people.clone()} leaving={leaving.cloned()}
                busy={busy.as_ref() == Some(&number.number)} {onassign} {onrelease} {onkeep} {onhelp} />
        }
    });
    let heads = ["Number", "Rings", "State", "Price", "From", ""];
    html! {
        <>
            <section class="card table-card">
                <ComposableTable class="numbers-table">
                    <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr">{ for heads.iter().map(|head| html! { <th class="pf-v6-c-table__th" scope="col">{ *head }</th> }) }</tr></thead>
                    <TableBody>{ for rows }</TableBody>
                </ComposableTable>
            </section>
            { give_back(&desk, props, &asked, &busy) }
            { help_address(props, &helped) }
        </>
    }
}

fn give_back(
    desk: &Desk,
    props: &TableProps,
    asked: &UseStateHandle<Option<E164>>,
    busy: &UseStateHandle<Option<E164>>,
) -> Html {
    let Some(number) = (**asked).clone() else {
        return Html::default();
    };
    let owner = props.numbers.iter().find(|one| one.number == number);
    let owner = owner.and_then(|one| one.person.clone());
    let people = desk.store.people();
    let rings = owner.and_then(|id| people.iter().find(|person| person.person == id));
    let rings = rings.map(|person| person.name.clone());
    let onanswer = {
        let (desk, asked, busy) = (desk.clone(), asked.clone(), busy.clone());
        let (again, number) = (props.owned.again.clone(), number.clone());
        move |yes: bool| {
            asked.set(None);
            if yes {
                let (asker, one) = (desk.clone(), number.clone());
                let work = async move {
                    let key = crate::api::Api::key();
                    asker.api.release(&one, &key).await.map(drop)
                };
                change(&desk, &busy, number.clone(), again.clone(), work);
            }
        }
    };
    html! { <GiveBack {number} {rings} busy={busy.is_some()} {onanswer} /> }
}

fn help_address(props: &TableProps, helped: &UseStateHandle<Option<E164>>) -> Html {
    let number = helped.as_ref().and_then(|number| {
        let mut numbers = props.numbers.iter();
        numbers.find(|one| one.number == *number)
    });
    let Some(number) = number else {
        return Html::default();
    };
    let onclose = {
        let (helped, again) = (helped.clone(), props.owned.again.clone());
        move |changed: bool| {
            helped.set(None);
            if changed {
                again.emit(());
            }
        }
    };
    html! { <HelpAddress number={Rc::new(number.clone())} {onclose} /> }
}

/// Changes a number, then reads all again.
fn change(
    desk: &Desk,
    busy: &UseStateHandle<Option<E164>>,
    number: E164,
    again: Callback<()>,
    work: impl Future<Output = Result<(), crate::api::Failure>> + 'static,
) {
    busy.set(Some(number));
    let (desk, busy) = (desk.clone(), busy.setter());
    spawn_local(async move {
        if let Err(failure) = work.await {
            desk.failed(&failure);
        }
        busy.set(None);
        again.emit(());
    });
}

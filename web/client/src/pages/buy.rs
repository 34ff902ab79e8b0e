//! Looking for numbers among those that carriers have, and ordering some.

use super::dossiers::use_dossiers;
use crate::api::{Api, Failure, Wish, wire};
use crate::components::field::{Choice, TextField};
use crate::components::numbers::{Asked, ByCase, DossierChoice, NotOrderable, Offers, OrderCard};
use crate::hooks::countries::use_offered;
use crate::hooks::dossier::use_requirements;
use crate::hooks::names::{country, named};
use crate::hooks::numbers::use_orders;
use crate::hooks::routing::{Routing, target_options, use_routing};
use crate::hooks::{Desk, use_desk};
use crate::route::Route;
use crate::state::dossier::wanted::{countries, types};
use crate::state::dossier::words::number_type;
use crate::state::market::cart::{Cart, Pick};
use crate::state::market::price::sum;
use crate::state::market::words::plain;
use crate::state::routing::{target_of, value_of};
use crate::state::sent::Sent;
use crate::state::store::{Action, Loaded};
use contract::dossier::review::Purpose;
use contract::dossier::{EndUserKind, NumberAction, NumberType};
use contract::number::api::{AskedCarrier, AvailableNumbers, OfferedCountries};
use contract::routing::Target;
use contract::{CarrierId, DossierId, RequestId};
use lucide_yew::{ChevronLeft, Search};
use patternfly_yew::prelude::{Button, ButtonType, ButtonVariant, Spinner};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;
use yew_nested_router::components::Link;

/// The cart as Yew keeps it.
#[derive(Default, PartialEq)]
struct Model(Rc<Cart>);

impl Reducible for Model {
    type Action = Pick;
    fn reduce(self: Rc<Self>, pick: Pick) -> Rc<Self> {
        Rc::new(Self(Rc::new(self.0.after(pick))))
    }
}

#[component]
pub(crate) fn Buy() -> Html {
    let desk = use_desk();
    let body = match use_offered(&desk) {
        Loaded::Loading => {
            html! { <div class="list-foot" role="status" aria-label="Loading"><Spinner /></div> }
        }
        Loaded::Failed(words) => {
            html! { <p class="card list-foot" role="alert" data-testid="buy-error">{ words }</p> }
        }
        Loaded::Here(offered) => html! { <Market {offered} /> },
    };
    html! {
        <main class="page buy" data-testid="buy-page">
            <Link<Route> to={Route::Numbers} class={classes!("back-link")}><ChevronLeft size={18} />{ "Numbers" }</Link<Route>>
            <header class="page-head"><div><h1>{ "Buy numbers" }</h1><p class="quiet">{ "What carriers have now, with what it costs and what is asked for." }</p></div></header>
            { body }
        </main>
    }
}

#[derive(PartialEq, Properties)]
struct MarketProps {
    offered: Rc<OfferedCountries>,
}

#[component]
fn Market(props: &MarketProps) -> Html {
    let desk = use_desk();
    let wish = use_state(|| {
        let offered = &props.offered.countries;
        let first = countries(offered).into_iter().next().unwrap_or_default();
        Wish {
            number_type: types(offered, &first)
                .first()
                .copied()
                .unwrap_or(NumberType::Local),
            country: first,
            area: String::new(),
            pattern: String::new(),
        }
    });
    let cart = use_reducer_eq(Model::default);
    let found = use_state(|| None::<Loaded<Rc<Vec<AskedCarrier>>>>);
    let dossier = use_state(|| None::<DossierId>);
    let target = use_state(|| None::<Target>);
    let routing = use_routing(&desk);
    let ordered = use_state(Vec::<RequestId>::new);
    let dossiers = match use_dossiers(&desk) {
        Loaded::Here(list) => list,
        Loaded::Loading | Loaded::Failed(_) => Rc::default(),
    };
    let purpose = Purpose {
        country: wish.country.clone(),
        number_type: wish.number_type,
        action: NumberAction::Order,
        numbers: 1,
    };
    let purposes = use_memo(purpose.clone(), |purpose| Rc::new(vec![purpose.clone()]));
    let requirements = use_requirements(&desk, &purposes, EndUserKind::Business);
    let orders = use_orders(&desk);
    let mine = orders.iter().filter(|order| ordered.contains(&order.id));
    let onpick = {
        let dispatch = cart.dispatcher();
        Callback::from(move |pick: Pick| dispatch.dispatch(pick))
    };
    let onwish = {
        let (wish, found, onpick, dossier) = (
            wish.setter(),
            found.setter(),
            onpick.clone(),
            dossier.setter(),
        );
        Callback::from(move |next: Wish| {
            // What was found belongs to another wish.
            onpick.emit(Pick::Found(Vec::new()));
            found.set(None);
            dossier.set(None);
            wish.set(next);
        })
    };
    let onsearch = search(&desk, &wish, &found, &onpick);
    let onordered = {
        let (ordered, onpick) = (ordered.clone(), onpick.clone());
        Callback::from(move |ids: Vec<RequestId>| {
            onpick.emit(Pick::Empty);
            ordered.set([(*ordered).clone(), ids].concat());
        })
    };
    let of = format!(
        "{}, {}",
        country(&wish.country),
        number_type(wish.number_type)
    );
    let results = match &*found {
        None => {
            html! { <p class="list-foot quiet">{ "Choose a country and a type, then search." }</p> }
        }
        Some(Loaded::Loading) => {
            html! { <div class="list-foot" role="status" aria-label="Asking the carriers"><Spinner /></div> }
        }
        Some(Loaded::Failed(words)) => {
            html! { <p class="list-foot field-said is-wrong" role="alert">{ words }</p> }
        }
        Some(Loaded::Here(carriers)) => {
            html! { <Offers cart={cart.0.clone()} carriers={carriers.clone()} {onpick} /> }
        }
    };
    let onchoose = {
        let dossier = dossier.clone();
        move |id: Option<DossierId>| dossier.set(id)
    };
    html! {
        <>
            <section class="orders" aria-label="Ordered here">{ for mine.map(|order| html! { <OrderCard key={order.id.to_string()} order={order.clone()} dossiers={dossiers.clone()} /> }) }</section>
            <div class="fill-grid">
                <div class="market">
                    <Wishes offered={props.offered.clone()} wish={(*wish).clone()} {onwish} {onsearch} />
                    <NotOrderable offered={props.offered.clone()} />
                    <section class="card" aria-label="Numbers found">{ results }</section>
                    <ByCase offered={props.offered.clone()} wish={(*wish).clone()} dossier={(*dossier).clone()} target={(*target).clone()} onordered={onordered.clone()} />
                </div>
                <div class="market">
                    <Asked {of} {requirements} />
                    { rings(&desk, &routing, &target) }
                    <DossierChoice {dossiers} {purpose} chosen={(*dossier).clone()} {onchoose} />
                </div>
            </div>
            <Till cart={cart.0.clone()} wish={(*wish).clone()} dossier={(*dossier).clone()} target={(*target).clone()} {onordered} />
        </>
    }
}

/// Whom what is ordered will ring.
fn rings(
    desk: &Desk,
    routing: &Loaded<Rc<Routing>>,
    target: &UseStateHandle<Option<Target>>,
) -> Html {
    let options = Rc::new(target_options(desk, routing, "Nobody yet"));
    let onchange = {
        let target = target.clone();
        move |value: String| target.set(target_of(&value))
    };
    html! {
        <section class="card fields is-card" aria-label="Whom they ring">
            <Choice id="order-rings" label="Whom they ring" class="is-wide" value={value_of(target.as_ref())} {options} {onchange} />
        </section>
    }
}

fn search(
    desk: &Desk,
    wish: &UseStateHandle<Wish>,
    found: &UseStateHandle<Option<Loaded<Rc<Vec<AskedCarrier>>>>>,
    onpick: &Callback<Pick>,
) -> Callback<()> {
    let (desk, wish, found, onpick) = (desk.clone(), wish.clone(), found.clone(), onpick.clone());
    Callback::from(move |()| {
        found.set(Some(Loaded::Loading));
        let (desk, wish, found, onpick) = (
            desk.clone(),
            (*wish).clone(),
            found.setter(),
            onpick.clone(),
        );
        spawn_local(async move {
            match desk.api.offers(&wish).await {
                Ok(AvailableNumbers { numbers, carriers }) => {
                    onpick.emit(Pick::Found(numbers));
                    found.set(Some(Loaded::Here(Rc::new(carriers))));
                }
                Err(failure) => found.set(Some(Loaded::Failed(failure.words()))),
            }
        });
    })
}

#[derive(PartialEq, Properties)]
struct WishesProps {
    offered: Rc<OfferedCountries>,
    wish: Wish,
    onwish: Callback<Wish>,
    onsearch: Callback<()>,
}

/// What is looked for.
#[component]
fn Wishes(props: &WishesProps) -> Html {
    let wish = &props.wish;
    let offered = &props.offered.countries;
    let there = named(countries(offered));
    let kinds = types(offered, &wish.country);
    let kind_options: Vec<(String, String)> = kinds
        .iter()
        .map(|kind| (wire(*kind), plain(number_type(*kind))))
        .collect();
    let oncountry = {
        let (told, wish, offered) = (props.onwish.clone(), wish.clone(), props.offered.clone());
        move |code: String| {
            let kinds = types(&offered.countries, &code);
            let kept = kinds
                .contains(&wish.number_type)
                .then_some(wish.number_type);
            told.emit(Wish {
                number_type: kept
                    .or_else(|| kinds.first().copied())
                    .unwrap_or(NumberType::Local),
                country: code,
                area: String::new(),
                pattern: wish.pattern.clone(),
            });
        }
    };
    let onkind = {
        let (told, wish) = (props.onwish.clone(), wish.clone());
        move |word: String| {
            let kind = kinds.iter().copied().find(|kind| wire(*kind) == word);
            told.emit(Wish {
                number_type: kind.unwrap_or(wish.number_type),
                ..wish.clone()
            });
        }
    };
    let onarea = {
        let (told, wish) = (props.onwish.clone(), wish.clone());
        move |area: String| {
            told.emit(Wish {
                area,
                ..wish.clone()
            })
        }
    };
    let onpattern = {
        let (told, wish) = (props.onwish.clone(), wish.clone());
        move |pattern: String| {
            told.emit(Wish {
                pattern,
                ..wish.clone()
            })
        }
    };
    let onsubmit = {
        let told = props.onsearch.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            told.emit(());
        }
    };
    html! {
        <form class="card wishes" {onsubmit}>
            <Choice id="wish-country" label="Country" value={wish.country.clone()} options={Rc::new(there)} onchange={oncountry} />
            <Choice id="wish-type" label="Type" value={wire(wish.number_type)} options={Rc::new(kind_options)} onchange={onkind} />
            <TextField id="wish-area" label="Area" value={wish.area.clone()} oninput={onarea} most=60 placeholder="44, or a town" />
            <TextField id="wish-pattern" label="Digits" value={wish.pattern.clone()} oninput={onpattern} most=17 placeholder="77, 77* or *77" />
            <Button r#type={ButtonType::Submit} variant={ButtonVariant::Primary} icon={html!(<Search size={16} />)} label="Search" />
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct TillProps {
    cart: Rc<Cart>,
    wish: Wish,
    dossier: Option<DossierId>,
    target: Option<Target>,
    onordered: Callback<Vec<RequestId>>,
}

/// What is chosen, what it costs, and ordering it.
#[component]
fn Till(props: &TillProps) -> Html {
    let desk = use_desk();
    let busy = use_state(|| false);
    let sent = use_mut_ref(Sent::new);
    let orders = props.cart.orders();
    let count = props.cart.chosen().count();
    if count == 0 {
        return Html::default();
    }
    let (sums, unknown) = sum(props.cart.chosen().map(|offer| offer.price.as_ref()));
    let mut words = vec![if count == 1 {
        "1 number".to_owned()
    } else {
        format!("{count} numbers")
    }];
    words.extend((!sums.is_empty()).then(|| format!("{} a month", sums.join(" and "))));
    words.extend((unknown > 0).then(|| format!("{unknown} without a price")));
    let order = {
        let (desk, busy, wish) = (desk.clone(), busy.clone(), props.wish.clone());
        let with = (props.dossier.clone(), props.target.clone());
        let told = props.onordered.clone();
        move |_| {
            // An order that is sent again is the same one.
            let fresh = || orders.iter().map(|_| Api::key()).collect::<Vec<_>>();
            let asked = (orders.clone(), with.clone());
            let keys = sent.borrow_mut().key(&asked, fresh);
            busy.set(true);
            let (desk, busy, wish, with) =
                (desk.clone(), busy.setter(), wish.clone(), with.clone());
            let (told, orders) = (told.clone(), orders.clone());
            spawn_local(async move {
                match place(&desk, &wish, &orders, with, &keys).await {
                    Ok(ids) => told.emit(ids),
                    Err(failure) => desk.failed(&failure),
                }
                busy.set(false);
            });
        }
    };
    html! {
        <div class="till card" role="region" aria-label="Chosen" data-testid="till">
            <strong class="figures">{ words.join(", ") }</strong>
            <Button variant={ButtonVariant::Primary} label={if *busy { "Being ordered" } else { "Order" }} disabled={*busy} onclick={order} />
        </div>
    }
}

async fn place(
    desk: &Desk,
    wish: &Wish,
    orders: &[(CarrierId, Vec<String>)],
    (dossier, target): (Option<DossierId>, Option<Target>),
    keys: &[String],
) -> Result<Vec<RequestId>, Failure> {
    let mut ids = Vec::new();
    for ((carrier, numbers), key) in orders.iter().zip(keys) {
        let placed = desk
            .api
            .order_numbers(
                carrier,
                wish,
                numbers.clone(),
                (dossier.clone(), target.clone()),
                key,
            )
            .await?;
        ids.push(placed.id.clone());
        desk.dispatch
            .dispatch(Action::Request(Box::new(placed), true));
    }
    Ok(ids)
}

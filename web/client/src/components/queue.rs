//! A list of requests: filtered, searched, sorted, page by page, live.

use super::{QueueRow, TimeRuns};
use crate::hooks::keyboard::SEARCH;
use crate::hooks::requests::{use_rest, use_shelf};
use crate::hooks::{Desk, use_desk, use_now};
use crate::state::queue::{Change, Order, Shown, Tally, Wanted, Which, counts, show, waiting};
use crate::state::request_words::kind;
use crate::state::requests::Shelf;
use crate::state::store::Loaded;
use contract::request::{Kind, RequestView};
use lucide_yew::{ChevronLeft, ChevronRight, Search};
use patternfly_yew::prelude::{
    Button, ButtonVariant, ComposableTable, Spinner, TableBody, ToggleGroup, ToggleGroupItem,
};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

/// What is asked of the queue, as Yew keeps it.
#[derive(Default)]
struct Model(Wanted);

impl Reducible for Model {
    type Action = Change;
    fn reduce(self: Rc<Self>, change: Change) -> Rc<Self> {
        Rc::new(Self(self.0.after(change)))
    }
}

/// Which requests a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Every one.
    All,
    /// Those of a kind.
    Of(Kind),
}

impl Scope {
    const fn kind(self) -> Option<Kind> {
        match self {
            Self::All => None,
            Self::Of(kind) => Some(kind),
        }
    }

    fn covers(self, view: &RequestView) -> bool {
        self.kind().is_none_or(|kind| view.kind == kind)
    }

    /// The list of what is asked for.
    fn shelf(self, wanted: &Wanted) -> Shelf {
        let kind = self.kind().or(wanted.kind);
        match (wanted.which, self) {
            (Which::Mine, Self::All) => Shelf::Tasks,
            (Which::Mine, Self::Of(_)) | (Which::Open, _) => {
                kind.map_or(Shelf::Live, Shelf::LiveOf)
            }
            (Which::Ended, _) => kind.map_or(Shelf::Ended, Shelf::EndedOf),
        }
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) title: AttrValue,
    pub(crate) scope: Scope,
    /// What else stands at the head.
    #[prop_or_default]
    pub(crate) children: Html,
    /// What stands below the list.
    #[prop_or_default]
    pub(crate) foot: Html,
}

#[component]
pub(crate) fn Queue(props: &Props) -> Html {
    let desk = use_desk();
    let scope = props.scope;
    let model = use_reducer(|| {
        let has_tasks = desk.store.me().is_some_and(|me| me.role.makes_requests());
        let mine = has_tasks && scope == Scope::All;
        Model(Wanted {
            which: if mine { Which::Mine } else { Which::Open },
            ..Wanted::default()
        })
    });
    let wanted = &model.0;
    let now = use_now(10_000);
    let open = scope.kind().map_or(Shelf::Live, Shelf::LiveOf);
    let listed = scope.shelf(wanted);
    use_shelf(&desk, open, true);
    // The tasks' first page is read by who counts them, at the head of the page.
    use_shelf(&desk, listed, listed != open && listed != Shelf::Tasks);
    use_rest(&desk, listed, wanted.which != Which::Ended);
    let Some(me) = desk.store.me().cloned() else {
        return Html::default();
    };
    let all = || {
        let all = desk.store.requests.all();
        all.filter(move |view| scope.covers(view))
    };
    let counted = counts(all(), &me, now);
    let shown = show(all(), wanted, &me);
    let ask = {
        let dispatch = model.dispatcher();
        Callback::from(move |change| dispatch.dispatch(change))
    };
    let book = &desk.store.requests;
    let opened = Tally {
        known: counted.open,
        is_all: book.is_whole(open),
    };
    let mine = Tally {
        known: counted.mine,
        is_all: book.is_whole(Shelf::Tasks) || book.is_whole(open),
    };
    let subtitle = if me.role.makes_requests() {
        waiting(counted, mine.is_all)
    } else {
        "What your organisation has asked for, live.".to_owned()
    };
    html! {
        <main class="page" data-testid="requests">
            <header class="page-head">
                <div><h1>{ &props.title }</h1><p class="quiet" role="status">{ subtitle }</p></div>
                <div class="actions">{ props.children.clone() }{ toggles((mine, opened), wanted, me.role.makes_requests(), &ask) }</div>
            </header>
            <TimeRuns />
            { tools(wanted, scope, &ask) }
            { table(&desk, &shown, (wanted, listed), &ask) }
            { props.foot.clone() }
        </main>
    }
}

fn toggles(
    (mine, open): (Tally, Tally),
    wanted: &Wanted,
    has_tasks: bool,
    ask: &Callback<Change>,
) -> Html {
    let all = [
        (Which::Mine, mine.after("For me")),
        (Which::Open, open.after("Open")),
        (Which::Ended, "Ended".to_owned()),
    ];
    let shown = all
        .into_iter()
        .filter(|(which, _)| has_tasks || *which != Which::Mine);
    let items = shown.map(|(which, text)| {
        let onchange = ask.reform(move |_| Change::Which(which));
        html_nested! { <ToggleGroupItem {text} selected={wanted.which == which} {onchange} /> }
    });
    html! { <ToggleGroup>{ for items }</ToggleGroup> }
}

fn tools(wanted: &Wanted, scope: Scope, ask: &Callback<Change>) -> Html {
    let oninput = ask.reform(|event: InputEvent| {
        Change::Search(event.target_unchecked_into::<HtmlInputElement>().value())
    });
    let onkind = ask.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        Change::Kind(Kind::ALL.into_iter().find(|kind| kind.as_str() == value))
    });
    let onorder = ask.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        Change::Order(match value.as_str() {
            "age" => Order::Age,
            "changed" => Order::Changed,
            _ => Order::Deadline,
        })
    });
    let orders = [
        (Order::Deadline, "deadline", "Nearest deadline first"),
        (Order::Age, "age", "Oldest first"),
        (Order::Changed, "changed", "Last changed first"),
    ];
    html! {
        <div class="queue-tools" role="search">
            <div class="search"><Search size={18} />
                <input id={SEARCH} type="search" autocomplete="off" aria-label="Search requests" placeholder="Name, number, status or id"
                    value={wanted.search.clone()} {oninput} />
                <kbd aria-hidden="true">{ "Ctrl K" }</kbd>
            </div>
            if scope == Scope::All {
                <select aria-label="Kind" class="select" onchange={onkind}>
                    <option value="" selected={wanted.kind.is_none()}>{ "Every kind" }</option>
                    { for Kind::ALL.into_iter().map(|one| html! { <option value={one.as_str()} selected={wanted.kind == Some(one)}>{ kind(one) }</option> }) }
                </select>
            }
            <select aria-label="Order" class="select" onchange={onorder}>
                { for orders.into_iter().map(|(order, value, text)| html! { <option {value} selected={wanted.order == order}>{ text }</option> }) }
            </select>
        </div>
    }
}

fn table(
    desk: &Desk,
    shown: &Shown,
    (wanted, shelf): (&Wanted, Shelf),
    ask: &Callback<Change>,
) -> Html {
    html! {
        <section class="card table-card queue" aria-label="Requests">
            if shown.rows.is_empty() {
                { nothing(desk, shelf, wanted) }
            } else {
                <div onkeydown={Callback::from(move_focus)}>
                <ComposableTable>
                    <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr">
                        { for ["Request", "Status", "Owner and next action", "Age", "Deadline"].iter().map(|head| html! { <th class="pf-v6-c-table__th" scope="col">{ *head }</th> }) }
                    </tr></thead>
                    <TableBody>{ for shown.rows.iter().map(|view| html! { <QueueRow key={view.id.to_string()} view={view.clone()} /> }) }</TableBody>
                </ComposableTable>
                </div>
            }
            { foot(desk, shown, (wanted, shelf), ask) }
        </section>
    }
}

fn nothing(desk: &Desk, shelf: Shelf, wanted: &Wanted) -> Html {
    let book = &desk.store.requests;
    let is_all = match book.more(shelf) {
        // The foot says so.
        Loaded::Failed(_) => return Html::default(),
        Loaded::Here(next) => next.is_none(),
        Loaded::Loading => false,
    };
    let reads_on = wanted.which != Which::Ended && book.onward(shelf).is_some();
    if reads_on || *book.more(shelf) == Loaded::Loading {
        return html! { <div class="list-foot" role="status" aria-label="Loading requests"><Spinner /></div> };
    }
    let filtered = wanted.kind.is_some() || !wanted.search.trim().is_empty();
    let words = match (filtered, wanted.which) {
        (_, _) if !is_all => "None of those that were read. There are more.",
        (true, _) => "Nothing fits. Search for less, or look at every kind.",
        (false, Which::Mine) => "Nothing waits for you. What comes shows here by itself.",
        (false, Which::Open) => "No request is open.",
        (false, Which::Ended) => "No request has ended yet.",
    };
    html! { <p class="list-foot quiet" data-testid="requests-empty">{ words }</p> }
}

fn foot(
    desk: &Desk,
    shown: &Shown,
    (wanted, shelf): (&Wanted, Shelf),
    ask: &Callback<Change>,
) -> Html {
    let page = shown.page;
    let book = &desk.store.requests;
    let has_ended = wanted.which == Which::Ended;
    let more = match book.more(shelf) {
        // It is read by itself.
        Loaded::Here(_) if !has_ended && book.onward(shelf).is_some() => None,
        Loaded::Here(next) => next.clone(),
        Loaded::Failed(words) => {
            let again = reading(desk, shelf, None);
            return html! {
                <div class="list-foot" role="alert"><p>{ words }</p><Button variant={ButtonVariant::Secondary} label="Try again" onclick={again} /></div>
            };
        }
        Loaded::Loading => None,
    };
    let total = Tally {
        known: shown.total,
        is_all: book.is_whole(shelf),
    };
    let label = if has_ended {
        "Older requests"
    } else {
        "More requests"
    };
    let turn = |to: usize| ask.reform(move |_: MouseEvent| Change::Page(to));
    html! {
        <>
            if book.is_old(shelf) {
                <div class="list-foot" role="alert"><p>{ "This may be old: it could not be read again." }</p><Button variant={ButtonVariant::Secondary} label="Try again" onclick={reading(desk, shelf, None)} /></div>
            }
            if shown.pages > 1 || more.is_some() {
                <nav class="queue-pages" aria-label="Pages">
                    <button type="button" class="icon-button" aria-label="Page before" disabled={page == 0} onclick={turn(page.saturating_sub(1))}><ChevronLeft size={20} /></button>
                    <span class="figures quiet" data-testid="pages">{ format!("{} of {}, {total} in all", page + 1, shown.pages) }</span>
                    <button type="button" class="icon-button" aria-label="Next page" disabled={page + 1 >= shown.pages} onclick={turn(page + 1)}><ChevronRight size={20} /></button>
                    if let Some(next) = more { <Button variant={ButtonVariant::Link} label={label} onclick={reading(desk, shelf, Some(next))} /> }
                </nav>
            }
        </>
    }
}

fn reading(desk: &Desk, shelf: Shelf, next: Option<String>) -> Callback<MouseEvent> {
    let desk = desk.clone();
    Callback::from(move |_| {
        let (desk, next) = (desk.clone(), next.clone());
        spawn_local(async move { desk.read_shelf(shelf, next).await });
    })
}

/// The arrow keys go from row to row.
fn move_focus(event: KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let Some(table) = event
        .current_target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return;
    };
    let Ok(links) = table.query_selector_all(".queue-row .row-link") else {
        return;
    };
    let element = |i: u32| {
        links
            .item(i)
            .and_then(|node| node.dyn_into::<HtmlElement>().ok())
    };
    let active = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element());
    let at = (0..links.length()).find(|i| {
        let link: Option<web_sys::Element> = element(*i).map(Into::into);
        link.is_some() && link == active
    });
    let to = at.map_or(0, |at| i64::from(at) + step);
    if let Some(link) = u32::try_from(to).ok().and_then(element) {
        event.prevent_default();
        let _ = link.focus();
    }
}

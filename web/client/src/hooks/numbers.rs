//! The tenant's numbers and their orders: read when a page opens, and again when an order of them moves.

use super::Desk;
use super::reading::use_read_again;
use super::requests::{use_rest, use_shelf};
use crate::state::requests::Shelf;
use crate::state::store::Loaded;
use contract::number::api::OwnedNumber;
use contract::request::{Kind, RequestView};
use std::rc::Rc;
use yew::prelude::*;

/// The tenant's numbers, and a way to have them read again.
#[derive(Clone, PartialEq)]
pub(crate) struct Owned {
    /// The numbers.
    pub(crate) numbers: Loaded<Rc<Vec<OwnedNumber>>>,
    /// Reads them again.
    pub(crate) again: Callback<()>,
}

/// Orders and returns that this page knows, those that run first, then the newest.
#[hook]
pub(crate) fn use_orders(desk: &Desk) -> Vec<Rc<RequestView>> {
    let (ordered, returned) = (
        Shelf::LiveOf(Kind::NumberOrder),
        Shelf::LiveOf(Kind::NumberRelease),
    );
    use_shelf(desk, ordered, true);
    use_rest(desk, ordered, true);
    use_shelf(desk, returned, true);
    use_rest(desk, returned, true);
    let mut orders: Vec<Rc<RequestView>> = desk
        .store
        .requests
        .all()
        .filter(|view| matches!(view.kind, Kind::NumberOrder | Kind::NumberRelease))
        .filter(|view| desk.store.me().is_some_and(|me| me.tenant == view.tenant))
        .cloned()
        .collect();
    orders.sort_by(|a, b| {
        let key = |view: &RequestView| (view.is_open(), view.begun_at.clone());
        key(b).cmp(&key(a))
    });
    orders
}

/// The tenant's numbers, true while the page is open: they change by orders, and those are pushed.
#[hook]
pub(crate) fn use_numbers(desk: &Desk, orders: &[Rc<RequestView>]) -> Owned {
    let moved: Vec<_> = orders
        .iter()
        .map(|view| {
            let lines: Vec<_> = view
                .numbers
                .iter()
                .map(|line| line.status.clone())
                .collect();
            (view.id.clone(), view.status.clone(), lines)
        })
        .collect();
    let (numbers, again) = use_read_again(desk, moved, |api, _| async move { api.numbers().await });
    Owned { numbers, again }
}

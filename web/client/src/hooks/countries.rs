//! Where carriers sell numbers, asked once for each visit of a page.

use super::Desk;
use super::reading::use_read;
use crate::state::store::Loaded;
use contract::number::api::OfferedCountries;
use std::rc::Rc;
use yew::prelude::*;

/// Countries and types of number that can be had.
#[hook]
pub(crate) fn use_offered(desk: &Desk) -> Loaded<Rc<OfferedCountries>> {
    use_read(desk, (), |api, ()| async move { api.countries().await })
}

//! The tenant's groups and flows: read when a page opens, and again when it asks.

use super::Desk;
use crate::state::routing::{flow_options, group_options, value_of};
use crate::state::store::Loaded;
use contract::routing::{Flow, Group, Target};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Groups and flows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Routing {
    pub(crate) groups: Vec<Group>,
    pub(crate) flows: Vec<Flow>,
}

/// The tenant's groups and flows.
#[hook]
pub(crate) fn use_routing(desk: &Desk) -> Loaded<Rc<Routing>> {
    let state = use_state_eq(|| Loaded::Loading);
    let (desk, setter) = (desk.clone(), state.setter());
    use_effect_with((), move |()| {
        let stopped = Rc::new(Cell::new(false));
        let stop = stopped.clone();
        spawn_local(async move {
            let read = async {
                let groups = desk.api.groups().await?;
                let flows = desk.api.flows().await?;
                Ok::<_, crate::api::Failure>(Routing { groups, flows })
            };
            let read = read.await;
            if !stopped.get() {
                setter.set(match read {
                    Ok(routing) => Loaded::Here(Rc::new(routing)),
                    Err(failure) => Loaded::Failed(failure.words()),
                });
            }
        });
        move || stop.set(true)
    });
    (*state).clone()
}

/// The tenant's people as a choice offers them.
pub(crate) fn people_options(desk: &Desk) -> Vec<(String, String)> {
    let option = |person: &contract::api::Person| {
        let value = value_of(Some(&Target::Person(person.person.clone())));
        (value, person.name.clone())
    };
    desk.store.people().iter().map(option).collect()
}

/// Whom a number can ring: nobody, people, groups, flows.
pub(crate) fn target_options(
    desk: &Desk,
    routing: &Loaded<Rc<Routing>>,
    nobody: &str,
) -> Vec<(String, String)> {
    let mut options = vec![(String::new(), nobody.to_owned())];
    options.extend(people_options(desk));
    if let Loaded::Here(routing) = routing {
        options.extend(group_options(&routing.groups));
        options.extend(flow_options(&routing.flows));
    }
    options
}

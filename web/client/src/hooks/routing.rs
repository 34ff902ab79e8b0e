//! The tenant's groups and flows: read when a page opens.

use super::Desk;
use super::reading::use_read;
use crate::api::Failure;
use crate::state::routing::{flow_options, group_options, value_of};
use crate::state::store::Loaded;
use contract::routing::{Flow, Group, Target};
use std::rc::Rc;
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
    use_read(desk, (), |api, ()| async move {
        let groups = api.groups().await?;
        let flows = api.flows().await?;
        Ok::<_, Failure>(Routing { groups, flows })
    })
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

//! What the pages of groups and flows are made of.

mod flow_fields;
mod group_fields;

pub(crate) use flow_fields::FlowFields;
pub(crate) use group_fields::GroupFields;

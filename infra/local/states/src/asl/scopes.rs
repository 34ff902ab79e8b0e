//! Scopes of variables.
//!
//! Source: developer guide, "Passing data between states with variables", "Scope of variables". Every machine is a scope: the
//! top level, each branch, each item processor. Inner scopes see the outer ones' variables and may not assign to them.

use std::collections::{HashMap, HashSet};

use jsonata_core::value::JValue;

use super::FlowIx;
use super::data::Language;
use super::diagnostic::Code;
use super::fields::{Fields, Findings};

/// Where variables are assigned, collected while a definition is read.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// The machines around the one being read, innermost last.
    open: Vec<FlowIx>,
    parents: HashMap<FlowIx, FlowIx>,
    assigned: Vec<Assigned>,
}

#[derive(Debug)]
struct Assigned {
    flow: FlowIx,
    name: String,
    at: String,
}

impl Scopes {
    pub(super) fn open(&mut self, flow: FlowIx) {
        if let Some(parent) = self.open.last() {
            self.parents.insert(flow, *parent);
        }
        self.open.push(flow);
    }

    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// Notes what `Assign` of a state, rule or catcher assigns.
    pub(super) fn note(&mut self, fields: &Fields<'_>, flow: FlowIx) {
        let assign = fields.get("Assign").and_then(JValue::as_object);
        for key in assign.into_iter().flat_map(|map| map.keys()) {
            let name = match fields.language {
                Language::Jsonata => key,
                Language::JsonPath => key.strip_suffix(".$").unwrap_or(key),
            };
            self.assigned.push(Assigned {
                flow,
                name: name.to_owned(),
                at: format!("{}/{key}", fields.pointer("Assign")),
            });
        }
    }

    /// Reports what an inner scope assigns although an outer one does.
    pub(super) fn check(&self, findings: &mut Findings) {
        let mut outer: HashMap<&str, HashSet<FlowIx>> = HashMap::new();
        for assigned in &self.assigned {
            let homes = outer.entry(&assigned.name).or_default();
            homes.insert(assigned.flow);
        }
        for assigned in &self.assigned {
            let homes = &outer[assigned.name.as_str()];
            let mut around = self.parents.get(&assigned.flow);
            while let Some(flow) = around {
                if homes.contains(flow) {
                    let message = format!(
                        "The variable '{}' is assigned in an outer scope: an inner scope cannot assign to it",
                        assigned.name
                    );
                    findings.error(Code::Schema, assigned.at.clone(), message);
                    break;
                }
                around = self.parents.get(flow);
            }
        }
    }
}

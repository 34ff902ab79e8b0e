//! The pages and their addresses.
#![allow(
    unreachable_pub,
    reason = "what the derive of `Target` writes is `pub`"
)]

use yew_nested_router::Target;

/// A page.
#[derive(Debug, Clone, PartialEq, Eq, Target)]
pub(crate) enum Route {
    /// `/`: the softphone.
    #[target(index)]
    Phone,
    /// `/ports`: numbers that come.
    Ports,
    /// `/ports/{id}`: one port; `new` for one that is not begun.
    #[target(rename = "ports")]
    Port {
        /// The port.
        id: String,
    },
    /// `/port-outs`: numbers that leave.
    #[target(rename = "port-outs")]
    PortOuts,
    /// `/port-outs/new`: one that is written down.
    #[target(rename = "port-outs")]
    NewPortOut {
        /// `new`.
        page: String,
    },
    /// `/requests`: the work queue.
    Requests,
    /// `/requests/{id}`: one request.
    #[target(rename = "requests")]
    Request {
        /// The request.
        id: String,
    },
    /// `/tasks/{id}`: one task with its form.
    Tasks {
        /// The task, as [`task_path`] has it.
        id: String,
    },
    /// `/numbers`: the tenant's numbers.
    Numbers,
    /// `/numbers/buy`: those that can be had.
    #[target(rename = "numbers")]
    Market {
        /// `buy`.
        page: String,
    },
    /// `/routing`: groups and flows.
    Routing,
    /// `/routing/{id}`: one of them; `new-group`, `new-flow`: making one.
    #[target(rename = "routing")]
    Routed {
        /// The group or flow.
        id: String,
    },
    /// `/dossiers`: who will use the numbers.
    Dossiers,
    /// `/dossiers/{id}`: one of them; `new`: beginning one.
    #[target(rename = "dossiers")]
    Dossier {
        /// The dossier, or `new`.
        id: String,
    },
    /// `/onboarding`: customers and people on their way in.
    #[target(rename = "onboarding")]
    Onboardings,
    /// `/onboarding/{id}`: one of them; `new`: beginning one.
    Onboarding {
        /// The onboarding, or `new`.
        id: String,
    },
    /// `/api-keys`: what programs ask by.
    #[target(rename = "api-keys")]
    ApiKeys,
    /// `/webhooks`: where programs hear of requests.
    Webhooks,
    /// `/webhooks/{id}`: one of them, with its log.
    #[target(rename = "webhooks")]
    Webhook {
        /// The webhook.
        id: String,
    },
    /// `/invitations/{link}`: what a mail's link opens.
    #[target(rename = "invitations")]
    Invitation {
        /// The link's last part: whoever has it is who was written to.
        link: String,
    },
    /// `/workflows`: the calls that run.
    Workflows,
    /// `/calls/{id}`: one call's state machine.
    Calls {
        /// The call.
        id: String,
    },
}

/// A task's id as a part of an address: what has a dot in it looks like a file there.
pub(crate) fn task_path(task: &str) -> String {
    task.replace('.', "~")
}

/// The task of an address.
pub(crate) fn task_of(path: &str) -> String {
    path.replace('~', ".")
}

impl Route {
    /// Where a port-out is written down.
    pub(crate) fn new_port_out() -> Self {
        Self::NewPortOut {
            page: "new".to_owned(),
        }
    }

    /// Where numbers are bought.
    pub(crate) fn buy() -> Self {
        Self::Market {
            page: "buy".to_owned(),
        }
    }
}

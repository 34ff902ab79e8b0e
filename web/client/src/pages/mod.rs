//! The pages.

mod api_keys;
mod buy;
mod dossier;
mod dossiers;
mod invitation;
mod numbers;
mod onboard;
mod onboarding;
mod phone;
mod ports;
mod request;
mod requests;
mod routed;
mod routing;
mod sign_in;
mod task;
mod watch;
mod workflows;

pub(crate) use api_keys::ApiKeys;
pub(crate) use buy::Buy;
pub(crate) use dossier::Dossier;
pub(crate) use dossiers::{Dossiers, NewDossier};
pub(crate) use invitation::Invitation;
pub(crate) use numbers::Numbers;
pub(crate) use onboard::Onboard;
pub(crate) use onboarding::{Onboarding, Onboardings};
pub(crate) use phone::{Phone, Sound};
pub(crate) use ports::{NEW, NewPort, NewPortOut, PortOuts, Ports};
pub(crate) use request::Request;
pub(crate) use requests::Requests;
pub(crate) use routed::{Routed, said};
pub(crate) use routing::Routing;
pub(crate) use sign_in::SignIn;
pub(crate) use task::Task;
pub(crate) use watch::Watch;
pub(crate) use workflows::Workflows;

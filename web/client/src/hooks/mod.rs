//! What joins the pure state to the browser: time, the socket, the keyboard, sound.

pub(crate) mod api_keys;
pub(crate) mod audio;
pub(crate) mod browser;
pub(crate) mod countries;
pub(crate) mod desk;
pub(crate) mod dossier;
pub(crate) mod execution;
pub(crate) mod kept;
pub(crate) mod keyboard;
pub(crate) mod live;
pub(crate) mod making;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod onboarding;
pub(crate) mod reading;
pub(crate) mod requests;
pub(crate) mod ringing;
pub(crate) mod routing;
pub(crate) mod session;
pub(crate) mod upload;
pub(crate) mod webhooks;
pub(crate) mod zones;

pub(crate) use browser::{now, use_now, zone_min};
pub(crate) use desk::{Desk, use_desk};

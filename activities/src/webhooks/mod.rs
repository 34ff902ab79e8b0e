//! Webhooks: events of requests, posted to customers' programs.
//!
//! [`events`] makes deliveries out of the stream of requests; each is an execution of `webhook-delivery`, whose attempts [`send`]
//! makes through [`post`]; [`give_up`] ends those that failed for a day, and [`sweep_deliveries`] those whose workflow could not. What is
//! signed, and how, is in [`sign`]; which addresses may be spoken to in [`address`], which secrets are good in [`rotation`], how much may be
//! asked for in [`room`], whose a webhook is that came with an onboarding in [`came_with`].

pub mod address;
mod begin;
pub mod came_with;
pub mod events;
pub mod give_up;
mod over;
pub mod post;
pub mod room;
pub mod rotation;
pub mod send;
pub mod sign;

pub use begin::{Wish, asked, begin};
pub use over::{SweptDeliveries, sweep_deliveries};

/// How long a secret that was replaced goes on signing beside the newer ones, in seconds: a day for changing it in the program.
pub const OLD_SECRET_S: i64 = 24 * 60 * 60;
/// How long a delivery stays in the log, in seconds.
pub const KEPT_S: i64 = 30 * 24 * 60 * 60;
/// How long a webhook may fail before it is switched off, in seconds: three days, so that a weekend is not enough. Divided by the pace.
pub const FAILING_S: i64 = 3 * 24 * 60 * 60;

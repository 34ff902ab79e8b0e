//! How the platform learns which numbers lead to it.

use async_trait::async_trait;

/// A number's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberRoute {
    /// Calls to it come to the customer from now on.
    Here {
        /// E.164.
        number: String,
        /// ISO 3166 code of its country.
        country: String,
        /// The connection it is assigned to; none when it is assigned to none.
        connection_id: Option<String>,
    },
    /// Calls to it no longer come.
    Gone {
        /// E.164.
        number: String,
    },
}

/// The platform did not take a route; it is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the route was not taken")]
pub struct NotTaken;

/// A connection of the customer's: where calls to its numbers are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Whether it takes calls.
    pub active: bool,
}

/// Told of routes, at least once each and the newest of a number last. To be told the same twice changes nothing.
#[async_trait]
pub trait NumberRoutes: std::fmt::Debug + Send + Sync + 'static {
    /// The connection of this id, if there is one.
    fn connection(&self, id: &str) -> Option<Connection>;

    /// Takes a route.
    ///
    /// # Errors
    /// [`NotTaken`]: it comes again.
    async fn set(&self, route: NumberRoute) -> Result<(), NotTaken>;
}

/// For desks without a platform.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRoutes;

/// Every connection is there: nobody is led anywhere.
#[async_trait]
impl NumberRoutes for NoRoutes {
    fn connection(&self, _id: &str) -> Option<Connection> {
        Some(Connection { active: true })
    }

    async fn set(&self, _route: NumberRoute) -> Result<(), NotTaken> {
        Ok(())
    }
}

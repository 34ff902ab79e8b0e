//! Via: the way that a request came.

use crate::sip::uri::{find, host_port, params_of};

/// What a unique branch begins with.
const COOKIE: &str = "z9hG4bK";

/// A Via value (section 20.42).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`..., upper case.
    pub transport: String,
    /// Host of the sent-by.
    pub host: String,
    /// Port of the sent-by.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Vec<(String, Option<String>)>,
}

impl Via {
    /// Reads one value; white space is allowed around the slashes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (protocol, rest) = text.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        // Another version is answered with 505, so its Via must be understood.
        if !protocol.trim().eq_ignore_ascii_case("SIP") || version.trim().is_empty() {
            return None;
        }
        let rest = rest.trim_start();
        let (transport, rest) = rest.split_once(char::is_whitespace)?;
        let (sent_by, tail) = rest.find(';').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = host_port(sent_by)?;
        Some(Self {
            transport: transport.to_ascii_uppercase(),
            host,
            port,
            params: params_of(tail),
        })
    }

    /// A parameter's value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }

    /// The branch, if it is unique for its request (section 8.1.1.7); an RFC 2543 client has none, or one without the cookie.
    #[must_use]
    pub fn unique_branch(&self) -> Option<&str> {
        let branch = self.param("branch")?;
        (branch.len() > COOKIE.len() && branch.starts_with(COOKIE)).then_some(branch)
    }
}

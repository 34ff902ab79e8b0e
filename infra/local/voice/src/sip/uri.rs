//! SIP and tel URIs (RFC 3261 section 19.1, RFC 3966) and the name-addr around them (section 20.10).

use std::fmt;

/// A URI scheme that can be in a Request-URI here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// `sip`
    Sip,
    /// `sips`
    Sips,
    /// `tel`
    Tel,
}

/// A parsed URI. Parameters keep their order and spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// User part (the number of a tel URI), percent-decoded; empty when there is none.
    pub user: String,
    /// Host as written, brackets of IPv6 included; empty for tel.
    pub host: String,
    /// Port, when one is given.
    pub port: Option<u16>,
    /// Parameters: name and value.
    pub params: Vec<(String, Option<String>)>,
}

/// Why a URI is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// A scheme that is not ours: answered with 416.
    #[error("unsupported URI scheme")]
    Scheme,
    /// Not a URI at all.
    #[error("malformed URI")]
    Malformed,
}

/// Longest URI.
pub const MAX_URI_BYTES: usize = 2_048;

impl Uri {
    /// Reads a URI, without angle brackets.
    ///
    /// # Errors
    /// See [`UriError`].
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.len() > MAX_URI_BYTES
            || text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
        {
            return Err(UriError::Malformed);
        }
        let (scheme, rest) = text.split_once(':').ok_or(UriError::Malformed)?;
        if scheme.is_empty()
            || !scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        {
            return Err(UriError::Malformed);
        }
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "sip" => Scheme::Sip,
            "sips" => Scheme::Sips,
            "tel" => return Self::tel(rest),
            _ => return Err(UriError::Scheme),
        };
        // The user part may hold `;` and `?`, so it is cut off first.
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (user, rest),
            None => ("", rest),
        };
        let user = user.split_once(':').map_or(user, |(user, _password)| user);
        let rest = rest.split_once('?').map_or(rest, |(rest, _headers)| rest);
        let mut parts = rest.split(';');
        let (host, port) =
            host_port(parts.next().unwrap_or_default()).ok_or(UriError::Malformed)?;
        let params = parts.map(param).collect();
        Ok(Self {
            scheme,
            user: percent_decoded(user).ok_or(UriError::Malformed)?,
            host,
            port,
            params,
        })
    }

    fn tel(rest: &str) -> Result<Self, UriError> {
        let mut parts = rest.split(';');
        let number = parts.next().unwrap_or_default();
        if number.is_empty()
            || !number
                .chars()
                .all(|c| c.is_ascii_hexdigit() || "+-.()*#".contains(c))
        {
            return Err(UriError::Malformed);
        }
        Ok(Self {
            scheme: Scheme::Tel,
            user: number.to_owned(),
            host: String::new(),
            port: None,
            params: parts.map(param).collect(),
        })
    }

    /// A parameter's value; `Some("")` for one without a value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Scheme::Sip => f.write_str("sip:")?,
            Scheme::Sips => f.write_str("sips:")?,
            Scheme::Tel => f.write_str("tel:")?,
        }
        if !self.user.is_empty() {
            f.write_str(&percent_encoded(&self.user))?;
            if self.scheme != Scheme::Tel {
                f.write_str("@")?;
            }
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        for (name, value) in &self.params {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}

/// A From, To, Contact, Route or Record-Route value: display name, URI, parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The URI as written: a foreign scheme is allowed here.
    pub uri: String,
    /// Parameters behind it (`tag`, `expires`...), which are not the URI's.
    pub params: Vec<(String, Option<String>)>,
}

impl NameAddr {
    /// Reads one value. `None` when it is no name-addr or addr-spec.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let after_name = skip_quoted(text)?;
        if let Some(open) = text[after_name..].find('<').map(|at| at + after_name) {
            let close = open + text[open..].find('>')?;
            let tail = text[close + 1..].trim();
            if !tail.is_empty() && !tail.starts_with(';') {
                return None;
            }
            // An unquoted display name is tokens and white space (section 25.1).
            if after_name == 0 && text[..open].chars().any(|c| ",;:@\"<>".contains(c)) {
                return None;
            }
            let params = split_params(tail)?;
            let uri = text[open + 1..close].trim();
            return (!uri.is_empty()).then(|| Self {
                uri: uri.to_owned(),
                params,
            });
        }
        if after_name != 0 {
            return None;
        }
        // Without brackets, parameters belong to the header (section 20.10).
        let (uri, tail) = text.find(';').map_or((text, ""), |at| text.split_at(at));
        let uri = uri.trim();
        if uri.is_empty()
            || !uri.contains(':')
            || uri.contains(|c: char| c.is_whitespace() || c == '?' || c == ',')
        {
            return None;
        }
        Some(Self {
            uri: uri.to_owned(),
            params: split_params(tail)?,
        })
    }

    /// A parameter's value; `Some("")` for one without a value.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }

    /// The tag parameter.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.param("tag").filter(|t| !t.is_empty())
    }
}

/// Splits a list header at its commas, leaving quoted strings and angle brackets whole.
#[must_use]
pub fn split_list(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut quoted, mut escaped, mut angled) =
        (Vec::new(), 0, false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => angled = true,
            '>' if !quoted => angled = false,
            ',' if !quoted && !angled => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|p| !p.is_empty());
    parts
}

/// Host and port of a sent-by or URI.
#[must_use]
pub fn host_port(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.trim();
    let (host, port) = if let Some(end) = text
        .strip_prefix('[')
        .and_then(|t| t.find(']'))
        .map(|at| at + 2)
    {
        let tail = &text[end..];
        (
            &text[..end],
            if tail.is_empty() {
                None
            } else {
                Some(tail.trim().strip_prefix(':')?)
            },
        )
    } else {
        text.split_once(':')
            .map_or((text, None), |(host, port)| (host.trim(), Some(port)))
    };
    let valid = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
    if host.is_empty() || host.len() > 255 || !host.chars().all(valid) {
        return None;
    }
    let port = match port {
        Some(port) => Some(port.trim().parse::<u16>().ok()?),
        None => None,
    };
    Some((host.to_owned(), port))
}

fn skip_quoted(text: &str) -> Option<usize> {
    if !text.starts_with('"') {
        return Some(0);
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Parameters of `;a;b=c`, quoted values whole.
fn split_params(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let (mut parts, mut from, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return None;
    }
    parts.push(&text[from..]);
    Some(
        parts
            .into_iter()
            .map(str::trim)
            .filter(|p| !p.is_empty())
            .map(param)
            .collect(),
    )
}

/// `;`-parameters of a Via value or of [`NameAddr`], for other headers' use.
#[must_use]
pub fn params_of(text: &str) -> Vec<(String, Option<String>)> {
    split_params(text).unwrap_or_default()
}

/// A parameter's value among `params`.
#[must_use]
pub fn find<'a>(params: &'a [(String, Option<String>)], name: &str) -> Option<&'a str> {
    params
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, v)| v.as_deref().unwrap_or_default())
}

fn param(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (
            name.trim().to_owned(),
            Some(value.trim().trim_matches('"').to_owned()),
        ),
        None => (text.trim().to_owned(), None),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    // An escaped NUL or other byte is legal (RFC 4475 esc01); what is no UTF-8 is only compared, never shown.
    Some(
        String::from_utf8(out)
            .unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()),
    )
}

fn percent_encoded(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        // user-unreserved and unreserved, section 25.1.
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_parts_of_a_uri() {
        let uri = Uri::parse(
            "sip:+41445550101;phone-context=x@example.test:5070;transport=tcp;lr?Subject=a",
        )
        .unwrap();
        assert_eq!(uri.user, "+41445550101;phone-context=x");
        assert_eq!((uri.host.as_str(), uri.port), ("example.test", Some(5070)));
        assert_eq!(uri.param("Transport"), Some("tcp"));
        assert_eq!(uri.param("lr"), Some(""));
        assert_eq!(Uri::parse("tel:+41-44-555").unwrap().user, "+41-44-555");
        assert_eq!(
            Uri::parse("sip:[2001:db8::1]:5061").unwrap().host,
            "[2001:db8::1]"
        );
    }

    #[test]
    fn foreign_schemes_and_nonsense_differ() {
        assert_eq!(
            Uri::parse("nobodyKnowsThisScheme:totallyopaquecontent"),
            Err(UriError::Scheme)
        );
        for bad in [
            "",
            "sip:",
            "sip:a@",
            "sip:a@b:99999",
            "sip:a b@c",
            "<sip:a@b>",
            "sip:a%4@b",
            "http",
        ] {
            assert_eq!(Uri::parse(bad), Err(UriError::Malformed), "{bad}");
        }
    }

    #[test]
    fn display_names_may_hold_commas_and_brackets() {
        let one =
            NameAddr::parse("\"Smith, <J>\\\"\" <sip:j@example.test;lr>;tag=9f;x=\"a;b\"").unwrap();
        assert_eq!(
            (one.uri.as_str(), one.tag()),
            ("sip:j@example.test;lr", Some("9f"))
        );
        let bare = NameAddr::parse("sip:j@example.test;tag=1").unwrap();
        assert_eq!(
            (bare.uri.as_str(), bare.tag()),
            ("sip:j@example.test", Some("1"))
        );
        for bad in [
            "",
            "\"open <sip:a@b>",
            "a@b",
            "Bell, Alex <sip:a@b>",
            "<>",
            "sip:a@b?x=y",
        ] {
            assert_eq!(NameAddr::parse(bad), None, "{bad}");
        }
        assert_eq!(split_list("\"a,b\" <sip:x,y@z>, <sip:c@d>").len(), 2);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(user in "[ -~]{1,20}", host in "[a-z]{1,10}", port in proptest::option::of(1u16..)) {
            let uri = Uri { scheme: Scheme::Sip, user, host, port, params: vec![] };
            prop_assert_eq!(Uri::parse(&uri.to_string()), Ok(uri));
        }

        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let _ = Uri::parse(&text);
            let _ = NameAddr::parse(&text);
            let _ = split_list(&text);
        }
    }
}

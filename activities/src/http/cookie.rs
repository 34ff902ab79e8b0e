//! The cookie that carries the refresh token.
use crate::people::refresh::LIFETIME_S;
use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie's name.
const NAME: &str = "strowger_refresh";

/// The refresh token that came with a request.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .find_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == NAME).then_some(value)
        })
}

/// Sets the token. `Secure` wherever the gateway was reached by TLS; a laptop's loopback has none.
pub(super) fn set(token: &str, headers: &HeaderMap) -> Option<HeaderValue> {
    cookie(token, LIFETIME_S, headers)
}

/// Takes the token away.
pub(super) fn clear(headers: &HeaderMap) -> Option<HeaderValue> {
    cookie("", 0, headers)
}

fn cookie(value: &str, max_age_s: i64, headers: &HeaderMap) -> Option<HeaderValue> {
    let tls = headers
        .get("x-forwarded-proto")
        .is_some_and(|scheme| scheme == "https");
    let secure = if tls { "; Secure" } else { "" };
    let text = format!(
        "{NAME}={value}; Path=/v1/session; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}"
    );
    // Tokens are of A-Za-z0-9_-. only.
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            HeaderValue::from_static("a=b; strowger_refresh=f.s.t; c=d"),
        );
        assert_eq!(read(&headers), Some("f.s.t"));
        assert_eq!(read(&HeaderMap::new()), None);
    }

    #[test]
    fn the_cookie_is_for_scripts_and_other_sites_out_of_reach() {
        let mut headers = HeaderMap::new();
        let plain = set("f.s.t", &headers).unwrap();
        let plain = plain.to_str().unwrap();
        for part in [
            "strowger_refresh=f.s.t",
            "Path=/v1/session",
            "HttpOnly",
            "SameSite=Strict",
            "Max-Age=2592000",
        ] {
            assert!(plain.contains(part), "{part}");
        }
        assert!(!plain.contains("Secure"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        assert!(
            clear(&headers)
                .unwrap()
                .to_str()
                .unwrap()
                .ends_with("; Secure")
        );
    }
}

//! Where an API of API Gateway is: its host, and what is written behind it.
//!
//! Source: developer guide, "Create API Gateway REST APIs with Step Functions": `ApiEndpoint`, `Stage`, `Path`.

use super::http_call::is_loopback;
use super::query::encoded;

/// Where an endpoint is, and the region that it names: the host of an API at AWS, or this machine.
pub(super) fn located(endpoint: &str) -> Option<(String, Option<&str>)> {
    let plain = endpoint.strip_prefix("http://").unwrap_or(endpoint);
    let authority: http::uri::Authority = plain.parse().ok()?;
    let host = authority.host();
    if is_loopback(host) {
        let behind = plain.strip_prefix(host)?;
        let port = behind.strip_prefix(':');
        let fits = behind.is_empty() || port.is_some_and(|port| port.parse::<u16>().is_ok());
        return fits.then(|| (format!("http://{plain}"), None));
    }
    let labels: Vec<&str> = endpoint.split('.').collect();
    let [id, "execute-api", region, "amazonaws", "com", rest @ ..] = labels.as_slice() else {
        return None;
    };
    let has = |label: &str, besides: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || besides.contains(c);
        !label.is_empty() && label.chars().all(fits)
    };
    let fits = has(id, "") && has(region, "-") && matches!(rest, [] | ["cn"]);
    fits.then(|| (format!("https://{endpoint}"), Some(*region)))
}

/// Behind the host, the stage if there is one, then the path.
pub(super) fn url(base: &str, stage: &str, path: &str) -> String {
    let stage = in_path(stage.trim_matches('/'));
    let path = in_path(path.trim_start_matches('/'));
    if stage.is_empty() {
        return format!("{base}/{path}");
    }
    format!("{base}/{stage}/{path}")
}

/// Text with what cannot stand in a path percent-encoded; what is encoded already stays so. Source: RFC 3986, section 3.3.
fn in_path(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(c) {
            out.push(c);
        } else {
            out.push_str(&encoded(c.encode_utf8(&mut [0; 4])));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_api_at_aws_or_this_machine() {
        let at = |endpoint: &str| located(endpoint).map(|(base, _)| base);
        let api = "abc1.execute-api.eu-west-1.amazonaws.com";
        assert_eq!(
            located(api),
            Some((format!("https://{api}"), Some("eu-west-1")))
        );
        assert!(at("abc1.execute-api.cn-north-1.amazonaws.com.cn").is_some());
        for here in ["127.0.0.1:4000", "http://127.0.0.1:4000"] {
            assert_eq!(at(here).as_deref(), Some("http://127.0.0.1:4000"));
        }
        assert_eq!(at("localhost").as_deref(), Some("http://localhost"));
        assert_eq!(at("[::1]:80").as_deref(), Some("http://[::1]:80"));
        for refused in [
            "",
            "api.example.com",
            "http://api.example.com",
            "https://abc1.execute-api.eu-west-1.amazonaws.com",
            "http://abc1.execute-api.eu-west-1.amazonaws.com",
            "ABC1.execute-api.eu-west-1.amazonaws.com",
            "abc1.execute-api.eu-west-1.amazonaws.com.example.com",
            "abc1.execute-api.eu-west-1.amazonaws.com:8443",
            "abc1.execute-api.eu-west-1.amazonaws.com/prod",
            "http://127.0.0.1:4000/prod",
            "me@127.0.0.1:4000",
            "127.0.0.1@127.0.0.1:4000",
            "127.0.0.1:evil",
            "127.0.0.1:",
            "127.0.0.1:65536",
            "[::1]x:80",
            "http://127.0.0.1.example.com",
            "https://127.0.0.1:4000",
        ] {
            assert_eq!(at(refused), None, "{refused}");
        }
    }

    #[test]
    fn stage_and_path_are_written_behind_the_host() {
        let at = |stage: &str, path: &str| url("http://h", stage, path);
        assert_eq!(at("prod", "bills/1"), "http://h/prod/bills/1");
        assert_eq!(at("prod", "/bills/"), "http://h/prod/bills/");
        assert_eq!(at("", "bills"), "http://h/bills");
        assert_eq!(at("prod", ""), "http://h/prod/");
        assert_eq!(at("", ""), "http://h/");
        assert_eq!(
            at("$default", "@connections/a=%3D b?c#d"),
            "http://h/$default/@connections/a=%3D%20b%3Fc%23d"
        );
    }
}

//! Reading queries: each parameter once, and with words for what does not fit.
use super::Refused;
use crate::ports::calls::Shelf;

/// Most entries of a page.
const MAX_LIMIT: u8 = 100;

/// The parameters of a query, decoded, each at most once and of those `known`.
pub(super) fn parameters<'n>(
    query: Option<&str>,
    known: &[&'n str],
) -> Result<Vec<(&'n str, String)>, Refused> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let Some(name) = known.iter().copied().find(|known| *known == name) else {
            let name: String = name.chars().take(40).collect();
            let message = format!("the parameters are {}", known.join(", "));
            return Err(Refused::field(&name, message));
        };
        if found.iter().any(|(seen, _)| *seen == name) {
            return Err(Refused::field(name, "once is enough"));
        }
        found.push((name, value.into_owned()));
    }
    Ok(found)
}

/// How many entries a page has at most, 1 to 100.
pub(super) fn limit<N: From<u8>>(value: &str) -> Result<N, Refused> {
    let number = value.parse().ok();
    let fits = number.filter(|limit| (1..=MAX_LIMIT).contains(limit));
    let wrong = || Refused::field("limit", format!("1 to {MAX_LIMIT}"));
    fits.map(N::from).ok_or_else(wrong)
}

/// What goes on, or what has ended.
pub(super) fn shelf(live: &str) -> Result<Shelf, Refused> {
    match live {
        "true" => Ok(Shelf::Live),
        "false" => Ok(Shelf::Log),
        _ => Err(Refused::field("live", "true or false")),
    }
}

/// Two capital letters.
pub(super) fn country(text: &str) -> Result<String, Refused> {
    let fits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    let allowed = "ISO 3166-1 alpha-2: two capital letters, such as CH";
    let wrong = || Refused::field("country", allowed);
    fits.then(|| text.to_owned()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_have_only_known_parameters_once() {
        let read = parameters(Some("live=true&next=a%23b"), &["live", "next"]).unwrap();
        let both = [("live", "true".to_owned()), ("next", "a#b".to_owned())];
        assert_eq!(read, both);
        assert!(parameters(Some("live=true&live=true"), &["live"]).is_err());
        assert!(parameters(Some("tenant=t-2"), &["live"]).is_err());
    }

    #[test]
    fn a_page_has_1_to_100_entries() {
        assert_eq!(limit::<u32>("1").unwrap(), 1);
        assert_eq!(limit::<u16>("100").unwrap(), 100);
        for wrong in ["0", "101", "1000", "-1", "", "ten"] {
            assert!(limit::<u32>(wrong).is_err(), "{wrong}");
        }
    }
}

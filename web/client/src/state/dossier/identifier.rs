//! Identifiers of registers, checked while they are typed: a mistyped digit is named at once.

use compliance::identifier::Scheme;

/// A register's name as people there call its number, with the country.
pub(crate) const fn name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::ChUid => "UID (Switzerland)",
        Scheme::SgUen => "UEN (Singapore)",
        Scheme::SgNric => "NRIC or FIN (Singapore)",
        Scheme::PaRuc => "RUC with DV (Panama)",
        Scheme::PaCedula => "C\u{e9}dula (Panama)",
        Scheme::UsEin => "EIN (United States)",
    }
}

/// The country whose register it is.
pub(crate) fn country(scheme: Scheme) -> String {
    scheme
        .name()
        .split('-')
        .next()
        .unwrap_or_default()
        .to_uppercase()
}

/// The schemes that an organisation, or a person, has.
pub(crate) fn schemes(is_business: bool) -> impl Iterator<Item = Scheme> {
    Scheme::ALL.into_iter().filter(move |scheme| match scheme {
        Scheme::ChUid | Scheme::SgUen | Scheme::PaRuc | Scheme::UsEin => is_business,
        Scheme::SgNric | Scheme::PaCedula => !is_business,
    })
}

/// The scheme of an identity paper's number, if its country has one for it.
pub(crate) fn of_paper(kind: &str, country: &str) -> Option<Scheme> {
    match (kind, country) {
        ("national_id", "SG") => Some(Scheme::SgNric),
        ("national_id", "PA") => Some(Scheme::PaCedula),
        _ => None,
    }
}

/// What became of a look at an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Look {
    /// Nothing to say.
    Nothing,
    /// It can be one; in its normal form.
    Good(String),
    /// It cannot be one; why.
    Wrong(String),
}

/// Looks at a text.
pub(crate) fn look(scheme: Option<Scheme>, text: &str) -> Look {
    let Some(scheme) = scheme.filter(|_| !text.trim().is_empty()) else {
        return Look::Nothing;
    };
    match scheme.check(text) {
        Ok(normal) => Look::Good(normal),
        Err(fault) => Look::Wrong(format!(
            "This is no {}: {fault}. Such as {}.",
            name(scheme),
            scheme.example()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_check_digit_is_named_with_the_right_one() {
        for (scheme, text) in [
            (Scheme::ChUid, "CHE-123.456.789"),
            (Scheme::SgUen, "196800306F"),
            (Scheme::PaRuc, "8-442-445 DV 09"),
        ] {
            match look(Some(scheme), text) {
                Look::Wrong(words) => assert!(words.contains("check digit"), "{words}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_scheme_takes_its_own_example_and_has_a_country() {
        for scheme in Scheme::ALL {
            assert!(matches!(
                look(Some(scheme), scheme.example()),
                Look::Good(_)
            ));
            assert_eq!(country(scheme).len(), 2);
            let owners = [true, false].map(|kind| schemes(kind).any(|one| one == scheme));
            assert_ne!(owners[0], owners[1]);
        }
    }

    #[test]
    fn nothing_typed_is_nothing_wrong() {
        assert_eq!(look(Some(Scheme::ChUid), "  "), Look::Nothing);
        assert_eq!(look(None, "123"), Look::Nothing);
        assert_eq!(of_paper("passport", "SG"), None);
    }
}

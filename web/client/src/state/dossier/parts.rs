//! The parts of a dossier's wizard, and which field belongs to which.

use contract::dossier::Failure;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What it is to be good for.
    Wanted,
    /// The person or organisation, and its entries in registers.
    Who,
    /// Addresses.
    Addresses,
    /// Who signs, and whom to turn to.
    People,
    /// Files.
    Documents,
    /// What is declared, and handing it in.
    Check,
}

impl Part {
    /// Every part, in its order.
    pub(crate) const ALL: [Self; 6] = [
        Self::Wanted,
        Self::Who,
        Self::Addresses,
        Self::People,
        Self::Documents,
        Self::Check,
    ];

    /// Its name.
    pub(crate) const fn name(self, is_business: bool) -> &'static str {
        match self {
            Self::Wanted => "Numbers",
            Self::Who if is_business => "Organisation",
            Self::Who => "Person",
            Self::Addresses => "Addresses",
            Self::People => "People",
            Self::Documents => "Documents",
            Self::Check => "Check",
        }
    }

    /// The one after it.
    pub(crate) fn next(self) -> Option<Self> {
        let at = Self::ALL.iter().position(|part| *part == self)?;
        Self::ALL.get(at + 1).copied()
    }

    /// The one before it.
    pub(crate) fn before(self) -> Option<Self> {
        let at = Self::ALL.iter().position(|part| *part == self)?;
        Self::ALL.get(at.checked_sub(1)?).copied()
    }

    /// The part in which a field is mended.
    pub(crate) fn of(field: &str) -> Self {
        match field.split('/').nth(1).unwrap_or_default() {
            "endUser" | "identities" | "kind" => Self::Who,
            "addresses" => Self::Addresses,
            "authorisedPerson" | "contacts" | "previousService" => Self::People,
            "documents" => Self::Documents,
            _ => Self::Check,
        }
    }
}

/// How many things are to be mended in a part.
pub(crate) fn to_mend<'f>(part: Part, failures: impl Iterator<Item = &'f Failure>) -> usize {
    failures
        .filter(|failure| Part::of(&failure.field) == part)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_mended_where_it_is_filled_in() {
        for (field, part) in [
            ("/endUser/registerIds/-", Part::Who),
            ("/identities/0/number", Part::Who),
            ("/addresses/-", Part::Addresses),
            ("/authorisedPerson/email", Part::People),
            ("/previousService/provider", Part::People),
            ("/documents/-", Part::Documents),
            ("/declarations/-", Part::Check),
        ] {
            assert_eq!(Part::of(field), part, "{field}");
        }
    }

    #[test]
    fn forward_and_back_again() {
        let mut part = Part::Wanted;
        while let Some(next) = part.next() {
            assert_eq!(next.before(), Some(part));
            part = next;
        }
        assert_eq!(part, Part::Check);
        assert_eq!(Part::Wanted.before(), None);
    }
}

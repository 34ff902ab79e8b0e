//! The sample tenant, and the facts about the world that a deployment starts with.
use crate::dial::{Country, DialPolicy, World};
use crate::ports::screening::SanctionsList;
use contract::Role;

/// The tenant's name.
pub const TENANT_NAME: &str = "Isthmus Trading";
/// The tenant's id: fixed, so that a second seeding finds the first.
pub const TENANT: &str = "t-isthmus-trading";
/// How long a person rings unless the input says otherwise, whole seconds.
pub const RING_LIMIT_S: u32 = 25;

/// The phone company's own tenant: its people are not of any customer.
pub const HOUSE: &str = "t-strowger";
/// Its name.
pub const HOUSE_NAME: &str = "Strowger";

/// A sample person; the first number is shown when they call.
pub struct SamplePerson {
    /// Their id.
    pub id: &'static str,
    /// Their tenant.
    pub tenant: &'static str,
    /// Their name.
    pub name: &'static str,
    /// Their address.
    pub email: &'static str,
    /// What they may do.
    pub role: Role,
    /// Their numbers, E.164.
    pub numbers: &'static [&'static str],
}

/// The sample people.
pub const PEOPLE: [SamplePerson; 4] = [
    SamplePerson {
        id: "p-anna-keller",
        tenant: TENANT,
        name: "Anna Keller",
        email: "anna.keller@isthmus.example",
        role: Role::Person,
        numbers: &["+41445550100", "+5078330100"],
    },
    SamplePerson {
        id: "p-tan-wei-ming",
        tenant: TENANT,
        name: "Tan Wei Ming",
        email: "tan.weiming@isthmus.example",
        role: Role::Person,
        numbers: &["+6565550100"],
    },
    SamplePerson {
        id: "p-lucia-mendez",
        tenant: TENANT,
        name: "Lucía Méndez",
        email: "lucia.mendez@isthmus.example",
        role: Role::Administrator,
        numbers: &[],
    },
    SamplePerson {
        id: "p-ruth-amsler",
        tenant: HOUSE,
        name: "Ruth Amsler",
        email: "ruth.amsler@strowger.example",
        role: Role::Staff,
        numbers: &[],
    },
];

/// What the sample tenant may dial.
pub fn dial_policy() -> DialPolicy {
    DialPolicy {
        countries: ["CH", "SG", "PA", "US"].map(str::to_owned).to_vec(),
        premium_allowed: false,
    }
}

/// The facts about the world as `infra/world` has them.
pub fn world() -> World {
    // A test reads the file, so that a release cannot have one that does not read.
    World {
        countries: countries().unwrap_or_default(),
    }
}

/// As [`world`], with what is wrong if the file does not read.
pub fn countries() -> Result<Vec<Country>, serde_json::Error> {
    serde_json::from_str(include_str!("../../../infra/world/countries.json"))
}

/// The lists of sanctions that came with this build: of invented names.
pub fn sanctions() -> Result<Vec<SanctionsList>, serde_json::Error> {
    serde_json::from_str(compliance::world::SANCTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::{look_up, read};
    use contract::E164;

    #[test]
    fn the_lists_of_sanctions_read() {
        let ids: Vec<_> = sanctions().unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(ids, [SanctionsList::PRACTICE]);
    }

    #[test]
    fn every_country_has_a_source_and_a_date() {
        let countries = countries().unwrap();
        for country in &countries {
            assert!(
                !country.source.is_empty() && country.as_of.len() == 10,
                "{}",
                country.iso2
            );
            assert!(!country.emergency.is_empty(), "{}", country.iso2);
        }
        let mut codes: Vec<&str> = countries
            .iter()
            .map(|country| country.iso2.as_str())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), countries.len());
    }

    #[test]
    fn the_sample_numbers_exist_in_countries_with_facts() {
        let world = world();
        for number in PEOPLE.iter().flat_map(|person| person.numbers) {
            let number = E164::parse(number).unwrap();
            assert!(
                look_up(&number).is_some() && world.country_of(&number).is_some(),
                "{number}"
            );
            assert_eq!(read(number.as_str(), None, &[]), Ok(number));
        }
    }

    #[test]
    fn the_policys_countries_have_facts() {
        let world = world();
        assert!(
            dial_policy()
                .countries
                .iter()
                .all(|iso2| world.country(iso2).is_some())
        );
    }
}

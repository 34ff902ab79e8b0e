//! Where an address has to lie.

use super::catalogue::{Area, Locality};
use super::checks::{Bench, is_box, words_of};
use contract::E164;
use contract::dossier::{Address, AddressUse, Allowed, Failure, FailureCode};

/// One place that an address is needed in: the regions, or anywhere in the country.
struct Need<'a> {
    regions: &'a [String],
    area: &'a str,
}

impl Bench<'_> {
    pub(super) fn addresses(
        &self,
        uses: &[AddressUse],
        locality: Locality,
        box_words: &[String],
        example: &str,
    ) -> Vec<Failure> {
        let country = &self.resolved.country;
        let inside =
            |address: &Address| locality == Locality::Anywhere || address.country == *country;
        let candidates: Vec<(usize, &Address)> = self
            .dossier
            .addresses
            .iter()
            .enumerate()
            .filter(|(_, address)| {
                address.uses.iter().any(|usage| uses.contains(usage)) && inside(address)
            })
            .collect();
        let needs = self.needs(locality);
        let fits = |address: &Address, need: &Need| {
            need.holds(address) && !is_box(&address.street, box_words)
        };
        // An address that already serves a need is left as it is.
        let mut taken: Vec<usize> = candidates
            .iter()
            .filter(|(_, address)| needs.iter().any(|need| fits(address, need)))
            .map(|(at, _)| *at)
            .collect();
        let mut found = Vec::new();
        for need in &needs {
            if candidates.iter().any(|(_, address)| fits(address, need)) {
                continue;
            }
            let free = candidates.iter().filter(|(at, _)| !taken.contains(at));
            // One in the right place with a wrong street is nearer than one elsewhere.
            match free.max_by_key(|(at, address)| (need.holds(address), *at)) {
                Some((at, address)) => {
                    taken.push(*at);
                    found.extend(self.address_flaws(*at, address, need, box_words, example));
                }
                None => found.push(self.no_address(uses, locality, need, example)),
            }
        }
        found
    }

    /// The distinct areas of the numbers, or one need without an area.
    fn needs(&self, locality: Locality) -> Vec<Need<'_>> {
        let mut needs: Vec<Need> = Vec::new();
        if locality == Locality::Area {
            for wanted in self
                .numbers
                .iter()
                .filter(|wanted| wanted.country == self.resolved.country)
            {
                let applies = &self.resolved.requirement.applies.number_types;
                let meant = applies.is_empty() || applies.contains(&wanted.number_type);
                let area = wanted
                    .number
                    .as_ref()
                    .filter(|_| meant)
                    .and_then(|number| self.area(number));
                if let Some(area) = area
                    && !needs.iter().any(|need| need.regions == area.regions)
                {
                    needs.push(Need {
                        regions: &area.regions,
                        area: &area.name,
                    });
                }
            }
        }
        if needs.is_empty() {
            needs.push(Need {
                regions: &[],
                area: "",
            });
        }
        needs
    }

    fn area(&self, number: &E164) -> Option<&Area> {
        let national = number
            .as_str()
            .strip_prefix('+')?
            .strip_prefix(&self.resolved.calling_code)?;
        let codes = self
            .resolved
            .areas
            .iter()
            .flat_map(|area| area.codes.iter().map(move |code| (code, area)));
        codes
            .filter(|(code, _)| national.starts_with(code.as_str()))
            .max_by_key(|(code, _)| code.len())
            .map(|(_, area)| area)
    }

    fn address_flaws(
        &self,
        at: usize,
        address: &Address,
        need: &Need,
        box_words: &[String],
        example: &str,
    ) -> Vec<Failure> {
        let mut found = Vec::new();
        if !need.holds(address) {
            let words = format!(
                "the address does not lie in the area {} of the number",
                need.area
            );
            let values = need.regions.to_vec();
            let field = format!("/addresses/{at}/region");
            found.push(self.failure(
                &field,
                FailureCode::Locality,
                words,
                Allowed::OneOf { values },
            ));
        }
        if is_box(&address.street, box_words) {
            let allowed = Allowed::Text {
                fewest: 1,
                most: 200,
                pattern: None,
                example: example.to_owned(),
            };
            let words = "a post-office box is no address; a street with its number is".to_owned();
            found.push(self.failure(
                &format!("/addresses/{at}/street"),
                FailureCode::Form,
                words,
                allowed,
            ));
        }
        found
    }

    fn no_address(
        &self,
        uses: &[AddressUse],
        locality: Locality,
        need: &Need,
        example: &str,
    ) -> Failure {
        let country = (locality != Locality::Anywhere).then(|| self.resolved.country.clone());
        let place = match (&country, need.area) {
            (None, _) => String::new(),
            (Some(country), "") => format!(" in {country}"),
            (Some(country), area) => format!(" in {country}, area {area}"),
        };
        let values = words_of(uses);
        let words = format!(
            "missing: an address{place} for the use {}",
            values.join(" or ")
        );
        let allowed = Allowed::Element {
            member: "uses".to_owned(),
            values,
            country,
            regions: need.regions.to_vec(),
            example: Some(example.to_owned()),
        };
        self.failure("/addresses/-", FailureCode::Missing, words, allowed)
    }
}

impl Need<'_> {
    fn holds(&self, address: &Address) -> bool {
        let region = address.region.as_deref().map(str::trim).unwrap_or_default();
        self.regions.is_empty()
            || self
                .regions
                .iter()
                .any(|there| there.eq_ignore_ascii_case(region))
    }
}

//! The rows of `infra/world` that decide: read once, the first time one is asked for.
use compliance::calendar::{Calendar, CalendarRow};
use compliance::emergency::{self, EmergencyRow};
use compliance::porting::{Porting, Rejections};
use compliance::price::{self, PriceRow};
use compliance::requirement::Catalogue;
use compliance::term::Terms;
use compliance::world;
use contract::dossier::NumberType;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static TERMS: LazyLock<Terms> =
    LazyLock::new(|| Terms::read(world::TERMS).expect("a test reads the terms"));
static CALENDARS: LazyLock<BTreeMap<&'static str, Calendar>> = LazyLock::new(|| {
    let read = |(id, text): (&'static str, &str)| {
        let rows = CalendarRow::read(text).expect("a test reads the calendars");
        Some((id, rows.calendar(None).ok()?))
    };
    world::CALENDARS.into_iter().filter_map(read).collect()
});
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let texts = world::REQUIREMENTS.map(|(_, text)| text);
    Catalogue::read(texts).expect("a test reads the requirements")
});

static PORTING: LazyLock<Porting> = LazyLock::new(|| {
    let texts = world::PORTING.map(|(_, text)| text);
    Porting::read(texts).expect("a test reads the porting rules")
});
static REJECTIONS: LazyLock<Rejections> =
    LazyLock::new(|| Rejections::read(world::REJECTIONS).expect("a test reads the refusals"));

static EMERGENCY: LazyLock<Vec<EmergencyRow>> = LazyLock::new(|| {
    emergency::read(world::EMERGENCY).expect("a test reads the emergency addresses")
});

static PRICES: LazyLock<Vec<PriceRow>> =
    LazyLock::new(|| price::read(world::PRICES).expect("a test reads the prices"));

/// What a carrier whose interface tells no prices asks for a number, as somebody has written it down.
pub fn price(seller: &str, country: &str, number_type: NumberType) -> Option<&'static PriceRow> {
    price::find(&PRICES, seller, country, number_type)
}

/// Whether a country wants to know where help is sent when an emergency call comes from a number.
pub fn wants_address(country: &str) -> bool {
    emergency::wanted(&EMERGENCY, country)
}

/// Countries' porting rules.
pub fn porting() -> &'static Porting {
    &PORTING
}

/// What refusals of a port mean.
pub fn rejections() -> &'static Rejections {
    &REJECTIONS
}

/// How long steps may take.
pub fn terms() -> &'static Terms {
    &TERMS
}

/// A country's working calendar, or a clearing house's (`CH-ONP`).
pub fn calendar(id: &str) -> Option<&'static Calendar> {
    CALENDARS.get(id)
}

/// The working calendars of countries, by their codes.
pub fn countries_calendars() -> impl Iterator<Item = (&'static str, &'static Calendar)> {
    let all = CALENDARS.iter().map(|(id, calendar)| (*id, calendar));
    all.filter(|(id, _)| id.len() == 2)
}

/// What countries require.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_that_came_with_this_build_reads() {
        assert!(terms().row("dossier.review", "CH").is_some());
        for (id, _) in world::CALENDARS {
            assert!(calendar(id).is_some(), "{id}");
        }
        assert!(catalogue().countries().count() > 0);
        assert!(porting().countries().count() > 0);
        assert!(rejections().all().count() > 0);
        assert!(price("chime", "US", NumberType::Local).is_some());
    }
}

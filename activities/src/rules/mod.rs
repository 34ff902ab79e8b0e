//! The rows of the world that decide. They are those of `infra/world` when this was built, and over them what the deployment has put in
//! their place (`WORLD`/`RULES#..` of the table `directory`), read when an instance of a function starts. Each kind is made of its texts
//! the first time one is asked for.
mod texts;

pub use texts::{BadText, TEXT_MAX, TEXTS_MAX, Texts, WorldRow};

use crate::ports::world::WorldRows;
use crate::shell::chain;
use compliance::calendar::{Calendar, CalendarRow};
use compliance::emergency::{self, EmergencyRow};
use compliance::porting::{Porting, Rejections};
use compliance::price::{self, PriceRow};
use compliance::requirement::Catalogue;
use compliance::term::Terms;
use contract::dossier::NumberType;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

/// What is said of a text that does not read: none is taken without having been read.
const READ_BEFORE: &str = "every text was read before it was taken";

static TEXTS: OnceLock<Texts> = OnceLock::new();

static TERMS: LazyLock<Terms> = LazyLock::new(|| texts().terms().expect(READ_BEFORE));
static CALENDARS: LazyLock<BTreeMap<String, WrittenOut>> = LazyLock::new(|| {
    let rows = texts().calendars().expect(READ_BEFORE).into_iter();
    rows.filter_map(|(id, row)| {
        let whole = row.calendar(None).ok()?;
        Some((id, WrittenOut { row, whole }))
    })
    .collect()
});
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| texts().catalogue().expect(READ_BEFORE));
static PORTING: LazyLock<Porting> = LazyLock::new(|| texts().porting().expect(READ_BEFORE));
static REJECTIONS: LazyLock<Rejections> =
    LazyLock::new(|| texts().rejections().expect(READ_BEFORE));
static EMERGENCY: LazyLock<Vec<EmergencyRow>> =
    LazyLock::new(|| texts().emergency().expect(READ_BEFORE));
static PRICES: LazyLock<Vec<PriceRow>> = LazyLock::new(|| texts().prices().expect(READ_BEFORE));

/// A calendar and what holds in its whole country.
struct WrittenOut {
    row: CalendarRow,
    whole: Calendar,
}

fn texts() -> &'static Texts {
    TEXTS.get_or_init(Texts::built_in)
}

/// Takes what the deployment has put in the place of the release's rules; to be called before anybody asks for one. What does not read
/// any more is left out, and where the table cannot be read the release's rules count: both are in the log.
pub async fn load(d: &impl WorldRows) {
    let rows = match d.world_rows().await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(
                error = chain(&error),
                "the deployment's rules of the world could not be read: those of the release count"
            );
            return;
        }
    };
    let (texts, refused) = Texts::over_all_good(rows);
    for bad in refused {
        tracing::error!(%bad, "a rule of the world is left out: the release's counts");
    }
    if TEXTS.set(texts).is_err() {
        tracing::error!("rules of the world were asked for before they were read");
    }
}

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
    CALENDARS.get(id).map(|known| &known.whole)
}

/// The working calendar of a part of a country, named by its code or in words (`ZH`, `CH-ZH`, `Zürich`); `None` if the country has no
/// parts with holidays of their own, or none of that name.
pub fn calendar_of_region(country: &str, region: &str) -> Option<Calendar> {
    let row = &CALENDARS.get(country)?.row;
    let region = region.trim();
    let code = region
        .strip_prefix(country)
        .and_then(|code| code.strip_prefix('-'))
        .unwrap_or(region);
    let is_it = |known: &&compliance::calendar::Region| {
        known.id.eq_ignore_ascii_case(code) || known.name.to_lowercase() == region.to_lowercase()
    };
    let known = row.regions.iter().find(is_it)?;
    row.calendar(Some(&known.id)).ok()
}

/// Whether parts of a country have holidays of their own.
pub fn has_regions(country: &str) -> bool {
    let known = CALENDARS.get(country);
    known.is_some_and(|known| !known.row.regions.is_empty())
}

/// Every working calendar by its id: countries' and clearing houses'.
pub fn calendars() -> impl Iterator<Item = (&'static str, &'static Calendar)> {
    let all = CALENDARS.iter();
    all.map(|(id, known)| (id.as_str(), &known.whole))
}

/// The working calendars of countries, by their codes.
pub fn countries_calendars() -> impl Iterator<Item = (&'static str, &'static Calendar)> {
    calendars().filter(|(id, _)| id.len() == 2)
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
        assert!(Texts::over(&[]).is_ok());
        assert!(terms().row("dossier.review", "CH").is_some());
        for (id, _) in compliance::world::CALENDARS {
            assert!(calendar(id).is_some(), "{id}");
        }
        assert!(catalogue().countries().count() > 0);
        assert!(porting().countries().count() > 0);
        assert!(rejections().all().count() > 0);
        assert!(price("chime", "US", NumberType::Local).is_some());
    }

    #[test]
    fn a_part_of_a_country_is_found_by_its_code_or_its_name() {
        for text in ["ZH", "zh", " CH-ZH ", "Zürich", "zürich"] {
            let found = calendar_of_region("CH", text);
            assert_eq!(found.as_ref().map(Calendar::id), Some("CH/ZH"), "{text}");
        }
        assert!(calendar_of_region("CH", "NY").is_none());
        assert!(calendar_of_region("US", "NY").is_none());
        assert!(has_regions("CH") && !has_regions("US"));
    }
}

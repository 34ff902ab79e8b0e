//! The texts of the world: those of the release, and over them those that a deployment has put in their place. Pure.
use compliance::calendar::CalendarRow;
use compliance::emergency::{self, EmergencyRow};
use compliance::porting::{Porting, Rejections};
use compliance::price::{self, PriceRow};
use compliance::requirement::Catalogue;
use compliance::term::Terms;
use compliance::world;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use thiserror::Error;

/// Longest text, in bytes: an item of DynamoDB has 400 KB.
pub const TEXT_MAX: usize = 300_000;
/// Most texts that a deployment may put in the place of others.
pub const TEXTS_MAX: usize = 300;

const CALENDARS: &str = "calendars";
const PORTING: &str = "porting";
const REQUIREMENTS: &str = "requirements";
/// Folders with a file for each country or clearing house.
const FOLDERS: [&str; 3] = [CALENDARS, PORTING, REQUIREMENTS];
const EMERGENCY: &str = "emergency/addresses";
const REJECTIONS: &str = "porting/rejections";
const PRICES: &str = "prices/chime";
const TERMS: &str = "terms/requests";

/// A text that a deployment has put in the place of a release's, or beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorldRow {
    /// Its file in `infra/world` without `.json`, such as `calendars/SG`.
    pub name: String,
    /// JSON.
    pub text: String,
}

/// Why a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}: {why}")]
pub struct BadText {
    /// Which.
    pub name: String,
    /// What is wrong with it, or with the others if it is there.
    pub why: String,
}

impl BadText {
    fn new(name: &str, why: impl Display) -> Self {
        Self {
            name: name.to_owned(),
            why: why.to_string(),
        }
    }
}

/// Every text by its name.
#[derive(Debug, Clone)]
pub struct Texts(BTreeMap<String, Cow<'static, str>>);

impl Texts {
    /// As `infra/world` was when this was built.
    pub fn built_in() -> Self {
        let folders = [
            (CALENDARS, &world::CALENDARS[..]),
            (PORTING, &world::PORTING[..]),
            (REQUIREMENTS, &world::REQUIREMENTS[..]),
        ];
        let files = [
            (EMERGENCY, world::EMERGENCY),
            (REJECTIONS, world::REJECTIONS),
            (PRICES, world::PRICES),
            (TERMS, world::TERMS),
        ];
        let in_folders = folders.into_iter().flat_map(|(folder, rows)| {
            rows.iter()
                .map(move |(id, text)| (format!("{folder}/{id}"), *text))
        });
        let alone = files.map(|(name, text)| (name.to_owned(), text));
        let all = in_folders.chain(alone);
        Self(
            all.map(|(name, text)| (name, Cow::Borrowed(text)))
                .collect(),
        )
    }

    /// Those of the release with others over them.
    ///
    /// # Errors
    /// [`BadText`] with the first thing that is wrong: nothing of them is taken then.
    pub fn over(rows: &[WorldRow]) -> Result<Self, BadText> {
        let mut texts = Self::built_in();
        for row in rows {
            if !is_name(&row.name) {
                let why = format!(
                    "no rules have this name; there are {EMERGENCY}, {REJECTIONS}, {PRICES}, {TERMS}, and under {} a text for each country",
                    FOLDERS.join(", ")
                );
                return Err(BadText::new(&row.name, why));
            }
            if row.text.len() > TEXT_MAX {
                let why = format!("at most {TEXT_MAX} bytes");
                return Err(BadText::new(&row.name, why));
            }
            texts
                .0
                .insert(row.name.clone(), Cow::Owned(row.text.clone()));
        }
        texts.check()?;
        Ok(texts)
    }

    /// The same where one that is not good any more must not take the others with it: it is left out, and named.
    pub fn over_all_good(rows: Vec<WorldRow>) -> (Self, Vec<BadText>) {
        // A test reads those of the release: they are read again when somebody asks for one.
        if rows.is_empty() {
            return (Self::built_in(), Vec::new());
        }
        if let Ok(texts) = Self::over(&rows) {
            return (texts, Vec::new());
        }
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        let mut texts = Self::built_in();
        for row in rows {
            good.push(row);
            match Self::over(&good) {
                Ok(taken) => texts = taken,
                Err(why) => {
                    good.pop();
                    bad.push(why);
                }
            }
        }
        (texts, bad)
    }

    /// Reads every text, and holds those that name others against them.
    fn check(&self) -> Result<(), BadText> {
        let calendars = self.calendars()?;
        for rules in self.porting()?.countries() {
            if !calendars.contains_key(&rules.calendar) {
                let why = format!("there is no calendar {}", rules.calendar);
                return Err(BadText::new(&format!("{PORTING}/{}", rules.country), why));
            }
        }
        self.catalogue()?;
        self.rejections()?;
        self.terms()?;
        self.emergency()?;
        self.prices()?;
        Ok(())
    }

    /// Working calendars by their ids.
    pub(super) fn calendars(&self) -> Result<BTreeMap<String, CalendarRow>, BadText> {
        let mut calendars = BTreeMap::new();
        for (id, name, text) in self.folder(CALENDARS) {
            let row = CalendarRow::read(text).map_err(|error| BadText::new(name, error))?;
            if row.id != id {
                return Err(BadText::new(name, format!("its id is {}", row.id)));
            }
            calendars.insert(id.to_owned(), row);
        }
        Ok(calendars)
    }

    pub(super) fn catalogue(&self) -> Result<Catalogue, BadText> {
        let texts = self.folder(REQUIREMENTS).map(|(_, _, text)| text);
        Catalogue::read(texts).map_err(|error| BadText::new(REQUIREMENTS, error))
    }

    pub(super) fn porting(&self) -> Result<Porting, BadText> {
        let texts = self.folder(PORTING).map(|(_, _, text)| text);
        Porting::read(texts).map_err(|error| BadText::new(PORTING, error))
    }

    pub(super) fn rejections(&self) -> Result<Rejections, BadText> {
        Rejections::read(self.file(REJECTIONS)).map_err(|error| BadText::new(REJECTIONS, error))
    }

    pub(super) fn terms(&self) -> Result<Terms, BadText> {
        let terms = Terms::read(self.file(TERMS)).map_err(|error| BadText::new(TERMS, error))?;
        // Workflows name them: one that is gone would end them.
        let built_in = Terms::read(world::TERMS).map_err(|error| BadText::new(TERMS, error))?;
        let gone = built_in.names().find(|term| terms.of_all(term).is_none());
        match gone {
            Some(term) => {
                let why = format!("the term {term} is wanted, with a row for every country");
                Err(BadText::new(TERMS, why))
            }
            None => Ok(terms),
        }
    }

    pub(super) fn emergency(&self) -> Result<Vec<EmergencyRow>, BadText> {
        emergency::read(self.file(EMERGENCY)).map_err(|error| BadText::new(EMERGENCY, error))
    }

    pub(super) fn prices(&self) -> Result<Vec<PriceRow>, BadText> {
        price::read(self.file(PRICES)).map_err(|error| BadText::new(PRICES, error))
    }

    /// What is in a folder: id, name and text.
    fn folder(&self, folder: &'static str) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().filter_map(move |(name, text)| {
            let (within, id) = name.split_once('/')?;
            let is_in = within == folder && name != REJECTIONS;
            is_in.then_some((id, name.as_str(), &**text))
        })
    }

    fn file(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| &**text)
    }
}

/// Whether there can be rules of this name. An id is that of a country, or has a clearing house behind it.
fn is_name(name: &str) -> bool {
    let is_id = |id: &str| {
        let (country, house) = id.split_once('-').unwrap_or((id, "A"));
        let is_of = |text: &str, most| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        country.len() == 2 && is_of(country, 2) && is_of(house, 20)
    };
    [EMERGENCY, REJECTIONS, PRICES, TERMS].contains(&name)
        || name
            .split_once('/')
            .is_some_and(|(folder, id)| FOLDERS.contains(&folder) && is_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, text: impl Display) -> WorldRow {
        WorldRow {
            name: name.to_owned(),
            text: text.to_string(),
        }
    }

    /// The calendar of Singapore, as somebody writes it who knows the holidays of another year.
    fn singapore(until: i16) -> WorldRow {
        let (_, text) = world::CALENDARS
            .into_iter()
            .find(|(id, _)| *id == "SG")
            .unwrap();
        let mut calendar: serde_json::Value = serde_json::from_str(text).unwrap();
        calendar["years"]["last"] = until.into();
        for holiday in calendar["holidays"].as_array_mut().unwrap() {
            if let Some(dates) = holiday.pointer_mut("/on/listed/dates") {
                dates["2028"] = serde_json::json!([]);
            }
        }
        row("calendars/SG", calendar)
    }

    #[test]
    fn a_deployments_text_takes_the_place_of_the_releases_and_the_others_stay() {
        let texts = Texts::over(&[singapore(2028)]).unwrap();
        let calendars = texts.calendars().unwrap();
        assert_eq!(calendars["SG"].years.last, 2028);
        assert_eq!(calendars.len(), world::CALENDARS.len());
        let built_in = Texts::built_in().calendars().unwrap();
        assert_eq!(built_in["SG"].years.last, 2027);
    }

    #[test]
    fn what_cannot_be_right_is_refused_and_named() {
        let why = |row: WorldRow| Texts::over(&[row]).unwrap_err().to_string();
        // A year whose holidays nobody lists.
        assert!(why(singapore(2029)).starts_with("calendars/SG: "));
        let other = row("calendars/DE", singapore(2028).text);
        assert_eq!(why(other), "calendars/DE: its id is SG");
        for name in [
            "calendars/sg",
            "sanctions/practice",
            "terms",
            "calendars/SG-",
        ] {
            assert!(
                why(row(name, "[]")).contains("no rules have this name"),
                "{name}"
            );
        }
        assert!(why(row("terms/requests", "[]")).contains("dossier.correct"));
        assert!(why(row("porting/rejections", "{}")).starts_with("porting/rejections: "));
        let porting = world::PORTING[0].1.replace("CH-ONP", "CH-NONE");
        assert_eq!(
            why(row("porting/CH", porting)),
            "porting/CH: there is no calendar CH-NONE"
        );
        assert!(why(row("prices/chime", "x".repeat(TEXT_MAX + 1))).contains("at most"));
    }

    #[test]
    fn one_that_a_newer_release_does_not_take_leaves_the_others_in_their_place() {
        let rows = vec![row("calendars/CH", "{}"), singapore(2028)];
        let (texts, bad) = Texts::over_all_good(rows);
        assert_eq!(texts.calendars().unwrap()["SG"].years.last, 2028);
        assert_eq!(
            bad.iter().map(|bad| bad.name.as_str()).collect::<Vec<_>>(),
            ["calendars/CH"]
        );
    }
}

//! Identifiers of public entities and of the registers' own examples; what each check refuses, and in which words.

use compliance::identifier::{Fault, Scheme};
use proptest::prelude::*;

fn good(scheme: Scheme, list: &[(&str, &str)]) {
    for (written, normal) in list {
        assert_eq!(scheme.check(written).as_deref(), Ok(*normal), "{written}");
        assert_eq!(
            scheme.check(normal).as_deref(),
            Ok(*normal),
            "normal forms stay"
        );
    }
}

#[test]
fn every_scheme_has_an_example_in_normal_form_and_a_name() {
    for scheme in Scheme::ALL {
        assert_eq!(
            scheme.check(scheme.example()).as_deref(),
            Ok(scheme.example())
        );
        assert_eq!(Scheme::named(scheme.name()), Some(scheme));
        let as_data = serde_json::to_value(scheme).expect("a word");
        assert_eq!(as_data, scheme.name());
    }
}

#[test]
fn swiss_uids_of_the_public_register() {
    let list = [
        ("CHE-123.456.788", "CHE-123.456.788"),
        ("che100155212", "CHE-100.155.212"),
        ("CHE-100.155.212 MWST", "CHE-100.155.212"),
        ("CHE-107.787.577 IVA", "CHE-107.787.577"),
        ("CHE 255 286 924 TVA", "CHE-255.286.924"),
        ("CHE-400.352.783 HR", "CHE-400.352.783"),
    ];
    good(Scheme::ChUid, &list);
}

#[test]
fn singapores_entities() {
    // DBS Bank, OCBC, Singapore Airlines, Singtel, NUS; then python-stdnum's examples of each form.
    let list = [
        ("196800306E", "196800306E"),
        ("193200032W", "193200032W"),
        ("197200078R", "197200078R"),
        ("199201624D", "199201624D"),
        ("200604346E", "200604346E"),
        ("00192200M", "00192200M"),
        ("53 373 278J", "53373278J"),
        ("s16fc0121d", "S16FC0121D"),
        ("T01FC6132D", "T01FC6132D"),
    ];
    good(Scheme::SgUen, &list);
}

#[test]
fn singapores_persons_in_each_series() {
    // Never a living person's: the digits 1234567 with each series' own letter.
    for text in [
        "S1234567D",
        "T1234567J",
        "F1234567N",
        "G1234567X",
        "M1234567K",
    ] {
        assert_eq!(Scheme::SgNric.check(text).as_deref(), Ok(text));
        let (series, rest) = text.split_at(1);
        for other in ["S", "T", "F", "G", "M"]
            .into_iter()
            .filter(|other| *other != series)
        {
            let moved = format!("{other}{rest}");
            assert!(Scheme::SgNric.check(&moved).is_err(), "{moved}");
        }
    }
}

#[test]
fn panamas_taxpayers_old_and_new() {
    let list = [
        // persons, from the DGI's document and page
        ("8-442-445 DV 08", "8-442-445 DV 08"),
        ("08-0442-00445, DV: 08", "8-442-445 DV 08"),
        ("PE-10-442 DV50", "PE-10-442 DV 50"),
        ("N-45-832 DV 58", "N-45-832 DV 58"),
        ("E-12-342-DV-10", "E-12-342 DV 10"),
        ("8AV-1-196 DV 90", "8AV-1-196 DV 90"),
        ("8pi-23-65 dv 91", "8PI-23-65 DV 91"),
        ("E-8-127702 DV 16", "E-8-127702 DV 16"),
        ("E-1234-12770 DV 98", "E-1234-12770 DV 98"),
        ("N-7824-53189 DV 73", "N-7824-53189 DV 73"),
        ("2PI-1234-12345 DV 26", "2PI-1234-12345 DV 26"),
        ("8-NT-1-24 DV 33", "8-NT-1-24 DV 33"),
        ("9-NT-2-421578 DV 50", "9-NT-2-421578 DV 50"),
        // entities: the old register, the register of 1973 and today's
        ("10102-64-103462 DV 30", "10102-64-103462 DV 30"),
        ("1102-85-117211 DV 95", "1102-85-117211 DV 95"),
        ("41369-85-283456 DV 73", "41369-85-283456 DV 73"),
        ("2588017-1-831938 DV 20", "2588017-1-831938 DV 20"),
        ("797609-1-493865 DV 12", "797609-1-493865 DV 12"),
        ("155720753-2-2022 DV 39", "155720753-2-2022 DV 39"),
        ("8-NT-1-13656 DV 43", "8-NT-1-13656 DV 43"),
    ];
    good(Scheme::PaRuc, &list);
}

#[test]
fn panamas_cards_and_americas_employers() {
    let cards = [
        ("8-442-445", "8-442-445"),
        ("PE-10-442", "PE-10-442"),
        ("13-1-1", "13-1-1"),
        ("4pi-234-123", "4PI-234-123"),
    ];
    good(Scheme::PaCedula, &cards);
    // Microsoft, Apple, IBM, Alphabet
    let employers = [
        ("91-1144442", "91-1144442"),
        ("942404110", "94-2404110"),
        ("13-0871985", "13-0871985"),
        ("61-1767919", "61-1767919"),
    ];
    good(Scheme::UsEin, &employers);
}

#[test]
fn a_fault_says_what_is_wrong_and_where() {
    let told = |scheme: Scheme, text: &str| scheme.check(text).expect_err(text).to_string();
    assert_eq!(
        told(Scheme::ChUid, "CHE-123.456.789"),
        "its check digit is 9, and the rest of it asks for 8"
    );
    assert_eq!(
        told(Scheme::ChUid, "CHE-123.45O.788"),
        "character 9 is 'O'; allowed there: a digit"
    );
    assert_eq!(
        told(Scheme::ChUid, "CHE-123.456.78"),
        "it has 11 characters without separators; allowed: 12: CHE and 9 digits"
    );
    // 5+... leaves 1 over: no check digit can be written.
    assert_eq!(
        told(Scheme::ChUid, "CHE-000.000.030"),
        "no identifier has the digits 00000003: they have no check digit"
    );
    assert_eq!(
        told(Scheme::SgUen, "X16FC0121D"),
        "character 1 is 'X'; allowed there: R, S, T or a digit"
    );
    assert_eq!(
        told(Scheme::PaRuc, "8-442-445 DV 80"),
        "its check digit is 80, and the rest of it asks for 08"
    );
    assert_eq!(
        told(Scheme::PaCedula, "14-1-1"),
        "its province is \"14\"; allowed: 1 to 13, or PE, E, N"
    );
    assert!(told(Scheme::PaRuc, "8-442-445").starts_with("its check digits is \"\""));
    assert!(told(Scheme::UsEin, "07-1144442").starts_with("its prefix is \"07\""));
    assert!(matches!(
        Scheme::UsEin.check(&"9".repeat(5_000)),
        Err(Fault::Length { found: 5_000, .. })
    ));
    assert!(matches!(
        Scheme::SgNric.check("S١٢٣٤٥٦٧D"),
        Err(Fault::Character { at: 2, .. })
    ));
}

/// Well-formed identifiers whose algorithm finds any one wrong digit.
fn guarded() -> impl Strategy<Value = (Scheme, String)> {
    let scheme = prop_oneof![
        Just("uid"),
        Just("business"),
        Just("company"),
        Just("other"),
        Just("nric")
    ];
    (scheme, 0u32..100_000_000, 0usize..5).prop_filter_map(
        "has no check digit",
        |(kind, number, series)| {
            let (scheme, body) = match kind {
                "uid" => (Scheme::ChUid, format!("CHE{number:08}")),
                "business" => (Scheme::SgUen, format!("{number:08}")),
                "company" => (
                    Scheme::SgUen,
                    format!("{}{:05}", 1900 + number % 127, number % 100_000),
                ),
                "other" => {
                    let letter = ["R", "S", "T", "T", "S"][series];
                    let kind = ["LL", "FC", "SS", "GA", "LP"][series];
                    (
                        Scheme::SgUen,
                        format!("{letter}{:02}{kind}{:04}", number % 100, number % 10_000),
                    )
                }
                _ => {
                    let series = ["S", "T", "F", "G", "M"][series];
                    (
                        Scheme::SgNric,
                        format!("{series}{:07}", number % 10_000_000),
                    )
                }
            };
            let ends = if scheme == Scheme::ChUid {
                '0'..='9'
            } else {
                'A'..='Z'
            };
            let mut right = ends
                .map(|end| format!("{body}{end}"))
                .filter(|text| scheme.check(text).is_ok());
            let found = right.next()?;
            assert_eq!(right.next(), None, "one check digit only");
            Some((scheme, found))
        },
    )
}

proptest! {
    #[test]
    fn one_changed_digit_is_always_refused((scheme, text) in guarded(), at in any::<prop::sample::Index>(), by in 1u32..10) {
        let places: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = places[at.index(places.len())];
        let digit = text[at..=at].parse::<u32>().expect("a digit");
        let mut changed = text.clone();
        changed.replace_range(at..=at, &((digit + by) % 10).to_string());
        prop_assert!(scheme.check(&changed).is_err(), "{} and {}", text, changed);
    }

    #[test]
    fn the_check_digits_of_a_taxpayer_are_the_only_ones(province in 1u32..=13, volume in 1u32..=999, entry in 1u32..=99_999) {
        let right = (0..100).filter(|dv| Scheme::PaRuc.check(&format!("{province}-{volume}-{entry} DV {dv:02}")).is_ok());
        prop_assert_eq!(right.count(), 1);
    }

    #[test]
    fn no_text_breaks_a_check_and_a_normal_form_stays(text in "\\PC{0,24}|[CHEPIANTVD0-9 .-]{0,20}") {
        for scheme in Scheme::ALL {
            if let Ok(normal) = scheme.check(&text) {
                prop_assert_eq!(scheme.check(&normal), Ok(normal.clone()));
            }
        }
    }
}

use super::*;
use proptest::prelude::*;
use std::process::Command;

fn letter(count: usize) -> Letter {
    Letter {
        reference: "pi-0199f0a2".to_owned(),
        account_name: "Zürcher Käse & Söhne AG".to_owned(),
        signer: "Zoë Müller-Lüdenscheidt".to_owned(),
        role: Some("Geschäftsführerin".to_owned()),
        provider: "Alpenfon AG".to_owned(),
        account_number: "CH-1000".to_owned(),
        billing_number: Some(E164::parse("+41445552000").unwrap()),
        address: vec!["Bahnhofstrasse 1".to_owned(), "8001 Zürich".to_owned()],
        numbers: (0..count)
            .map(|n| E164::parse(&format!("+4144555{n:04}")).unwrap())
            .collect(),
        remaining: Remaining::Kept,
        gaining: "Practice Carrier".to_owned(),
    }
}

fn signature(document: &[u8]) -> Signature {
    Signature {
        strokes: vec![
            (0..40).map(|n| (n * 25, 60 + (n % 7) * 30)).collect(),
            vec![(500, 150)],
        ],
        name: "Zoë Müller-Lüdenscheidt".to_owned(),
        at: "2026-11-21T09:30:00.000Z".to_owned(),
        from: "192.0.2.7".to_owned(),
        document: fingerprint(document),
    }
}

fn swiss() -> &'static Wording {
    wording("CH", None).unwrap()
}

/// What a reader that is not ours makes of it.
fn poppler(program: &str, options: &[&str], to: Option<&str>, document: &[u8]) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), document).unwrap();
    let ended = Command::new(program)
        .args(options)
        .arg(file.path())
        .args(to)
        .output();
    let ended = ended.expect("poppler-utils is installed, as `cargo xtask test` does");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.is_empty(),
        "{program}: {said}"
    );
    ended.stdout
}

fn text(document: &[u8]) -> String {
    String::from_utf8(poppler("pdftotext", &["-layout"], Some("-"), document)).unwrap()
}

#[test]
fn a_reader_finds_every_number_every_accent_and_the_record_of_the_signature() {
    let letter = letter(500);
    let unsigned = letter.unsigned(swiss()).unwrap();
    let signed = letter.signed(swiss(), &signature(&unsigned)).unwrap();
    let shown = text(&signed);
    for number in &letter.numbers {
        assert!(shown.contains(number.as_str()), "{number} is on no page");
    }
    for part in [
        "Zürcher Käse & Söhne AG",
        "Zoë Müller-Lüdenscheidt",
        "192.0.2.7",
        &fingerprint(&unsigned),
    ] {
        assert!(shown.contains(part), "{part}");
    }
    let pages = shown.matches('\u{c}').count();
    assert!(
        shown.contains(&format!("Seite {pages}/{pages}")),
        "{pages} pages"
    );
    assert!(!text(&unsigned).contains("192.0.2.7"));
}

#[test]
fn what_was_drawn_is_ink_on_the_paper() {
    let letter = letter(3);
    let unsigned = letter.unsigned(swiss()).unwrap();
    let signed = letter.signed(swiss(), &signature(&unsigned)).unwrap();
    // A portable pixmap (P6): a header of three numbers, then three bytes a pixel.
    let blue = |document: &[u8]| {
        let picture = poppler(
            "pdftoppm",
            &["-r", "60", "-f", "1", "-l", "1"],
            None,
            document,
        );
        assert!(picture.starts_with(b"P6"));
        picture
            .chunks(3)
            .filter(|pixel| pixel.len() == 3 && pixel[2] > 100 && pixel[0] < 60)
            .count()
    };
    assert!(blue(&signed) > 200, "{}", blue(&signed));
    assert_eq!(blue(&unsigned), 0);
}

#[test]
fn what_is_not_latin_is_refused_with_its_field_and_signs() {
    let mut chinese = letter(1);
    chinese.account_name = "海天 Pte Ltd".to_owned();
    let refused = chinese.unsigned(swiss()).unwrap_err();
    assert_eq!(
        refused,
        BadLetter::NotLatin {
            field: "accountName",
            characters: "海天".to_owned()
        }
    );
    let mut empty = letter(1);
    empty.address.clear();
    assert_eq!(empty.check(), Err(BadLetter::Length { field: "address" }));
    assert_eq!(letter(0).check(), Err(BadLetter::Numbers));
}

#[test]
fn a_signature_is_held_to_its_bounds() {
    let good = signature(b"");
    assert_eq!(good.check(), Ok(()));
    let with = |strokes: Vec<Stroke>| Signature {
        strokes,
        ..good.clone()
    };
    for bad in [
        with(vec![]),
        with(vec![vec![(1, 1); 4]]),
        with(vec![vec![]]),
        with(vec![vec![(1001, 0); 9]]),
    ] {
        assert_eq!(bad.check().unwrap_err().field, "strokes", "{bad:?}");
    }
    let nameless = Signature {
        name: " ".to_owned(),
        ..good
    };
    assert_eq!(nameless.check().unwrap_err().field, "name");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The same data gives the same bytes, other data others, and the file's parts are where its table says.
    #[test]
    fn the_bytes_follow_from_the_data(name in "[A-Za-zäöüéñ€ ]{1,120}x", count in 1_usize..300) {
        let mut one = letter(count);
        one.account_name = name;
        let bytes = one.unsigned(swiss()).unwrap();
        prop_assert_eq!(&bytes, &one.clone().unsigned(swiss()).unwrap());
        let mut other = one.clone();
        other.account_number.push('7');
        prop_assert_ne!(fingerprint(&bytes), fingerprint(&other.unsigned(swiss()).unwrap()));
        let end = String::from_utf8_lossy(&bytes[bytes.len() - 40..]).into_owned();
        let start: usize = end.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        prop_assert!(bytes[start..].starts_with(b"xref"));
    }

    /// Nothing runs off the paper: every line is as wide as the paper between its margins at most.
    #[test]
    fn no_line_is_wider_than_the_paper(words in prop::collection::vec("[A-Za-zWM@-]{1,90}", 1..30)) {
        for line in glyphs::lines(&words.join(" "), 40_000) {
            prop_assert!(glyphs::width(&line) <= 40_000, "{}", line);
        }
    }
}

//! How alike two names are: for lists of sanctions, where spelling, order and accents differ.
use strsim::jaro_winkler;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Legal forms and fillers that tell nobody apart.
const FILLERS: [&str; 16] = [
    "ag", "bv", "co", "corp", "fze", "gmbh", "inc", "llc", "ltd", "pte", "sa", "sarl", "srl", "de",
    "and", "the",
];

/// How alike two names are, 0 (nothing) to 100 (the same but for case, accents, order and legal form): each word of the shorter one
/// finds the most similar word of the other, and a name that leaves words over is less alike.
pub fn resemblance(one: &str, other: &str) -> u8 {
    let (one, other) = (words(one), words(other));
    let (few, many) = if (one.len(), &one) <= (other.len(), &other) {
        (one, other)
    } else {
        (other, one)
    };
    if few.is_empty() {
        return 0;
    }
    let mut left = many.clone();
    let mut sum = 0.0;
    for word in &few {
        let best = left
            .iter()
            .enumerate()
            .map(|(at, candidate)| (at, jaro_winkler(word, candidate)))
            .max_by(|(_, one), (_, other)| one.total_cmp(other));
        if let Some((at, score)) = best {
            sum += score;
            left.remove(at);
        }
    }
    // A second given name or the mother's family name is often left out; a single common word is no name.
    let found = count(few.len());
    let missing = count(many.len()) - found;
    let score = 100.0 * sum
        / (found
            + if few.len() >= 2 {
                missing * 0.1
            } else {
                missing
            });
    percent(score)
}

/// Whether two names are the same but for case, accents, punctuation and spaces.
pub fn is_same_name(one: &str, other: &str) -> bool {
    let words = plain_words(one);
    !words.is_empty() && words == plain_words(other)
}

fn count(words: usize) -> f64 {
    f64::from(u32::try_from(words).unwrap_or(u32::MAX))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100 by then
fn percent(score: f64) -> u8 {
    score.clamp(0.0, 100.0).round() as u8
}

/// The words of a name, without case, accents, punctuation and fillers.
fn words(name: &str) -> Vec<String> {
    let mut words = plain_words(name);
    words.retain(|word| !FILLERS.contains(&word.as_str()));
    words
}

/// The words of a name, without case, accents and punctuation.
pub(crate) fn plain_words(name: &str) -> Vec<String> {
    let plain: String = name
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .map(|letter| {
            if letter.is_alphanumeric() {
                letter
            } else {
                ' '
            }
        })
        .collect();
    plain.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_the_same_as_people_write_it_and_no_other() {
        for (one, other) in [
            ("Lucía Méndez", "lucia  MENDEZ"),
            ("Lucía Méndez", "Luci\u{301}a Me\u{301}ndez"),
            ("J. Roe", "J Roe"),
            (" Anne-Marie de la Cruz ", "Anne Marie De La Cruz"),
        ] {
            assert!(is_same_name(one, other), "{one} {other}");
            assert!(is_same_name(other, one), "{other} {one}");
        }
        for (one, other) in [
            ("Lucía Méndez", "Lucía Mendes"),
            ("Lucía Méndez", "Méndez Lucía"),
            ("Lucía Méndez", "Lucía"),
            ("Anne de la Cruz", "Anne la Cruz"),
            ("", ""),
            ("...", "---"),
        ] {
            assert!(!is_same_name(one, other), "{one} {other}");
        }
    }

    #[test]
    fn spelling_order_accents_and_legal_forms_do_not_hide_a_name() {
        for (one, other) in [
            ("Baltasar Quiñónez Prieto", "BALTASAR QUINONEZ PRIETO"),
            ("Baltasar Quiñónez Prieto", "Quiñónez Prieto, Baltasar"),
            ("Baltasar Quinones Prieto", "Baltasar Quiñónez Prieto"),
            ("Baltasar Quiñónez", "Baltasar Quiñónez Prieto"),
            (
                "Vortigern Shipping and Trading",
                "Vortigern Shipping & Trading FZE",
            ),
        ] {
            let score = resemblance(one, other);
            assert!(score >= 90, "{one} and {other}: {score}");
        }
    }

    #[test]
    fn other_people_are_not_alike() {
        for (one, other) in [
            ("Anna Keller", "Baltasar Quiñónez Prieto"),
            ("Prieto", "Baltasar Quiñónez Prieto"),
            ("Isthmus Trading", "Vortigern Shipping & Trading FZE"),
            ("", "Baltasar"),
            ("Ltd", "Ltd"),
        ] {
            let score = resemblance(one, other);
            assert!(score < 90, "{one} and {other}: {score}");
        }
    }

    proptest! {
        #[test]
        fn it_is_symmetric_and_whole_for_the_same_name(one in "[A-Za-zéñü ]{0,30}", other in "\\PC{0,30}") {
            prop_assert_eq!(resemblance(&one, &other), resemblance(&other, &one));
            prop_assert!(words(&one).is_empty() || resemblance(&one, &one) == 100);
        }
    }
}

//! Whether a name or an account number that another carrier writes is the one we know. Looser than a signature's, for it is typed from
//! forms, and stricter than a list of sanctions: another name is another customer.
use crate::screening::plain_words;

/// Legal forms: they stand last, are written or left out, and tell no customer from another.
const LEGAL_FORMS: [&str; 37] = [
    "ab",
    "ag",
    "as",
    "bv",
    "co",
    "company",
    "corp",
    "corporation",
    "eg",
    "ek",
    "eurl",
    "fze",
    "gbr",
    "gmbh",
    "inc",
    "incorporated",
    "kg",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "lp",
    "ltd",
    "ltda",
    "nv",
    "ohg",
    "oy",
    "plc",
    "private",
    "pte",
    "pty",
    "sa",
    "sagl",
    "sarl",
    "sas",
    "sl",
    "srl",
];

/// What joins two names, written as a word or as `&`.
const JOINTS: [&str; 4] = ["and", "et", "und", "y"];

/// Umlauts as they are written where a keyboard has none.
const SPELLED_OUT: [(&str, &str); 4] = [("ae", "a"), ("oe", "o"), ("ue", "u"), ("ß", "ss")];

/// Whether two names are of the same customer as people write them: in any case, with or without accents and spaces, with their words in
/// any order, and with any legal form or none. An empty name is nobody's.
pub fn is_same_holder(one: &str, other: &str) -> bool {
    let (one, other) = (holder_words(one), holder_words(other));
    if one.is_empty() {
        return false;
    }
    one.concat() == other.concat() || sorted(one) == sorted(other)
}

/// Whether two account numbers are the same but for case, spaces and signs between their letters and digits.
pub fn is_same_account(one: &str, other: &str) -> bool {
    let (one, other) = (plain_words(one).concat(), plain_words(other).concat());
    !one.is_empty() && one == other
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort_unstable();
    words
}

/// The words of a name without what is written in one way or another. What is nothing but a legal form keeps its last word.
fn holder_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    // `S.A.` is one word, `J. R.` too.
    let mut spelled = false;
    for word in plain_words(name) {
        if JOINTS.contains(&word.as_str()) {
            spelled = false;
            continue;
        }
        let is_letter = word.chars().count() == 1;
        match words.last_mut().filter(|_| is_letter && spelled) {
            Some(last) => last.push_str(&word),
            None => words.push(word),
        }
        spelled = is_letter;
    }
    while words.len() > 1
        && words
            .last()
            .is_some_and(|last| LEGAL_FORMS.contains(&last.as_str()))
    {
        words.pop();
    }
    words.iter().map(|word| without_umlauts(word)).collect()
}

fn without_umlauts(word: &str) -> String {
    let start = word.to_owned();
    SPELLED_OUT
        .iter()
        .fold(start, |word, (from, to)| word.replace(*from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_customer_is_the_same_as_people_write_them() {
        for (one, other) in [
            ("Isthmus Trading", "ISTHMUS  TRADING"),
            ("Isthmus Trading", "Isthmus Trading, S.A."),
            ("Isthmus Trading SA", "Isthmus Trading S. A."),
            ("Alpenblick AG", "Alpen Blick GmbH"),
            ("Lion City Pte. Ltd.", "Lion City Private Limited"),
            ("Müller & Söhne AG", "Mueller und Soehne"),
            ("Quiñónez y Compañía", "QUINONEZ & COMPANIA"),
            ("Reto Caduff", "Caduff, Reto"),
            ("A.B.C. Freight", "ABC Freight"),
            ("Hans Groß", "Hans Gross"),
            ("AG", "ag"),
        ] {
            assert!(is_same_holder(one, other), "{one} {other}");
            assert!(is_same_holder(other, one), "{other} {one}");
        }
    }

    #[test]
    fn another_name_is_another_customer() {
        for (one, other) in [
            ("Isthmus Trading", "Isthmus"),
            ("Isthmus Trading", "Isthmus Shipping"),
            ("Anna Keller", "Anne Keller"),
            ("Isthmus Trading", ""),
            ("", ""),
            ("...", "---"),
            ("AG", "GmbH"),
        ] {
            assert!(!is_same_holder(one, other), "{one} {other}");
            assert!(!is_same_holder(other, one), "{other} {one}");
        }
    }

    #[test]
    fn an_account_number_is_the_same_but_for_what_stands_between_its_signs() {
        assert!(is_same_account("t-isthmus-trading", "T ISTHMUS TRADING"));
        assert!(is_same_account("CH-1000", "ch1000"));
        assert!(!is_same_account("CH-1000", "CH-1001"));
        assert!(!is_same_account(" - ", ""));
    }

    proptest! {
        #[test]
        fn whoever_has_a_name_is_the_same_as_themselves(name in "[A-Za-zéñüß ]{0,30}", other in "\\PC{0,30}") {
            prop_assert!(plain_words(&name).is_empty() || holder_words(&name).is_empty() || is_same_holder(&name, &name));
            prop_assert_eq!(is_same_holder(&name, &other), is_same_holder(&other, &name));
        }
    }
}

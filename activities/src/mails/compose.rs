//! A template and its words make a mail. Pure.
use contract::mail::Template;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;
use std::fmt::Write;
use thiserror::Error;

/// The files.
static TEXTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../workflows/mails");
/// The language that every mail is there in.
const FALLBACK: &str = "en";
/// Longest word, in characters.
const MAX_WORD: usize = 2_000;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// One line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

/// Why a mail could not be made of these words.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfilled {
    /// One is missing.
    #[error("words.{0}: required by the mail `{1}`")]
    Missing(String, &'static str),
    /// One is of another mail.
    #[error("words.{0}: no word of the mail `{1}`; it has {2}")]
    Unknown(String, &'static str, String),
    /// One is too long.
    #[error("words.{0}: at most {MAX_WORD} characters")]
    TooLong(String),
    /// The file has something in braces that is no word of it.
    #[error("the mail `{0}` does not read")]
    File(&'static str),
}

/// Fills in a mail.
///
/// # Errors
/// [`Unfilled`], with the word that is wrong.
pub fn compose(
    template: Template,
    language: Option<&str>,
    words: &BTreeMap<String, String>,
) -> Result<Composed, Unfilled> {
    let name = template.as_str();
    if let Some(missing) = template
        .words()
        .iter()
        .find(|word| !words.contains_key(**word))
    {
        return Err(Unfilled::Missing((*missing).to_owned(), name));
    }
    for (word, value) in words {
        if !template.words().contains(&word.as_str()) {
            let known = template.words().join(", ");
            return Err(Unfilled::Unknown(word.clone(), name, known));
        }
        if value.chars().count() > MAX_WORD {
            return Err(Unfilled::TooLong(word.clone()));
        }
    }
    let (subject, text) = file(template, language).ok_or(Unfilled::File(name))?;
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = |word: &str| words.get(word).map(|value| clean(value));
    let subject = fill(subject, plain).ok_or(Unfilled::File(name))?;
    Ok(Composed {
        subject: one_line(&subject),
        text: fill(text, plain).ok_or(Unfilled::File(name))?,
        html: html(text, plain).ok_or(Unfilled::File(name))?,
    })
}

/// A mail's file: the subject and the text.
fn file(template: Template, language: Option<&str>) -> Option<(&'static str, &'static str)> {
    let read = |language: &str| {
        let path = format!("{language}/{}.txt", template.as_str());
        TEXTS.get_file(path)?.contents_utf8()
    };
    let whole = language.and_then(read).or_else(|| read(FALLBACK))?;
    let (subject, text) = whole.split_once("\n\n")?;
    Some((subject.strip_prefix("Subject: ")?, text.trim_end()))
}

/// Without what could hide or break lines.
fn clean(value: &str) -> String {
    value
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect()
}

/// A text with each `{word}` replaced; `None` if one is not known.
fn fill(text: &str, word: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&word(name)?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

/// Paragraphs; a link that stands alone is one to press.
fn html(text: &str, word: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut html = String::from(
        "<!doctype html><html><body style=\"font-family:sans-serif;line-height:1.5\">",
    );
    for paragraph in text.split("\n\n") {
        let filled = fill(paragraph, |name| word(name).map(|value| escaped(&value)))?;
        if filled.starts_with("http") && !filled.contains(char::is_whitespace) {
            let _ = write!(html, "<p><a href=\"{filled}\">{filled}</a></p>");
        } else {
            let _ = write!(html, "<p>{}</p>", filled.replace('\n', "<br>"));
        }
    }
    html.push_str("</body></html>");
    Some(html)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(template: Template) -> BTreeMap<String, String> {
        let value = |word: &str| match word {
            "link" | "url" => "https://phone.test/a?b=1&c=2".to_owned(),
            word => format!("<{word}>"),
        };
        template
            .words()
            .iter()
            .map(|word| ((*word).to_owned(), value(word)))
            .collect()
    }

    #[test]
    fn every_mail_is_there_in_english_and_uses_exactly_its_words_in_every_language() {
        for language in TEXTS.dirs() {
            let known = language.files().count();
            let language = language.path().to_str().unwrap();
            let mut found = 0;
            for template in Template::ALL {
                let path = format!("{language}/{}.txt", template.as_str());
                let Some(whole) = TEXTS.get_file(&path) else {
                    assert_ne!(language, FALLBACK, "{path} is missing");
                    continue;
                };
                found += 1;
                let whole = whole.contents_utf8().unwrap();
                let used: std::collections::BTreeSet<_> = whole
                    .split('{')
                    .skip(1)
                    .map(|rest| rest.split('}').next().unwrap())
                    .collect();
                assert_eq!(
                    used.into_iter().collect::<Vec<_>>(),
                    template.words(),
                    "{path}"
                );
                compose(template, Some(language), &words(template)).unwrap();
            }
            assert_eq!(found, known, "{language} has files that are no mails");
        }
    }

    #[test]
    fn words_are_escaped_and_links_can_be_pressed() {
        let mail = compose(
            Template::Invitation,
            Some("xx"),
            &words(Template::Invitation),
        )
        .unwrap();
        assert_eq!(mail.subject, "<company> invites you to its phone");
        assert!(
            mail.text.contains("\nhttps://phone.test/a?b=1&c=2\n"),
            "{}",
            mail.text
        );
        let link = "<a href=\"https://phone.test/a?b=1&amp;c=2\">";
        assert!(mail.html.contains(link), "{}", mail.html);
        assert!(mail.html.contains("Hello &lt;name&gt;,"), "{}", mail.html);
    }

    #[test]
    fn a_word_adds_no_header_and_no_word_is_filled_in_twice() {
        let mut given = words(Template::Invitation);
        given.insert(
            "company".into(),
            "Evil\r\nBcc: all@example.test {name}".into(),
        );
        let mail = compose(Template::Invitation, None, &given).unwrap();
        assert_eq!(
            mail.subject,
            "Evil Bcc: all@example.test {name} invites you to its phone"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let template = Template::VerifyEmail;
        let refused = |change: fn(&mut BTreeMap<String, String>)| {
            let mut given = words(template);
            change(&mut given);
            compose(template, None, &given).unwrap_err().to_string()
        };
        assert_eq!(
            refused(|w| drop(w.remove("link"))),
            "words.link: required by the mail `verify-email`"
        );
        assert_eq!(
            refused(|w| drop(w.insert("title".into(), "x".into()))),
            "words.title: no word of the mail `verify-email`; it has link, name, until"
        );
        assert_eq!(
            refused(|w| drop(w.insert("name".into(), "x".repeat(2_001)))),
            "words.name: at most 2000 characters"
        );
    }
}

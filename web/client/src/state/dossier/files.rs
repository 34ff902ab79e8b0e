//! Files that somebody chooses: what is refused before a byte is sent, and how far the others are.

use contract::dossier::DOCUMENT_BYTES_MAX;

/// How many of a file's first bytes are looked at.
pub(crate) const HEAD_BYTES: u32 = 1024;

/// A kind of file that is taken.
struct Taken {
    media_type: &'static str,
    name: &'static str,
    begins: &'static [u8],
}

const TAKEN: [Taken; 3] = [
    Taken {
        media_type: "application/pdf",
        name: "PDF",
        begins: b"%PDF-",
    },
    Taken {
        media_type: "image/jpeg",
        name: "JPEG picture",
        begins: &[0xff, 0xd8, 0xff],
    },
    Taken {
        media_type: "image/png",
        name: "PNG picture",
        begins: b"\x89PNG\r\n\x1a\n",
    },
];

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chosen {
    /// Its name.
    pub(crate) name: String,
    /// Its media type, as the browser takes it from the name.
    pub(crate) media_type: String,
    /// Its size, in bytes.
    pub(crate) bytes: f64,
}

/// What the file dialog offers.
pub(crate) const ACCEPT: &str = "application/pdf,image/jpeg,image/png";

/// Why a file is not taken, by what it says of itself.
pub(crate) fn refusal(chosen: &Chosen) -> Option<String> {
    let Chosen {
        name,
        media_type,
        bytes,
    } = chosen;
    if !TAKEN.iter().any(|taken| taken.media_type == media_type) {
        return Some(format!(
            "\u{201c}{name}\u{201d} is not a PDF, JPEG or PNG. Save it as one of these, then choose it again."
        ));
    }
    if *bytes < 1.0 {
        return Some(format!("\u{201c}{name}\u{201d} is empty."));
    }
    let most = f64::from(DOCUMENT_BYTES_MAX);
    (*bytes > most).then(|| {
        format!(
            "\u{201c}{name}\u{201d} has {}; at most {} are taken. Scan it with a lower resolution, then choose it again.",
            size(*bytes),
            size(most)
        )
    })
}

/// Why a file is not taken, by its first bytes.
pub(crate) fn mistyped(chosen: &Chosen, head: &[u8]) -> Option<String> {
    let declared = TAKEN
        .iter()
        .find(|taken| taken.media_type == chosen.media_type)?;
    // Some writers put a few bytes before a PDF's head.
    let holds = |taken: &Taken| match taken.media_type {
        "application/pdf" => head
            .windows(taken.begins.len())
            .any(|at| at == taken.begins),
        _ => head.starts_with(taken.begins),
    };
    if holds(declared) {
        return None;
    }
    let found = TAKEN.iter().find(|taken| holds(taken));
    let found = found.map_or("something else".to_owned(), |taken| {
        format!("a {}", taken.name)
    });
    Some(format!(
        "\u{201c}{}\u{201d} calls itself a {} and is {found}. Choose the right file.",
        chosen.name, declared.name
    ))
}

/// A size as people say it.
pub(crate) fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1_000.0 => format!("{b:.0} B"),
        b if b < 1_000_000.0 => format!("{:.0} kB", b / 1_000.0),
        b => format!("{:.1} MB", b / 1_000_000.0),
    }
}

/// How far a file is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// Its bytes are looked at and counted.
    Reading,
    /// It is on its way; in percent.
    Sending(u8),
    /// The server looks at it.
    Checking,
    /// It was not taken; why.
    Refused(String),
}

/// A file on its way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Upload {
    /// Tells it from others of this page.
    pub(crate) id: u32,
    /// The file.
    pub(crate) chosen: Chosen,
    /// How far it is.
    pub(crate) stage: Stage,
}

/// The files on their way.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Uploads(pub(crate) Vec<Upload>);

/// What happens to one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Progress {
    /// It was chosen.
    Chosen(Upload),
    /// It is further.
    At(u32, Stage),
    /// It is part of the dossier, or the words about it were read.
    Over(u32),
}

impl Uploads {
    /// After something happened to one.
    pub(crate) fn after(&self, progress: Progress) -> Self {
        let mut next = self.clone();
        match progress {
            Progress::Chosen(upload) => next.0.push(upload),
            Progress::At(id, stage) => {
                if let Some(upload) = next.0.iter_mut().find(|upload| upload.id == id) {
                    upload.stage = stage;
                }
            }
            Progress::Over(id) => next.0.retain(|upload| upload.id != id),
        }
        next
    }
}

/// Percent of a whole.
pub(crate) fn percent(done: f64, whole: f64) -> u8 {
    if whole <= 0.0 {
        return 0;
    }
    (done / whole * 100.0).clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(name: &str, media_type: &str, bytes: f64) -> Chosen {
        Chosen {
            name: name.into(),
            media_type: media_type.into(),
            bytes,
        }
    }

    #[test]
    fn a_file_of_another_kind_an_empty_one_and_a_huge_one_are_refused_in_words() {
        let most = f64::from(DOCUMENT_BYTES_MAX);
        for (file, word) in [
            (chosen("film.mp4", "video/mp4", 10.0), "PDF, JPEG or PNG"),
            (chosen("a.pdf", "application/pdf", 0.0), "empty"),
            (
                chosen("b.pdf", "application/pdf", most + 1.0),
                "at most 21.0 MB",
            ),
        ] {
            let words = refusal(&file).unwrap();
            assert!(
                words.contains(word) && words.contains(&file.name),
                "{words}"
            );
        }
        assert_eq!(refusal(&chosen("c.pdf", "application/pdf", most)), None);
    }

    #[test]
    fn a_file_that_is_not_what_its_name_says_is_told_from_one_that_is() {
        let pdf = chosen("scan.pdf", "application/pdf", 100.0);
        assert_eq!(mistyped(&pdf, b"%PDF-1.7 ..."), None);
        assert_eq!(mistyped(&pdf, b"\n\n%PDF-1.7 ..."), None);
        let words = mistyped(&pdf, b"\x89PNG\r\n\x1a\n....").unwrap();
        assert!(words.contains("PNG picture"), "{words}");
        let png = chosen("scan.png", "image/png", 100.0);
        assert!(
            mistyped(&png, b"PK\x03\x04")
                .unwrap()
                .contains("something else")
        );
    }

    #[test]
    fn a_refused_file_stays_until_its_words_were_read() {
        let upload = Upload {
            id: 7,
            chosen: chosen("a.pdf", "application/pdf", 1.0),
            stage: Stage::Reading,
        };
        let uploads = Uploads::default().after(Progress::Chosen(upload));
        let uploads = uploads.after(Progress::At(7, Stage::Refused("no".into())));
        assert_eq!(uploads.0[0].stage, Stage::Refused("no".into()));
        assert!(uploads.after(Progress::Over(7)).0.is_empty());
    }

    #[test]
    fn sizes_and_percents_are_said_plainly() {
        assert_eq!(
            [size(12.0), size(81_204.0), size(2_400_000.0)],
            ["12 B", "81 kB", "2.4 MB"]
        );
        assert_eq!(
            [percent(1.0, 0.0), percent(1.0, 3.0), percent(9.0, 3.0)],
            [0, 33, 100]
        );
    }
}

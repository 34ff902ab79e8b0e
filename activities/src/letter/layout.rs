//! Where everything of a letter stands: pages of ink, made without a PDF in sight.
use super::glyphs::{lines, width};
use super::signature::{PAD_HEIGHT, PAD_WIDTH};
use super::{Letter, Remaining, Signature, Wording};

const MARGIN: f32 = 56.0;
const BODY: f32 = 10.0;
const SMALL: f32 = 8.0;
const TITLE: f32 = 15.0;
/// From line to line, as a part of the size.
const LEADING: f32 = 1.4;
const COLUMNS: usize = 4;
const LABEL_WIDTH: f32 = 150.0;
/// What a signature takes on the paper.
const PAD: (f32, f32) = (240.0, 72.0);

/// One thing on a page. Points from the lower left corner.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ink {
    /// A line of text on its base line.
    Text {
        x: f32,
        y: f32,
        size: f32,
        bold: bool,
        text: String,
    },
    /// A thin line across.
    Rule { x: f32, y: f32, to_x: f32 },
    /// What was drawn on the screen.
    Path(Vec<(f32, f32)>),
}

/// The letter's pages.
pub(super) fn pages(
    letter: &Letter,
    wording: &Wording,
    signature: Option<&Signature>,
) -> Vec<Vec<Ink>> {
    let mut sheet = Sheet::new(wording);
    sheet.heading(&wording.title, TITLE);
    sheet.gap(BODY);
    facts(&mut sheet, letter, wording);
    for paragraph in &wording.paragraphs {
        sheet.paragraph(&filled(paragraph, letter));
    }
    sheet.paragraph(match letter.remaining {
        Remaining::None => &wording.remaining.none,
        Remaining::Kept => &wording.remaining.kept,
        Remaining::Disconnected => &wording.remaining.disconnected,
    });
    sheet.heading(
        &format!("{} ({})", wording.labels.numbers, letter.numbers.len()),
        BODY,
    );
    numbers(&mut sheet, letter);
    signing(&mut sheet, letter, wording, signature);
    if let Some(signature) = signature {
        audit(&mut sheet, wording, signature);
    }
    sheet.finish(letter, wording)
}

fn filled(text: &str, letter: &Letter) -> String {
    text.replace("{accountName}", &letter.account_name)
        .replace("{signer}", &letter.signer)
        .replace("{provider}", &letter.provider)
        .replace("{accountNumber}", &letter.account_number)
        .replace("{gaining}", &letter.gaining)
        .replace("{count}", &letter.numbers.len().to_string())
}

fn facts(sheet: &mut Sheet, letter: &Letter, wording: &Wording) {
    let labels = &wording.labels;
    sheet.fact(&labels.reference, &letter.reference);
    sheet.fact(&labels.account_name, &letter.account_name);
    sheet.fact(&labels.address, &letter.address.join(", "));
    sheet.fact(&labels.signer, &letter.signer);
    if let Some(role) = &letter.role {
        sheet.fact(&labels.role, role);
    }
    sheet.fact(&labels.provider, &letter.provider);
    sheet.fact(&labels.account_number, &letter.account_number);
    if let Some(number) = &letter.billing_number {
        sheet.fact(&labels.billing_number, number.as_str());
    }
    sheet.gap(BODY);
}

fn numbers(sheet: &mut Sheet, letter: &Letter) {
    let step = sheet.inner() / COLUMNS as f32;
    for row in letter.numbers.chunks(COLUMNS) {
        sheet.line(BODY);
        for (column, number) in row.iter().enumerate() {
            sheet.text(MARGIN + step * column as f32, BODY, false, number.as_str());
        }
    }
    sheet.gap(BODY);
}

/// The place to sign stays in one piece.
fn signing(sheet: &mut Sheet, letter: &Letter, wording: &Wording, signature: Option<&Signature>) {
    sheet.keep(PAD.1 + 4.0 * BODY * LEADING);
    let day = signature
        .and_then(|signature| signature.at.get(..10))
        .unwrap_or_default();
    sheet.fact(&wording.labels.place_and_date, day);
    sheet.fact(&wording.labels.signature, "");
    sheet.y -= PAD.1;
    if let Some(signature) = signature {
        let scale = |(x, y): &(u16, u16)| {
            let across = f32::from(*x) / f32::from(PAD_WIDTH) * PAD.0;
            let down = f32::from(*y) / f32::from(PAD_HEIGHT) * PAD.1;
            (MARGIN + LABEL_WIDTH + across, sheet.y + PAD.1 - down)
        };
        let paths: Vec<_> = signature
            .strokes
            .iter()
            .map(|stroke| stroke.iter().map(scale).collect())
            .collect();
        sheet.ink().extend(paths.into_iter().map(Ink::Path));
    }
    let (x, y) = (MARGIN + LABEL_WIDTH, sheet.y);
    sheet.ink().push(Ink::Rule {
        x,
        y,
        to_x: x + PAD.0,
    });
    sheet.line(SMALL);
    let below = match &letter.role {
        Some(role) => format!("{}, {role}", letter.signer),
        None => letter.signer.clone(),
    };
    sheet.text(x, SMALL, false, &below);
}

fn audit(sheet: &mut Sheet, wording: &Wording, signature: &Signature) {
    let labels = &wording.labels;
    sheet.turn();
    sheet.heading(&labels.audit, TITLE);
    sheet.gap(BODY);
    sheet.fact(&labels.signed_by, &signature.name);
    sheet.fact(&labels.signed_at, &signature.at);
    sheet.fact(&labels.signed_from, &signature.from);
    sheet.fact(&labels.document, "SHA-256");
    // As wide as the paper, so that it is not broken.
    sheet.paragraph(&signature.document);
    sheet.paragraph(&labels.audit_words);
}

/// Pages being filled from top to bottom.
struct Sheet {
    size: (f32, f32),
    pages: Vec<Vec<Ink>>,
    y: f32,
}

impl Sheet {
    fn new(wording: &Wording) -> Self {
        let size = wording.paper.points();
        Self {
            size,
            pages: vec![Vec::new()],
            y: size.1 - MARGIN,
        }
    }

    fn inner(&self) -> f32 {
        self.size.0 - 2.0 * MARGIN
    }

    fn ink(&mut self) -> &mut Vec<Ink> {
        self.pages.last_mut().expect("one page at least")
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = self.size.1 - MARGIN;
    }

    /// Turns the page if so much does not fit below.
    fn keep(&mut self, height: f32) {
        if self.y - height < MARGIN + 2.0 * SMALL {
            self.turn();
        }
    }

    fn gap(&mut self, height: f32) {
        self.y -= height;
    }

    /// Goes down by a line of this size.
    fn line(&mut self, size: f32) {
        self.keep(size * LEADING);
        self.y -= size * LEADING;
    }

    fn text(&mut self, x: f32, size: f32, bold: bool, text: &str) {
        let y = self.y;
        self.ink().push(Ink::Text {
            x,
            y,
            size,
            bold,
            text: text.to_owned(),
        });
    }

    fn heading(&mut self, text: &str, size: f32) {
        // Bold is a tenth wider than what the widths say.
        for line in lines(text, thousandths(self.inner() * 0.9, size)) {
            self.line(size);
            self.text(MARGIN, size, true, &line);
        }
    }

    fn paragraph(&mut self, text: &str) {
        for line in lines(text, thousandths(self.inner(), BODY)) {
            self.line(BODY);
            self.text(MARGIN, BODY, false, &line);
        }
        self.gap(BODY * 0.7);
    }

    fn fact(&mut self, label: &str, value: &str) {
        for (at, line) in lines(value, thousandths(self.inner() - LABEL_WIDTH, BODY))
            .iter()
            .enumerate()
        {
            self.line(BODY);
            if at == 0 {
                self.text(MARGIN, BODY, true, label);
            }
            self.text(MARGIN + LABEL_WIDTH, BODY, false, line);
        }
    }

    /// Puts reference and page at the foot of each page.
    fn finish(mut self, letter: &Letter, wording: &Wording) -> Vec<Vec<Ink>> {
        let count = self.pages.len();
        let right = self.size.0 - MARGIN;
        for (at, page) in self.pages.iter_mut().enumerate() {
            let text = format!("{} {}/{count}", wording.labels.page, at + 1);
            let x = right - width(&text) as f32 / 1000.0 * SMALL;
            let y = MARGIN - 2.0 * SMALL;
            page.push(Ink::Rule {
                x: MARGIN,
                y: y + SMALL * LEADING,
                to_x: right,
            });
            page.push(Ink::Text {
                x: MARGIN,
                y,
                size: SMALL,
                bold: false,
                text: letter.reference.clone(),
            });
            page.push(Ink::Text {
                x,
                y,
                size: SMALL,
                bold: false,
                text,
            });
        }
        self.pages
    }
}

/// How many thousandths of the size fit into so many points.
fn thousandths(points: f32, size: f32) -> u32 {
    (points / size * 1000.0) as u32
}

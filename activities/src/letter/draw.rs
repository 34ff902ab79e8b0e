//! Pages of ink as PDF 1.7 (ISO 32000-1). No clock and no chance: the same pages give the same bytes.
use super::glyphs::encode;
use super::layout::Ink;
use super::{Wording, fingerprint};
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");
/// What every page shares: catalogue, tree, the two fonts, what the document is called.
const SHARED: i32 = 5;

pub(super) fn pdf(pages: &[Vec<Ink>], wording: &Wording) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let [catalogue, tree, plain, bold, info] = std::array::from_fn(|at| Ref::new(at as i32 + 1));
    let page_ids: Vec<(Ref, Ref)> = (0..pages.len() as i32)
        .map(|at| (Ref::new(SHARED + 1 + 2 * at), Ref::new(SHARED + 2 + 2 * at)))
        .collect();
    pdf.catalog(catalogue)
        .pages(tree)
        .lang(TextStr(&wording.language));
    pdf.document_info(info)
        .title(TextStr(&wording.title))
        .creator(TextStr("Strowger"));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree)
        .kids(page_ids.iter().map(|(page, _)| *page))
        .count(count);
    for (id, name) in [(plain, b"Helvetica".as_slice()), (bold, b"Helvetica-Bold")] {
        pdf.type1_font(id)
            .base_font(Name(name))
            .encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let (width, height) = wording.paper.points();
    let mut all = Vec::new();
    for (ink, (page_id, content_id)) in pages.iter().zip(&page_ids) {
        let mut page = pdf.page(*page_id);
        page.media_box(Rect::new(0.0, 0.0, width, height))
            .parent(tree)
            .contents(*content_id);
        page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
        page.finish();
        let content = content(ink);
        pdf.stream(*content_id, &content);
        all.extend_from_slice(&content);
    }
    let id = fingerprint(&all).into_bytes();
    pdf.set_file_id((id.clone(), id));
    pdf.finish()
}

fn content(ink: &[Ink]) -> Vec<u8> {
    let mut content = Content::new();
    content
        .set_line_cap(LineCapStyle::RoundCap)
        .set_line_join(LineJoinStyle::RoundJoin);
    for one in ink {
        match one {
            Ink::Text {
                x,
                y,
                size,
                bold,
                text,
            } => {
                let font = if *bold { BOLD } else { PLAIN };
                content.begin_text().set_font(font, *size).next_line(*x, *y);
                content.show(Str(&encode(text))).end_text();
            }
            Ink::Rule { x, y, to_x } => {
                content
                    .set_line_width(0.5)
                    .move_to(*x, *y)
                    .line_to(*to_x, *y)
                    .stroke();
            }
            Ink::Path(points) => path(&mut content, points),
        }
    }
    content.finish().to_vec()
}

fn path(content: &mut Content, points: &[(f32, f32)]) {
    let Some(((x, y), more)) = points.split_first() else {
        return;
    };
    content
        .save_state()
        .set_line_width(1.3)
        .set_stroke_rgb(0.05, 0.1, 0.45)
        .move_to(*x, *y);
    // A dot is a line without length: its round ends are what is seen.
    if more.is_empty() {
        content.line_to(*x, *y);
    }
    for (x, y) in more {
        content.line_to(*x, *y);
    }
    content.stroke().restore_state();
}

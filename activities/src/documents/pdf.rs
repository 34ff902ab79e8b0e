//! As much of a PDF as tells whether it can be opened: its head, and the trailer at its end (ISO 32000-1, 7.5.5 and 7.5.8).
use super::{Kind, Refusal};

/// How far from the start the head may be, and from the end the last line, in bytes: what readers accept.
const SLACK: usize = 1024;
/// Longest trailer or dictionary of a cross-reference stream that is looked at, in bytes.
const MAX_TRAILER: usize = 64 * 1024;

const fn broken(why: &'static str) -> Refusal {
    Refusal::Broken(Kind::Pdf.name(), why)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .rposition(|window| window == wanted)
}

/// Whether a PDF begins here.
pub(super) fn begins(bytes: &[u8]) -> bool {
    find(&bytes[..bytes.len().min(SLACK)], b"%PDF-").is_some()
}

pub(super) fn check(bytes: &[u8]) -> Result<(), Refusal> {
    if !begins(bytes) {
        return Err(broken("its head is missing"));
    }
    let tail = &bytes[bytes.len().saturating_sub(SLACK)..];
    find_last(tail, b"%%EOF").ok_or(broken("its end is missing"))?;
    let trailer = trailer(bytes).ok_or(broken("its table of contents is missing"))?;
    if has_name(trailer, b"/Encrypt") {
        return Err(Refusal::Encrypted);
    }
    if !has_name(trailer, b"/Root") {
        return Err(broken("its table of contents names no pages"));
    }
    Ok(())
}

/// The newest trailer dictionary: where `startxref` says, or where one can be found.
fn trailer(bytes: &[u8]) -> Option<&[u8]> {
    let after = find_last(bytes, b"startxref")? + b"startxref".len();
    let digits = bytes[after..].trim_ascii_start();
    let end = digits
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(digits.len());
    let offset: Option<usize> = std::str::from_utf8(&digits[..end])
        .ok()
        .and_then(|d| d.parse().ok());
    let said = offset.and_then(|offset| at(bytes, offset));
    // Readers repair a wrong offset by searching: so do we.
    said.or_else(|| {
        let table = find_last(bytes, b"trailer").and_then(|found| dictionary(&bytes[found..]));
        table.or_else(|| {
            let kind = find_last(bytes, b"/XRef")?;
            let from = find_last(&bytes[..kind], b" obj")?;
            dictionary(&bytes[from..])
        })
    })
}

/// The dictionary of the table or stream of cross-references that begins at `offset`.
fn at(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    let rest = bytes.get(offset..)?.trim_ascii_start();
    if rest.starts_with(b"xref") {
        let trailer = find(rest, b"trailer")?;
        return dictionary(&rest[trailer..]);
    }
    // `12 0 obj << /Type /XRef .. >> stream`
    let head = &rest[..rest.len().min(40)];
    find(head, b"obj")
        .and_then(|_| dictionary(rest))
        .filter(|found| has_name(found, b"/XRef"))
}

/// The first dictionary in `bytes`, from `<<` to the `>>` that closes it.
fn dictionary(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = &bytes[..bytes.len().min(MAX_TRAILER)];
    let begin = find(bytes, b"<<")?;
    let (mut depth, mut position) = (0_usize, begin);
    while let Some(pair) = bytes.get(position..position + 2) {
        match pair {
            b"<<" => (depth, position) = (depth + 1, position + 2),
            b">>" if depth == 1 => return Some(&bytes[begin..position + 2]),
            b">>" => (depth, position) = (depth - 1, position + 2),
            _ => position += 1,
        }
    }
    None
}

/// Whether a dictionary has this name: the whole one, not the beginning of a longer.
fn has_name(dictionary: &[u8], name: &[u8]) -> bool {
    let mut rest = dictionary;
    while let Some(found) = find(rest, name) {
        rest = &rest[found + name.len()..];
        if !rest.first().is_some_and(u8::is_ascii_alphanumeric) {
            return true;
        }
    }
    false
}

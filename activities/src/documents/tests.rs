use super::*;
use proptest::prelude::*;

/// A PDF with a table of cross-references whose trailer has these entries.
fn pdf(entries: &str) -> Vec<u8> {
    let head = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n";
    let table = format!(
        "xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<< /Size 2 {entries} >>\n"
    );
    format!("{head}{table}startxref\n{}\n%%EOF\n", head.len()).into_bytes()
}

/// A PDF whose cross-references are a stream.
fn modern_pdf(entries: &str) -> Vec<u8> {
    let head = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n";
    let stream = format!(
        "2 0 obj\n<< /Type /XRef /Size 3 /DecodeParms << /Columns 4 >> {entries} >>\nstream\n\u{1}\u{2}\nendstream\nendobj\n"
    );
    format!("{head}{stream}startxref\n{}\n%%EOF", head.len()).into_bytes()
}

fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[..], kind, body, &[0; 4]].concat()
    };
    bytes.extend(chunk(b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0]));
    bytes.extend(chunk(b"IDAT", &[1, 2, 3]));
    bytes.extend(chunk(b"IEND", &[]));
    bytes
}

fn jpeg() -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    // A thumbnail with an end of its own: it must not count as the picture's.
    bytes.extend([0xFF, 0xE1, 0, 6, 0xFF, 0xD8, 0xFF, 0xD9]);
    bytes.extend([0xFF, 0xC0, 0, 11, 8, 0, 3, 0, 2, 1, 1, 0x11, 0]);
    bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0x34, 0xFF, 0xD9]);
    bytes
}

#[test]
fn whole_documents_are_taken() {
    inspect(Kind::Pdf, &pdf("/Root 1 0 R")).unwrap();
    inspect(Kind::Pdf, &modern_pdf("/Root 1 0 R")).unwrap();
    inspect(
        Kind::Pdf,
        &[b"\xEF\xBB\xBF".to_vec(), pdf("/Root 1 0 R")].concat(),
    )
    .unwrap();
    inspect(Kind::Png, &png()).unwrap();
    inspect(Kind::Jpeg, &jpeg()).unwrap();
    // What a camera puts behind a picture.
    inspect(Kind::Jpeg, &[jpeg(), vec![0; 100]].concat()).unwrap();
}

#[test]
fn a_pdf_with_a_wrong_offset_is_read_as_readers_do() {
    let text = String::from_utf8(pdf("/Root 1 0 R")).unwrap();
    let moved = text.replace("startxref\n", "startxref\n7");
    inspect(Kind::Pdf, moved.as_bytes()).unwrap();
}

#[test]
fn protected_pdfs_are_told_apart_from_damaged_ones() {
    for protected in [
        pdf("/Root 1 0 R /Encrypt 5 0 R"),
        modern_pdf("/Root 1 0 R /Encrypt 5 0 R"),
    ] {
        assert_eq!(inspect(Kind::Pdf, &protected), Err(Refusal::Encrypted));
    }
    // The beginning of a longer name is another name.
    inspect(Kind::Pdf, &pdf("/Root 1 0 R /EncryptMetadata false")).unwrap();
    let whole = pdf("/Root 1 0 R");
    let broken = |bytes: &[u8]| matches!(inspect(Kind::Pdf, bytes), Err(Refusal::Broken("PDF", _)));
    assert!(broken(&whole[..whole.len() - 8]));
    assert!(broken(&pdf("/Info 1 0 R")));
    assert!(broken(b"%PDF-1.7\n%%EOF"));
    for (bytes, kind) in [(png(), Kind::Png), (jpeg(), Kind::Jpeg)] {
        for length in [bytes.len() - 1, bytes.len() - 12] {
            let refused = inspect(kind, &bytes[..length]);
            assert!(
                matches!(refused, Err(Refusal::Broken(_, _))),
                "{kind:?} {length}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_file_that_is_not_what_it_says_is_named() {
    let told = |kind, bytes: &[u8]| inspect(kind, bytes).unwrap_err().to_string();
    assert_eq!(
        told(Kind::Pdf, &png()),
        "the file says that it is a PDF, and is a PNG picture"
    );
    assert_eq!(
        told(Kind::Png, b"hello"),
        "the file says that it is a PNG picture, and is none that is known"
    );
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    assert_eq!(
        told(Kind::Jpeg, heic),
        "the file says that it is a JPEG picture, and is of the type image/heif"
    );
    assert_eq!(told(Kind::Pdf, b""), "the file is empty");
}

#[test]
fn what_may_not_be_uploaded_is_told_what_may() {
    assert_eq!(may_upload("application/pdf", 1), Ok(Kind::Pdf));
    assert_eq!(may_upload("application/pdf", 20_971_520), Ok(Kind::Pdf));
    assert_eq!(
        may_upload("application/pdf", 20_971_521),
        Err(Refusal::TooLarge(20_971_521))
    );
    assert_eq!(may_upload("image/png", 0), Err(Refusal::Empty));
    let words = may_upload("image/heic", 1).unwrap_err().to_string();
    assert!(
        words.contains("a PDF, a JPEG or a PNG picture") && words.contains("image/heic"),
        "{words}"
    );
}

#[test]
fn another_file_than_was_announced_is_refused() {
    let (bytes, sha256) = (png(), <[u8; 32]>::from(Sha256::digest(png())));
    let length = u32::try_from(bytes.len()).unwrap();
    arrived(Kind::Png, length, &sha256, &bytes).unwrap();
    assert_eq!(
        arrived(Kind::Png, length + 1, &sha256, &bytes),
        Err(Refusal::Another("length"))
    );
    assert_eq!(
        arrived(Kind::Png, length, &[0; 32], &bytes),
        Err(Refusal::Another("checksum"))
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(kind in 0..3_usize, head in 0..4_usize, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let head: &[u8] = [&b"%PDF-1.4\ntrailer << startxref\n"[..], b"\x89PNG\r\n\x1a\n", b"\xFF\xD8\xFF", b""][head];
        let _ = inspect(Kind::ALL[kind], &[head, &bytes, b"startxref 3 %%EOF"].concat());
    }

    #[test]
    fn a_document_that_was_cut_off_is_never_taken(share in 0.0..0.97_f64) {
        for (kind, bytes) in [(Kind::Pdf, pdf("/Root 1 0 R")), (Kind::Png, png()), (Kind::Jpeg, jpeg())] {
            let length = (bytes.len() as f64 * share) as usize;
            prop_assert!(inspect(kind, &bytes[..length]).is_err());
        }
    }
}

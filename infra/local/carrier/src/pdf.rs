//! The letter of authorisation as a PDF (ISO 32000): plain text in Helvetica, as many pages as it needs.

use crate::core::number::E164;
use crate::core::port::Port;
use crate::core::time::At;
use std::fmt::Write as _;

/// Lines of a page.
const LINES: usize = 48;

/// The letter, filled in as far as the order is, to be signed.
pub(crate) fn letter(port: &Port, numbers: &[E164], now: At) -> Vec<u8> {
    let or_blank = |value: &Option<String>| {
        value
            .clone()
            .unwrap_or_else(|| "______________________".to_owned())
    };
    let mut lines = vec![
        "LETTER OF AUTHORISATION FOR NUMBER PORTING".to_owned(),
        String::new(),
        format!("Losing carrier: {}", port.donor),
        format!("Customer: {}", or_blank(&port.admin.entity_name)),
        format!("Account number: {}", or_blank(&port.admin.account_number)),
        format!(
            "Billing number: {}",
            or_blank(&port.admin.billing_phone_number)
        ),
        format!(
            "Service address: {}",
            or_blank(&port.location.street_address)
        ),
        format!(
            "  {} {}",
            or_blank(&port.location.postal_code),
            or_blank(&port.location.locality)
        ),
        format!("  {}", or_blank(&port.location.country_code)),
        String::new(),
        "The undersigned may act for the customer and authorises the practice carrier to"
            .to_owned(),
        "ask the losing carrier for these numbers:".to_owned(),
        String::new(),
    ];
    lines.extend(numbers.chunks(4).map(|chunk| {
        chunk
            .iter()
            .map(|number| format!("{number:<20}", number = number.as_str()))
            .collect::<String>()
    }));
    lines.extend([
        String::new(),
        format!("Name: {}", or_blank(&port.admin.auth_person_name)),
        String::new(),
        "Signature: ______________________    Date: ______________".to_owned(),
        String::new(),
        format!("Order {} / made {}", port.id, now.iso()),
    ]);
    document(&lines)
}

/// A string of a PDF in the font's encoding; what it cannot show becomes a question mark.
fn escaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for each in text.chars() {
        match each {
            '(' | ')' | '\\' => bytes.extend([b'\\', each as u8]),
            ' '..='~' => bytes.push(each as u8),
            '\u{a0}'..='\u{ff}' => bytes.push(u8::try_from(u32::from(each)).unwrap_or(b'?')),
            _ => bytes.push(b'?'),
        }
    }
    bytes
}

fn document(lines: &[String]) -> Vec<u8> {
    let pages: Vec<&[String]> = lines.chunks(LINES).collect();
    let kids: String = (0..pages.len())
        .map(|page| format!("{} 0 R ", 4 + page * 2))
        .collect();
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
    ];
    for (index, page) in pages.iter().enumerate() {
        let content = 5 + index * 2;
        objects.push(
            format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {content} 0 R >>")
                .into_bytes(),
        );
        let mut stream = b"BT /F1 11 Tf 15 TL 60 780 Td\n".to_vec();
        for line in *page {
            stream.push(b'(');
            stream.extend(escaped(line));
            stream.extend(b") Tj T*\n");
        }
        stream.extend(b"ET");
        let mut object = format!("<< /Length {} >>\nstream\n", stream.len()).into_bytes();
        object.extend(stream);
        object.extend(b"\nendstream");
        objects.push(object);
    }
    assembled(&objects)
}

fn assembled(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = String::new();
    for (index, object) in objects.iter().enumerate() {
        // A String takes every write.
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    let start = file.len();
    let count = objects.len() + 1;
    file.extend(format!("xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_is_where_the_table_says() {
        let lines: Vec<String> = (0..100)
            .map(|line| format!("line ({line}) Zürich"))
            .collect();
        let file = document(&lines);
        let text: String = file.iter().map(|byte| char::from(*byte)).collect();
        assert!(text.starts_with("%PDF-1.4"));
        assert!(text.contains("/Count 3"));
        assert!(text.contains("line \\(99\\) Z\u{fc}rich"));
        let table = &text[text.find("xref\n").expect("a table")..];
        for (index, row) in table
            .lines()
            .skip(3)
            .take_while(|row| row.ends_with("n "))
            .enumerate()
        {
            let offset: usize = row[..10].parse().expect("an offset");
            assert!(file[offset..].starts_with(format!("{} 0 obj", index + 1).as_bytes()));
        }
    }
}

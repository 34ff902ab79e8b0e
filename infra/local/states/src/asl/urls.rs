//! Percent-encoding as JSONata has it from JavaScript. Source: ECMA-262, "URI Handling Functions".

/// What stands for itself, besides letters and digits.
const MARKS: &str = "-_.!~*'()";
/// What a whole URL keeps besides: its own punctuation.
pub(super) const WHOLE: &str = ";/?:@&=+$,#";

/// Everything but letters, digits, marks and `kept` as `%XX`.
pub(super) fn encode(text: &str, kept: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || MARKS.contains(c) || kept.contains(c) {
            out.push(c);
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Every `%XX` as what it stands for, but those that stand for one of `kept`. `None` if they are no UTF-8, or not two digits.
pub(super) fn decode(text: &str, kept: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        if *byte != b'%' {
            out.push(*byte);
            rest = behind;
            continue;
        }
        let digits = behind.first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        let decoded = u8::try_from(high? * 16 + low?).ok()?;
        if kept.contains(char::from(decoded)) {
            out.extend([b'%', digits[0], digits[1]]);
        } else {
            out.push(decoded);
        }
        rest = &behind[2..];
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_and_a_whole_url_keep_what_they_keep() {
        let text = "https://a.b/c d?é='(x)'&z=%#[]";
        let whole = "https://a.b/c%20d?%C3%A9='(x)'&z=%25#%5B%5D";
        assert_eq!(encode(text, WHOLE), whole);
        assert_eq!(decode(whole, WHOLE).as_deref(), Some(text));
        let component = "https%3A%2F%2Fa.b%2Fc%20d%3F%C3%A9%3D'(x)'%26z%3D%25%23%5B%5D";
        assert_eq!(encode(text, ""), component);
        assert_eq!(decode(component, "").as_deref(), Some(text));
        assert_eq!(decode("%2f%41%23", WHOLE).as_deref(), Some("%2fA%23"));
    }

    #[test]
    fn what_is_malformed_is_not_decoded() {
        for bad in ["%", "%4", "%zz", "%E9", "%C3", "a%C3é"] {
            assert_eq!(decode(bad, ""), None, "{bad}");
        }
    }
}

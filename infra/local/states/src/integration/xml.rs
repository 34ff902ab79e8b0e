//! As much XML as answers of the query protocol have: elements and text. No document types, no namespaces.

/// An element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

impl Element {
    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Reads the one element of a text; `None` for what is not well-formed.
pub(super) fn parse(text: &str) -> Option<Element> {
    let mut open: Vec<Element> = vec![Element::default()];
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        open.last_mut()?.text.push_str(&unescaped(before));
        if let Some(quoted) = tag.strip_prefix("![CDATA[") {
            let (text, after) = quoted.split_once("]]>")?;
            open.last_mut()?.text.push_str(text);
            rest = after;
            continue;
        }
        let (tag, after) = tag.split_once('>')?;
        rest = after;
        if tag.starts_with('?') || tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            close(&mut open, name.trim())?;
            continue;
        }
        let alone = tag.ends_with('/');
        let name = tag.trim_end_matches('/').split_whitespace().next()?;
        if open.len() > MAX_DEPTH {
            return None;
        }
        open.push(Element {
            name: name.to_owned(),
            ..Element::default()
        });
        if alone {
            close(&mut open, name)?;
        }
    }
    let mut root = open.pop().filter(|_| open.is_empty())?;
    (root.children.len() == 1).then(|| root.children.remove(0))
}

fn close(open: &mut Vec<Element>, name: &str) -> Option<()> {
    let mut closed = open.pop().filter(|element| element.name == name)?;
    if !closed.children.is_empty() {
        closed.text.clear();
    }
    open.last_mut()?.children.push(closed);
    Some(())
}

/// Text as it stands in an element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (entity, after) = after.split_once(';').unwrap_or((after, ""));
        match entity {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            numbered => out.extend(character(numbered)),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn character(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#')?;
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_well_formed_is_not_read() {
        assert!(parse("<a><b></a></b>").is_none());
        assert!(parse("<a>").is_none());
        assert!(parse("plain").is_none());
        assert!(parse(&"<a>".repeat(100)).is_none());
        let read = parse("<a x='1'><b/><c>&#65;&#x42;&lt;</c></a>").unwrap();
        assert_eq!(read.child("c").unwrap().text, "AB<");
        assert_eq!(read.child("b").unwrap().text, "");
        let quoted = parse("<a>1 <![CDATA[<b> &amp;]]></a>").unwrap();
        assert_eq!(quoted.text, "1 <b> &amp;");
    }
}

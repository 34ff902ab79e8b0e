//! The timeline of a request: what happened, and what was said. One item holds all of a request, so both have a bound in bytes, each its
//! own: however much is said, what happened stays, and the request can be written. Pure.
use contract::request::Entry;

/// Most lines that are kept of what happened, and most of what was said: the newest.
const MAX_LINES: usize = 200;
/// Most bytes of the one, and of the other.
const MAX_BYTES: usize = 48 * 1024;
/// Longest text of a line, in bytes: 2,000 characters fit, whatever they are. A longer one is cut.
const MAX_TEXT_BYTES: usize = 8 * 1024;
/// What a line takes beside its text: when, who, and the names of its fields.
const LINE_BYTES: usize = 128;

/// Puts a line at the end. Comments take the place of the oldest comments alone, and other lines that of other lines. What the last line of
/// what happened says, of the same party and person, is not said again: who looks every hour tells the same until something happens.
pub(super) fn put(timeline: &mut Vec<Entry>, mut line: Entry) {
    line.text.truncate(cut(&line.text).len());
    let last = timeline.iter().rev().find(|line| !line.is_comment);
    if !line.is_comment && last.is_some_and(|last| says_the_same(last, &line)) {
        return;
    }
    timeline.push(line);
    for comments in [true, false] {
        let of_sort = |line: &Entry| line.is_comment == comments;
        while is_too_much(timeline.iter().filter(|line| of_sort(line)))
            && let Some(oldest) = timeline.iter().position(of_sort)
        {
            timeline.remove(oldest);
        }
    }
}

fn says_the_same(one: &Entry, other: &Entry) -> bool {
    one.by == other.by && one.person == other.person && one.text == other.text
}

/// Whether a line has this text.
pub(super) fn has(timeline: &[Entry], text: &str) -> bool {
    timeline.iter().any(|line| line.text == cut(text))
}

fn is_too_much<'l>(lines: impl Iterator<Item = &'l Entry>) -> bool {
    let (mut many, mut bytes) = (0, 0);
    for line in lines {
        many += 1;
        bytes += line.text.len() + LINE_BYTES;
    }
    many > MAX_LINES || bytes > MAX_BYTES
}

/// As much of a text as a line has room for.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::request::Party;

    fn line(text: &str, is_comment: bool) -> Entry {
        Entry {
            at: "2026-11-20T10:00:00.000Z".to_owned(),
            by: Party::Customer,
            person: Some("p-0123456789abcdef0123456789abcdef".into()),
            text: text.to_owned(),
            is_comment,
        }
    }

    fn texts(timeline: &[Entry], comments: bool) -> Vec<&str> {
        let lines = timeline.iter().filter(|line| line.is_comment == comments);
        lines.map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn comments_give_way_to_comments_and_what_happened_to_what_happened() {
        for comments in [true, false] {
            let mut timeline = Vec::new();
            put(&mut timeline, line("of the other sort", !comments));
            for n in 0..MAX_LINES + 7 {
                put(&mut timeline, line(&n.to_string(), comments));
            }
            assert_eq!(texts(&timeline, !comments), ["of the other sort"]);
            let kept = texts(&timeline, comments);
            assert_eq!((kept.len(), kept[0]), (MAX_LINES, "7"));
            assert_eq!(*kept.last().unwrap(), (MAX_LINES + 6).to_string());
        }
    }

    #[test]
    fn long_lines_are_fewer_and_the_whole_stays_below_its_bound() {
        let mut timeline = Vec::new();
        for n in 0..300 {
            for comments in [true, false] {
                let text = ["🎉", "🎈"][n % 2].repeat(2_000);
                put(&mut timeline, line(&text, comments));
            }
        }
        let last = timeline.last().unwrap();
        assert_eq!(last.text.chars().count(), 2_000, "it is whole");
        assert!(timeline.len() > 2, "{}", timeline.len());
        let bytes = serde_json::to_vec(&timeline).unwrap().len();
        assert!(bytes < 2 * MAX_BYTES, "{bytes}");
    }

    #[test]
    fn what_happened_is_not_said_twice_in_a_row_and_comments_are() {
        let mut timeline = Vec::new();
        for text in ["Ordered", "Ordered", "Waits", "Ordered"] {
            put(&mut timeline, line(text, false));
            put(&mut timeline, line("Thank you", true));
        }
        let other = Entry {
            by: Party::Carrier,
            ..line("Ordered", false)
        };
        put(&mut timeline, other);
        assert_eq!(
            texts(&timeline, false),
            ["Ordered", "Waits", "Ordered", "Ordered"]
        );
        assert_eq!(texts(&timeline, true), ["Thank you"; 4]);
    }

    #[test]
    fn a_text_without_end_is_cut_between_characters_and_known_again() {
        let mut timeline = Vec::new();
        let text = format!("x{}", "🎉".repeat(MAX_TEXT_BYTES));
        put(&mut timeline, line(&text, false));
        assert_eq!(timeline[0].text.len(), MAX_TEXT_BYTES - 3);
        assert!(has(&timeline, &text));
        assert!(!has(&timeline, "x"));
    }

    #[test]
    fn what_is_too_much_since_before_there_was_a_bound_gives_way() {
        let mut timeline = vec![line(&"x".repeat(8_000), true); 60];
        put(&mut timeline, line("Reviewed", false));
        assert!(texts(&timeline, true).len() < 7);
        assert_eq!(texts(&timeline, false), ["Reviewed"]);
    }
}

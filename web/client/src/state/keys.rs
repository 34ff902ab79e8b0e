//! The keyboard: which key does what, and when.

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Take the call that rings longest.
    Answer,
    /// Refuse it.
    Decline,
    /// Switch the microphone.
    Mute,
    /// Open or close the dial pad.
    Keypad,
    /// A dial-pad key while the pad is open.
    Digit(char),
    /// Go to the search field.
    Search,
    /// Show the keys.
    Help,
    /// Close what is open.
    Close,
}

/// What decides the meaning of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Situation {
    /// A text field has the focus.
    pub(crate) typing: bool,
    /// A call rings here.
    pub(crate) ringing: bool,
    /// A call is in hand.
    pub(crate) in_call: bool,
    /// A phone is in that call: only phones hear keys.
    pub(crate) phone: bool,
    /// The pad of the call in hand is open.
    pub(crate) pad_open: bool,
    /// The help is open.
    pub(crate) help_open: bool,
}

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    /// `KeyboardEvent.key`.
    pub(crate) name: &'a str,
    /// Control or, on Apple keyboards, Command.
    pub(crate) control: bool,
    /// Alt.
    pub(crate) alt: bool,
}

/// What a key means here, if anything.
pub(crate) fn wish(key: Key<'_>, at: Situation) -> Option<Wish> {
    if key.control {
        return (key.name.eq_ignore_ascii_case("k") && !key.alt).then_some(Wish::Search);
    }
    if key.alt {
        return None;
    }
    if key.name == "Escape" {
        return match at {
            Situation {
                help_open: true, ..
            } => Some(Wish::Close),
            Situation { typing: true, .. } => None,
            Situation { ringing: true, .. } => Some(Wish::Decline),
            Situation { pad_open: true, .. } => Some(Wish::Close),
            Situation { .. } => None,
        };
    }
    if at.typing || at.help_open {
        return None;
    }
    let mut letters = key.name.chars();
    let (Some(letter), None) = (letters.next(), letters.next()) else {
        return None;
    };
    match letter.to_ascii_lowercase() {
        '0'..='9' | '*' | '#' if at.phone && at.pad_open => Some(Wish::Digit(letter)),
        'a' if at.ringing => Some(Wish::Answer),
        'm' if at.in_call => Some(Wish::Mute),
        'd' if at.phone => Some(Wish::Keypad),
        '?' => Some(Wish::Help),
        _ => None,
    }
}

/// The keys and their meaning, for the help.
pub(crate) const HELP: [(&str, &str); 8] = [
    ("A", "Answer the call that rings"),
    ("Esc", "Decline it; close the keypad or this help"),
    ("M", "Mute or unmute"),
    ("D", "Open or close the keypad"),
    ("0\u{2013}9 * #", "Send tones while the keypad is open"),
    ("Ctrl K", "Search people and calls, or dial"),
    ("Enter", "Call the first result"),
    ("?", "This help"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn press(name: &str, at: Situation) -> Option<Wish> {
        wish(
            Key {
                name,
                control: false,
                alt: false,
            },
            at,
        )
    }

    const RINGS: Situation = Situation {
        typing: false,
        ringing: true,
        in_call: false,
        phone: false,
        pad_open: false,
        help_open: false,
    };
    const CALL: Situation = Situation {
        typing: false,
        ringing: false,
        in_call: true,
        phone: true,
        pad_open: true,
        help_open: false,
    };

    #[test]
    fn letters_typed_into_a_field_do_nothing_else() {
        for name in ["a", "m", "d", "5", "?", "Escape"] {
            assert_eq!(
                press(
                    name,
                    Situation {
                        typing: true,
                        in_call: true,
                        ..RINGS
                    }
                ),
                None,
                "{name}"
            );
        }
        let typing = Situation {
            typing: true,
            ..RINGS
        };
        assert_eq!(
            wish(
                Key {
                    name: "k",
                    control: true,
                    alt: false
                },
                typing
            ),
            Some(Wish::Search)
        );
    }

    #[test]
    fn escape_declines_only_what_rings() {
        assert_eq!(press("Escape", RINGS), Some(Wish::Decline));
        assert_eq!(press("Escape", CALL), Some(Wish::Close));
        assert_eq!(press("Escape", Situation::default()), None);
        assert_eq!(
            press(
                "Escape",
                Situation {
                    help_open: true,
                    ..RINGS
                }
            ),
            Some(Wish::Close)
        );
    }

    #[test]
    fn digits_are_tones_only_while_the_pad_is_open() {
        assert_eq!(press("5", CALL), Some(Wish::Digit('5')));
        assert_eq!(press("#", CALL), Some(Wish::Digit('#')));
        assert_eq!(
            press(
                "5",
                Situation {
                    pad_open: false,
                    ..CALL
                }
            ),
            None
        );
        assert_eq!(press("F5", CALL), None);
    }

    #[test]
    fn a_browsers_own_shortcuts_stay_its_own() {
        assert_eq!(
            wish(
                Key {
                    name: "a",
                    control: true,
                    alt: false
                },
                RINGS
            ),
            None
        );
        assert_eq!(
            wish(
                Key {
                    name: "m",
                    control: false,
                    alt: true
                },
                CALL
            ),
            None
        );
    }
}

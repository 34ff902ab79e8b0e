//! API keys in words, and one that is asked for.

use super::clock::{Millis, parse, when};
use super::words::Tone;
use contract::api::keys::{ApiKeyView, MAX_NAME, NewApiKey};
use contract::{PersonId, Role};

/// After how many days a key ends, as the page offers it: a season unless somebody says otherwise.
pub(crate) const LIVES: [(&str, &str); 4] = [
    ("30", "After 30 days"),
    ("90", "After 90 days"),
    ("365", "After a year"),
    ("", "When it is revoked"),
];

/// A key that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// What it is for.
    pub(crate) name: String,
    /// What it may do.
    pub(crate) role: Role,
    /// When it ends: the first of a pair of [`LIVES`].
    pub(crate) life: String,
}

impl Draft {
    /// One that nobody has filled in: it may do what its maker may.
    pub(crate) fn new(own: Role) -> Self {
        Self {
            name: String::new(),
            role: own,
            life: LIVES[1].0.to_owned(),
        }
    }

    /// What is sent, or what is wrong with the name.
    pub(crate) fn body(&self) -> Result<NewApiKey, String> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err("Say what the key is for.".to_owned());
        }
        if name.chars().count() > MAX_NAME {
            return Err(format!("At most {MAX_NAME} characters."));
        }
        Ok(NewApiKey {
            name: name.to_owned(),
            role: self.role,
            expires_in_days: self.life.parse().ok(),
        })
    }
}

/// What a role may do, as a choice offers it.
pub(crate) const fn may(role: Role) -> &'static str {
    match role {
        Role::Person => "Sees people and numbers",
        Role::Operator => "Also sees and ends every call",
        Role::Administrator => "Also asks for numbers, ports and people",
        Role::Staff => "All that the phone company\u{2019}s people do",
    }
}

/// Where a key is, as a chip.
pub(crate) fn standing(key: &ApiKeyView, now: Millis) -> (&'static str, Tone) {
    let end = key.expires_at.as_deref().map(parse);
    match (&key.revoked_at, end) {
        (Some(_), _) => ("Revoked", Tone::Failed),
        (None, Some(end)) if end.is_none_or(|end| end <= now) => ("Expired", Tone::Quiet),
        (None, _) => ("Good", Tone::Well),
    }
}

/// Whether it opens anything.
pub(crate) fn is_good(key: &ApiKeyView, now: Millis) -> bool {
    matches!(standing(key, now).1, Tone::Well)
}

/// Who made it and when, when it was used, and how long it holds. `zone_min` is local time minus UTC.
pub(crate) fn story(
    key: &ApiKeyView,
    maker: Option<&str>,
    now: Millis,
    zone_min: i32,
) -> Vec<String> {
    let told = |text: &str| parse(text).map(|at| when(at, now, zone_min));
    let maker = maker.unwrap_or("somebody who left");
    let mut story = vec![match told(&key.made_at) {
        Some(at) => format!("made by {maker}, {at}"),
        None => format!("made by {maker}"),
    }];
    // A day, and not a moment of it: a zone would make it another one.
    story.push(match &key.last_used {
        Some(day) => format!("last used on {day} (UTC)"),
        None => "never used".to_owned(),
    });
    if let Some(at) = key.revoked_at.as_deref() {
        story.extend(told(at).map(|at| format!("revoked {at}")));
    } else {
        let end = key.expires_at.as_deref().and_then(parse);
        let day = |at: Millis| when(at, now, zone_min);
        story.push(match end {
            Some(end) if end <= now => format!("ended {}", day(end)),
            Some(end) => match (end - now) / 86_400_000 {
                0 => "ends within a day".to_owned(),
                1 => "ends in 1 day".to_owned(),
                days => format!("ends in {days} days"),
            },
            None => "holds until it is revoked".to_owned(),
        });
    }
    story
}

/// The key by which something was done, if a program did it: `key CRM`, or `an API key` if it is none of these.
pub(crate) fn program(person: &PersonId, keys: &[ApiKeyView]) -> Option<String> {
    let key = person.key()?;
    let known = keys.iter().find(|one| one.id == key);
    Some(known.map_or_else(
        || "an API key".to_owned(),
        |known| format!("key {}", known.name),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T10:00:00Z.
    const NOW: Millis = 1_795_168_800_000;

    fn key() -> ApiKeyView {
        ApiKeyView {
            id: "key-1".into(),
            name: "CRM".to_owned(),
            prefix: "sk_abcdef".to_owned(),
            role: Role::Administrator,
            made_by: "p-lucia".into(),
            made_at: "2026-11-01T10:00:00.000Z".to_owned(),
            last_used: None,
            expires_at: None,
            revoked_at: None,
            revoked_by: None,
        }
    }

    fn ending(at: &str) -> ApiKeyView {
        ApiKeyView {
            expires_at: Some(at.to_owned()),
            ..key()
        }
    }

    #[test]
    fn a_key_is_good_until_it_ends() {
        let revoked = ApiKeyView {
            revoked_at: Some("2026-11-19T10:00:00.000Z".to_owned()),
            ..ending("2026-11-18T10:00:00.000Z")
        };
        for (key, words) in [
            (key(), "Good"),
            (ending("2026-11-20T10:00:00.001Z"), "Good"),
            (ending("2026-11-20T10:00:00.000Z"), "Expired"),
            (ending("no moment"), "Expired"),
            (revoked, "Revoked"),
        ] {
            assert_eq!(standing(&key, NOW).0, words);
            assert_eq!(is_good(&key, NOW), words == "Good");
        }
    }

    #[test]
    fn its_story_is_told_in_words() {
        assert_eq!(
            story(&key(), Some("Lucía"), NOW, 0),
            [
                "made by Lucía, 1 Nov",
                "never used",
                "holds until it is revoked"
            ]
        );
        let mut used = ending("2026-12-20T10:00:00.000Z");
        used.last_used = Some("2026-11-20".to_owned());
        assert_eq!(
            story(&used, None, NOW, 0),
            [
                "made by somebody who left, 1 Nov",
                "last used on 2026-11-20 (UTC)",
                "ends in 30 days"
            ]
        );
        let last = |key: &ApiKeyView| story(key, None, NOW, 0).pop().unwrap();
        assert_eq!(
            last(&ending("2026-11-20T18:00:00.000Z")),
            "ends within a day"
        );
        assert_eq!(last(&ending("2026-11-12T10:00:00.000Z")), "ended 12 Nov");
        let revoked = ApiKeyView {
            revoked_at: Some("2026-11-12T10:00:00.000Z".to_owned()),
            ..key()
        };
        assert_eq!(last(&revoked), "revoked 12 Nov");
    }

    #[test]
    fn what_is_asked_for_has_a_name_and_a_life() {
        let mut draft = Draft::new(Role::Administrator);
        assert!(draft.body().is_err());
        draft.name = " CRM ".to_owned();
        let body = draft.body().unwrap();
        assert_eq!(
            (body.name.as_str(), body.role, body.expires_in_days),
            ("CRM", Role::Administrator, Some(90))
        );
        draft.life = String::new();
        assert_eq!(draft.body().unwrap().expires_in_days, None);
        draft.name = "x".repeat(81);
        assert!(draft.body().is_err());
    }

    #[test]
    fn what_a_program_did_names_its_key() {
        let of = |person: &str| program(&PersonId::from(person), &[key()]);
        assert_eq!(of("key-1").as_deref(), Some("key CRM"));
        assert_eq!(of("key-2").as_deref(), Some("an API key"));
        assert_eq!(of("p-lucia"), None);
    }
}

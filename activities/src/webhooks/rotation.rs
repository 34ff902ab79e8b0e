//! Which secrets of a webhook are good, and how one takes the place of another. Pure.
use super::OLD_SECRET_S;
use crate::ports::clock;
use crate::ports::webhooks::{OldSecret, Secret, Webhook};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// Most secrets that sign at once, the newest among them: each is a signature in the header of every attempt.
pub const MAX_SECRETS: usize = 10;

/// As many secrets are good as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no further secret is made while so many are good")]
pub struct TooManySecrets {
    /// When the first of them is good no more.
    pub until: Timestamp,
}

impl Webhook {
    /// The secrets that are good now, the newest first.
    pub fn secrets(&self, now: Timestamp) -> Vec<&str> {
        let old = self.old_secrets(now).into_iter().map(|(secret, _)| secret);
        std::iter::once(&self.secret)
            .chain(old)
            .map(|secret| secret.0.as_str())
            .collect()
    }

    /// Replaces the secret. Each one that was replaced signs on for its own day, however many come after it: who rotates again because an
    /// answer was lost still has the oldest in their program.
    ///
    /// # Errors
    /// [`TooManySecrets`]: nothing is changed, for the oldest may be the one in use.
    pub fn rotate(&mut self, fresh: Secret, now: Timestamp) -> Result<(), TooManySecrets> {
        let old = self.old_secrets(now);
        let first_over = old.iter().map(|(_, until)| *until).min();
        if let Some(until) = first_over.filter(|_| old.len() + 1 >= MAX_SECRETS) {
            return Err(TooManySecrets { until });
        }
        let until = clock::text(now + SignedDuration::from_secs(OLD_SECRET_S));
        let replaced = std::mem::replace(&mut self.secret, fresh);
        let before = self.old_secret.replace(replaced);
        if let Some((secret, until)) = before.zip(self.old_until.replace(until)) {
            self.older.insert(0, OldSecret { secret, until });
        }
        self.older
            .retain(|old| good_until(&old.until, now).is_some());
        Ok(())
    }

    /// Those that were replaced and are still good, the newest first, and until when.
    fn old_secrets(&self, now: Timestamp) -> Vec<(&Secret, Timestamp)> {
        let last = self.old_secret.as_ref().zip(self.old_until.as_ref());
        let older = self.older.iter().map(|old| (&old.secret, &old.until));
        last.into_iter()
            .chain(older)
            .filter_map(|(secret, until)| Some((secret, good_until(until, now)?)))
            .collect()
    }
}

fn good_until(until: &str, now: Timestamp) -> Option<Timestamp> {
    let until = until.parse::<Timestamp>().ok();
    until.filter(|until| now < *until)
}

#[cfg(test)]
mod tests {
    use super::super::events::tests::webhook;
    use super::*;

    fn hour(hour: i64) -> Timestamp {
        let midnight: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
        midnight + SignedDuration::from_hours(hour)
    }

    /// Rotated at each of these hours; gives what it was each time.
    fn rotated(webhook: &mut Webhook, hours: impl Iterator<Item = i64>) -> Vec<String> {
        hours
            .map(|at| {
                let fresh = Secret(format!("secret of hour {at}"));
                webhook.rotate(fresh.clone(), hour(at)).unwrap();
                fresh.0
            })
            .collect()
    }

    #[test]
    fn a_secret_that_was_replaced_signs_for_its_day_however_often_it_is_rotated_since() {
        let mut webhook = webhook();
        let in_use = webhook.secret.0.clone();
        let mut all = rotated(&mut webhook, 1..=9);
        all.reverse();
        all.push(in_use);
        assert_eq!(webhook.secrets(hour(9)), all);
        let a_day_later = webhook.secrets(hour(25));
        assert_eq!(a_day_later, all[..9], "the first one's day is over");
        assert_eq!(webhook.secrets(hour(33)), all[..1]);
    }

    #[test]
    fn a_tenth_rotation_within_a_day_changes_nothing_until_the_first_days_end() {
        let mut webhook = webhook();
        rotated(&mut webhook, 1..=9);
        let before = webhook.clone();
        let refused = webhook.rotate(Secret("one too many".to_owned()), hour(10));
        assert_eq!(refused, Err(TooManySecrets { until: hour(25) }));
        assert_eq!(webhook, before);
        rotated(&mut webhook, 25..=25);
        assert_eq!(webhook.secrets(hour(25)).len(), MAX_SECRETS);
    }

    #[test]
    fn what_is_good_no_more_is_kept_no_more() {
        let mut webhook = webhook();
        rotated(&mut webhook, 1..=3);
        assert_eq!(webhook.older.len(), 2);
        rotated(&mut webhook, 100..=101);
        let last = OldSecret {
            secret: Secret("secret of hour 3".to_owned()),
            until: clock::text(hour(124)),
        };
        assert_eq!(webhook.older, [last]);
    }
}

//! Data messages: from one client to the others, and for a while to those who join later.

use super::connection::Stage;
use super::{Output, Room};
use crate::ids::{ConnId, Who};
use crate::limits::{MAX_DATA_BYTES, MAX_KEPT_FOR, MAX_KEPT_MESSAGES, MAX_TOPIC_CHARS};
use crate::signal::frames::{DataMessage, DataMessages, FrameType, SignalFrame};
use crate::time::UnixMs;
use std::collections::VecDeque;
use std::time::Duration;

/// Messages with a lifetime, oldest first.
#[derive(Debug, Default)]
pub(super) struct Kept(VecDeque<(UnixMs, Who, DataMessage)>);

impl Kept {
    fn keep(&mut self, until: UnixMs, from: Who, message: DataMessage) {
        if self.0.len() == MAX_KEPT_MESSAGES {
            self.0.pop_front();
        }
        self.0.push_back((until, from, message));
    }

    pub(super) fn forget_old(&mut self, now: UnixMs) {
        self.0.retain(|(until, ..)| *until > now);
    }

    fn for_newcomer(&self, who: &Who, now: UnixMs) -> Vec<DataMessage> {
        self.0
            .iter()
            .filter(|(until, from, _)| *until > now && from != who)
            .map(|(.., m)| m.clone())
            .collect()
    }
}

/// True for `[a-zA-Z0-9_-]{1,36}`.
fn is_topic(topic: &str) -> bool {
    (1..=MAX_TOPIC_CHARS).contains(&topic.len())
        && topic
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

impl Room {
    /// A client's messages go to the others; what is over the rate comes back to the sender, marked as refused.
    pub(super) fn data_messages(
        &mut self,
        conn: ConnId,
        sent: Vec<DataMessage>,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        for message in &sent {
            let topic = message.topic.as_deref().unwrap_or_default();
            let bytes = message.data.as_ref().map_or(0, bytes::Bytes::len);
            if !is_topic(topic) {
                return self.refuse(
                    conn,
                    "data_message.messages.topic must match [a-zA-Z0-9_-]{1,36}",
                    now,
                    out,
                );
            }
            if bytes > MAX_DATA_BYTES {
                return self.refuse(
                    conn,
                    "data_message.messages.data must be at most 2048 bytes",
                    now,
                    out,
                );
            }
        }
        let Some(connection) = self
            .connections
            .get_mut(&conn)
            .filter(|c| c.stage == Stage::Up)
        else {
            return;
        };
        let who = connection.who.clone();
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for mut message in sent {
            message.sender_attendee_id = Some(who.to_string());
            message.sender_external_user_id = Some(connection.external_user_id.clone());
            if connection.data_messages.take(now) {
                message.ingest_time_ns =
                    Some(i64::try_from(now.0.saturating_mul(1_000_000)).unwrap_or(i64::MAX));
                taken.push(message);
            } else {
                message.ingest_time_ns = Some(0);
                refused.push(message);
            }
        }
        for message in &taken {
            let lifetime = Duration::from_millis(u64::from(message.lifetime_ms.unwrap_or(0)))
                .min(MAX_KEPT_FOR);
            if !lifetime.is_zero() {
                self.kept.keep(now + lifetime, who.clone(), message.clone());
            }
        }
        let others = self.informed().into_iter().filter(|c| *c != conn).collect();
        send(others, taken, now, out);
        send(vec![conn], refused, now, out);
    }

    /// What is still kept, for one who came up.
    pub(super) fn replay_messages(
        &self,
        conn: ConnId,
        who: &Who,
        now: UnixMs,
        out: &mut Vec<Output>,
    ) {
        send(vec![conn], self.kept.for_newcomer(who, now), now, out);
    }
}

fn send(to: Vec<ConnId>, messages: Vec<DataMessage>, now: UnixMs, out: &mut Vec<Output>) {
    if to.is_empty() || messages.is_empty() {
        return;
    }
    let mut frame = SignalFrame::of(FrameType::DataMessage, now);
    frame.data_message = Some(DataMessages { messages });
    out.push(Output::Send { to, frame });
}

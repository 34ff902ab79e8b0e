//! Task tokens: opaque to their holders, and not to be guessed.
//!
//! A token says which task of which execution it is for, followed by a keyed hash of that. Nothing is stored per token,
//! so it stays valid over a restart; a token that was not made here is told apart from one whose task is over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::core::{ExecutionId, TaskId};

/// Longest token that the API takes, in characters (API reference, `TaskToken`).
pub(crate) const MAX_TOKEN_CHARS: usize = 2_048;

const BODY_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Key of the tokens of one data folder.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) [u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// The token of a task.
    pub(crate) fn token(&self, execution: ExecutionId, task: TaskId) -> String {
        let mut bytes = Vec::with_capacity(BODY_BYTES + TAG_BYTES);
        bytes.extend_from_slice(&execution.0.to_le_bytes());
        bytes.extend_from_slice(&task.0.to_le_bytes());
        let tag = self.tag(&bytes);
        bytes.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A UUID of a task, for services that tell a repeated request by its key. Not a token: it opens nothing.
    pub(crate) fn key(&self, execution: ExecutionId, task: TaskId) -> String {
        let mut body = b"key".to_vec();
        body.extend_from_slice(&execution.0.to_le_bytes());
        body.extend_from_slice(&task.0.to_le_bytes());
        self.uuid(&body)
    }

    /// The same of a task of an Express execution, by its ARN: an execution that was never recorded leaves its number to another
    /// one after a restart, but no ARN is there twice, for it ends in a UUID.
    pub(crate) fn express_key(&self, arn: &str, task: TaskId) -> String {
        let mut body = b"key".to_vec();
        body.extend_from_slice(Sha256::digest(arn).as_slice());
        body.extend_from_slice(&task.0.to_le_bytes());
        self.uuid(&body)
    }

    /// The task of a token; `None` if the token was not made with this key.
    pub(crate) fn task(&self, token: &str) -> Option<(ExecutionId, TaskId)> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, tag) = bytes.split_at_checked(BODY_BYTES)?;
        let expected = self.tag(body);
        let differ = tag
            .iter()
            .zip(&expected)
            .fold(0, |differ, (a, b)| differ | (a ^ b));
        if tag.len() != TAG_BYTES || differ != 0 {
            return None;
        }
        let execution = u64::from_le_bytes(body[..8].try_into().ok()?);
        let task = u32::from_le_bytes(body[8..].try_into().ok()?);
        Some((ExecutionId(execution), TaskId(task)))
    }

    /// The keyed hash of a page token. Lengths go in, so that no two questions run into each other.
    pub(crate) fn page_tag(&self, question: &[u8], body: &[u8]) -> [u8; TAG_BYTES] {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(b"page")
            .chain_update((question.len() as u64).to_le_bytes())
            .chain_update(question)
            .chain_update((body.len() as u64).to_le_bytes())
            .chain_update(body)
            .finalize();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&hash[..TAG_BYTES]);
        tag
    }

    fn uuid(&self, body: &[u8]) -> String {
        uuid::Builder::from_random_bytes(self.tag(body))
            .into_uuid()
            .to_string()
    }

    /// Bodies have one length for each use, so a plain keyed hash cannot be extended.
    fn tag(&self, body: &[u8]) -> [u8; TAG_BYTES] {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(body)
            .finalize();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&hash[..TAG_BYTES]);
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_task_and_no_changed_token_does() {
        let secret = Secret([7; 32]);
        let token = secret.token(ExecutionId(5), TaskId(9));
        assert_eq!(secret.task(&token), Some((ExecutionId(5), TaskId(9))));
        assert_eq!(Secret([8; 32]).task(&token), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                secret.task(&String::from_utf8(changed).unwrap()),
                None,
                "changed at {at}"
            );
        }
        assert_eq!(secret.task(""), None);
        assert_eq!(secret.task("AAAA"), None);
    }

    #[test]
    fn a_key_is_of_one_task_of_one_execution() {
        let (secret, other) = (Secret([7; 32]), Secret([8; 32]));
        let keys = [
            secret.key(ExecutionId(5), TaskId(9)),
            secret.key(ExecutionId(5), TaskId(8)),
            secret.key(ExecutionId(6), TaskId(9)),
            secret.express_key("a", TaskId(9)),
            secret.express_key("a", TaskId(8)),
            secret.express_key("b", TaskId(9)),
            other.key(ExecutionId(5), TaskId(9)),
            other.express_key("a", TaskId(9)),
        ];
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "{keys:?}");
        assert_eq!(secret.express_key("a", TaskId(9)), keys[3], "it is kept");
    }
}

//! How fast days pass.

/// The pace of a deployment.
pub trait Pace: Send + Sync {
    /// By how much the waits of requests and those between the attempts of webhooks are divided: 1 but for practice, where 3,600 is an
    /// hour a second. Calls keep real time, and so does every answer that is waited for.
    fn time_scale(&self) -> u32;
}

//! What was sent last, and by which key: the same wish keeps its key, however often it is sent, so that it is done once.

/// The wish that was sent last, and its idempotency key or keys.
#[derive(Debug)]
pub(crate) struct Sent<W, K>(Option<(W, K)>);

impl<W: Clone + PartialEq, K: Clone> Sent<W, K> {
    /// Nothing was sent yet.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The key of a wish that is sent now: the one that it was sent by before, else a `fresh` one.
    pub(crate) fn key(&mut self, wish: &W, fresh: impl FnOnce() -> K) -> K {
        match &self.0 {
            Some((before, key)) if before == wish => key.clone(),
            Some(_) | None => {
                let key = fresh();
                self.0 = Some((wish.clone(), key.clone()));
                key
            }
        }
    }

    /// It is done: the next wish is another one, though it may read the same.
    pub(crate) fn done(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wish_keeps_its_key_until_it_is_done() {
        let mut sent = Sent::new();
        assert_eq!(sent.key(&"a key for the CRM", || 1), 1);
        assert_eq!(sent.key(&"a key for the CRM", || 2), 1);
        assert_eq!(sent.key(&"a key for the shop", || 3), 3);
        assert_eq!(sent.key(&"a key for the CRM", || 4), 4);
        sent.done();
        assert_eq!(sent.key(&"a key for the CRM", || 5), 5);
    }
}

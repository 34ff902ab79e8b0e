//! Comfort noise and loss concealment.

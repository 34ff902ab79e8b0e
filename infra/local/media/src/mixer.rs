//! N-party mix-minus.

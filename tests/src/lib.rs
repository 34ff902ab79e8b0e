//! Checks of the whole: architecture, contracts, conformance.

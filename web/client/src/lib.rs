//! The softphone and the operator's view, in the browser.

//! The Lambda functions of Strowger.

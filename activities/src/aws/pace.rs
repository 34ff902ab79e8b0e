//! [`Pace`] from the environment.
use super::Aws;
use crate::ports::pace::Pace;

impl Pace for Aws {
    fn time_scale(&self) -> u32 {
        self.names.time_scale
    }

    fn patience_s(&self) -> u32 {
        self.names.patience_s
    }
}

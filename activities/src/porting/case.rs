//! What every support case is written with, be it an order of numbers or a port.
use contract::line::unbroken;

/// What the numbers are to be used with: SIP media applications are how calls come here.
pub const PRODUCT: &str = "SIP media application dial-in";
/// Where there is no such thing.
pub const NONE: &str = "none";

/// A line that says one thing, and stays one whatever its value is: who pastes the text reads each line as ours.
pub fn row(name: &str, value: &str) -> String {
    format!("{name}: {}\n", unbroken(value))
}
